import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { settingsPrefix } from '../../hub/sectors.ts';
import { createHub, type Hub } from '../../hub.ts';
import { start as startBusiness } from '../../sectors/business-registration/stand-in/index.ts';
import { start as startCivilStatus } from '../../sectors/civil-status/stand-in/index.ts';
import { start as startLand } from '../../sectors/land/stand-in/index.ts';
import { start as startOneStop } from '../../sectors/one-stop/stand-in/index.ts';
import { generate } from '../../stand-ins/generate.ts';
import type { Running } from '../../stand-ins/serve.ts';

export interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly sector?: string; readonly retryable?: boolean };
  }[];
}

/** A whole made-up province behind a real hub, each system over its own wire format, all in this process. */
export interface Province {
  readonly hub: Hub;
  readonly address: string;
  readonly systems: Readonly<Record<'one-stop' | 'land' | 'civil-status' | 'business-registration', Running>>;
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer>;
  close(): Promise<void>;
}

export interface ProvinceOptions {
  readonly citizens?: number;
  readonly dossiers?: number;
  readonly seed?: number;
  /** Settings over those that lead to the systems. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

/** The day on which the made-up world stands still. */
export const WORLD_NOW = Date.parse('2026-11-20T00:00:00+07:00');

export async function openProvince(options: ProvinceOptions = {}): Promise<Province> {
  const { citizens = 300, dossiers = 1200, seed = 1 } = options;
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-province-'));
  await generate({ seed, citizens, dossiers, out: directory });
  const systems = {
    'one-stop': await startOneStop({ directory }),
    land: await startLand({ directory }),
    'civil-status': await startCivilStatus({ directory }),
    'business-registration': await startBusiness({ directory }),
  };
  const settings = Object.entries(systems).flatMap(([id, system]) =>
    Object.entries(system.settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
  );
  const hub = await createHub({
    logger: pino({ level: 'silent' }),
    now: options.now ?? (() => WORLD_NOW),
    environment: {
      PORT: '0',
      DATA_DIR: join(directory, 'hub'),
      // Health checks on their own would be counted among the questions.
      HEALTH_INTERVAL_MS: '3600000',
      ...Object.fromEntries(settings),
      ...options.environment,
    },
  });
  const address = await hub.gateway.listen();
  return {
    hub,
    address,
    systems,
    ask: (query, variables = {}) => askHub(address, query, variables),
    async close() {
      await hub.close();
      await Promise.all(Object.values(systems).map((system) => system.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function askHub(
  address: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}
