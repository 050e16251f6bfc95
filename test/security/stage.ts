import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { settingsPrefix } from '../../hub/sectors.ts';
import { createHub, type Hub } from '../../hub.ts';
import { securityCode } from '../../sectors/land/stand-in/callbacks.ts';
import type { AccountName } from '../../stand-ins/issuer/accounts.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';
import { openProvince, type Province, type ProvinceOptions, WORLD_NOW } from '../support/province.ts';

/** A hub as it is served: recognises whoever asks, holds to the demo's grants, logs, and keeps to its limits. */
export interface Fortress {
  readonly province: Province;
  readonly issuer: TestIssuer;
  readonly hub: Hub;
  readonly url: string;
  /** Everything the hub logged. */
  readonly logged: readonly string[];
  /** What it was told. */
  readonly environment: Readonly<Record<string, string>>;
  /** DATA_DIR, where its store and its access log are. */
  readonly directory: string;
  readonly drops: Drops;
  bearer(name: AccountName): Promise<string>;
  close(): Promise<void>;
}

/** Folders into which three offices drop what changed, each in a format of its own. */
export interface Drops {
  folderOf(format: DropFormat): string;
  /** Whole at once, under the next name. @returns the name */
  drop(format: DropFormat, bytes: Uint8Array | string): Promise<string>;
  /** Under a name behind all others. */
  dropLast(format: DropFormat, bytes: Uint8Array | string): Promise<void>;
}

const FORMATS = ['csv', 'xml', 'xlsx'] as const;
export type DropFormat = (typeof FORMATS)[number];

/** Nothing goes on by itself but what is asked. */
const QUIET = { HEALTH_INTERVAL_MS: '3600000', POLL_INTERVAL_MS: '3600000', SWEEP_INTERVAL_MS: '3600000' };

/** @param settings over the standard ones */
export async function openFortress(
  settings: Readonly<Record<string, string>> = {},
  sizes: Pick<ProvinceOptions, 'citizens' | 'dossiers'> = { citizens: 40, dossiers: 120 },
): Promise<Fortress> {
  const folder = await mkdtemp(join(tmpdir(), 'lienthong-fortress-'));
  const province = await openProvince(sizes);
  const now = () => WORLD_NOW;
  const issuer = await openIssuer(join(folder, 'issuer'), { now });
  const drops = await openDrops(folder);
  const systems = Object.fromEntries(
    Object.entries(province.systems).flatMap(([id, system]) =>
      Object.entries(system.settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
    ),
  );
  const directory = join(folder, 'hub');
  const environment = {
    ...{ PORT: '0', DATA_DIR: directory, ...QUIET, ...systems, ...issuer.environment },
    SECTORS_DIR: join(import.meta.dirname, 'sectors'),
    ...Object.fromEntries(
      FORMATS.map((format) => [`${settingsPrefix(`drop-${format}`)}DIRECTORY`, drops.folderOf(format)]),
    ),
    [`${settingsPrefix('drop-csv')}SECURITY_CODE`]: securityCode,
    ...settings,
  };
  const logged: string[] = [];
  const hub = await createHub({
    logger: pino({ level: 'debug' }, { write: (line) => logged.push(line) }),
    ...{ now, environment },
  });
  await hub.gateway.listen();
  await hub.caughtUp();
  return {
    ...{ province, issuer, hub, logged, environment, directory, drops },
    url: hub.gateway.address(),
    bearer: (name) => issuer.bearer(name),
    async close() {
      await hub.close();
      await issuer.close();
      await province.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openDrops(folder: string): Promise<Drops> {
  const folderOf = (format: DropFormat) => join(folder, `drop-${format}`);
  const aside = join(folder, 'aside');
  for (const one of [aside, ...FORMATS.map(folderOf)]) await mkdir(one, { recursive: true });
  let count = 0;
  const put = async (name: string, format: DropFormat, bytes: Uint8Array | string): Promise<void> => {
    await writeFile(join(aside, name), bytes);
    await rename(join(aside, name), join(folderOf(format), name));
  };
  return {
    folderOf,
    async drop(format, bytes) {
      count += 1;
      const name = `ho-so-${String(count).padStart(8, '0')}.${format}`;
      await put(name, format, bytes);
      return name;
    },
    dropLast: (format, bytes) => put(`ho-so-99999999.${format}`, format, bytes),
  };
}
