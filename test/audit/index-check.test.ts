import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { openIndexer } from '../../audit/indexer.ts';
import { mendIndex } from '../../audit/mend-index.ts';
import { type BuiltChain, buildChain } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { DAY_MS, NOON, verify } from './support.ts';

const [FIRST, SECOND, TOMORROW] = [
  'motcua-00000001/2026-11-20',
  'motcua-00000001/2026-11-21',
  'motcua-00000001/2026-11-22',
];
const AT = 'see `audit index`';

let audit: AuditDatabase;
let first: BuiltChain;

/** Two chains; each operation has a row by actor and one by dossier, each subject one. */
beforeEach(async () => {
  audit = await openMemoryAudit();
  first = await buildChain([['open', 2], [1], ['close']], { chain: FIRST });
  await store(audit, first);
  await store(audit, await buildChain([['open'], [1], [0]], { chain: SECOND, openedAt: NOON + DAY_MS }));
  await catchUp();
});

afterEach(() => audit.close());

async function catchUp(): Promise<void> {
  const indexer = openIndexer(audit);
  await indexer.catchUp();
  await indexer.close();
}

const run = (sql: string, ...bindings: (string | number)[]) => audit.database.knex.raw(sql, bindings);
const said = async () => (await verify(audit.database, { now: NOON + DAY_MS })).said;
const rows = () => audit.database.query('select * from audit_index order by chain, seq, kind, word');
const broken = (chain: string, text: string) => `broken: chain ${chain}: ${text}; ${AT}`;

