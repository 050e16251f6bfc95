import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../drivers/database.ts';
import { type Edit, pick, type ReadChain, read } from './edits.ts';

/** What somebody does who passes one chain's entries, heads or name off as another's. */
type Pair = readonly [one: ReadChain, other: ReadChain];

/** Up to the day: `{instance}-{run}`. */
const writerOf = (chain: string): string => chain.slice(0, -11);
const instanceOf = (chain: string): string => writerOf(chain).slice(0, -9);

/** Two chains of different instances, or of different runs of one. */
function pairOf(chains: readonly ReadChain[], of: 'instances' | 'runs', random: () => number): Pair {
  const pairs = chains.flatMap((one) =>
    chains.flatMap((other): readonly Pair[] => {
      const [first, second] = [one.stored.chain, other.stored.chain];
      const isOfInstance = instanceOf(first) === instanceOf(second);
      const fits = of === 'instances' ? !isOfInstance : isOfInstance && writerOf(first) !== writerOf(second);
      return fits && first < second ? [[one, other]] : [];
    }),
  );
  return pick(pairs, random);
}

const between =
  (of: 'instances' | 'runs', change: (pair: Pair, at: Parameters<Edit>[0]) => Promise<void>): Edit =>
  async (at) =>
    change(pairOf(await read(at.database), of, at.random), at);

/** One group each, with all that belongs to it but its place. */
async function exchangeGroups([one, other]: Pair, { database, random }: Parameters<Edit>[0]): Promise<void> {
  const place = Math.floor(random() * Math.min(one.groups.length, other.groups.length));
  for (const [to, from] of [
    [one, other],
    [other, one],
  ] as const) {
    const [old, group] = [to.groups[place], from.groups[place]];
    if (old === undefined || group === undefined) throw new Error('There is no such group');
    await database.knex.raw(
      'update audit_group set entries = ?, at = ?, hash = ?, signature = ? where chain = ? and first_seq = ?',
      [group.lines.join('\n'), group.at, group.hash, group.signature, to.stored.chain, old.firstSeq],
    );
  }
}

/** All that a table has of two chains, each under the other's name. */
async function exchangeNames([one, other]: Pair, database: Database, tables: readonly string[]): Promise<void> {
  const [first, second] = [one.stored.chain, other.stored.chain];
  for (const table of tables) {
    for (const [from, to] of [
      [first, 'aside'],
      [second, first],
      ['aside', second],
    ] as const) {
      await database.knex.raw(`update ${table} set chain = ? where chain = ?`, [to, from]);
    }
  }
}

async function exchangeHeads([one, other]: Pair, { headsDirectory }: Parameters<Edit>[0]): Promise<void> {
  const fileOf = ({ stored: { chain } }: ReadChain) => join(headsDirectory, `${chain.replace('/', '.')}.heads.jsonl`);
  const aside = join(headsDirectory, 'aside');
  await rename(fileOf(one), aside);
  await rename(fileOf(other), fileOf(one));
  await rename(aside, fileOf(other));
  if ((await readdir(headsDirectory)).includes('aside')) throw new Error('The heads were not exchanged');
}

const ENTRIES = ['audit_group'];
const ALL = ['audit_group', 'audit_chain', 'audit_index', 'audit_indexed'];

export const EXCHANGES: Readonly<Record<string, Edit>> = {
  'groups exchanged between instances': between('instances', exchangeGroups),
  'groups exchanged between runs': between('runs', exchangeGroups),
  'all entries exchanged between instances': between('instances', (pair, at) =>
    exchangeNames(pair, at.database, ENTRIES),
  ),
  'all entries exchanged between runs': between('runs', (pair, at) => exchangeNames(pair, at.database, ENTRIES)),
  'chains exchanged between instances': between('instances', (pair, at) => exchangeNames(pair, at.database, ALL)),
  'chains exchanged between runs': between('runs', (pair, at) => exchangeNames(pair, at.database, ALL)),
  'heads exchanged between instances': between('instances', exchangeHeads),
  'heads exchanged between runs': between('runs', exchangeHeads),
  'chains and heads exchanged between instances': between('instances', async (pair, at) => {
    await exchangeNames(pair, at.database, ALL);
    await exchangeHeads(pair, at);
  }),
  'chains and heads exchanged between runs': between('runs', async (pair, at) => {
    await exchangeNames(pair, at.database, ALL);
    await exchangeHeads(pair, at);
  }),
};
