import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyId, publicKeyOf, signHead } from '../../audit/keys.ts';
import { parseLine } from '../../audit/lines.ts';
import { chainsOf, groupsOf, type StoredChain, type StoredGroup } from '../../audit/stored.ts';
import { type AuditHead, chainHash, genesisText } from '../../core/audit.ts';
import type { Database } from '../../drivers/database.ts';
import { KEYS } from './support.ts';

/** What somebody who owns the database, and sometimes more, does to the log. */
export type Edit = (at: {
  readonly database: Database;
  readonly headsDirectory: string;
  readonly random: () => number;
  readonly now: number;
}) => Promise<void>;

/** The same numbers from the same seed, 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const pick = <T>(all: readonly T[], random: () => number): T => all[Math.floor(random() * all.length)] as T;

/** A chain with all its groups. */
export interface ReadChain {
  readonly stored: StoredChain;
  readonly groups: readonly StoredGroup[];
}

export async function read(database: Database): Promise<readonly ReadChain[]> {
  const chains: ReadChain[] = [];
  for await (const stored of chainsOf(database)) {
    const groups: StoredGroup[] = [];
    for await (const group of groupsOf(database, stored.chain)) groups.push(group);
    chains.push({ stored, groups });
  }
  return chains;
}

/** Does something to the lines of one group. */
const toLines =
  (change: (lines: string[], random: () => number) => string[]): Edit =>
  async ({ database, random }) => {
    const { stored, groups } = pick(await read(database), random);
    const many = groups.filter(({ lines }) => lines.length > 2);
    const { firstSeq, lines } = pick(many, random);
    await database.knex.raw('update audit_group set entries = ? where chain = ? and first_seq = ?', [
      change([...lines], random).join('\n'),
      stored.chain,
      firstSeq,
    ]);
  };

const toColumn =
  (table: 'audit_group' | 'audit_chain', column: string, value: string): Edit =>
  async ({ database, random }) => {
    const { stored, groups } = pick(await read(database), random);
    const place = table === 'audit_group' ? `and first_seq = ${pick(groups, random).firstSeq}` : '';
    await database.knex.raw(`update ${table} set ${column} = ${value} where chain = ? ${place}`, [stored.chain]);
  };

/** Writes a chain anew from some group on, as if nothing had happened, signed with a key. */
async function rebuild(
  database: Database,
  { stored, groups }: { stored: StoredChain; groups: readonly StoredGroup[] },
  { key, change }: { key: KeyObject; change: (line: string, place: number) => string },
): Promise<void> {
  const publicKey = publicKeyOf(key);
  let hash = genesisText(stored.chain, publicKey, stored.after);
  let last = { seq: 0, hash };
  for (const { firstSeq, lastSeq, at, lines } of groups) {
    const changed = lines.map((line, place) => change(line, firstSeq + place).replace(stored.publicKey, publicKey));
    for (const line of changed) hash = chainHash(hash, line);
    const signature = signHead(key, { chain: stored.chain, seq: lastSeq, at, hash });
    last = { seq: lastSeq, hash };
    await database.knex.raw(
      'update audit_group set entries = ?, hash = ?, signature = ? where chain = ? and first_seq = ?',
      [changed.join('\n'), hash, signature, stored.chain, firstSeq],
    );
  }
  await database.knex.raw('update audit_chain set public_key = ?, last_hash = ? where chain = ?', [
    publicKey,
    last.hash,
    stored.chain,
  ]);
}

const renamed = (place: number) => (line: string, at: number) =>
  at === place ? line.replace('"actor":"counter.hanh"', '"actor":"counter.nga"') : line;

/** An operation's place in a chain. */
function operationIn(groups: readonly StoredGroup[], random: () => number): number {
  const places = groups.flatMap(({ firstSeq, lines }) =>
    lines.flatMap((line, place) => (parseLine(line)?.kind === 'OPERATION' ? [firstSeq + place] : [])),
  );
  return pick(places, random);
}