describe('An index of the access log', () => {
  it('that has what the entries say is whole', async () => {
    expect(await rows()).toHaveLength(12);
    expect(await said()).toEqual([]);
  });

  it('that was not made yet, or was emptied to be made again, is no fault', async () => {
    for (const table of ['audit_index', 'audit_indexed']) await run(`delete from ${table}`);
    expect(await said()).toEqual([]);
    await catchUp();
    expect(await rows()).toHaveLength(12);
  });

  it('that is made while it is verified is ahead of what it says', async () => {
    await run('update audit_indexed set through_seq = 4 where chain = ?', FIRST);
    expect(await said()).toEqual([]);
  });

  it('that lacks a row hides entries, and is broken', async () => {
    await run(`delete from audit_index where kind = 's' and chain = ? and seq = 3`, FIRST);
    expect(await said()).toEqual([broken(FIRST, '1 row of its index is missing, the first of entry 3')]);
  });

  it('that was emptied and said to be made is broken', async () => {
    await run('delete from audit_index');
    expect(await said()).toEqual([
      broken(FIRST, '7 rows of its index are missing, the first of entry 2'),
      broken(SECOND, '5 rows of its index are missing, the first of entry 2'),
    ]);
  });

  it.each([
    ['further than the chain', 1_000_000],
    ['into the middle of a group', 3],
    ['where no number is', 'far'],
  ])('that is said to reach %s keeps entries from being indexed, and is broken', async (_, through) => {
    await run('update audit_indexed set through_seq = ? where chain = ?', through, FIRST);
    const reach = typeof through === 'number' ? through : Number.NaN;
    expect(await said()).toEqual([
      broken(FIRST, `its index is said to reach ${reach}, where no group of entries ends`),
    ]);
  });

  it('that is said to be complete is so where its chain was closed and it reaches the end', async () => {
    const complete = () => audit.database.query('select chain, complete from audit_indexed order by chain');
    expect(await complete()).toEqual([
      { chain: FIRST, complete: 1 },
      { chain: SECOND, complete: 0 },
    ]);
    await run('update audit_indexed set complete = 1');
    expect(await said()).toEqual([broken(SECOND, 'its index is said to be complete, and the chain is not closed')]);
    await mendIndex(audit);
    expect(await said()).toEqual([]);
    await run('update audit_indexed set through_seq = 4 where chain = ?', FIRST);
    await run('delete from audit_index where chain = ? and seq > 4', FIRST);
    expect(await said()).toEqual([broken(FIRST, '3 rows of its index are missing, the first of entry 5')]);
    await mendIndex(audit);
    expect(await complete()).toEqual([
      { chain: FIRST, complete: 1 },
      { chain: SECOND, complete: 0 },
    ]);
  });

  it('that says it has entries to come is broken before they come', async () => {
    await run('insert into audit_indexed values (?, ?, 0)', TOMORROW, 1_000_000);
    await run(`insert into audit_index values ('a', 'x', 1, ?, 1)`, TOMORROW);
    expect(await said()).toEqual([
      `broken: chain ${TOMORROW} stands in the index and is not listed`,
      `broken: chain ${TOMORROW} is said to be indexed and is not listed`,
    ]);
  });

  it.each([
    ['another word', `update audit_index set word = 'x' where kind = 'a' and chain = ? and seq = 2`],
    ['another time', `update audit_index set at = at + 1 where kind = 'a' and chain = ? and seq = 2`],
    ['another kind', `update audit_index set kind = 'v' where kind = 'a' and chain = ? and seq = 2`],
  ])('that has %s for an entry is broken', async (_, sql) => {
    await run(sql, FIRST);
    expect(await said()).toEqual([
      broken(FIRST, '1 row of its index is missing, the first of entry 2'),
      broken(FIRST, '1 row of its index stands for no entry, the first at 2'),
    ]);
  });

  it('that has rows behind the end, or none of a number, is broken', async () => {
    await run(`insert into audit_index values ('a', 'x', 1, ?, 900)`, FIRST);
    await run(`insert into audit_index values ('a', 'x', 1, ?, 'x')`, FIRST);
    await run(`insert into audit_index values ('a', 'x', 1, ?, 0)`, FIRST);
    expect(await said()).toEqual([broken(FIRST, '3 rows of its index stand for no entry, the first at 0')]);
  });

  it('that has rows behind the end alone says no place of them', async () => {
    await run(`insert into audit_index values ('a', 'x', 1, ?, 900)`, FIRST);
    expect(await said()).toEqual([broken(FIRST, '1 row of its index stands for no entry')]);
  });

  it('that has rows for entries which it does not reach yet is held to those it has', async () => {
    await run('update audit_indexed set through_seq = 1 where chain = ?', SECOND);
    await run(`insert into audit_index values ('a', 'x', 1, ?, 3)`, SECOND);
    await run(`delete from audit_index where kind = 's' and chain = ?`, SECOND);
    expect(await said()).toEqual([broken(SECOND, '1 row of its index stands for no entry, the first at 3')]);
  });

  it('is read page by page', async () => {
    const long = `motcua-00000002/2026-11-20`;
    await store(audit, await buildChain([['open', ...Array<number>(900).fill(1)], [1]], { chain: long }));
    await catchUp();
    const [counted] = await audit.database.query('select count(*) as many from audit_index where chain = ?', [long]);
    expect(counted?.many).toBe(2_703);
    expect(await said()).toEqual([]);
    await run(`delete from audit_index where chain = ? and kind = 'd' and seq in (1300, 1400)`, long);
    expect(await said()).toEqual([broken(long, '2 rows of its index are missing, the first of entry 1300')]);
  });

  it('is read to its end where one entry has more rows than are read at a time', async () => {
    for (let from = 0; from < 2_500; from += 500) {
      const many = Array.from({ length: 500 }, (_, place) => `('v', 'w${from + place}', ${NOON}, '${FIRST}', 2)`);
      await run(`insert into audit_index values ${many.join()}`);
    }
    expect(await said()).toEqual([broken(FIRST, '2500 rows of its index stand for no entry, the first at 2')]);
    expect(await mendIndex(audit)).toEqual({ added: 0, removed: 2_500 });
    expect(await said()).toEqual([]);
  });

  it('of a chain that was removed is gone with it', async () => {
    const last = JSON.stringify(first.heads.at(-1));
    await run('delete from audit_group where chain = ?', FIRST);
    await run(
      'update audit_chain set removed_at = ?, removed_head = ? where chain = ?',
      ...[NOON + 9_999 * DAY_MS, last, FIRST],
    );
    const options = { now: NOON + 9_999 * DAY_MS };
    const text = `broken: chain ${FIRST} is listed as removed and stands in the index`;
    expect((await verify(audit.database, options)).said).toContain(text);
    await mendIndex(audit);
    expect((await verify(audit.database, options)).said).not.toContain(text);
  });
});

describe('Making the index anew', () => {
  it('changes nothing of one that is whole', async () => {
    const before = await rows();
    expect(await mendIndex(audit)).toEqual({ added: 0, removed: 0 });
    expect(await rows()).toEqual(before);
  });

  it('makes what was not made yet, and counts as missing what was said to be there alone', async () => {
    const before = await rows();
    await run('update audit_indexed set through_seq = 1 where chain = ?', SECOND);
    await run('delete from audit_index where chain = ? or (chain = ? and seq = 3)', SECOND, FIRST);
    expect(await mendIndex(audit)).toEqual({ added: 1, removed: 0 });
    expect(await rows()).toEqual(before);
    expect(await said()).toEqual([]);
  });

  it('puts back what was taken out and takes out what was put in', async () => {
    const before = await rows();
    await run(`delete from audit_index where kind = 's'`);
    await run(`update audit_index set word = 'x' where kind = 'a' and seq = 2`);
    await run(`insert into audit_index values ('a', 'x', 1, ?, 900), ('a', 'x', 1, ?, 1)`, FIRST, TOMORROW);
    await run('update audit_indexed set through_seq = 1000000');
    await run('insert into audit_indexed values (?, 7, 0)', TOMORROW);
    expect(await mendIndex(audit)).toEqual({ added: 6, removed: 4 });
    expect(await rows()).toEqual(before);
    expect(await said()).toEqual([]);
    await catchUp();
    expect(await rows()).toEqual(before);
  });
});
