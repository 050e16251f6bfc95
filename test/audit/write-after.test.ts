import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chain, createChain } from '../../audit/chain.ts';
import { type AuditDatabase, openAuditDatabase } from '../../audit/database.ts';
import { prepare } from '../../audit/lines.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type LogPlace, onEachDatabase } from './each-database.ts';
import { DAY_MS, entriesOf, hashSubject, KEYS, NOON, record, verify } from './support.ts';

let audit: AuditDatabase;
let time: number;

function start(instance = 'motcua', through = audit): Chain {
  return createChain({
    ...{ audit: through, keys: KEYS, instance, timeoutMs: 20_000, now: () => time, warn: () => {} },
  });
}

async function write(chain: Chain): Promise<AuditHead> {
  time += 1_000;
  return chain.write({ records: [prepare(record(), hashSubject)], plain: 1, missed: null });
}

async function end(chain: Chain): Promise<AuditHead> {
  time += 1_000;
  return (await chain.end()) as AuditHead;
}

const placeOf = ({ chain, seq, hash }: AuditHead): string => `${chain} ${seq} ${hash}`;

/** What a chain says at its beginning: the head it comes after, and the ends that it found missing. */
async function saidBy({ chain }: AuditHead): Promise<{ after: string | null; missing: readonly string[] }> {
  const entries = await entriesOf(audit);
  const place = entries.findIndex((one) => one.kind === 'OPEN' && one.chain === chain);
  const gaps = entries.filter((one) => one.kind === 'GAP' && one.chain === chain && one.missed === null);
  return { after: entries[place].after, missing: gaps.map((one) => one.end) };
}

const verified = async () => (await verify(audit.database, { now: time })).said;

onEachDatabase('A process that was killed', (title, makePlace) => {
  describe(title, () => {
    let place: LogPlace;

    beforeEach(async () => {
      place = await makePlace();
      audit = await openAuditDatabase(place.url);
      time = NOON;
    });

    afterEach(async () => {
      await audit.close();
      await place.remove();
    });

    it('is told of, though a chain of its instance was opened and closed after its own', async () => {
      const killed = start();
      await write(killed);
      const other = start();
      const beside = await write(other);
      const last = await write(killed);
      const closed = await end(other);
      const next = start();
      expect(await saidBy(await write(next))).toEqual({ after: placeOf(closed), missing: [placeOf(last)] });
      await end(next);
      expect((await saidBy(await write(start()))).missing).toEqual([]);
      expect((await saidBy(beside)).missing).toHaveLength(1);
      expect(await verified()).toEqual([]);
    });

    it('is told of with all that ended with it, once', async () => {
      const [one, other] = [start(), start()];
      await write(one);
      const ends = [await write(other), await write(one)].map(placeOf);
      const next = start();
      const { after, missing } = await saidBy(await write(next));
      expect(missing.toSorted()).toEqual(ends.toSorted());
      expect(after).toBe(ends[0]);
      time += 3 * DAY_MS;
      await end(next);
      expect((await saidBy(await write(start('lequy')))).missing).toEqual([]);
      expect((await saidBy(await write(start()))).missing).toEqual([]);
      expect(await verified()).toEqual([]);
    });

    it('is told of at each start beside it while it goes on writing', async () => {
      const beside = start();
      for (let times = 0; times < 2; times++) {
        const last = await write(beside);
        const next = start();
        expect((await saidBy(await write(next))).missing).toEqual([placeOf(last)]);
        await end(next);
      }
      expect(await verified()).toEqual([]);
    });

    it('is not one that closes its chain while others are opened', async () => {
      const closing = start();
      await write(closing);
      const { database } = audit;
      let isOpen = true;
      const whileItCloses: AuditDatabase = {
        ...audit,
        database: {
          ...database,
          async query(sql, ...rest) {
            const rows = await database.query(sql, ...rest);
            if (isOpen && sql.includes('from audit_chain where instance = ?')) {
              isOpen = false;
              await end(closing);
            }
            return rows;
          },
        },
      };
      expect((await saidBy(await write(start('motcua', whileItCloses)))).missing).toEqual([]);
      expect(isOpen).toBe(false);
      expect(await verified()).toEqual([]);
    });

    it('is held by whoever tells of it: its chain can neither be taken out nor lose its end', async () => {
      const killed = start();
      const other = start();
      await write(killed);
      await write(other);
      const last = await write(killed);
      await end(other);
      const next = await write(start());
      await audit.database.knex.raw('delete from audit_group where chain = ? and last_seq = ?', [last.chain, last.seq]);
      expect(await verified()).toEqual([
        `broken: chain ${last.chain} is not at ${last.seq} what it was when ${next.chain} was opened`,
      ]);
      for (const table of ['audit_group', 'audit_chain']) {
        await audit.database.knex.raw(`delete from ${table} where chain = ?`, [last.chain]);
      }
      expect(await verified()).toContain(
        `broken: chain ${last.chain} is missing, after which ${next.chain} was opened`,
      );
    });

    it('is not made up: what a chain tells of is a text', async () => {
      await write(start());
      const { chain } = await write(start());
      const line = (await entriesOf(audit)).find((one) => one.kind === 'GAP' && one.chain === chain);
      expect(line).toBeDefined();
      const odd = JSON.stringify({ ...line, end: 7 });
      await audit.database.knex.raw('update audit_group set entries = replace(entries, ?, ?) where chain = ?', [
        ...[JSON.stringify(line), odd, chain],
      ]);
      expect((await verified())[0]).toBe(`broken: chain ${chain}: entry 2 is not an entry in its canonical form`);
    });
  });
});
