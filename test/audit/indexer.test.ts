import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChain } from '../../audit/chain.ts';
import { type AuditDatabase, openAuditDatabase, type WrittenAudit } from '../../audit/database.ts';
import { type Indexer, openIndexer } from '../../audit/indexer.ts';
import { prepare } from '../../audit/lines.ts';
import { mendIndex } from '../../audit/mend-index.ts';
import { type LogPlace, onEachDatabase } from './each-database.ts';
import { DAY_MS, hashSubject, KEYS, NOON, record, verify } from './support.ts';

const ALL = /from audit_chain c left join/;

onEachDatabase('The index of an access log', (title, makePlace) => {
  describe(title, () => {
    let place: LogPlace;
    let audit: WrittenAudit;
    let asked: string[];
    let indexer: Indexer;
    let time: number;

    beforeEach(async () => {
      place = await makePlace();
      audit = await openAuditDatabase(place.url);
      time = NOON;
      const query: AuditDatabase['database']['query'] = (sql, ...rest) => {
        asked.push(sql);
        return audit.database.query(sql, ...rest);
      };
      asked = [];
      await write('before');
      indexer = openIndexer({ ...audit, database: { ...audit.database, query } });
      await indexer.catchUp();
      asked = [];
    });

    afterEach(async () => {
      await indexer.close();
      await audit.close();
      await place.remove();
    });

    const run = (sql: string, ...bindings: (string | number)[]) => audit.database.knex.raw(sql, bindings);

    /** One operation in a chain of its own, which is closed behind it unless it is to go on. */
    async function write(actor: string, isClosed = true) {
      time += 1_000;
      const chain = createChain({
        ...{ audit, keys: KEYS, instance: 'motcua', timeoutMs: 20_000, now: () => time, warn: () => {} },
      });
      const entry = (...names: readonly string[]) => ({
        records: names.map((name) => prepare(record([], { actor: name }), hashSubject)),
        plain: names.length,
        missed: null,
      });
      await chain.write(entry(actor));
      if (isClosed) await chain.end();
      return { add: (...names: readonly string[]) => chain.write(entry(...names)), end: () => chain.end() };
    }

    /** Actors that are found after everything was looked for. */
    async function found(): Promise<readonly string[]> {
      await indexer.catchUp();
      const rows = await audit.database.query(`select word from audit_index where kind = 'a' order by word`);
      return rows.map(({ word }) => String(word));
    }

    const chainOf = async (place: number) =>
      String((await audit.database.query('select chain from audit_chain order by opened_at'))[place]?.chain);

    it('is looked through at the start, and then where chains are written', async () => {
      const open = await write('first', false);
      expect(await found()).toEqual(['before', 'first']);
      await open.add('second');
      expect(await found()).toEqual(['before', 'first', 'second']);
      await open.add('third');
      await open.end();
      expect(await found()).toEqual(['before', 'first', 'second', 'third']);
      expect(await found()).toHaveLength(4);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((sql) => ALL.test(sql))).toEqual([]);
      const rows = await audit.database.query('select complete from audit_indexed');
      expect(rows.map(({ complete }) => Number(complete))).toEqual([1, 1]);
    });

    it('has what was written and closed between two looks, whatever the clock said', async () => {
      await write('one');
      time -= 4_000 * DAY_MS;
      await write('long ago');
      expect(await found()).toEqual(['before', 'long ago', 'one']);
      expect(asked.filter((sql) => ALL.test(sql))).toEqual([]);
    });

    it('is made again where it was emptied, all of it or of one chain', async () => {
      await write('one');
      expect(await found()).toEqual(['before', 'one']);
      for (const table of ['audit_index', 'audit_indexed']) await run(`delete from ${table}`);
      expect(await found()).toEqual(['before', 'one']);
      const chain = await chainOf(0);
      for (const table of ['audit_index', 'audit_indexed']) await run(`delete from ${table} where chain = ?`, chain);
      expect(await found()).toEqual(['before', 'one']);
      await mendIndex(audit);
      expect((await verify(audit.database, { now: time })).said).toEqual([]);
    });

    it('has a chain that is new though another is said to be there that is not', async () => {
      await run('insert into audit_indexed values (?, 7, 1)', 'motcua-00000000/2026-11-20');
      await write('one');
      expect(await found()).toEqual(['before', 'one']);
      await run('delete from audit_indexed where chain = ?', await chainOf(0));
      await write('two');
      expect(await found()).toEqual(['before', 'one', 'two']);
    });

    it('has all of a chain that is longer than what is read at once', async () => {
      const open = await write('first', false);
      const many = Array.from({ length: 30 }, (_, group) =>
        Array.from({ length: 80 }, (_, place) => `actor ${String(group * 80 + place).padStart(4, '0')}`),
      );
      for (const names of many) await open.add(...names);
      expect(await found()).toEqual([...many.flat(), 'before', 'first']);
    });

    it('is made to the end of a chain in which a group is said to end before it begins', async () => {
      const open = await write('one', false);
      await open.add('two');
      await run('update audit_group set last_seq = 0 where chain = ?', await chainOf(1));
      expect(await found()).toEqual(['before', 'one', 'two']);
    });

    it('is not said to be made once it is closed, and begins anew where it is asked for again', async () => {
      await indexer.close();
      await write('late');
      await expect(indexer.catchUp()).rejects.toThrow('closed');
      const first = audit.index();
      await first.close();
      indexer = audit.index();
      expect(await found()).toEqual(['before', 'late']);
    });

    it('has what is written behind an index that was made anew', async () => {
      const open = await write('one', false);
      await mendIndex(audit);
      await open.add('two');
      expect(await found()).toEqual(['before', 'one', 'two']);
      await open.end();
      await mendIndex(audit);
      const rows = await audit.database.query('select complete from audit_indexed');
      expect(rows.map(({ complete }) => Number(complete))).toEqual([1, 1]);
    });
  });
});
