import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openDatabase } from '../../drivers/database.ts';

/** Where a test run found its MariaDB or MySQL, or why it has none. */
export type MariadbService = { readonly url: string } | { readonly missing: string };

export interface StartedMariadb {
  readonly service: MariadbService;
  stop(): Promise<void>;
}

/** A server of this machine's own, to be frozen, killed and started again on the same data. */
export interface MariadbServer {
  readonly url: string;
  /** What to start the next one with after a kill. */
  readonly place: ServerPlace;
  isRunning(): boolean;
  /** Sends a signal. Resolves, for SIGKILL, when it is gone. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

export interface ServerPlace {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
}

const run = promisify(execFile);
const START_MS = 20_000;
const STOP_MS = 5_000;
const DOCKER_MS = 2_000;
/** The server's user in Debian's packages. */
const SERVER_USER = 'mysql';

/**
 * A server for the whole run, from the first of: the address in TEST_DATABASE_URL (whose user may create databases), a
 * container, this machine's own binaries. `service.missing` says why there is none.
 */
export async function startMariadb(environment = process.env): Promise<StartedMariadb> {
  const url = environment.TEST_DATABASE_URL;
  if (url !== undefined && url !== '') return { service: { url }, stop: async () => {} };
  const reasons = ['TEST_DATABASE_URL is not set'];
  for (const [place, start] of [
    ['Docker', startContainer],
    ['local mariadbd', startBinary],
  ] as const) {
    try {
      return await start();
    } catch (error) {
      reasons.push(`${place}: ${error instanceof Error ? error.message.split('\n')[0] : 'no'}`);
    }
  }
  return { service: { missing: reasons.join('; ') }, stop: async () => {} };
}

/** A database of its own on the shared server, dropped when done. */
export async function ownDatabase(service: MariadbService): Promise<{ url: string; drop(): Promise<void> }> {
  if ('missing' in service) throw new Error(service.missing);
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = openDatabase(service.url, { connections: 1 });
  await admin.knex.raw('create database ?? character set utf8mb4 collate utf8mb4_general_ci', [name]);
  const url = new URL(service.url);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await admin.knex.raw('drop database if exists ??', [name]);
      await admin.close();
    },
  };
}

async function startContainer(): Promise<StartedMariadb> {
  // Testcontainers looks for Docker in many places and takes its time; this asks first.
  await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: DOCKER_MS }).catch(() => {
    throw new Error('not reachable');
  });
  const { MySqlContainer } = await import('@testcontainers/mysql');
  const container = await new MySqlContainer('mysql:8.4').withStartupTimeout(120_000).start();
  const url = `mysql://root:${container.getRootPassword()}@${container.getHost()}:${container.getPort()}/mysql`;
  return { service: { url }, stop: async () => void (await container.stop()) };
}

async function startBinary(): Promise<StartedMariadb> {
  const { url, stop } = await startMariadbServer();
  return { service: { url }, stop };
}

/** Why no server of this machine's own can be started; null when one can. In CI that is an error. */
export async function serverMissing(environment = process.env): Promise<string | null> {
  const reason = await firstOf('mariadbd', 'mysqld').then(
    () => null,
    (error: Error) => error.message,
  );
  if (reason !== null && environment.CI === 'true') throw new Error(`No MariaDB server: ${reason}`);
  return reason;
}

/**
 * @param place of a server that was killed, to start it again on the same data and port
 * @param options.durable what was committed outlives a kill of the server
 */