async function changeHeads(
  { headsDirectory, random }: Parameters<Edit>[0],
  change: (lines: string[]) => string[],
): Promise<void> {
  const file = join(headsDirectory, pick((await readdir(headsDirectory)).sort(), random));
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  await writeFile(
    file,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Removes the groups of a chain from one on. */
async function cutTail(at: Parameters<Edit>[0], isCovered: boolean): Promise<void> {
  const { database, random } = at;
  const { stored, groups } = pick(await read(database), random);
  const { firstSeq } = groups[1 + Math.floor(random() * (groups.length - 2))] as StoredGroup;
  await database.knex.raw('delete from audit_group where chain = ? and first_seq >= ?', [stored.chain, firstSeq]);
  if (!isCovered) return;
  const last = groups.filter((group) => group.firstSeq < firstSeq).at(-1) as StoredGroup;
  await database.knex.raw('update audit_chain set closed = 0, last_seq = null, last_hash = null where chain = ?', [
    stored.chain,
  ]);
  if (last.lastSeq < 1) throw new Error('Nothing is left of the chain');
}

export const EDITS: Readonly<Record<string, Edit>> = {
  'a bit of a line': toLines((lines, random) => {
    const place = Math.floor(random() * lines.length);
    const bytes = Buffer.from(lines[place] as string, 'latin1');
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] as number) ^ 1;
    return lines.with(place, bytes.toString('latin1'));
  }),
  'the order of members': toLines((lines) =>
    lines.map((line) => line.replace(/^\{"v":1,("seq":\d+),("at":\d+)/, '{"v":1,$2,$1')),
  ),
  'a value': toLines((lines) => lines.map((line) => line.replace(/"at":(\d+)/, (_, at) => `"at":${Number(at) - 1}`))),
  'an entry taken out': toLines((lines, random) => lines.toSpliced(Math.floor(random() * lines.length), 1)),
  'an entry put in': toLines((lines, random) => {
    const place = Math.floor(random() * lines.length);
    return lines.toSpliced(place, 0, lines[place] as string);
  }),
  'two entries exchanged': toLines(([first = '', second = '', ...others]) => [second, first, ...others]),
  'a group taken out': async ({ database, random }) => {
    const { stored, groups } = pick(await read(database), random);
    const { firstSeq } = pick(groups, random);
    await database.knex.raw('delete from audit_group where chain = ? and first_seq = ?', [stored.chain, firstSeq]);
  },
  'two groups exchanged': async ({ database, random }) => {
    const { stored, groups } = pick(await read(database), random);
    const place = Math.floor(random() * (groups.length - 1));
    const [one, other] = [groups[place], groups[place + 1]] as [StoredGroup, StoredGroup];
    for (const [{ firstSeq }, { lines }] of [
      [one, other],
      [other, one],
    ] as const) {
      await database.knex.raw('update audit_group set entries = ? where chain = ? and first_seq = ?', [
        lines.join('\n'),
        stored.chain,
        firstSeq,
      ]);
    }
  },
  'a group put behind the end': async ({ database, random }) => {
    const { stored, groups } = pick(await read(database), random);
    const last = groups.at(-1) as StoredGroup;
    await database.knex.raw('insert into audit_group values (?, ?, ?, ?, ?, ?, ?)', [
      ...[stored.chain, last.lastSeq + 1, last.lastSeq + 1, last.at],
      ...[last.lines.at(-1) ?? '', last.hash, last.signature],
    ]);
  },
  'a tail cut off': (at) => cutTail(at, false),
  'a tail cut off, and the chain listed as open': (at) => cutTail(at, true),
  'a chain taken out': async ({ database, random }) => {
    const { stored } = pick(await read(database), random);
    for (const table of ['audit_group', 'audit_chain']) {
      await database.knex.raw(`delete from ${table} where chain = ?`, [stored.chain]);
    }
  },
  'a chain taken out of the list': async ({ database, random }) => {
    const { stored } = pick(await read(database), random);
    await database.knex.raw('delete from audit_chain where chain = ?', [stored.chain]);
  },
  'a stored hash': toColumn('audit_group', 'hash', "'x' || substr(hash, 2)"),
  'a stored signature': toColumn('audit_group', 'signature', "'*' || substr(signature, 2)"),
  'a time of a group': toColumn('audit_group', 'at', 'at + 1'),
  'the key of a chain': toColumn('audit_chain', 'public_key', "replace(public_key, 'A', 'B')"),
  'the day of a chain': toColumn('audit_chain', 'day', "'2020-01-01'"),
  'the instance of a chain': toColumn('audit_chain', 'instance', "'other'"),
  'the subject key of a chain': toColumn('audit_chain', 'subject_key', "'x' || substr(subject_key, 2)"),
  'the time a chain was opened': toColumn('audit_chain', 'opened_at', 'opened_at - 1'),
  'the head a chain comes after': toColumn('audit_chain', 'after_head', "'motcua-00000000/2026-11-20 1 00'"),
  'the end of a chain': toColumn('audit_chain', 'last_seq', 'coalesce(last_seq, 2) - 1'),
  'a chain rebuilt with the right key': async ({ database, random }) => {
    const chain = pick(await read(database), random);
    await rebuild(database, chain, { key: KEYS.signing, change: renamed(operationIn(chain.groups, random)) });
  },
  'a chain rebuilt with another key': async ({ database, random }) => {
    const chain = pick(await read(database), random);
    const { privateKey } = generateKeyPairSync('ed25519');
    await rebuild(database, chain, { key: privateKey, change: (line) => line });
  },
  'an exported hash': (at) =>
    changeHeads(at, (lines) => {
      const place = Math.floor(at.random() * lines.length);
      return lines.with(
        place,
        (lines[place] as string).replace(/"hash":"(.)/, (_, one) => `"hash":"${one === '0' ? 1 : 0}`),
      );
    }),
  'an exported line that is none': (at) => changeHeads(at, (lines) => lines.with(0, '{}')),
  'a chain said to be too old to keep': (at) => sayRemoved(at, 0),
  'a chain said to be on its way out': (at) => sayRemoved(at, 1),
};

/** Takes a chain's entries out as if they had been kept long enough. */
export async function sayRemoved(
  { database, random, now }: Parameters<Edit>[0],
  removing: 0 | 1,
  change: (head: AuditHead) => object = (head) => head,
): Promise<void> {
  const { stored, groups } = pick(await read(database), random);
  const { lastSeq: seq, at, hash, signature } = groups.at(-1) as StoredGroup;
  const head = { chain: stored.chain, seq, at, hash, key: keyId(stored.publicKey), signature };
  await database.knex.raw('delete from audit_group where chain = ?', [stored.chain]);
  await database.knex.raw('update audit_chain set removed_at = ?, removed_head = ?, removing = ? where chain = ?', [
    now,
    JSON.stringify(change(head)),
    ...[removing, stored.chain],
  ]);
}
