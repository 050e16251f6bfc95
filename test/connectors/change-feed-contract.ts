import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeBatch } from '../../core/changes.ts';
import { seeded } from '../support/random.ts';
import { expectSame, type FeedSubject, following, PROMPT_MS, several, within, writeOn } from './change-feed-subject.ts';
import { compare, createFollower } from './followed.ts';

export type ClauseId = `CHG-${string}`;

interface Clause {
  readonly id: ClauseId;
  readonly title: string;
  readonly run: (subject: FeedSubject) => Promise<void>;
}

const CLAUSES: readonly Clause[] = [
  {
    id: 'CHG-01',
    title: 'MUST bring what was there before, when it begins, and say when it has caught up',
    run: async (subject) => {
      await subject.write(several('old', 30, '1'));
      await following(subject, async (follower) => {
        await follower.caughtUp();
        if (subject.capability.initial) await expectSame(subject, follower);
      });
    },
  },
  {
    id: 'CHG-02',
    title: 'MUST see what is inserted and what is updated, codes with zeros and beyond ASCII too',
    run: (subject) =>
      following(subject, async (follower) => {
        await follower.caughtUp();
        await subject.write([
          ['0042', 'a'],
          ['H57.99.ĐÀ-0001', 'a'],
          ['seen-1', 'a'],
        ]);
        await subject.write([['seen-1', 'b']]);
        await follower.caughtUp();
        expect(
          [...follower.known.entries()].filter(([code]) => ['0042', 'H57.99.ĐÀ-0001', 'seen-1'].includes(code)).sort(),
        ).toEqual(
          [
            ['0042', 'a'],
            ['H57.99.ĐÀ-0001', 'a'],
            ['seen-1', 'b'],
          ].sort(),
        );
        await expectSame(subject, follower);
      }),
  },
  {
    id: 'CHG-03',
    title: 'MUST notice deletes, exactly as its capability says',
    run: (subject) =>
      following(subject, async (follower) => {
        await subject.write(several('gone', 3, '1'));
        await follower.caughtUp();
        expect(follower.known.has('gone-1')).toBe(true);
        await subject.write([['gone-1', null]]);
        await follower.caughtUp();
        expect(follower.known.has('gone-1')).toBe(!subject.capability.deletes);
        await subject.write([['gone-1', '2']]);
        await follower.caughtUp();
        expect(follower.known.get('gone-1')).toBe('2');
      }),
  },
  {
    id: 'CHG-04',
    title: 'MUST keep the order of one dossier’s changes, and every state where its capability says so',
    run: (subject) =>
      following(subject, async (follower) => {
        await follower.caughtUp();
        const revisions = Array.from({ length: 12 }, (_, index) => `r${index + 10}`);
        for (const revision of revisions) await subject.write([['ordered', revision]]);
        await follower.caughtUp();
        expect(follower.known.get('ordered')).toBe(revisions.at(-1));
        const seen = (follower.history.get('ordered') ?? []).filter((what) => what !== 'touched');
        if (subject.capability.order) expect(seen).toEqual([...seen].sort());
        if (subject.capability.intermediate) expect(seen).toEqual(revisions);
      }),
  },
  {
    id: 'CHG-05',
    title: 'MUST lose nothing when it is broken off at any batch, before or after its work, while others write',
    run: async (subject) => {
      const { breaks = 15 } = subject;
      const follower = createFollower(subject);
      const random = seeded(20_251_122);
      const writing = new AbortController();
      const writer = writeOn(subject, random, writing.signal);
      for (let broken = 0; broken < breaks; ) {
        const feed = subject.open();
        const stop = new AbortController();
        const at = Math.floor(random() * 4);
        const before = random() < 0.5;
        let batch = 0;
        const breaking = async (): Promise<void> => {
          batch += 1;
          if (batch <= at) return;
          if (before) throw new Error('broken off');
          stop.abort();
          await delay(random() * 5);
          if (random() < 0.5) throw new Error('broken off');
        };
        await within(10_000, follower.follow(feed, stop.signal, breaking)).catch((error: Error) => {
          if (error.message !== 'broken off') throw error;
        });
        await feed.close();
        broken += 1;
      }
      writing.abort();
      await writer;
      await following(subject, () => follower.caughtUp(), follower);
      const { lost, stale, ghosts } = compare(await subject.truth(), follower.known);
      const counts = `${breaks} times broken off: lost ${lost.length}, stale ${stale.length}, ghosts ${ghosts.length}`;
      console.log(counts);
      expect([lost, stale]).toEqual([[], []]);
      if (subject.capability.deletes) expect(ghosts).toEqual([]);
    },
  },
  {
    id: 'CHG-06',
    title: 'MUST lose nothing when it goes on from one position twice',
    run: async (subject) => {
      const follower = createFollower(subject);
      await following(subject, () => follower.caughtUp(), follower);
      const { position } = follower;
      await subject.write(several('twice', 20, '1'));
      await following(subject, () => follower.caughtUp(), follower);
      follower.rewind(position);
      await subject.write([['twice-3', '2']]);
      await following(subject, () => follower.caughtUp(), follower);
      expect(follower.known.get('twice-3')).toBe('2');
      await expectSame(subject, follower);
    },
  },
  {
    id: 'CHG-07',
    title: 'MUST see all of many changes of the same instant, in batches of a bounded size',
    run: (subject) =>
      following(subject, async (follower) => {
        await follower.caughtUp();
        await subject.write(several('instant', 1_700, '1'));
        await follower.caughtUp();
        expect([...follower.known.keys()].filter((code) => code.startsWith('instant-'))).toHaveLength(1_700);
        expect(follower.largest).toBeLessThanOrEqual(subject.mostInBatch);
      }),
  },
  {
    id: 'CHG-08',
    title: 'MUST see a transaction that commits long after later ones, as its capability says',
    run: async (subject) => {
      const { writeLate } = subject;
      if (writeLate === undefined) throw new Error('Give the subject writeLate, or exempt the clause with a reason');
      await following(subject, async (follower) => {
        await follower.caughtUp();
        const commit = await writeLate([
          ['late-1', '1'],
          ['late-2', '1'],
        ]);
        await subject.write(several('meanwhile', 10, '1'));
        await follower.caughtUp();
        expect(follower.known.has('meanwhile-1')).toBe(true);
        await commit();
        await follower.caughtUp();
        expect(follower.known.has('late-1') && follower.known.has('late-2')).toBe(subject.capability.lateCommits);
      });
    },
  },
  {
    id: 'CHG-09',
    title: 'MUST wait for the work: no batch comes while one is in hand, however much waits',
    run: async (subject) => {
      const follower = createFollower(subject);
      let inHand = 0;
      let most = 0;
      // What the clauses before have left is worked on at once: it may be long.
      let workMs = 0;
      const slowly = async () => {
        inHand += 1;
        most = Math.max(most, inHand);
        await delay(workMs);
        inHand -= 1;
      };
      await following(
        subject,
        async () => {
          await follower.caughtUp();
          workMs = 20;
          await subject.write(several('slow', 3_000, '1'));
          const { batches } = follower;
          await delay(200);
          expect(follower.batches - batches).toBeLessThanOrEqual(15);
          await follower.caughtUp();
        },
        follower,
        slowly,
      );
      expect(most).toBe(1);
      await expectSame(subject, follower);
    },
  },
  {
    id: 'CHG-10',
    title: 'MUST reject with the handler’s error, and hand the same over again from the last position',
    run: async (subject) => {
      const follower = createFollower(subject);
      await following(subject, () => follower.caughtUp(), follower);
      const { position } = follower;
      await subject.write([['failed-1', '1']]);
      const feed = subject.open();
      const failing = (batch: ChangeBatch) => {
        if (batch.observations.length > 0) throw new Error('the work failed');
      };
      const run = within(10_000, follower.follow(feed, new AbortController().signal, failing));
      await expect(run).rejects.toThrow('the work failed');
      await feed.close();
      expect(follower.known.has('failed-1')).toBe(false);
      expect(follower.position === position || typeof follower.position === 'string').toBe(true);
      await following(subject, () => follower.caughtUp(), follower);
      expect(follower.known.get('failed-1')).toBe('1');
    },
  },
  {
    id: 'CHG-11',
    title: 'MUST stop within two seconds of an abort, and not begin with one that has happened',
    run: async (subject) => {
      const follower = createFollower(subject);
      const feed = subject.open();
      const stop = new AbortController();
      const run = follower.follow(feed, stop.signal);
      await follower.caughtUp();
      stop.abort();
      await within(PROMPT_MS, run);
      const { batches } = follower;
      await within(PROMPT_MS, follower.follow(feed, AbortSignal.abort()));
      expect(follower.batches).toBe(batches);
      await feed.close();
    },
  },
  {
    id: 'CHG-12',
    title: 'MUST keep saying that it has caught up while nothing happens, or its sector would look stale',
    run: (subject) =>
      following(subject, async (follower) => {
        await follower.caughtUp();
        await follower.caughtUp(8_000);
        await follower.caughtUp(8_000);
      }),
  },
  {
    id: 'CHG-13',
    title: 'MUST name the place of what cannot be read, and go on behind it',
    run: async (subject) => {
      const { spoil } = subject;
      if (spoil === undefined) throw new Error('Give the subject spoil, or exempt the clause with a reason');
      await following(subject, async (follower) => {
        await follower.caughtUp();
        const names = await spoil();
        await subject.write([['behind-fault', '1']]);
        await follower.caughtUp();
        expect(follower.known.get('behind-fault')).toBe('1');
        for (const name of names) expect(follower.faulty.map(({ place }) => place)).toContain(name);
      });
    },
  },
  {
    id: 'CHG-14',
    title: 'MUST close twice without harm, and end a run that goes on',
    run: async (subject) => {
      const follower = createFollower(subject);
      const feed = subject.open();
      const run = follower.follow(feed, new AbortController().signal).catch(() => {});
      await follower.caughtUp();
      await within(PROMPT_MS, feed.close());
      await feed.close();
      await within(PROMPT_MS, run);
    },
  },
];

/**
 * Holds a way of capture to every clause of the port, and to what it says that it can and cannot see.
 *
 * @param make called once; what it returns is closed after the last clause
 * @param exceptions clauses that cannot hold for this way, each with the reason; they are reported, not hidden
 */
export function changeFeedContract(
  name: string,
  make: () => Promise<FeedSubject>,
  exceptions: Readonly<Partial<Record<ClauseId, string>>> = {},
): void {
  describe(`change feed contract: ${name}`, () => {
    let subject: FeedSubject | undefined;
    beforeAll(async () => {
      subject = await make();
    });
    afterAll(() => subject?.close());
    for (const { id, title, run } of CLAUSES) {
      const reason = exceptions[id];
      it.skipIf(reason !== undefined)(
        `${id} ${title}${reason === undefined ? '' : ` (exempt: ${reason})`}`,
        { timeout: 60_000 },
        async () => {
          if (subject === undefined) throw new Error('The subject was not made');
          await run(subject);
        },
      );
    }
  });
}
