/** The issuer's keys: one file under the data folder, so that tokens can be signed while it runs and without it. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** Private keys, the signing one first, then the next, then one that signed before: its tokens are still about. */
export type IssuerKeys = readonly JWK[];

/** Where it is kept, under the data folder. */
export const KEYS_FILE = join('issuer', 'keys.json');

const ALGORITHM = 'EdDSA';
const MOST_KEYS = 3;

/** @throws where the demo was never started */
export function readKeys(directory: string): IssuerKeys {
  return (JSON.parse(readFileSync(join(directory, KEYS_FILE), 'utf8')) as { keys: IssuerKeys }).keys;
}

/** @returns how many */
export async function makeKeys(directory: string): Promise<number> {
  const keys = [await newKey(), await newKey()];
  writeKeys(directory, keys);
  return keys.length;
}

/** The next key signs from now on, and is followed by a new one. With `revoke`, what signed before is good no more. */
export async function rotateKeys(directory: string, revoke: boolean): Promise<void> {
  const [signing, next, ...before] = readKeys(directory) as JWK[];
  const kept = revoke ? [] : [signing as JWK, ...before];
  writeKeys(directory, [next as JWK, await newKey(), ...kept].slice(0, MOST_KEYS));
}

/** As they are published. */
export function publicKeys(keys: IssuerKeys): readonly JWK[] {
  return keys.map(({ d: _, ...open }) => ({ ...open, use: 'sig' }));
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  // By its own first characters: nobody has to count.
  return { ...jwk, alg: ALGORITHM, kid: `issuer-${jwk.x?.slice(0, 12)}` };
}

/** Renamed into its place: whoever reads it meanwhile finds the old file or the new one, whole. */
function writeKeys(directory: string, keys: IssuerKeys): void {
  const path = join(directory, KEYS_FILE);
  mkdirSync(join(directory, 'issuer'), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ keys }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
