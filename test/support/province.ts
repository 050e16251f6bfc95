import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { createHub, type Hub } from '../../hub.ts';
import { generate } from '../../stand-ins/generate.ts';
import type { Running } from '../../stand-ins/serve.ts';
import type { World } from '../../stand-ins/world/types.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { openAccessParts } from './open-access.ts';
import { OPEN_LIMITS_ENVIRONMENT } from './open-limits.ts';
import { startSystems } from './systems.ts';

export interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly sector?: string; readonly retryable?: boolean };
  }[];
}

export type SystemName = 'one-stop' | 'land' | 'civil-status' | 'business-registration';

/** A hub that listens, and a client of it. */
export interface OpenHub {
  readonly hub: Hub;
  readonly address: string;
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer>;
  close(): Promise<void>;
}

export interface CatchingUp {
  /** Whether it is waited for until the index holds what the systems hold: for as long as a system is down, never. */
  readonly catchesUp?: boolean;
}

/** A whole made-up province behind a real hub, each system over its own wire format, all in this process. */
export interface Province extends OpenHub {
  /** What the systems were made from: how things really are. */
  readonly world: World;
  /** Where the systems keep their data. */
  readonly directory: string;
  readonly systems: Readonly<Record<SystemName, Running>>;
  /** Every line the hubs have logged, each a JSON text. */
  readonly logged: readonly string[];
  /** One more hub over the same systems, with a store of its own. */
  another(environment?: Readonly<Record<string, string>>, options?: CatchingUp): Promise<OpenHub>;
}

export interface ProvinceOptions {
  readonly citizens?: number;
  readonly dossiers?: number;
  readonly seed?: number;
  /** Settings over those that lead to the systems. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly now?: () => number;
  /** Runs when the systems' data is there and nothing has opened it. */
  readonly prepare?: (directory: string) => void | Promise<void>;
}

/** The day on which the made-up world stands still. */
export const WORLD_NOW = Date.parse('2026-11-20T00:00:00+07:00');

export async function openProvince(options: ProvinceOptions = {}): Promise<Province> {
  const { citizens = 300, dossiers = 1200, seed = 1 } = options;
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-province-'));
  await generate({ seed, citizens, dossiers, out: directory });
  await ageDrops(join(directory, 'ho-kinh-doanh'));
  await options.prepare?.(directory);
  const { systems, environment } = await startSystems(directory);
  const logged: string[] = [];
  const hubs: OpenHub[] = [];
  const another: Province['another'] = async (own = {}, { catchesUp } = {}) => {
    const opened = await openHub(
      {
        DATA_DIR: join(directory, `hub-${hubs.length}`),
        ...environment,
        ...options.environment,
        ...own,
      },
      { logged, now: options.now, catchesUp },
    );
    hubs.push(opened);
    return opened;
  };
  const first = await another();
  return {
    ...first,
    world: createWorld({ seed, citizens, dossiers }),
    directory,
    systems,
    logged,
    another,
    async close() {
      await Promise.all(hubs.map((one) => one.close()));
      await Promise.all(Object.values(systems).map((system) => system.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Health checks and capture that go on by themselves would be counted among the questions. */
const QUIET = { HEALTH_INTERVAL_MS: '3600000', POLL_INTERVAL_MS: '3600000', SWEEP_INTERVAL_MS: '3600000' };
const MOST_CATCHING_UP_MS = 240_000;

/** A hub that listens on a free port, with exactly these settings, those that keep it quiet and open limits. */
export async function openHub(
  environment: Readonly<Record<string, string>>,
  options: { logged?: string[]; now?: (() => number) | undefined; catchesUp?: boolean | undefined } = {},
): Promise<OpenHub> {
  const { logged = [], catchesUp = true } = options;
  const hub = await createHub({
    logger: pino({ level: 'debug' }, { write: (line) => logged.push(line) }),
    now: options.now ?? (() => WORLD_NOW),
    access: openAccessParts(),
    environment: { PORT: '0', ...QUIET, ...OPEN_LIMITS_ENVIRONMENT, ...environment },
  });
  const address = await hub.gateway.listen();
  if (catchesUp) await within(MOST_CATCHING_UP_MS, hub.caughtUp());
  return {
    hub,
    address,
    ask: (query, variables = {}) => askHub(address, query, variables),
    close: () => hub.close(),
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The index did not catch up with the systems within ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A file that was written a moment ago may not be whole yet, and is left alone; those of the night are. */
export async function ageDrops(folder: string, at = new Date(Date.now() - 3_600_000)): Promise<void> {
  for (const name of await readdir(folder)) await utimes(join(folder, name), at, at);
}

export async function askHub(
  address: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}
