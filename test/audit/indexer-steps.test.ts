import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { type IndexedDatabase, type Indexer, openIndexer } from '../../audit/indexer.ts';
import { insertGroup } from '../../audit/statements.ts';
import { type BuiltChain, buildChain } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';

const CHAIN = 'motcua-00000001/2026-11-20';
const GONE = new Error('the connection is gone');

let audit: AuditDatabase;
const opened: Indexer[] = [];

beforeEach(async () => {
  audit = await openMemoryAudit();
});

afterEach(async () => {
  for (const indexer of opened.splice(0)) await indexer.close();
  await audit.close();
});

/** @param between what happens before each statement is sent */
function open(between: Partial<Record<'query' | 'commit', (sql: string) => Promise<void>>> = {}): Indexer {
  const { database } = audit;
  const source: IndexedDatabase = {
    database: {
      traits: database.traits,
      async query(sql, ...rest) {
        await between.query?.(sql);
        return database.query(sql, ...rest);
      },
    },
    async commit(statements) {
      for (const { sql } of statements) await between.commit?.(sql);
      await audit.commit(statements);
    },
  };
  const indexer = openIndexer(source);
  opened.push(indexer);
  return indexer;
}

const indexed = async () => Number((await audit.database.query('select count(*) as n from audit_index'))[0]?.n);

/** Adds a group to a chain that is there. */
async function add({ groups, heads }: BuiltChain, place: number): Promise<void> {
  const { firstSeq, lines } = groups[place] as BuiltChain['groups'][number];
  await audit.commit([insertGroup({ firstSeq, lines, head: heads[place] as BuiltChain['heads'][number] })]);
}

describe('An index that is made', () => {
  it('has every chain, also where more are behind than are looked for at once', async () => {
    for (let place = 0; place < 120; place++) {
      const chain = CHAIN.replace('00000001', String(place).padStart(8, '0'));
      await store(audit, await buildChain([['open'], [0]], { chain }));
    }
    const indexer = open();
    await indexer.catchUp();
    expect(await indexed()).toBe(240);
    // Later as well, where nobody looks at all of them.
    await audit.database.knex.raw('update audit_indexed set through_seq = 0');
    await audit.database.knex.raw('delete from audit_index');
    await indexer.catchUp();
    expect(await indexed()).toBe(240);
  });

  it('has a chain that nobody speaks of, though as many are spoken of as there are', async () => {
    await store(audit, await buildChain([['open'], [0]], { chain: CHAIN }));
    await audit.database.knex.raw(`insert into audit_indexed values ('nowhere/2026-11-20', 7, 1)`);
    await audit.database.knex.raw('delete from audit_indexed where chain = ?', [CHAIN]);
    await open().catchUp();
    expect(await indexed()).toBe(2);
  });

  it('is written a thousand rows at a time, those together that lie side by side', async () => {
    await store(audit, await buildChain([['open'], ...Array.from({ length: 8 }, () => Array<number>(50).fill(2))]));
    // Nothing is found by its opening, so nothing is written for it.
    await store(audit, await buildChain([['open']], { chain: CHAIN }));
    const parts: string[][] = [];
    const indexer = openIndexer({
      ...audit,
      commit(statements) {
        expect(statements.length).toBeGreaterThan(0);
        const rows = statements
          .filter(({ sql }) => sql.includes('audit_index '))
          .flatMap(({ bindings }) =>
            bindings.flatMap((_, at) => (at % 5 === 0 ? [bindings.slice(at, at + 2).join()] : [])),
          );
        if (rows.length > 0) parts.push(rows);
        return audit.commit(statements);
      },
    });
    opened.push(indexer);
    await indexer.catchUp();
    expect(parts.map(({ length }) => length)).toEqual([1_024, 576]);
    expect(parts.flat()).toEqual(parts.flat().toSorted());
  });

  it('has what was written while it was being made, before it is called whole', async () => {
    const built = await buildChain([['open'], [0], [0]]);
    await store(audit, { ...built, groups: built.groups.slice(0, 2) });
    let later: Promise<void> | undefined;
    let isLast = false;
    const indexer: Indexer = open({
      async query(sql) {
        // The run that goes on has looked for the last time.
        if (!isLast && /i\.complete = 0/.test(sql) && (await indexed()) === 2) {
          isLast = true;
          await audit.database.query(sql);
          later = add(built, 2).then(() => indexer.catchUp());
        }
      },
    });
    await indexer.catchUp();
    await later;
    expect([isLast, await indexed()]).toEqual([true, 4]);
  });

  it('is made after all where it could not be before', async () => {
    await store(audit, await buildChain([['open'], [0]]));
    let isAway = true;
    const indexer = open({ commit: async () => (isAway ? Promise.reject(GONE) : undefined) });
    const first = indexer.catchUp();
    const second = indexer.catchUp();
    await expect(first).rejects.toThrow('gone');
    await expect(second).rejects.toThrow('gone');
    isAway = false;
    await indexer.catchUp();
    expect(await indexed()).toBe(2);
  });

  it('is made by itself within a second or two, until it is closed', async () => {
    const built = await buildChain([['open'], [0], [0]]);
    await store(audit, { ...built, groups: built.groups.slice(0, 2) });
    const indexer = open();
    await expect.poll(indexed, { timeout: 5_000 }).toBe(2);
    await indexer.close();
    await add(built, 2);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await indexed()).toBe(2);
  });

  it('is not looked after any more once it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const indexer = open();
      expect(vi.getTimerCount()).toBe(1);
      await indexer.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not called whole where it was closed meanwhile, and nothing is written any more once it is', async () => {
    await store(audit, await buildChain([['open'], ...Array.from({ length: 60 }, () => [0])]));
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const indexer = open({
      async commit(sql) {
        if (!sql.includes('audit_indexed')) return;
        reach();
        await promise;
      },
    });
    const whole = indexer.catchUp();
    const told = expect(whole).rejects.toThrow('The index was closed before it was made');
    await reached;
    let isClosed = false;
    const closing = indexer.close().then(() => {
      isClosed = true;
    });
    await new Promise((done) => setTimeout(done, 20));
    expect(isClosed).toBe(false);
    resolve();
    await Promise.all([closing, told]);
    // Of the groups that are read at once.
    expect(await indexed()).toBe(98);
  });
});
