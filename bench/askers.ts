import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKeys, publicKeys, readKeys } from '../stand-ins/issuer/keys.ts';
import { signToken } from '../stand-ins/issuer/sign.ts';
import type { Contestant } from './options.ts';
import type { BenchRequest } from './queries.ts';
import { BENCH_NOW } from './tables/databases.ts';

/** Officers at as many counters, so that no one token is all that a hub has seen. */
const OFFICERS = 20;
const CLIENT = 'counter-desk';

/** Those who ask: officers with tokens of an issuer made for the bench, whose keys the hub is given as a file. */
export interface Askers {
  /** JWKS. */
  readonly keysFile: string;
  /** What a request carries besides its body. Whoever lets everybody in is told nothing. */
  headersFor(contestant: Contestant, request: BenchRequest): Promise<Readonly<Record<string, string>>>;
}

export async function openAskers(directory: string): Promise<Askers> {
  mkdirSync(directory, { recursive: true });
  await makeKeys(directory);
  const keysFile = join(directory, 'jwks.json');
  writeFileSync(keysFile, JSON.stringify({ keys: publicKeys(readKeys(directory)) }));
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (account: { sub: string; role: string; unit?: string }): Promise<string> => {
    const known = tokens.get(account.sub);
    if (known !== undefined) return known;
    const made = signToken(directory, { ...account, client_id: CLIENT }, { now: BENCH_NOW });
    tokens.set(account.sub, made);
    return made;
  };
  const officers = new Map<string, string>();
  const officerOf = (dossier: string): string => {
    const known = officers.get(dossier) ?? `counter.${officers.size % OFFICERS}`;
    officers.set(dossier, known);
    return known;
  };
  return {
    keysFile,
    async headersFor(contestant, { asker }) {
      if (contestant !== 'hub') return {};
      if ('agency' in asker) {
        const token = await tokenOf({ sub: 'leader', role: 'leader', unit: asker.agency });
        return { authorization: `Bearer ${token}`, 'x-purpose': 'SUPERVISION' };
      }
      const token = await tokenOf({ sub: officerOf(asker.dossier), role: 'counter', unit: 'H41' });
      return { authorization: `Bearer ${token}`, 'x-purpose': 'PROCESSING', 'x-dossier': asker.dossier };
    },
  };
}
