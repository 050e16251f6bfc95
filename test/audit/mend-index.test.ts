import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { openIndexer } from '../../audit/indexer.ts';
import { mendIndex } from '../../audit/mend-index.ts';
import { insertGroup } from '../../audit/statements.ts';
import { type BuiltChain, buildChain } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { verify } from './support.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000002/2026-11-20'];

let audit: AuditDatabase;

beforeEach(async () => {
  audit = await openMemoryAudit();
});

afterEach(() => audit.close());

const run = (sql: string, ...bindings: (string | number)[]) => audit.database.knex.raw(sql, bindings);
const rows = () => audit.database.query('select * from audit_index order by chain, seq, kind, word');
const said = () => audit.database.query('select chain, through_seq, complete from audit_indexed order by chain');

async function begin(plan: Parameters<typeof buildChain>[0], chain = FIRST): Promise<BuiltChain> {
  const built = await buildChain(plan, { chain });
  await store(audit, built);
  const indexer = openIndexer(audit);
  await indexer.catchUp();
  await indexer.close();
  return built;
}

/** How many rows each commit wrote into the index, and how many it took out. */
function counted() {
  const commits: (readonly [written: number, taken: number])[] = [];
  const through: AuditDatabase = {
    ...audit,
    commit(statements) {
      expect(statements.length).toBeGreaterThan(0);
      const written = statements.filter(({ sql }) => sql.includes('insert into audit_index '));
      const taken = statements.filter(({ sql }) => sql.startsWith('delete from audit_index where kind = ?'));
      const places = written.reduce((sum, { bindings }) => sum + bindings.length / 5, 0);
      if (places + taken.length > 0) commits.push([places, taken.length]);
      return audit.commit(statements);
    },
  };
  return { through, commits };
}

describe('An index that is put right', () => {
  it('is written some rows at a time, so that the log goes on meanwhile', async () => {
    await begin([['open'], ...Array.from({ length: 12 }, () => Array<number>(50).fill(0)), ['close']]);
    const whole = await rows();
    expect(whole).toHaveLength(1_200);
    await run('delete from audit_index');
    const { through, commits } = counted();
    expect(await mendIndex(through)).toEqual({ added: 1_200, removed: 0 });
    expect(await rows()).toEqual(whole);
    expect(commits.reduce((sum, [written]) => sum + written, 0)).toBe(1_200);
    expect(commits.length).toBeGreaterThan(2);
    for (const [written] of commits) expect(written).toBeLessThanOrEqual(500);
    expect((await verify(audit.database)).said).toEqual([]);
  });

  it('loses what stands for no entry, some rows at a time as well', async () => {
    await begin([['open'], [0], ['close']]);
    const whole = await rows();
    for (let from = 0; from < 1_200; from += 400) {
      const many = Array.from({ length: 400 }, (_, place) => `('v', 'w${from + place}', 1, '${FIRST}', 2)`);
      await run(`insert into audit_index values ${many.join()}`);
    }
    const { through, commits } = counted();
    expect(await mendIndex(through)).toEqual({ added: 0, removed: 1_200 });
    expect(await rows()).toEqual(whole);
    expect(commits).toEqual([
      [0, 500],
      [0, 500],
      [0, 200],
    ]);
  });

  it('is left as it is where it is whole', async () => {
    await begin([['open'], [1], ['close']]);
    const sent: string[] = [];
    const through: AuditDatabase = {
      ...audit,
      commit(statements) {
        sent.push(...statements.map(({ sql }) => sql));
        return audit.commit(statements);
      },
    };
    expect(await mendIndex(through)).toEqual({ added: 0, removed: 0 });
    expect(sent.filter((sql) => sql.includes('audit_index '))).toEqual([]);
    expect(sent).toHaveLength(2);
  });

  it('gets nothing of a chain that is being removed, though some of it is left', async () => {
    await begin([['open'], [0], ['close']]);
    await run('delete from audit_index');
    await run('update audit_chain set removed_at = 1, removing = 1');
    expect(await mendIndex(audit)).toEqual({ added: 0, removed: 0 });
    expect([await rows(), await said()]).toEqual([[], []]);
  });

  it('says how far it reaches, and that it is whole where its chain is closed', async () => {
    await begin([['open'], [1], ['close']]);
    await begin([['open'], [1]], SECOND);
    await run('update audit_indexed set through_seq = 99, complete = 0');
    await mendIndex(audit);
    expect(await said()).toEqual([
      { chain: FIRST, through_seq: 4, complete: 1 },
      { chain: SECOND, through_seq: 3, complete: 0 },
    ]);
  });

  it('loses what stands behind the end, and keeps what is written there meanwhile', async () => {
    const built = await buildChain([['open'], [0], [0]], { chain: FIRST });
    await store(audit, { ...built, groups: built.groups.slice(0, 2) });
    await run('insert into audit_indexed (chain, through_seq, complete) values (?, 2, 0)', FIRST);
    for (const seq of [3, 9]) await run(`insert into audit_index values ('a', 'counter.hanh', 1, ?, ?)`, FIRST, seq);
    let isLate = false;
    const through: AuditDatabase = {
      ...audit,
      async commit(statements) {
        if (!isLate && statements.some(({ sql }) => sql.includes('seq >'))) {
          isLate = true;
          const { firstSeq, lines } = built.groups[2] as BuiltChain['groups'][number];
          await audit.commit([insertGroup({ firstSeq, lines, head: built.heads[2] as BuiltChain['heads'][number] })]);
        }
        await audit.commit(statements);
      },
    };
    expect(await mendIndex(through)).toEqual({ added: 2, removed: 2 });
    expect(isLate).toBe(true);
    expect((await rows()).map(({ seq }) => Number(seq))).toEqual([2, 2, 3]);
    expect(await said()).toEqual([{ chain: FIRST, through_seq: 2, complete: 0 }]);
  });

  it('loses all of a chain that was removed, or is not there, and nothing of the others', async () => {
    await begin([['open'], [0]]);
    await begin([['open'], [0]], SECOND);
    const left = (await rows()).filter(({ chain }) => chain === SECOND);
    await run('delete from audit_group where chain = ?', FIRST);
    await run('update audit_chain set removed_at = 1 where chain = ?', FIRST);
    await run(`insert into audit_index values ('a', 'x', 1, 'nowhere/2026-11-20', 7)`);
    await run(`insert into audit_indexed values ('elsewhere/2026-11-20', 7, 0)`);
    expect(await mendIndex(audit)).toEqual({ added: 0, removed: 3 });
    expect(await rows()).toEqual(left);
    expect(await said()).toEqual([{ chain: SECOND, through_seq: 2, complete: 0 }]);
    expect(await mendIndex(audit)).toEqual({ added: 0, removed: 0 });
  });

  it('says nothing of a chain that was removed and of which nothing is left', async () => {
    await begin([['open'], [0]]);
    for (const table of ['audit_group', 'audit_index', 'audit_indexed']) await run(`delete from ${table}`);
    await run('update audit_chain set removed_at = 1');
    expect(await mendIndex(audit)).toEqual({ added: 0, removed: 0 });
    expect(await said()).toEqual([]);
  });
});
