import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { type Indexer, openIndexer } from '../../audit/indexer.ts';
import { createReader } from '../../audit/reader.ts';
import type { AuditQuery } from '../../core/audit.ts';
import { buildChain, CHAIN, type Part } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { hashSubject, NOON } from './support.ts';

/** Those whom an operation of a built chain shows, in their order. */
const [HOA, BINH] = ['001085004000', '001085004001'];
const EVERYBODY = { actor: 'counter.hanh', first: 100, after: null };

let audit: AuditDatabase;
let indexer: Indexer;
/** What was asked of the tables of entries and of the index. */
let asked: { groups: number; index: number };

beforeEach(async () => {
  audit = await openMemoryAudit();
  indexer = openIndexer(audit);
  asked = { groups: 0, index: 0 };
});

afterEach(async () => {
  await indexer.close();
  await audit.close();
});

const run = (sql: string, ...bindings: (string | number)[]) => audit.database.knex.raw(sql, bindings);

async function begin(
  plan: readonly (readonly Part[])[],
  options: Parameters<typeof buildChain>[1] = {},
): Promise<void> {
  await store(audit, await buildChain(plan, options));
  await indexer.catchUp();
}

/** Places of what is found, and whether there is more. */
async function find(query: AuditQuery): Promise<{ places: readonly number[]; more: boolean }> {
  const query_: AuditDatabase['database']['query'] = (sql, ...rest) => {
    if (sql.includes('from audit_group')) asked.groups += 1;
    if (sql.includes('from audit_index')) asked.index += 1;
    return audit.database.query(sql, ...rest);
  };
  const between = { ...audit, database: { ...audit.database, query: query_ } };
  const reader = createReader({ audit: between, indexer, hashSubject, delays: [], now: () => NOON });
  const { found, more } = await reader.find(query);
  return { places: found.map(({ operation }) => operation.seq), more };
}

/** What the operation at the fourth place looked for. */
async function sought(things: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  const [row] = await audit.database.query('select entries from audit_group where first_seq = 4');
  const line = JSON.stringify({ ...JSON.parse(String(row?.entries)), sought: things });
  await run('update audit_group set entries = ? where first_seq = 4', line);
}

