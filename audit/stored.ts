import type { AuditHead } from '../core/audit.ts';
import type { Database, DatabaseRow } from '../drivers/database.ts';

/** A chain as it stands in the database. */
export interface StoredChain {
  readonly chain: string;
  readonly instance: string;
  readonly day: string;
  readonly publicKey: string;
  readonly after: string | null;
  readonly openedAt: number;
  readonly closed: boolean;
  /** Once it is closed. */
  readonly lastSeq: number | null;
  readonly lastHash: string | null;
  readonly removedAt: number | null;
  /** Its last head as JSON, where its entries were removed. */
  readonly removedHead: string | null;
}

/** A group as it stands in the database. */
export interface StoredGroup {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly at: number;
  readonly lines: readonly string[];
  readonly hash: string;
  readonly signature: string;
}

const CHAINS_AT_ONCE = 200;
/** At most 512 KiB each, but for an operation with very many subjects. */
const GROUPS_AT_ONCE = 20;

/** Every chain, by name. */
export async function* chainsOf(database: Database): AsyncGenerator<StoredChain> {
  const sql = `select * from audit_chain where chain > ? order by chain limit ${CHAINS_AT_ONCE}`;
  for (let after = ''; ; ) {
    const rows = await database.query(sql, [after]);
    yield* rows.map(chainOf);
    if (rows.length < CHAINS_AT_ONCE) return;
    after = String(rows.at(-1)?.chain);
  }
}

export async function chainNamed(database: Database, chain: string): Promise<StoredChain | null> {
  const [row] = await database.query('select * from audit_chain where chain = ?', [chain]);
  return row === undefined ? null : chainOf(row);
}

/** The groups of a chain in their order; few are in memory at a time. */
export async function* groupsOf(database: Database, chain: string): AsyncGenerator<StoredGroup> {
  const sql = `select first_seq, last_seq, at, entries, hash, signature from audit_group
    where chain = ? and first_seq > ? order by first_seq limit ${GROUPS_AT_ONCE}`;
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = await database.query(sql, [chain, after]);
    yield* rows.map(groupOf);
    if (rows.length < GROUPS_AT_ONCE) return;
    after = Number(rows.at(-1)?.first_seq);
  }
}

/** Names of all chains that have groups, whether or not anything else speaks of them. */
export async function* namesWithGroups(database: Database): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const [row] = await database.query('select chain from audit_group where chain > ? order by chain limit 1', [after]);
    if (row === undefined) return;
    after = String(row.chain);
    yield after;
  }
}

/** The head of a chain's last group, or of the group that ends at a place; null where there is none. */
export async function headOf(
  database: Database,
  { chain, publicKeyId }: { chain: string; publicKeyId: string },
  seq?: number,
): Promise<AuditHead | null> {
  const place = seq === undefined ? '' : 'and last_seq = ?';
  const [row] = await database.query(
    `select last_seq, at, hash, signature from audit_group where chain = ? ${place} order by first_seq desc limit 1`,
    seq === undefined ? [chain] : [chain, seq],
  );
  if (row === undefined) return null;
  const { last_seq, at, hash, signature } = row;
  return {
    ...{ chain, seq: Number(last_seq), at: Number(at), hash: String(hash) },
    ...{ key: publicKeyId, signature: String(signature) },
  };
}

function chainOf(row: DatabaseRow): StoredChain {
  return {
    chain: String(row.chain),
    instance: String(row.instance),
    day: String(row.day),
    publicKey: String(row.public_key),
    after: textOf(row.after_head),
    openedAt: Number(row.opened_at),
    closed: Number(row.closed) === 1,
    lastSeq: numberOf(row.last_seq),
    lastHash: textOf(row.last_hash),
    removedAt: numberOf(row.removed_at),
    removedHead: textOf(row.removed_head),
  };
}

function groupOf(row: DatabaseRow): StoredGroup {
  return {
    firstSeq: Number(row.first_seq),
    lastSeq: Number(row.last_seq),
    at: Number(row.at),
    lines: String(row.entries).split('\n'),
    hash: String(row.hash),
    signature: String(row.signature),
  };
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
