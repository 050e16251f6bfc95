import type { Database } from '../drivers/database.ts';
import { dayOfChain } from './chain.ts';
import { keyId } from './keys.ts';
import { chainsOf, groupsOf } from './stored.ts';

export interface ExportOptions {
  readonly database: Database;
  /** Days in Việt Nam, yyyy-mm-dd, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The entries as they stand, chain by chain: each chain begins with an OPEN entry that names it. */
export async function* exportedLines({
  database,
  from = '',
  to = '9999-12-31',
}: ExportOptions): AsyncGenerator<string> {
  for await (const { chain } of chainsOf(database)) {
    if (dayOfChain(chain) < from || dayOfChain(chain) > to) continue;
    for await (const { lines } of groupsOf(database, chain)) yield `${lines.join('\n')}\n`;
  }
}

/** The signed heads of every group, for a place that missed them. */
export async function* exportedHeads({
  database,
  from = '',
  to = '9999-12-31',
}: ExportOptions): AsyncGenerator<string> {
  for await (const { chain, publicKey } of chainsOf(database)) {
    if (dayOfChain(chain) < from || dayOfChain(chain) > to) continue;
    for await (const { lastSeq: seq, at, hash, signature } of groupsOf(database, chain)) {
      yield `${JSON.stringify({ chain, seq, at, hash, key: keyId(publicKey), signature })}\n`;
    }
  }
}
