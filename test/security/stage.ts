import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { settingsPrefix } from '../../hub/sectors.ts';
import { createHub, type Hub } from '../../hub.ts';
import type { AccountName } from '../../stand-ins/issuer/accounts.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';
import { openProvince, type Province, WORLD_NOW } from '../support/province.ts';

/** A hub as it is served: recognises whoever asks, holds to the demo's grants, logs, and keeps to its limits. */
export interface Fortress {
  readonly province: Province;
  readonly issuer: TestIssuer;
  readonly hub: Hub;
  readonly url: string;
  /** Everything the hub logged. */
  readonly logged: readonly string[];
  bearer(name: AccountName): Promise<string>;
  close(): Promise<void>;
}

/** Nothing goes on by itself but what is asked. */
const QUIET = { HEALTH_INTERVAL_MS: '3600000', POLL_INTERVAL_MS: '3600000', SWEEP_INTERVAL_MS: '3600000' };

/** @param settings over the standard ones */
export async function openFortress(settings: Readonly<Record<string, string>> = {}): Promise<Fortress> {
  const folder = await mkdtemp(join(tmpdir(), 'lienthong-fortress-'));
  const province = await openProvince({ citizens: 40, dossiers: 120 });
  const now = () => WORLD_NOW;
  const issuer = await openIssuer(join(folder, 'issuer'), { now });
  const systems = Object.fromEntries(
    Object.entries(province.systems).flatMap(([id, system]) =>
      Object.entries(system.settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
    ),
  );
  const logged: string[] = [];
  const hub = await createHub({
    logger: pino({ level: 'debug' }, { write: (line) => logged.push(line) }),
    now,
    environment: { PORT: '0', DATA_DIR: join(folder, 'hub'), ...QUIET, ...systems, ...issuer.environment, ...settings },
  });
  await hub.gateway.listen();
  await hub.caughtUp();
  return {
    ...{ province, issuer, hub, logged },
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
