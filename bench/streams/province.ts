import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { startProcess } from '../../hub/demo-process.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { startBroker } from '../../test/services/kafka.ts';
import { type MariadbServer, ownDatabase, startMariadbServer } from '../../test/services/mariadb.ts';
import { cpuMs } from '../processes.ts';
import { mariadbDatabases } from '../tables/databases.ts';

/** Systems, broker, portal and hubs, each a process of its own; database servers apart for the systems and the hub. */
export interface Province {
  readonly landUrl: string;
  /** The hub's store. */
  readonly store: Database;
  /** Dossiers that the land office works on and the portal has. */
  readonly codes: readonly string[];
  /** Processor time that each process has used so far, milliseconds. */
  cpu(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const WORLD = { seed: 1, citizens: 1_000, dossiers: 4_000 };
const PORTAL_DELAY_MS = 20;
const READ_IN_MS = 600_000;
const ROLES = ['capture', 'project', 'deliver'] as const;
/** As many calls as 200 changes a second ask for: three a change, each waiting for the portal. */
const PORTAL = { PORTAL_MODE: 'send', PORTAL_CALLS_PER_SECOND: '2000', PORTAL_CONCURRENCY: '160' };

export async function openProvince(told: (line: string) => void): Promise<Province> {
  const ending: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ending.splice(0).reverse()) await end().catch(() => {});
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'bench-streams-'));
    ending.push(() => rm(folder, { recursive: true, force: true }));
    const systems = await startMariadbServer(undefined, { durable: true });
    ending.push(() => systems.stop());
    const own = await startMariadbServer(undefined, { durable: true });
    ending.push(() => own.stop());
    const kafka = await startBroker();
    ending.push(() => kafka.stop());
    const { urls } = await mariadbDatabases(createWorld(WORLD), { url: systems.url });
    await setToWork(urls);
    const script = join(ROOT, 'stand-ins', 'portal', 'main.ts');
    const portal = await startProcess('portal', [script, '--data', join(folder, 'portal')]);
    ending.push(() => portal.stop());
    const slow = JSON.stringify({ mode: 'slow', delayMs: PORTAL_DELAY_MS });
    await fetch(`${portal.settings.URL}/__stand-in/faults`, { method: 'POST', body: slow });

    const place = await ownDatabase({ url: own.url });
    const environment = {
      ...{ PORT: '0', DATA_DIR: join(folder, 'hub'), ID_KEY: randomBytes(32).toString('hex'), ...PORTAL },
      ...{ DATABASE_URL: place.url, KAFKA_BROKERS: kafka.brokers },
      ...{ SECTOR_LAND_DATABASE_URL: urls.land, SECTOR_ONE_STOP_DATABASE_URL: urls['one-stop'] },
      ...Object.fromEntries(Object.entries(portal.settings).map(([name, value]) => [`PORTAL_${name}`, value])),
    };
    const pids = new Map([
      ['those who make and watch changes', process.pid],
      ['Kafka', kafka.pid],
      ['portal', portal.pid],
      ['systems’ MariaDB', pidOf(systems)],
      ['store’s MariaDB', pidOf(own)],
    ]);
    for (const role of ROLES) {
      const args = [role, join(import.meta.dirname, 'sectors'), JSON.stringify(environment)];
      const hub = await startProcess(role, [join(import.meta.dirname, 'hub-process.ts'), ...args]);
      ending.push(() => hub.stop());
      pids.set(role, hub.pid);
    }
    const store = openDatabase(place.url, { connections: 3 });
    ending.push(() => store.close());
    const startedAt = performance.now();
    const codes = await readIn(store, urls.land);
    told(`${codes.length} dossiers read in and delivered in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    const cpu = () => Object.fromEntries([...pids].map(([name, pid]) => [name, cpuMs(pid)]));
    return { landUrl: urls.land, store, codes, cpu, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function pidOf({ place }: MariadbServer): number {
  return Number(readFileSync(join(place.folder, 'pid'), 'utf8'));
}

/** Most dossiers of a province have ended; here the land office works on all of its own, and nobody else's are there. */
async function setToWork(urls: Readonly<Record<'land' | 'one-stop', string>>): Promise<void> {
  const land = openDatabase(urls.land, { connections: 1 });
  const never = '0000-00-00 00:00:00';
  await land.knex.raw('update HS_HOSO set MATRANGTHAI = 20, NGAYKETTHUC = ?, NGAYTRA = ?', [never, never]);
  const own = new URL(urls.land).pathname.slice(1);
  await land.close();
  const counter = openDatabase(urls['one-stop'], { connections: 1 });
  await counter.knex.raw('delete from MC_HOSO where MAHOSO not in (select SOBIENNHAN from ??.HS_HOSO)', [own]);
  await counter.knex.raw('update MC_HOSO set TRANGTHAI = 4, NGAYKETTHUC = null, NGAYTRA = null');
  await counter.close();
}

/** @returns codes that are at the portal once nothing waits any more */
async function readIn(store: Database, landUrl: string): Promise<readonly string[]> {
  const land = openDatabase(landUrl, { connections: 1 });
  const [counted] = await land.query('select count(*) as dossiers from HS_HOSO', []);
  await land.close();
  for (const until = performance.now() + READ_IN_MS; performance.now() < until; await delay(500)) {
    const [waiting] = await store.query("select 1 as one from delivery where state = 'pending' limit 1", []);
    if (waiting !== undefined) continue;
    const [both] = await store.query("select count(*) as dossiers from dossier where sectors = 'land one-stop'", []);
    if (Number(both?.dossiers) < Number(counted?.dossiers)) continue;
    const rows = await store.query("select code from delivery where state = 'acknowledged' order by code", []);
    return rows.map(({ code }) => String(code));
  }
  throw new Error(`The dossiers were not read in and delivered in ${READ_IN_MS} ms`);
}
