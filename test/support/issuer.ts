import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AccountName, accounts } from '../../stand-ins/issuer/accounts.ts';
import { populate, start } from '../../stand-ins/issuer/index.ts';
import { type Account, signToken } from '../../stand-ins/issuer/sign.ts';
import type { Running } from '../../stand-ins/serve.ts';

/** The made-up province's issuer, running, for hubs that recognise whoever asks. */
export interface TestIssuer {
  readonly running: Running;
  /** Where its keys are. */
  readonly directory: string;
  /** What a hub is told to believe it, with the demo's grants. */
  readonly environment: Readonly<Record<string, string>>;
  /** A value for `authorization`. */
  bearer(name: AccountName, change?: Partial<Account>): Promise<string>;
  close(): Promise<void>;
}

/** What every hub is told that believes the made-up issuer; where its keys are comes besides. */
export const ISSUER_SETTINGS = {
  ISSUER: 'urn:lienthong:demo-issuer',
  DEMO_ISSUER: 'accept',
  ACCESS_FILE: join(import.meta.dirname, '../../hub/demo-access.json'),
} as const;

/** @param options.now UTC milliseconds at which tokens are signed; a hub whose clock stands still wants its own */
export async function openIssuer(directory: string, options: { now?: () => number } = {}): Promise<TestIssuer> {
  const { now = Date.now } = options;
  await mkdir(directory, { recursive: true });
  await populate(null, directory);
  const running = await start({ directory });
  return {
    running,
    directory,
    environment: { ...ISSUER_SETTINGS, ISSUER_JWKS_URL: running.settings.JWKS_URL ?? '' },
    async bearer(name, change) {
      return `Bearer ${await signToken(directory, { ...accounts[name], ...change }, { now: now() })}`;
    },
    close: () => running.close(),
  };
}
