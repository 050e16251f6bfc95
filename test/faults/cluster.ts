import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { type DemoProcess, runToEnd, startProcess } from '../../hub/demo-process.ts';
import type { Fault } from '../../stand-ins/faults.ts';
import { type KafkaBroker, startBroker } from '../services/kafka.ts';
import { type MariadbServer, startMariadbServer } from '../services/mariadb.ts';
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.ts';
import { ISSUER_SETTINGS } from '../support/issuer.ts';
import { fillBranch, fillExport } from './branches.ts';
import { BRANCH_READER, LAND_READER, prepareDatabases } from './databases.ts';
import { type ExportOffice, openExportOffice } from './export-office.ts';
import { type HubProcess, type Role, startHub } from './hub-process.ts';
import { fillLand } from './land-tables.ts';

/** A whole province of real processes: systems, database server, broker, portal, and hubs by their roles. */
export interface Cluster {
  /** Where the stand-ins keep their data. */
  readonly directory: string;
  /** The hub's store and the land office's database, past every proxy. */
  readonly store: Database;
  readonly land: Database;
  readonly landUrl: string;
  /** A branch of the land office, whose database is followed by its binary log. */
  readonly branch: Database;
  /** A branch that writes files. */
  readonly exporting: ExportOffice;
  /** The account by which the hubs read the land office's database. */
  readonly landReader: string;
  readonly portalUrl: string;
  readonly counterUrl: string;
  /** What lies between the hubs and everything they talk to, except Kafka. */
  readonly proxies: Readonly<Record<'store' | 'land' | 'branch' | 'counter' | 'portal', TcpProxy>>;
  readonly hubs: ReadonlySet<HubProcess>;
  /** What a hub is told, to start something else of it. */
  readonly environment: Readonly<Record<string, string>>;
  kafka(): KafkaBroker;
  mariadb(): MariadbServer;
  /** Starts the broker, or the database server, anew on its data after a kill. */
  restartKafka(): Promise<void>;
  restartMariadb(): Promise<void>;
  start(role: Role, change?: StartChange): Promise<HubProcess>;
  /** Starts a hub of each role that none runs of, and ends those beyond the first. */
  fleet(): Promise<void>;
  one(role: Role): HubProcess;
  setFault(system: 'portal' | 'counter', fault: Fault): Promise<void>;
  /** Everything works again: nothing is frozen, broken or faulty. */
  heal(): Promise<void>;
  /** Ends every process and removes what they kept. May be called twice. */
  close(): Promise<void>;
}

interface StartChange {
  readonly environment?: Readonly<Record<string, string>>;
  readonly descriptors?: number;
}

const ROOT = join(import.meta.dirname, '../..');
const SYSTEMS = ['one-stop', 'civil-status', 'business-registration'] as const;
/** Systems that are no sector's. */
const OTHERS = ['portal', 'issuer'] as const;
const ROLES: readonly Role[] = ['capture', 'project', 'deliver', 'gateway'];

/** Short, so that what takes minutes in life takes seconds here. */
const SETTINGS = {
  ...{ PORT: '0', LOG_LEVEL: 'info', NODE_ENV: 'production' },
  ...{ LEASE_MS: '2000', KAFKA_SESSION_MS: '6000', LOG_PARTITIONS: '3' },
  ...{ POLL_INTERVAL_MS: '100', LOOK_BACK_MS: '6000', SWEEP_INTERVAL_MS: '200', MOST_DELETES: '10000' },
  ...{ INDEX_STALE_MS: '4000', CLOSE_TIMEOUT_MS: '1000' },
  ...{ PORTAL_MODE: 'send', PORTAL_TIMEOUT_MS: '1000', PORTAL_CALLS_PER_SECOND: '2000' },
};

const START_TRIES = 8;
const START_AGAIN_MS = 500;

/** As a service manager does: a hub that finds no database ends, and is started again. */
async function persistently(start: () => Promise<HubProcess>): Promise<HubProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === START_TRIES) throw error;
      await delay(START_AGAIN_MS * tries);
    }
  }
}

