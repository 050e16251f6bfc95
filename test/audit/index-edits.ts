import type { Database, DatabaseRow } from '../../drivers/database.ts';
import { type Edit, pick, read } from './edits.ts';

/** What somebody does who leaves the entries alone and hides them from whoever looks for them. */
async function rowOf(database: Database, random: () => number): Promise<DatabaseRow> {
  const [counted] = await database.query('select count(*) as many from audit_index');
  const place = Math.floor(random() * Number(counted?.many));
  const sql = 'select rowid as place, kind, word, chain, seq from audit_index order by chain, seq, kind, word';
  const [row] = await database.query(`${sql} limit 1 offset ?`, [place]);
  if (row === undefined) throw new Error('The index is empty');
  return row;
}

/** @param sql what is done to one row: `{row}` stands for it */
const toRow =
  (sql: string): Edit =>
  async ({ database, random }) => {
    const { place } = await rowOf(database, random);
    await database.knex.raw(sql.replace('{row}', `rowid = ${Number(place)}`));
  };

const ofChain =
  (
    change: (at: {
      readonly database: Database;
      readonly chain: string;
      readonly random: () => number;
    }) => Promise<void>,
  ): Edit =>
  async ({ database, random }) =>
    change({ database, random, chain: pick(await read(database), random).stored.chain });

const reach = (database: Database, chain: string, through: number) =>
  database.knex.raw('update audit_indexed set through_seq = ? where chain = ?', [through, chain]);

export const INDEX_EDITS: Readonly<Record<string, Edit>> = {
  'a row of the index taken out': toRow('delete from audit_index where {row}'),
  'a row of the index put in': toRow(
    `insert into audit_index select kind, 'x' || word, at, chain, seq from audit_index where {row}`,
  ),
  'the word of a row': toRow(
    `update audit_index set word = case substr(word, 1, 1) when 'x' then 'y' else 'x' end || substr(word, 2) where {row}`,
  ),
  'the time of a row': toRow('update audit_index set at = at - 1 where {row}'),
  'the place of a row': toRow('update audit_index set seq = seq + 10000 where {row}'),
  'the kind of a row': toRow(`update audit_index set kind = 'x' where {row}`),
  'a row given to another chain': async ({ database, random }) => {
    const { place, chain } = await rowOf(database, random);
    const others = (await read(database)).map(({ stored }) => stored.chain).filter((one) => one !== chain);
    await database.knex.raw('update audit_index set chain = ? where rowid = ?', [pick(others, random), Number(place)]);
  },
  'a person taken out of the index': async ({ database, random }) => {
    const { kind, word } = await rowOf(database, random);
    await database.knex.raw('delete from audit_index where kind = ? and word = ?', [String(kind), String(word)]);
  },
  'an index emptied': ofChain(async ({ database, chain }) => {
    await database.knex.raw('delete from audit_index where chain = ?', [chain]);
  }),
  'an index emptied and said to reach beyond its chain': ofChain(async ({ database, chain, random }) => {
    await database.knex.raw('delete from audit_index where chain = ?', [chain]);
    await reach(database, chain, 100_000 + Math.floor(random() * 1e12));
  }),
  'an index said to reach beyond its chain': ofChain(({ database, chain, random }) =>
    reach(database, chain, 100_000 + Math.floor(random() * 1e12)),
  ),
  'an index said to reach into the middle of a group': async ({ database, random }) => {
    const { stored, groups } = pick(await read(database), random);
    const { firstSeq } = pick(
      groups.filter(({ lines }) => lines.length > 1),
      random,
    );
    await reach(database, stored.chain, firstSeq);
  },
  'an index said to be complete while its chain is written': async ({ database }) => {
    await database.knex.raw(
      'update audit_indexed set complete = 1 where chain in (select chain from audit_chain where closed = 0)',
    );
  },
  'an index emptied, said to begin and to be complete': ofChain(async ({ database, chain }) => {
    await database.knex.raw('delete from audit_index where chain = ?', [chain]);
    await database.knex.raw('update audit_indexed set through_seq = 0, complete = 1 where chain = ?', [chain]);
  }),
  'a chain to come said to be indexed': ofChain(async ({ database, chain }) => {
    const tomorrow = chain.replace(/\d{2}$/, '23');
    await database.knex.raw('insert into audit_indexed values (?, ?, 0)', [tomorrow, 1_000_000]);
  }),
};
