import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../drivers/database.ts';
import { createRing } from '../../streams/feed/ring.ts';
import { createFeed, type Feed, type FeedCursor, type FeedEvent, type FeedOptions } from '../../streams/feed.ts';
import { CODE, event, onEachStore, type Stage, tell } from '../support/index-stage.ts';

const TABLES = ['consumer_position', 'dossier_event', 'dossier_view', 'dossier', 'dossier_number', 'delivery'];
const EVERYBODY = { sees: () => true };
const EVERYTHING = { ...EVERYBODY, matches: () => true };
const CODES = Array.from({ length: 7 }, (_, place) => `H41.07-261001-000${place + 1}`);

onEachStore('the feed of events', (open) => {
  let stage: Stage;
  const feeds: Feed[] = [];
  const versions = new Map<string, number>();

  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    for (const table of TABLES) await stage.database.knex(table).delete();
    for (const partitions of stage.log.topics.values()) for (const part of partitions as unknown[][]) part.length = 0;
    await stage.database.knex('feed').update({ next_seq: 1 });
    versions.clear();
  });
  afterEach(() => Promise.all(feeds.splice(0).map((feed) => feed.close())));

  function openFeed(options: Partial<FeedOptions> = {}): Feed {
    const feed = createFeed({ database: stage.database, pollMs: 20, warn: () => {}, ...options });
    feeds.push(feed);
    return feed;
  }

  /** Puts changes of several dossiers through projection. */
  async function change(count: number): Promise<void> {
    for (let one = 0; one < count; one++) {
      const code = CODES[one % CODES.length] as string;
      const version = (versions.get(code) ?? 0) + 1;
      versions.set(code, version);
      tell(stage, event({ code, version }));
    }
    await stage.project();
  }

  /** Ids in the order of the table, which is that of the commits. */
  async function told(): Promise<string[]> {
    const rows = await stage.database.query('select sector, code, version from dossier_event order by seq');
    return rows.map(({ sector, code, version }) => `${sector}:${code}:${version}`);
  }

  it('tells what is committed from now on, in the order of commits', async () => {
    await change(3);
    const cursor = await openFeed().open({ afterId: null }, EVERYTHING);
    const first = cursor.next();
    await change(20);
    const ids = [(await first)?.id, ...(await take(cursor, 19))];
    expect(ids).toEqual((await told()).slice(3));
  });

  it('tells each subscriber what it wants, and what it chooses by', async () => {
    const feed = openFeed();
    const land = await feed.open({ afterId: null }, { ...EVERYBODY, matches: ({ sector }) => sector === 'land' });
    const person = await feed.open(
      { afterId: null },
      { ...EVERYBODY, matches: ({ applicantNumbers }) => applicantNumbers.includes('001085004213') },
    );
    tell(
      stage,
      event({ view: { applicantNumbers: ['001 085 004 213'], applicantName: 'Lê An', agencyCode: 'H41.07' } }),
    );
    await stage.project();
    // The sector’s own view names neither applicant nor agency: they are the dossier’s.
    tell(stage, event({ sector: 'land', status: 9 }));
    await stage.project();
    expect(await land.next()).toMatchObject({
      ...{ id: `land:${CODE}:1`, change: 'upsert', statusNumber: 9, agencyCode: 'H41.07', applicantName: 'Lê An' },
      applicantNumbers: ['001085004213'],
    });
    expect(await take(person, 2)).toEqual([`one-stop:${CODE}:1`, `land:${CODE}:1`]);
  });

  it('tells the applicant that a dossier was deleted, though it is in no list any more', async () => {
    const cursor = await openFeed().open(
      { afterId: null },
      { ...EVERYBODY, matches: ({ applicantNumbers }) => applicantNumbers.includes('001085004213') },
    );
    tell(stage, event({ view: { applicantNumbers: ['001085004213'] } }), event({ version: 2, view: null }));
    await stage.project();
    expect(await take(cursor, 2)).toEqual([`one-stop:${CODE}:1`, `one-stop:${CODE}:2`]);
  });

  it('goes on after an event that was received, whether it is still held or has to be read again', async () => {
    await change(300);
    const all = await told();
    for (const ring of [1_000, 10]) {
      const feed = openFeed({ ring });
      for (const place of [0, 5, 150, 288, 297]) {
        const cursor = await feed.open({ afterId: all[place] as string }, EVERYTHING);
        expect(await take(cursor, all.length - place - 1)).toEqual(all.slice(place + 1));
        cursor.close();
      }
    }
  });

  it('reads one dossier’s events alone when no others can match', async () => {
    await change(200);
    const all = await told();
    const read: string[] = [];
    const feed = openFeed({ ring: 10, database: watched(stage.database, (sql) => read.push(sql)) });
    const after = all.find((id) => id.includes(CODE)) as string;
    const cursor = await feed.open(
      { afterId: after },
      { ...EVERYBODY, matches: ({ code }) => code === CODE, code: CODE },
    );
    const own = all.filter((id) => id.includes(CODE));
    expect(await take(cursor, own.length - 1)).toEqual(own.slice(1));
    const next = cursor.next();
    await change(1);
    expect((await next)?.code).toBe(CODE);
    expect(read.some((sql) => /code = \? and seq > \?/.test(sql))).toBe(true);
  });

  it('neither loses nor doubles an event, however often a subscriber leaves and comes back', async () => {
    await change(20);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(3, 8, 1_000),
        async (sittings, ring) => {
          const start = (await told()).length - 1;
          const feed = openFeed({ ring });
          let after = (await told())[start] as string;
          const received: string[] = [];
          const changing = (async () => {
            for (const count of sittings) await change(count);
          })();
          const all = sittings.reduce((sum, count) => sum + count, 0);
          for (let sitting = 0; received.length < all; sitting++) {
            const cursor = await feed.open({ afterId: after }, EVERYTHING);
            const count = 1 + (sittings[sitting % sittings.length] as number);
            // With a ring of three one is cut off in between, too.
            await take(cursor, Math.min(count, all - received.length), received).catch(() => {});
            cursor.close();
            after = received.at(-1) ?? after;
          }
          await changing;
          expect(received).toEqual((await told()).slice(start + 1));
          await feed.close();
        },
      ),
      { numRuns: 6 },
    );
  });

  it('reaches every process on one database, without being told by the one that wrote', async () => {
    const cursors = await Promise.all([openFeed(), openFeed()].map((feed) => feed.open({ afterId: null }, EVERYTHING)));
    await change(30);
    const all = await told();
    for (const cursor of cursors) expect(await take(cursor, 30)).toEqual(all);
  });

  it('does not wait for its turn when it is woken after a commit', async () => {
    const feed = openFeed({ pollMs: 60_000 });
    const cursor = await feed.open({ afterId: null }, EVERYTHING);
    const next = cursor.next();
    await delay(50);
    await change(1);
    feed.wake();
    expect((await next)?.seq).toBe(1);
  });

  it('cuts off who falls further behind than is held, and says where to go on', async () => {
    const feed = openFeed({ ring: 5 });
    const cursor = await feed.open({ afterId: null }, EVERYTHING);
    const next = cursor.next();
    await change(4);
    const first = (await next) as FeedEvent;
    await change(30);
    // Somebody who keeps up shows that the tail has come so far.
    await expect.poll(() => feed.head()).toBe(34);
    const error = await cursor.next().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'SUBSCRIBER_TOO_SLOW', retryable: true, after: first.id });
    const again = await feed.open({ afterId: first.id }, EVERYTHING);
    expect([first.id, ...(await take(again, 33))]).toEqual(await told());
  });

  it('does not cut off who is still catching up, however slowly', async () => {
    await change(250);
    const all = await told();
    const feed = openFeed({ ring: 5 });
    const cursor = await feed.open({ afterId: all[0] as string }, EVERYTHING);
    const received = await take(cursor, 120);
    await change(50);
    await expect.poll(() => feed.head()).toBe(300);
    received.push(...(await take(cursor, 179)));
    expect(received).toEqual((await told()).slice(1));
  });

  it('does not tell what a replay found missing in the history', async () => {
    const feed = openFeed();
    await change(2);
    const [missing, second] = (await told()).map((id) => id.split(':')) as [string[], string[]];
    await stage.database.knex('dossier_event').where({ seq: 1 }).delete();
    const cursor = await feed.open({ afterId: second.join(':') }, EVERYTHING);
    await stage.database.knex('dossier_event').insert({
      ...{ seq: 3, sector: 'one-stop', code: missing[1], version: 1, change_kind: 'upsert', way: 'poll' },
      ...{ occurred_at: 1, recorded_at: 1, applied_at: 1, view: '{}', replayed: true },
    });
    await stage.database.knex('feed').update({ next_seq: 4 });
    await change(1);
    expect((await cursor.next())?.seq).toBe(4);
  });

  it('refuses to go on after what is no event of this feed', async () => {
    const feed = openFeed();
    for (const afterId of ['', 'x', 'land:H41.07-261001-0001:0', 'land:H41.07-261001-0001:77', 'a'.repeat(10_000)]) {
      await expect(feed.open({ afterId }, EVERYTHING)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  it('asks the database nothing while nobody listens', async () => {
    let asked = 0;
    const feed = openFeed({ pollMs: 5, database: watched(stage.database, () => asked++) });
    await delay(50);
    expect(asked).toBe(0);
    const cursor = await feed.open({ afterId: null }, EVERYTHING);
    await delay(50);
    expect(asked).toBeGreaterThan(3);
    cursor.close();
    await delay(30);
    asked = 0;
    await delay(50);
    expect(asked).toBe(0);
    // Nor has it missed anything when somebody listens again.
    const again = await feed.open({ afterId: null }, EVERYTHING);
    await change(3);
    expect(await take(again, 3)).toEqual(await told());
  });

  it('goes on by itself when the database was away, having said so once', async () => {
    let broken = false;
    const warnings: unknown[] = [];
    const database = watched(stage.database, () => {
      if (broken) throw Object.assign(new Error("Access denied for 'hub'@'10.1.2.3'"), { sql: 'select', code: 'ER_X' });
    });
    const feed = openFeed({ pollMs: 5, database, warn: (...said) => void warnings.push(said) });
    const cursor = await feed.open({ afterId: null }, EVERYTHING);
    const next = cursor.next();
    await delay(30);
    broken = true;
    await change(1);
    await delay(60);
    await expect(feed.open({ afterId: null }, EVERYTHING)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    broken = false;
    expect((await next)?.seq).toBe(1);
    // Of the failure its kind alone: what a database says holds hosts, accounts and statements.
    expect(warnings).toEqual([
      ['the feed of events cannot be read', { code: 'INTERNAL', reason: 'Error ER_X' }],
      ['the feed of events can be read again'],
    ]);
  });

  it('ends who waits when the subscriber leaves, and everybody when it is closed', async () => {
    const feed = openFeed();
    const [one, other] = await Promise.all([1, 2].map(() => feed.open({ afterId: null }, EVERYTHING)));
    const [left, waiting] = [one?.next(), other?.next()];
    await delay(30);
    one?.close();
    expect(await left).toBeNull();
    await feed.close();
    expect(await waiting).toBeNull();
    await expect(feed.open({ afterId: null }, EVERYTHING)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('the ring of events', () => {
  const numbered = (seq: number, name = ''): FeedEvent => ({
    ...{ id: `land:${CODE}:${seq}`, seq, sector: 'land', code: CODE, version: seq, change: 'upsert', occurredAt: 0 },
    ...{
      recordedAt: 0,
      statusNumber: null,
      replayed: false,
      agencyCode: null,
      applicantName: name,
      applicantNumbers: [],
    },
  });

  it('holds the newest, and says from where it does', () => {
    const ring = createRing({ most: 1_500, mostBytes: 1e9 });
    for (let seq = 1; seq <= 10_000; seq++) ring.push(numbered(seq));
    expect(ring.head).toBe(10_000);
    expect(ring.goneThrough).toBe(8_500);
    for (const seq of [8_500, 9_000, 9_999]) expect(ring.after(seq)?.seq).toBe(seq + 1);
    expect(ring.after(10_000)).toBeUndefined();
  });

  it('is bounded in bytes as well', () => {
    const ring = createRing({ most: 1e6, mostBytes: 100_000 });
    for (let seq = 1; seq <= 1_000; seq++) ring.push(numbered(seq, 'x'.repeat(5_000)));
    expect(ring.head - ring.goneThrough).toBeLessThan(12);
    expect(ring.after(ring.goneThrough)?.seq).toBe(ring.goneThrough + 1);
  });
});

async function take(cursor: FeedCursor, count: number, ids: string[] = []): Promise<string[]> {
  for (let taken = 0; taken < count; taken++) {
    const next = await cursor.next();
    if (next === null) break;
    ids.push(next.id);
  }
  return ids;
}

/** The database, told before each statement of the feed. */
function watched(database: Database, before: (sql: string) => void): Database {
  return Object.create(database, {
    query: {
      value: async (...asked: Parameters<Database['query']>) => {
        before(asked[0]);
        return database.query(...asked);
      },
    },
  }) as Database;
}
