import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSeal } from '../core/seal.ts';
import {
  createDossierIndex,
  DOSSIER_ORDERS,
  type DossierFilter,
  type DossierIndex,
  type DossierOrder,
  type IndexKey,
} from '../store/dossier-index.ts';
import { openStore } from '../store/store.ts';
import { ownDatabase, startMariadb } from '../test/services/mariadb.ts';
import { DUE_AFTER_MS, FIRST_AT, fillIndex, SPAN_MS, TODAY } from './index-rows.ts';

/**
 * How long a page of the dossiers' list takes, the first one and one after nine tenths of the list:
 * `node bench/pages.ts --rows 1000000 --only mariadb`. Prints one table for each database, medians in milliseconds.
 */
const FILTERS: Readonly<Record<string, DossierFilter>> = {
  none: {},
  'status 4': { status: [4] },
  'status 10': { status: [10] },
  'sector land': { sector: 'land' },
  'agency H41.07': { agency: 'H41.07' },
  'agency and status 10': { agency: 'H41.07', status: [10] },
  'procedure and channel': { procedure: '1.000007', channel: 'ONLINE' },
  'channel POST': { channel: 'POST' },
  overdue: { overdue: true, today: TODAY },
  'one number': { applicantNumbers: ['000000012345'] },
  'words nguyen ten7': { words: ['nguyen', 'ten7'] },
  'word ngu…': { words: ['ngu'] },
  'a code': { words: ['h41.07', '261001', '0000107'] },
  'received in a month': { receivedFrom: FIRST_AT, receivedTo: FIRST_AT + SPAN_MS / 120 },
};
const RUNS = 21;
const FIRST = 20;

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, only: { type: 'string' } } });
const rows = Number(values.rows);
if (!Number.isInteger(rows) || rows < 1_000 || rows > 5_000_000) throw new Error('--rows from 1000 to 5000000');

if (values.only !== 'sqlite') await onMariadb();
if (values.only !== 'mariadb') await onSqlite();

async function onMariadb(): Promise<void> {
  const { service, stop } = await startMariadb();
  try {
    const place = await ownDatabase(service);
    // The tests' server is kept small.
    await measure('MariaDB', place.url, ['set global innodb_buffer_pool_size = 1073741824']);
    await place.drop();
  } finally {
    await stop();
  }
}

async function onSqlite(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-pages-'));
  try {
    await measure('SQLite', `sqlite://${join(folder, 'hub.sqlite')}`, []);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(title: string, url: string, prepare: readonly string[]): Promise<void> {
  const { database, close } = await openStore(url, { seal: createSeal(new Uint8Array(32)) });
  for (const statement of prepare) await database.knex.raw(statement);
  const startedAt = performance.now();
  await fillIndex(database, rows);
  console.log(`\n${title}, ${rows} dossiers, filled in ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
  const index = createDossierIndex(database);
  console.log(`| filter | order | first page, ms | page at 90%, ms | count to 10,000, ms |`);
  console.log('|---|---|---:|---:|---:|');
  for (const [name, filter] of Object.entries(FILTERS)) {
    const counting = await median(() => index.count(filter, 10_000));
    for (const order of DOSSIER_ORDERS) {
      const early = await median(() => page(index, filter, order, null));
      const late = await median(() => page(index, filter, order, keyAt(0.9, order)));
      console.log(`| ${name} | ${order} | ${early} | ${late} | ${counting} |`);
    }
  }
  await close();
}

function page(
  index: DossierIndex,
  filter: DossierFilter,
  order: DossierOrder,
  after: IndexKey | null,
): Promise<unknown> {
  return index.page({ filter, order, first: FIRST, after });
}

function keyAt(depth: number, order: DossierOrder): IndexKey {
  const share = order.endsWith('DESC') ? 1 - depth : depth;
  return [Math.floor(FIRST_AT + SPAN_MS * share + (order === 'DUE_ASC' ? DUE_AFTER_MS : 0)), ''];
}

/** Once to warm up; what takes long is measured fewer times. */
async function median(work: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  await work();
  for (let run = 0; run < RUNS && (run < 3 || times.reduce((sum, time) => sum + time, 0) < 1_000); run++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  return (times[Math.floor(times.length / 2)] ?? 0).toFixed(2);
}
