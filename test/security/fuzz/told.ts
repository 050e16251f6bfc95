import fc from 'fast-check';
import { type LogRecord, toLogRecord } from '../../../core/event.ts';
import { rawWorkbook, type WorkbookParts } from '../../connectors/workbook.ts';
import type { DropFormat } from '../stage.ts';
import { oddText, spoilt } from './odd.ts';
import { anyTitles, namelessTitles, type Titles, TOLD_DOSSIERS, titledView, UNKNOWN } from './titles.ts';

/** Who and what calls, files and records tell of: people who must not come up in what the hub says about them. */
export interface Told {
  readonly names: readonly string[];
  readonly numbers: readonly string[];
  readonly dossiers: readonly string[];
}

/** A file as an office drops it, with values in wrong places, or spoilt. */
export function anyFile(format: DropFormat, told: Told): fc.Arbitrary<Uint8Array> {
  const cell = cells(told);
  const row = fc.tuple(cell.code, cell.procedure, cell.any, cell.status, cell.time);
  const filled = <R>(one: fc.Arbitrary<R>) => fc.array(one, { minLength: 1, maxLength: 5 });
  if (format === 'xlsx') return workbooks(filled(row));
  const write = format === 'csv' ? asCsv : asXml;
  const whole = filled(fc.record({ row, titles: anyTitles(told) })).map(write);
  const nameless = filled(fc.record({ row, titles: namelessTitles(told) })).map(write);
  return fc.oneof(
    { weight: 4, arbitrary: whole.map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: nameless.chain(spoilt).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: whole.map((text) => Buffer.from(text, 'utf16le')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
  );
}

function cells({ names, numbers, dossiers }: Told) {
  const any = fc.oneof(fc.constantFrom(...names, ...numbers, ...dossiers), oddText);
  const mostly = (...usual: readonly string[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: any });
  return {
    any,
    code: mostly(...TOLD_DOSSIERS.file),
    procedure: mostly('1.004194', '1.012790', UNKNOWN.procedure, UNKNOWN.procedure),
    // Shown as the system states it, to whoever may see how a dossier stands: what it states is for the system to answer.
    status: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('10', '21', '70', UNKNOWN.status, UNKNOWN.status) },
      { weight: 1, arbitrary: oddText },
    ),
    time: mostly('2026-11-19 01:12:44', '2026-11-18 23:00:00'),
  };
}

type Row = readonly [code: string, procedure: string, summary: string, status: string, time: string];

interface TitledRow {
  readonly row: Row;
  readonly titles: Titles;
}

/** Spoilt inside, where it is XML, or as it lies in the folder. */
function workbooks(rows: fc.Arbitrary<readonly Row[]>): fc.Arbitrary<Uint8Array> {
  const parts = rows.map(asSheet);
  const packed = parts.map(rawWorkbook);
  return fc.oneof(
    { weight: 4, arbitrary: packed },
    {
      weight: 2,
      arbitrary: parts
        .chain(({ data, ...rest }) => spoilt(data).map((odd) => ({ ...rest, data: odd })))
        .map(rawWorkbook),
    },
    {
      weight: 1,
      arbitrary: packed.chain((bytes) => spoilt(bytes.toString('latin1'))).map((text) => Buffer.from(text, 'latin1')),
    },
  );
}

function asSheet(rows: readonly Row[]): WorkbookParts {
  const columns = ['Mã hồ sơ', 'Thủ tục', 'Trích yếu', 'Trạng thái', 'Cập nhật'];
  const lines = [columns, ...rows].map((texts, index) => {
    const cells = texts.map((text, column) => {
      const place = `${'ABCDE'[column]}${index + 1}`;
      return `<c r="${place}" t="inlineStr"><is><t>${escaped(text)}</t></is></c>`;
    });
    return `<row r="${index + 1}">${cells.join('')}</row>`;
  });
  return { data: lines.join('') };
}

function asCsv(rows: readonly TitledRow[]): string {
  const quoted = rows.map(({ row, titles }) =>
    [...row, titles.applicant, titles.status, titles.procedure]
      .map((text) => `"${text.replaceAll('"', '""')}"`)
      .join(';'),
  );
  const head = 'Mã hồ sơ;Thủ tục;Trích yếu;Trạng thái;Cập nhật;Người nộp;Tên trạng thái;Tên thủ tục';
  return [head, ...quoted, ''].join('\r\n');
}

function asXml(rows: readonly TitledRow[]): string {
  const lines = rows.map(({ row: [code, procedure, summary, status, time], titles }) => {
    const members = {
      ...{ Ma: code, ThuTuc: procedure, TrichYeu: summary, TrangThai: status, CapNhat: time },
      ...{ NguoiNop: titles.applicant, TenTrangThai: titles.status, TenThuTuc: titles.procedure },
    };
    const inner = Object.entries(members).map(([name, text]) => `<${name}>${escaped(text)}</${name}>`);
    return `<Dong>${inner.join('')}</Dong>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<HoSo>\n${lines.join('\n')}\n</HoSo>\n`;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A record of the log that no process of the hub has written, though it may look so. */
export function anyRecord(told: Told): fc.Arbitrary<LogRecord & { readonly sector: string }> {
  const { names, numbers, dossiers } = told;
  const sector = fc.constantFrom('land', 'one-stop');
  const value = fc.oneof(fc.constantFrom(...names, ...numbers, ...dossiers), fc.jsonValue());
  const written = (code: fc.Arbitrary<string>, version: fc.Arbitrary<number>, view: fc.Arbitrary<unknown>) =>
    fc.record({ sector, code, version, view }).map(({ sector: id, ...one }) => ({
      sector: id,
      ...toLogRecord({
        ...{ id: `${id}:${one.code}:${one.version}`, sector: id, code: one.code, version: one.version },
        ...{ change: 'upsert', way: 'poll', occurredAt: 0, recordedAt: 0, sourcePosition: null, faults: [] },
        view: one.view as never,
      }),
    }));
  const made = written(fc.constantFrom(TOLD_DOSSIERS.record[0], ...names, ...numbers), fc.integer(), value);
  return fc.oneof(
    made,
    written(fc.constant(TOLD_DOSSIERS.record[1]), fc.integer({ min: 1, max: 100 }), titledView(told)),
    made.chain((record) => spoilt(record.value).map((text) => ({ ...record, value: text }))),
    made.chain((record) => value.map((one) => ({ ...record, headers: { ...record.headers, ce_id: String(one) } }))),
  );
}
