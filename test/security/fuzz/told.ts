import fc from 'fast-check';
import { type LogRecord, toLogRecord } from '../../../core/event.ts';
import type { DropFormat } from '../stage.ts';
import { oddText, spoilt } from './odd.ts';

/** Who and what calls, files and records tell of: people who must not come up in what the hub says about them. */
export interface Told {
  readonly names: readonly string[];
  readonly numbers: readonly string[];
  readonly dossiers: readonly string[];
}

/** A workbook takes a thread of its own, too dear to be thrown by the thousand. */
export type ThrownFormat = Exclude<DropFormat, 'xlsx'>;

/** A file as an office drops it, with values in wrong places, or spoilt. */
export function anyFile(format: ThrownFormat, told: Told): fc.Arbitrary<Uint8Array> {
  const cell = cells(told);
  const row = fc.tuple(cell.code, cell.procedure, cell.any, cell.status, cell.time);
  const whole = fc.array(row, { minLength: 1, maxLength: 5 }).map(format === 'csv' ? asCsv : asXml);
  return fc.oneof(
    { weight: 4, arbitrary: whole.map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: whole.chain(spoilt).map((text) => Buffer.from(text)) },
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
    code: mostly('H41.58-261119-0901', 'H41.58-261119-0902', 'H41.58-261119-0903'),
    procedure: mostly('1.004194', '1.012790'),
    // Shown as the system states it, to whoever may see how a dossier stands: what it states is for the system to answer.
    status: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('10', '21', '70') }, { weight: 1, arbitrary: oddText }),
    time: mostly('2026-11-19 01:12:44', '2026-11-18 23:00:00'),
  };
}

type Row = readonly [code: string, procedure: string, summary: string, status: string, time: string];

function asCsv(rows: readonly Row[]): string {
  const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(';'));
  return ['Mã hồ sơ;Thủ tục;Trích yếu;Trạng thái;Cập nhật', ...quoted, ''].join('\r\n');
}

function asXml(rows: readonly Row[]): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const lines = rows.map(([code, , summary, status, time]) => {
    const members = { Ma: code, TrichYeu: summary, TrangThai: status, CapNhat: time };
    const inner = Object.entries(members).map(([name, text]) => `<${name}>${escaped(text)}</${name}>`);
    return `<Dong>${inner.join('')}</Dong>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<HoSo>\n${lines.join('\n')}\n</HoSo>\n`;
}

/** A record of the log that no process of the hub has written, though it may look so. */
export function anyRecord({ names, numbers, dossiers }: Told): fc.Arbitrary<LogRecord & { readonly sector: string }> {
  const sector = fc.constantFrom('land', 'one-stop');
  const value = fc.oneof(fc.constantFrom(...names, ...numbers, ...dossiers), fc.jsonValue());
  const made = fc
    .record({
      sector,
      code: fc.constantFrom('H41.58-261119-0911', ...names, ...numbers),
      version: fc.integer(),
      view: value,
    })
    .map(({ sector: id, code, version, view }) => ({
      sector: id,
      ...toLogRecord({
        ...{ id: `${id}:${code}:${version}`, sector: id, code, version, change: 'upsert', way: 'poll' },
        ...{ occurredAt: 0, recordedAt: 0, sourcePosition: null, faults: [], view: view as never },
      }),
    }));
  return fc.oneof(
    made,
    made.chain((record) => spoilt(record.value).map((text) => ({ ...record, value: text }))),
    made.chain((record) => value.map((one) => ({ ...record, headers: { ...record.headers, ce_id: String(one) } }))),
  );
}
