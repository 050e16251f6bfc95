import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { workbook } from '../../connectors/workbook.ts';
import type { Fortress } from '../stage.ts';

const MOST_MS = 60_000;
const HONEST = 'H41.58-261119-0999';

/**
 * Resolves when every file that was dropped, every call and every record of the log has been read: an honest file, dropped
 * behind all others, has come through.
 *
 * @throws Error when that does not happen: something that was thrown has stopped what reads
 */
export async function everythingRead({ drops, directory }: Fortress): Promise<void> {
  const codes = { csv: `${HONEST}1`, xml: `${HONEST}2`, xlsx: `${HONEST}3` };
  const at = '2026-11-19 01:12:44';
  const head = 'Mã hồ sơ;Thủ tục;Trích yếu;Trạng thái;Cập nhật;Người nộp;Tên trạng thái;Tên thủ tục';
  await drops.drop('csv', `${head}\r\n${codes.csv};1.004194;x;21;${at};;;\r\n`);
  const row = `<Ma>${codes.xml}</Ma><TrichYeu>x</TrichYeu><TrangThai>21</TrangThai><CapNhat>${at}</CapNhat>`;
  await drops.drop('xml', `<HoSo><Dong>${row}</Dong></HoSo>`);
  const sheet = workbook([
    ['Mã hồ sơ', 'Trạng thái', 'Cập nhật'],
    [codes.xlsx, '21', at],
  ]);
  await drops.drop('xlsx', sheet);
  const store = new DatabaseSync(join(directory, 'hub.sqlite'), { readOnly: true });
  const one = (sql: string, ...values: string[]) => Number(Object.values(store.prepare(sql).get(...values) ?? {})[0]);
  const WAITING = {
    files: () => 3 - one('select count(*) from dossier_event where code in (?, ?, ?)', ...Object.values(codes)),
    calls: () => one('select count(*) from callback where done_at is null'),
    events: () => one('select count(*) from outbox'),
    records: () =>
      one(`select coalesce(sum(p.next_offset - coalesce(c.next_offset, 0)), 0) from log_partition p
        left join consumer_position c on c.topic = p.topic and c.part = p.part and c.consumer = 'project'
        where p.topic not like '%.dlq'`),
  };
  try {
    for (let waited = 0; waited < MOST_MS; waited += 50) {
      if (Object.values(WAITING).every((left) => left() === 0)) return;
      await delay(50);
    }
    const left = Object.entries(WAITING).map(([name, count]) => `${name}: ${count()}`);
    throw new Error(`Not everything that was thrown has been read: ${left.join(', ')}`);
  } finally {
    store.close();
  }
}