export async function startMariadbServer(
  place?: ServerPlace,
  { durable = false }: { durable?: boolean } = {},
): Promise<MariadbServer> {
  const binary = await firstOf('mariadbd', 'mysqld');
  const here = place ?? {
    folder: await mkdtemp(join(tmpdir(), 'mariadb-')),
    port: await freePort(),
    password: randomBytes(12).toString('hex'),
  };
  const { folder, port, password } = here;
  let server: ChildProcess | undefined;
  const isRunning = () => server !== undefined && server.exitCode === null && server.signalCode === null;
  const signal: MariadbServer['signal'] = async (name) => {
    if (server === undefined || !isRunning()) return;
    server.kill(name);
    if (name === 'SIGKILL') await once(server, 'exit');
  };
  const stop = async (): Promise<void> => {
    if (server !== undefined && isRunning()) {
      const gone = once(server, 'exit').then(() => true);
      server.kill('SIGCONT');
      server.kill('SIGTERM');
      if (!(await Promise.race([gone, delay(STOP_MS, false, { ref: false })]))) await signal('SIGKILL');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const asRoot = process.getuid?.() === 0;
    const common = ['--no-defaults', `--datadir=${join(folder, 'data')}`, ...(asRoot ? [`--user=${SERVER_USER}`] : [])];
    if (place === undefined) await install(folder, password, common);
    const options = [...serverOptions(folder, port), `--innodb-flush-log-at-trx-commit=${durable ? 2 : 0}`];
    const setup = place === undefined ? [`--init-file=${join(folder, 'setup.sql')}`] : [];
    server = spawn(binary, [...common, ...options, ...setup], { stdio: 'ignore' });
    await answering(server, port);
    return { url: `mysql://tester:${password}@127.0.0.1:${port}/mysql`, place: here, isRunning, signal, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function install(folder: string, password: string, common: readonly string[]): Promise<void> {
  await prepareFolder(folder, process.getuid?.() === 0);
  const options = ['--auth-root-authentication-method=normal', '--skip-test-db', `--tmpdir=${folder}`];
  await run(await firstOf('mariadb-install-db'), [...common, ...options], { timeout: START_MS });
  const setup = join(folder, 'setup.sql');
  await writeFile(
    setup,
    `alter user root@localhost identified by '${password}';\n` +
      `create user tester@'127.0.0.1' identified by '${password}';\n` +
      `grant all privileges on *.* to tester@'127.0.0.1' with grant option;\n`,
  );
  await chmod(setup, 0o644);
}

function serverOptions(folder: string, port: number): string[] {
  return [
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--tmpdir=${folder}`,
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=64M',
    '--innodb-log-file-size=16M',
    // What a power cut would lose is of no use to a test.
    '--innodb-doublewrite=0',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_general_ci',
    '--performance-schema=off',
    // Capture follows the binary log; what a run wrote is of no use to anybody after ten minutes.
    '--log-bin=binlog',
    '--server-id=1',
    '--binlog-format=ROW',
    '--sync-binlog=0',
    '--binlog-expire-logs-seconds=600',
    '--max-connections=200',
    // Zero dates occur in the field, in databases that were never strict.
    '--sql-mode=',
  ];
}

async function prepareFolder(folder: string, asRoot: boolean): Promise<void> {
  const data = join(folder, 'data');
  await mkdir(data);
  if (!asRoot) return;
  const id = async (flag: string) => Number((await run('id', [flag, SERVER_USER])).stdout);
  const [user, group] = [await id('-u'), await id('-g')];
  await chown(folder, user, group);
  await chown(data, user, group);
}

/** Debian keeps servers in /usr/sbin, which is not on everybody's path. */
async function firstOf(...names: readonly string[]): Promise<string> {
  for (const name of names) {
    for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin']) {
      const path = join(folder, name);
      const works = await run(path, ['--version'], { timeout: 5_000 }).then(
        () => true,
        () => false,
      );
      if (works) return path;
    }
  }
  throw new Error(`${names.join(' or ')} is not installed`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
}

async function answering(server: ChildProcess, port: number): Promise<void> {
  for (const until = performance.now() + START_MS; performance.now() < until; await delay(50)) {
    if (server.exitCode !== null) throw new Error(`the server ended at its start with ${server.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    // The server greets first; before that the port may only be open.
    const greeted = await Promise.race([once(socket, 'data'), delay(2_000, undefined, { ref: false })]).then(
      Boolean,
      () => false,
    );
    socket.destroy();
    if (greeted) return;
  }
  throw new Error('the server did not answer in time');
}