describe('Who reads the access log', () => {
  it('reads each group once for all that is wanted of it', async () => {
    await begin([['open'], [1, 0, 1], [1], [0, 1]]);
    const query = { subjectNumbers: [HOA], first: 100, after: null };
    expect(await find(query)).toEqual({ places: [10, 7, 5, 2], more: false });
    expect(asked).toEqual({ groups: 3, index: 1 });
    expect(await find(EVERYBODY)).toEqual({ places: [10, 9, 7, 5, 4, 2], more: false });
    expect(asked).toEqual({ groups: 6, index: 2 });
  });

  it('finds what is left where a group was removed meanwhile', async () => {
    await begin([['open'], [1], [1], [1]]);
    await run('delete from audit_group where first_seq = 4');
    expect((await find(EVERYBODY)).places).toEqual([6, 2]);
    await run('delete from audit_group');
    expect(await find(EVERYBODY)).toEqual({ places: [], more: false });
    expect((await find({ subjectNumbers: [HOA], first: 100, after: null })).places).toEqual([]);
  });

  it('passes over what is no operation, and what belongs to none', async () => {
    await begin([['open'], [1], ['gap']]);
    const add = (seq: number) =>
      run(`insert into audit_index values ('a', 'counter.hanh', ?, ?, ?)`, NOON + seq, CHAIN, seq);
    // The opening, the gap, and a place behind the end.
    for (const seq of [1, 4, 9]) await add(seq);
    expect((await find(EVERYBODY)).places).toEqual([2]);
    const of = (seq: number) => run(`update audit_group set entries = replace(entries, '"of":2', ?)`, `"of":${seq}`);
    await of(1);
    expect((await find({ subjectNumbers: [HOA], first: 100, after: null })).places).toEqual([]);
    await run(`update audit_group set entries = replace(entries, '"v":1', '"v": 1')`);
    expect((await find(EVERYBODY)).places).toEqual([]);
  });

  it('finds everything once where it takes several looks at the index, under whatever number', async () => {
    await begin([['open'], ...Array.from({ length: 25 }, () => Array<number>(10).fill(2))]);
    const all = Array.from({ length: 250 }, (_, place) => 2 + place * 3).reverse();
    const both = { subjectNumbers: [HOA, BINH], first: 300, after: null };
    expect(await find(both)).toEqual({ places: all, more: false });
    // For each number, 200 rows at a time of 500.
    expect(asked.index).toBe(6);
    expect(await find({ ...both, first: 249 })).toEqual({ places: all.slice(0, 249), more: true });
    expect(await find({ ...both, first: 250 })).toEqual({ places: all, more: false });
    expect(await find({ ...both, subjectNumbers: [BINH], first: 300 })).toEqual({ places: all, more: false });
  });

  it('looks no further than it has to', async () => {
    await begin([['open'], Array<number>(400).fill(0)]);
    expect((await find({ ...EVERYBODY, first: 199 })).places).toHaveLength(199);
    expect(asked.index).toBe(1);
    expect((await find({ ...EVERYBODY, first: 200 })).more).toBe(true);
    expect(asked.index).toBe(3);
    expect(await find({ ...EVERYBODY, first: 400 })).toMatchObject({ more: false });
    // The second look was full, so there could have been more.
    expect(asked.index).toBe(6);
  });

  it('reads no more entries than it shows, and one', async () => {
    await begin([['open'], ...Array.from({ length: 9 }, () => [0])]);
    expect(await find({ ...EVERYBODY, first: 2 })).toEqual({ places: [10, 9], more: true });
    expect(asked.groups).toBe(3);
  });

  describe('through ten thousand rows', () => {
    const VISIT = { visit: 'v-1', first: 1, after: null };

    /** So many entries that are said to be of a visit; the oldest of them are. */
    async function visits(count: number, fitting: number): Promise<void> {
      await begin([['open'], [0], [0], [0]]);
      await run(
        `update audit_group set entries = replace(entries, '"visit":null', '"visit":"v-1"') where first_seq > 2`,
      );
      const rows = Array.from({ length: count }, (_, place) => [place, place < fitting ? 3 + place : 2]);
      for (let from = 0; from < count; from += 500) {
        const values = rows.slice(from, from + 500).map(([at, seq]) => `('v', 'v-1', ${at}, '${CHAIN}', ${seq})`);
        await run(`insert into audit_index values ${values.join()}`);
      }
    }

    it('finds what fits among fewer', async () => {
      await visits(9_999, 1);
      expect(await find(VISIT)).toEqual({ places: [3], more: false });
    });

    it('says that they are too many, and what to do', async () => {
      await visits(10_000, 1);
      await expect(find(VISIT)).rejects.toMatchObject({
        ...{ code: 'BUDGET_EXCEEDED', message: 'too many entries would have to be looked through; ask for less time' },
      });
    });

    it('answers where it has found enough by then', async () => {
      await visits(10_000, 2);
      expect(await find(VISIT)).toEqual({ places: [4], more: true });
    });
  });

  it('is shown nobody else, whatever the index says', async () => {
    const other = hashSubject('001190000999');
    await begin([['open'], [1], [0]]);
    // The entry of another person, their operation, and one that shows nobody.
    for (const seq of [3, 2, 4]) await run(`insert into audit_index values ('s', ?, ?, ?, ?)`, other, seq, CHAIN, seq);
    const query = { subjectNumbers: ['001190000999'], first: 10, after: null };
    expect((await find(query)).places).toEqual([]);
    await sought([
      { what: 'ACCESSES', visit: 'v-1' },
      { what: 'ACCESSES', subject: hashSubject(HOA) },
    ]);
    expect((await find(query)).places).toEqual([]);
    await sought([
      { what: 'ACCESSES', visit: 'v-1' },
      { what: 'ACCESSES', subject: other },
    ]);
    expect((await find(query)).places).toEqual([4]);
  });

  it('sees an operation once in which several of their numbers were looked for', async () => {
    await begin([['open'], [1], [0]]);
    await sought([HOA, BINH].map((number) => ({ what: 'ACCESSES', subject: hashSubject(number) })));
    for (const table of ['audit_index', 'audit_indexed']) await run(`delete from ${table}`);
    await indexer.catchUp();
    expect((await find({ subjectNumbers: [HOA, BINH], first: 10, after: null })).places).toEqual([4, 2]);
    // It is the last of its group, and read once.
    expect(asked.groups).toBe(2);
  });

  it('goes on behind an operation, though more of theirs stands in it than was asked for before', async () => {
    await begin([['open'], [0], [2]]);
    const both = { subjectNumbers: [HOA, BINH], first: 10 };
    expect(await find({ ...both, after: [NOON + 2_000, CHAIN, 5] })).toEqual({ places: [], more: false });
    expect((await find({ ...both, after: [NOON + 2_000, CHAIN, 6] })).places).toEqual([3]);
  });

  it('sees what several hubs wrote, newest first, each for itself', async () => {
    const chains = ['a', 'b', 'z'].map((name) => `${name}-00000001/2026-11-20`);
    const [a = '', b = '', z = ''] = chains;
    await begin([['open', 2]], { chain: z, openedAt: NOON - 1_000 });
    await begin([['open', 2]], { chain: a });
    await begin([['open', 2]], { chain: b });
    const reader = createReader({ audit, indexer, hashSubject, delays: [], now: () => NOON });
    const { found } = await reader.find({ subjectNumbers: [HOA, BINH], first: 10, after: null });
    expect(found.map(({ key, operation }) => [key[1], operation.seq])).toEqual([
      [b, 2],
      [a, 2],
      [z, 2],
    ]);
  });

  it('is told by what to ask', async () => {
    const nothing = { subjectNumbers: [], first: 10, after: null };
    await expect(find(nothing)).rejects.toMatchObject({
      ...{ code: 'BAD_USER_INPUT', message: 'expected at least one of subject, actor, dossier, visit' },
    });
  });

  it('is told that the log cannot be read where any part of it cannot', async () => {
    await begin([['open'], [0]]);
    const unreadable = { code: 'AUDIT_UNAVAILABLE', message: 'the access log cannot be read at the moment' };
    for (const table of ['audit_index', 'audit_group', 'audit_chain']) {
      await run(`alter table ${table} rename to elsewhere`);
      await expect(find(EVERYBODY)).rejects.toMatchObject({ ...unreadable, cause: expect.any(Error) });
      await run(`alter table elsewhere rename to ${table}`);
    }
    expect((await find(EVERYBODY)).places).toEqual([2]);
  });
});
