import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openKafka } from '../../drivers/kafka.ts';
import { KAFKA_VERSION, kafkaJars } from './kafka-jars.ts';

/** Where a test run found its Kafka, or why it has none. */
export type KafkaService = { readonly brokers: string } | { readonly missing: string };

export interface StartedKafka {
  readonly service: KafkaService;
  stop(): Promise<void>;
}

/** A broker of this machine's own, to be frozen, killed and started again on the same data. */
export interface KafkaBroker {
  /** host:port. */
  readonly brokers: string;
  readonly pid: number;
  /** What to start the next one with after a kill. */
  readonly place: BrokerPlace;
  isRunning(): boolean;
  /** Sends a signal: SIGSTOP and SIGCONT, or SIGKILL, which keeps the data. Resolves, for SIGKILL, when it is gone. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void>;
  /** Ends the broker and removes its data. */
  stop(): Promise<void>;
}

export interface BrokerPlace {
  readonly folder: string;
  readonly port: number;
  /** What clients are told to connect to: a proxy's, where one stands before the broker. */
  readonly advertisedPort: number;
  readonly controllerPort: number;
  readonly version: string;
}

export interface BrokerOptions {
  readonly version?: string;
  /** Starts what clients are to go through to the broker's port; gives its own port. */
  readonly through?: (port: number) => Promise<number>;
}

const run = promisify(execFile);
const START_MS = 60_000;
const STOP_MS = 10_000;
const DOCKER_MS = 2_000;
/** Any 16 bytes in base64; drawn by chance they may begin with a dash, which the tool takes for an option. */
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk';
/** A small heap, and no time spent on compiling what runs for seconds. */
const JAVA = ['-Xmx256m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/**
 * A broker for one suite, from the first of: the addresses in TEST_KAFKA_BROKERS, a container, Apache Kafka's jars with
 * this machine's Java. `service.missing` says why there is none; in CI that is an error.
 */
export async function startKafka(environment = process.env): Promise<StartedKafka> {
  const brokers = environment.TEST_KAFKA_BROKERS;
  if (brokers !== undefined && brokers !== '') return { service: { brokers }, stop: async () => {} };
  const reasons = ['TEST_KAFKA_BROKERS is not set'];
  for (const [place, start] of [
    ['Docker', startContainer],
    ['local Java', startLocal],
  ] as const) {
    try {
      return await start();
    } catch (error) {
      reasons.push(`${place}: ${error instanceof Error ? error.message.split('\n')[0] : 'no'}`);
    }
  }
  const missing = reasons.join('; ');
  if (environment.CI === 'true') throw new Error(`No Kafka, and a skipped suite fails here: ${missing}`);
  return { service: { missing }, stop: async () => {} };
}

/** A topic or group of a test's own on a broker that others use. */
export function ownName(name: string): string {
  return `${name}.${randomBytes(6).toString('hex')}`;
}

/** Why no broker of this machine's own can be started; null when one can. In CI that is an error. */
export async function brokerMissing(environment = process.env): Promise<string | null> {
  const reason = await expectJava().then(
    () => kafkaJars().then(() => null, String),
    (error: Error) => error.message,
  );
  if (reason !== null && environment.CI === 'true') throw new Error(`No Kafka broker: ${reason}`);
  return reason;
}

/** @param place of a broker that was killed, to start it again on the same data and port */
export async function startBroker(place?: BrokerPlace, options: BrokerOptions = {}): Promise<KafkaBroker> {
  const here = place ?? (await newPlace(options));
  const { folder, advertisedPort } = here;
  let server: ChildProcess | undefined;
  const isRunning = () => server !== undefined && server.exitCode === null && server.signalCode === null;
  const signal: KafkaBroker['signal'] = async (name) => {
    if (server === undefined || !isRunning()) return;
    server.kill(name);
    if (name === 'SIGKILL') await once(server, 'exit');
  };
  const stop = async (): Promise<void> => {
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const gone = once(server, 'exit').then(() => true);
      server.kill('SIGCONT');
      server.kill('SIGTERM');
      if (!(await Promise.race([gone, delay(STOP_MS, false, { ref: false })]))) await signal('SIGKILL');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const jars = await kafkaJars(here.version);
    await writeFile(join(folder, 'server.properties'), settingsOf(here));
    const java = [...JAVA, '-cp', `${jars}/*`, ...loggingTo(join(folder, 'kafka.log'))];
    if (!(await exists(join(folder, 'data', 'meta.properties')))) await format(java, folder);
    server = spawn('java', [...java, 'kafka.Kafka', join(folder, 'server.properties')], { stdio: 'ignore' });
    await answering(server, here);
    const pid = server.pid;
    if (pid === undefined) throw new Error('the broker has no process id');
    return { brokers: `127.0.0.1:${advertisedPort}`, pid, place: here, isRunning, signal, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function newPlace({ version = KAFKA_VERSION, through }: BrokerOptions): Promise<BrokerPlace> {
  const port = await freePort();
  return {
    folder: await mkdtemp(join(tmpdir(), 'kafka-')),
    port,
    advertisedPort: (await through?.(port)) ?? port,
    controllerPort: await freePort(),
    version,
  };
}

async function startLocal(): Promise<StartedKafka> {
  await expectJava();
  const { brokers, stop } = await startBroker();
  return { service: { brokers }, stop };
}

async function expectJava(): Promise<void> {
  await run('java', ['-version']).catch(() => {
    throw new Error('Java is not installed');
  });
}

async function startContainer(): Promise<StartedKafka> {
  // Testcontainers looks for Docker in many places and takes its time; this asks first.
  await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: DOCKER_MS }).catch(() => {
    throw new Error('not reachable');
  });
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer('confluentinc/cp-kafka:7.9.1')
    .withKraft()
    .withEnvironment({
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '500',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withStartupTimeout(120_000)
    .start();
  const brokers = `${container.getHost()}:${container.getMappedPort(9093)}`;
  return { service: { brokers }, stop: async () => void (await container.stop()) };
}

function settingsOf({ folder, port, advertisedPort, controllerPort }: BrokerPlace): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    // One broker cannot keep the three copies that these have by default, and without them no group ever comes about.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'auto.create.topics.enable': false,
    // A killed broker may come back once the controller has noticed that it went.
    'broker.session.timeout.ms': 1_000,
    'broker.heartbeat.interval.ms': 200,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function loggingTo(file: string): string[] {
  return [`-Dorg.slf4j.simpleLogger.logFile=${file}`, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
}

async function format(java: readonly string[], folder: string): Promise<void> {
  const settings = ['--cluster-id', CLUSTER, '--config', join(folder, 'server.properties')];
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', ...settings], { timeout: START_MS });
}

async function answering(server: ChildProcess, { folder, port }: BrokerPlace): Promise<void> {
  const log = async () => (await readFile(join(folder, 'kafka.log'), 'utf8').catch(() => '')).slice(-2_000);
  const kafka = openKafka({ brokers: `127.0.0.1:${port}`, warn: () => {} });
  for (const until = performance.now() + START_MS; performance.now() < until; await delay(100)) {
    if (server.exitCode !== null || server.signalCode !== null) {
      throw new Error(`the broker ended at its start\n${await log()}`);
    }
    if (!(await portOpen(port))) continue;
    const admin = kafka.admin();
    const answers = await admin
      .connect()
      .then(() => admin.describeCluster())
      .then(
        ({ brokers }) => brokers.length > 0,
        () => false,
      );
    await admin.disconnect().catch(() => {});
    if (answers) return;
  }
  throw new Error(`the broker did not answer in time\n${await log()}`);
}

async function portOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return open;
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

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
