import type { Database } from '../drivers/database.ts';

/** Times in the made-up index lie evenly in this span, so that the key at any depth is known. UTC milliseconds. */
export const FIRST_AT = Date.UTC(2016, 0, 1);
export const SPAN_MS = 10 * 365 * 86_400_000;
export const DUE_AFTER_MS = 20 * 86_400_000;
/** The present of the made-up index: all but the last twentieth lies in the past. */
export const TODAY = FIRST_AT + Math.floor(SPAN_MS * 0.95);

/** Rows of one statement: a transaction holds no more. */
const STEP = 100_000;
/** A prime: rows come in an order that has nothing to do with their codes. */
const PRIME = 15_485_863;

/** Fills the index's tables inside the database: a million dossiers as a province has them after ten years. */
export async function fillIndex({ knex, traits }: Database, rows: number): Promise<void> {
  const isMysql = traits.name === 'mysql';
  const padded = (value: string, length: number): string =>
    isMysql ? `lpad(${value}, ${length}, '0')` : `printf('%0${length}d', ${value})`;
  const text = (...parts: readonly string[]): string => (isMysql ? `concat(${parts.join(', ')})` : parts.join(' || '));
  const div = (value: string, by: number): string => (isMysql ? `(${value} div ${by})` : `(${value} / ${by})`);
  const mixed = `((n * ${PRIME}) % ${rows})`;
  const received = `${FIRST_AT} + ${div(`(${mixed} * ${Math.floor(SPAN_MS / rows)})`, 1_000)} * 1000`;
  const unit = padded('n % 100', 2);
  const code = text(`'H41.'`, unit, `'-261001-'`, padded('n', 7));
  const ago = `(${mixed} < ${Math.floor(rows * 0.97)})`;
  const columns: Readonly<Record<string, string>> = {
    code,
    procedure_code: text(`'1.'`, padded('n % 50', 6)),
    procedure_sector: `case when n % 4 = 0 then 'land' end`,
    agency_code: text(`'H41.'`, unit),
    applicant_kind: `'CITIZEN'`,
    applicant_name: text(`'Nguyễn Văn '`, 'n % 500'),
    channel: `case when n % 50 = 0 then 'POST' when n % 3 = 0 then 'ONLINE' else 'COUNTER' end`,
    status_number: `case when ${ago} and n % 200 > 0 then 10 else 2 + n % 7 end`,
    status_at: received,
    received_at: received,
    due_at: `case when n % 50 = 1 then null else ${received} + ${DUE_AFTER_MS} end`,
    finished_at: `case when ${ago} and n % 200 > 0 then ${received} end`,
    running: `case when ${ago} and n % 200 > 0 then 0 when n % 7 in (0, 2) then 1 else 0 end`,
    ended_at: `case when ${ago} and n % 200 > 0 then ${received} end`,
    deleted: `case when n % 1000 = 999 then 1 else 0 end`,
    sectors: `'one-stop'`,
    revision: '1',
    changed_at: received,
  };
  const families = `case when n % 10 < 4 then 'nguyen' when n % 10 < 6 then 'tran' else 'le' end`;
  const lists: readonly (readonly [table: string, column: string, value: string, where: string])[] = [
    ['dossier_number', 'number', padded('n % 700000', 12), '1 = 1'],
    ['dossier_sector', 'sector', `'one-stop'`, '1 = 1'],
    ['dossier_sector', 'sector', `'land'`, 'n % 4 = 0'],
    ['dossier_word', 'word', families, '1 = 1'],
    ['dossier_word', 'word', text(`'ten'`, 'n % 500'), '1 = 1'],
    ['dossier_word', 'word', padded('n', 7), '1 = 1'],
  ];
  for (let from = 0; from < rows; from += STEP) {
    const to = Math.min(from + STEP, rows);
    const numbers = isMysql
      ? `(select seq as n from seq_${from}_to_${to - 1}) numbers`
      : `(with recursive counted(n) as (select ${from} union all select n + 1 from counted where n < ${to - 1}) select n from counted) numbers`;
    const names = Object.keys(columns).join(', ');
    await knex.raw(`insert into dossier (${names}) select ${Object.values(columns).join(', ')} from ${numbers}`);
    for (const [table, column, value, where] of lists) {
      await knex.raw(
        `insert into ${table} (${column}, code, received_at) select ${value}, ${code}, ${received} from ${numbers} where ${where}`,
      );
    }
  }
}
