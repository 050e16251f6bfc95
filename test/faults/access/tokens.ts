import { type AccountName, accounts } from '../../../stand-ins/issuer/accounts.ts';
import { type Account, signToken } from '../../../stand-ins/issuer/sign.ts';

/** Signs in, as everybody does again and again: tokens are new after a while, and with them the key that signed. */
export interface Tokens {
  /** A value for `authorization`. */
  bearer(name: AccountName, change?: Partial<Account>): Promise<string>;
  /** Everybody signs in anew. */
  forget(): void;
}

const ANEW_AFTER_MS = 2_000;

/** @param directory where the stand-ins keep their data */
export function createTokens(directory: string): Tokens {
  const known = new Map<string, { readonly until: number; readonly token: Promise<string> }>();
  return {
    async bearer(name, change = {}) {
      const key = JSON.stringify([name, change]);
      const had = known.get(key);
      if (had !== undefined && had.until > performance.now()) return `Bearer ${await had.token}`;
      const token = signToken(directory, { ...accounts[name], ...change });
      known.set(key, { until: performance.now() + ANEW_AFTER_MS, token });
      return `Bearer ${await token}`;
    },
    forget: () => known.clear(),
  };
}