export async function openCluster(options: { readonly dossiers: number; readonly seed: number }): Promise<Cluster> {
  const { dossiers, seed } = options;
  const ending: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    // In the reverse of how they came: whoever uses something ends before it does.
    for (const end of ending.splice(0).reverse()) await end().catch(() => {});
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'faults-'));
    ending.push(() => rm(folder, { recursive: true, force: true }));
    const directory = join(folder, 'systems');
    const sizes = ['--dossiers', String(dossiers), '--citizens', String(Math.max(300, Math.floor(dossiers / 4)))];
    const generate = [join(ROOT, 'stand-ins', 'generate.ts'), '--out', directory, '--seed', String(seed), ...sizes];

    let mariadb = await startMariadbServer(undefined, { durable: true });
    ending.push(() => mariadb.stop());
    let kafka = await startBroker();
    ending.push(() => kafka.stop());
    await runToEnd(generate);

    const started = new Map<string, DemoProcess>();
    for (const name of [...SYSTEMS, ...OTHERS]) {
      const script = OTHERS.some((other) => other === name) ? ['stand-ins', name] : ['sectors', name, 'stand-in'];
      const one = await startProcess(name, [join(ROOT, ...script, 'main.ts'), '--data', directory]);
      ending.push(() => one.stop());
      started.set(name, one);
    }
    const addressOf = (name: string) => started.get(name)?.settings.URL ?? '';

    const databaseUrl = (name: string, port = mariadb.place.port) => {
      const url = new URL(mariadb.url);
      url.pathname = `/${name}`;
      url.port = String(port);
      return url.href;
    };
    await prepareDatabases(mariadb);
    const landUrl = databaseUrl('land');
    await fillLand(landUrl, { dossiers, citizens: Number(sizes[3]), seed });

    const proxyOf = async (port: number): Promise<TcpProxy> => {
      const proxy = await tcpProxy({ host: '127.0.0.1', port });
      ending.push(() => proxy.close());
      return proxy;
    };
    const portOf = (name: string) => Number(new URL(addressOf(name)).port);
    const proxies = {
      store: await proxyOf(mariadb.place.port),
      land: await proxyOf(mariadb.place.port),
      branch: await proxyOf(mariadb.place.port),
      counter: await proxyOf(portOf('one-stop')),
      portal: await proxyOf(portOf('portal')),
    };
    const store = openDatabase(databaseUrl('hub'), { connections: 4 });
    ending.push(() => store.close());
    const land = openDatabase(landUrl, { connections: 2 });
    ending.push(() => land.close());
    const branch = openDatabase(databaseUrl('branch'), { connections: 2 });
    ending.push(() => branch.close());
    await fillBranch(land, 'branch');
    const exporting = await openExportOffice(join(folder, 'drops'));
    ending.push(() => exporting.close());
    await fillExport(land, exporting);

    const systems = Object.fromEntries(
      [...started].flatMap(([name, { settings }]) => {
        const prefix = OTHERS.some((other) => other === name)
          ? `${name.toUpperCase()}_`
          : `SECTOR_${name.replaceAll('-', '_').toUpperCase()}_`;
        return Object.entries(settings).map(([setting, value]) => [prefix + setting, value]);
      }),
    );
    const environment = {
      PATH: process.env.PATH ?? '',
      ...SETTINGS,
      ...ISSUER_SETTINGS,
      ...systems,
      SECTOR_LAND_DATABASE_URL: databaseUrl('land', proxies.land.port).replace('//tester:', `//${LAND_READER}:`),
      SECTORS_DIR: join(import.meta.dirname, 'sectors'),
      SECTOR_LAND_BRANCH_DATABASE_URL: databaseUrl('branch', proxies.branch.port).replace(
        '//tester:',
        `//${BRANCH_READER}:`,
      ),
      SECTOR_LAND_EXPORT_DIRECTORY: exporting.directory,
      SECTOR_ONE_STOP_URL: `http://127.0.0.1:${proxies.counter.port}`,
      PORTAL_URL: `http://127.0.0.1:${proxies.portal.port}`,
      DATABASE_URL: databaseUrl('hub', proxies.store.port),
      KAFKA_BROKERS: kafka.brokers,
      DATA_DIR: join(folder, 'hub'),
      ID_KEY: randomBytes(32).toString('hex'),
    };
    const hubs = new Set<HubProcess>();
    ending.push(() => Promise.all([...hubs].map((hub) => hub.stop())));

    const start: Cluster['start'] = async (role, { environment: change = {}, ...limits } = {}) => {
      const hub = await persistently(() => startHub(role, { ...environment, ...change }, limits));
      hubs.add(hub);
      void hub.ended.then(() => hubs.delete(hub));
      return hub;
    };
    const running = (role: Role) => [...hubs].filter((hub) => hub.role === role && hub.isRunning());
    const setFault: Cluster['setFault'] = async (system, fault) => {
      const address = addressOf(system === 'portal' ? 'portal' : 'one-stop');
      await fetch(`${address}/__stand-in/faults`, { method: 'POST', body: JSON.stringify(fault) });
    };
    const restartMariadb = async () => {
      mariadb = await startMariadbServer(mariadb.place, { durable: true });
    };
    const restartKafka = async () => {
      kafka = await startBroker(kafka.place);
    };
    const fleet = async (): Promise<void> => {
      await Promise.all(
        ROLES.map(async (role) => {
          const [first, ...others] = running(role);
          await Promise.all(others.map((hub) => hub.stop()));
          if (first === undefined) await start(role);
        }),
      );
    };
    return {
      ...{
        directory,
        store,
        land,
        landUrl,
        branch,
        exporting,
        landReader: LAND_READER,
        proxies,
        hubs,
        environment,
        start,
        fleet,
        setFault,
        close,
      },
      ...{ restartKafka, restartMariadb, kafka: () => kafka, mariadb: () => mariadb },
      portalUrl: addressOf('portal'),
      counterUrl: addressOf('one-stop'),
      one(role) {
        const [first] = running(role);
        if (first === undefined) throw new Error(`No hub runs as ${role}`);
        return first;
      },
      async heal() {
        await kafka.signal('SIGCONT');
        await mariadb.signal('SIGCONT');
        if (!mariadb.isRunning()) await restartMariadb();
        if (!kafka.isRunning()) await restartKafka();
        for (const hub of hubs) await hub.signal('SIGCONT');
        for (const proxy of Object.values(proxies)) await proxy.repair();
        for (const system of ['portal', 'counter'] as const) await setFault(system, { mode: 'none' });
        await fleet();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
