import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { type DemoProcess, runToEnd, startProcess } from '../../hub/demo-process.ts';
import type { Fault } from '../../stand-ins/faults.ts';
import type { WorldOptions } from '../../stand-ins/world/types.ts';
import { type KafkaBroker, startBroker } from '../services/kafka.ts';
import { type MariadbServer, startMariadbServer } from '../services/mariadb.ts';
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.ts';
import { ISSUER_SETTINGS } from '../support/issuer.ts';
import { fillBranch, fillExport } from './branches.ts';
import { BRANCH_READER, LAND_READER, prepareDatabases } from './databases.ts';
import { type ExportOffice, openExportOffice } from './export-office.ts';
import { type HubProcess, type Role, type StartOptions, startHub } from './hub-process.ts';
import { fillLand } from './land-tables.ts';

/** A whole province of real processes: systems, database server, broker, portal, and hubs by their roles. */
export interface Cluster {
  /** Where the stand-ins keep their data. */
  readonly directory: string;
  /** What the systems were made from. */
  readonly world: WorldOptions;
  /** Where signed heads of the access log go. */
  readonly headsDirectory: string;
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
  readonly issuerUrl: string;
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
  /** Where those gateways listen, or did a moment ago, that have not ended. */
  gateways(): readonly string[];
  /** Gives every line that a hub says from now on to the listener. @returns ends that */
  hear(listener: (role: string, line: string) => void): () => void;
  setFault(system: FaultySystem, fault: Fault): Promise<void>;
  /** Everything works again: nothing is frozen, broken or faulty. */
  heal(): Promise<void>;
  /** Ends every process and removes what they kept. May be called twice. */
  close(): Promise<void>;
}

interface StartChange extends Omit<StartOptions, 'onLine'> {
  readonly environment?: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, '../..');
const SYSTEMS = ['one-stop', 'civil-status', 'business-registration'] as const;
/** Systems that are no sector's. */
const OTHERS = ['portal', 'issuer'] as const;
/** Those that can be told to fail, by the name of their stand-in. */
const FAULTY = {
  ...{ portal: 'portal', counter: 'one-stop', issuer: 'issuer' },
  ...{ 'civil-status': 'civil-status', 'business-registration': 'business-registration' },
} as const;
type FaultySystem = keyof typeof FAULTY;
const ROLES: readonly Role[] = ['capture', 'project', 'deliver', 'gateway'];

/** Short, so that what takes minutes in life takes seconds here. */
const SETTINGS = {
  ...{ PORT: '0', LOG_LEVEL: 'info', NODE_ENV: 'production' },
  ...{ LEASE_MS: '2000', KAFKA_SESSION_MS: '6000', LOG_PARTITIONS: '3' },
  ...{ POLL_INTERVAL_MS: '100', LOOK_BACK_MS: '6000', SWEEP_INTERVAL_MS: '200', MOST_DELETES: '10000' },
  ...{ INDEX_STALE_MS: '4000', CLOSE_TIMEOUT_MS: '1000' },
  // Few accounts ask for everybody; the issuer's keys are looked at as often as in a minute of life.
  ...{ RATE_PER_MINUTE: '1000000', AT_ONCE: '200', JWKS_REFRESH_MS: '1000' },
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
    const subjectKeyFile = join(folder, 'audit-subject.key');
    await writeFile(subjectKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const headsDirectory = join(folder, 'heads');
    const addressOf = (name: string) => {
      // Some say it as the place of one of their services.
      const url = Object.values(started.get(name)?.settings ?? {}).find((value) => value.startsWith('http://'));
      return new URL(url ?? '').origin;
    };

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
      AUDIT_HEADS_DIR: headsDirectory,
      AUDIT_SUBJECT_KEY_FILE: subjectKeyFile,
    };
    const hubs = new Set<HubProcess>();
    const listeners = new Set<Parameters<Cluster['hear']>[0]>();
    ending.push(() => Promise.all([...hubs].map((hub) => hub.stop())));

    const start: Cluster['start'] = async (role, { environment: change = {}, ...limits } = {}) => {
      const onLine = (line: string) => {
        for (const listener of listeners) listener(role, line);
      };
      const hub = await persistently(() => startHub(role, { ...environment, ...change }, { ...limits, onLine }));
      hubs.add(hub);
      void hub.ended.then(() => hubs.delete(hub));
      return hub;
    };
    const running = (role: Role) => [...hubs].filter((hub) => hub.role === role && hub.isRunning());
    const setFault: Cluster['setFault'] = async (system, fault) => {
      await fetch(`${addressOf(FAULTY[system])}/__stand-in/faults`, { method: 'POST', body: JSON.stringify(fault) });
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
      ...{ headsDirectory, world: { dossiers, citizens: Number(sizes[3]), seed } },
      portalUrl: addressOf('portal'),
      counterUrl: addressOf('one-stop'),
      issuerUrl: addressOf('issuer'),
      gateways: () => running('gateway').map(({ address }) => address),
      hear(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
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
        for (const system of Object.keys(FAULTY) as FaultySystem[]) await setFault(system, { mode: 'none' });
        await fleet();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
