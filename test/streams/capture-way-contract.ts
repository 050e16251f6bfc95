import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeCapability } from '../../core/changes.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import type { Change } from '../connectors/change-feed-subject.ts';
import { compare, type Known } from '../connectors/followed.ts';
import { type CaptureStage, until, versionsByCode } from './capture-stage.ts';

/** A system that is captured in one way only, and how things really are in it. A revision is a code of a status. */
export interface WaySubject {
  readonly stage: CaptureStage;
  readonly sector: OpenSector;
  /** Changes the system, in one transaction where it has them; and has it tell of it, where that is the way. */
  readonly write: (changes: readonly Change[]) => Promise<void>;
  /** Puts something there as if it had always been. Standard: `write`. */
  readonly hadBefore?: (changes: readonly Change[]) => Promise<void>;
  /** Stamps now and shows when it is told to; absent where nothing can be held back. */
  readonly writeLate?: (changes: readonly Change[]) => Promise<() => Promise<void>>;
  readonly truth: () => Promise<Known>;
  readonly close: () => Promise<void>;
}

const BEFORE = several('before', 20, '20');
const ENDS = 8;

/**
 * Holds a way of capture, from the system to the log, to what its capability says that it can and cannot see.
 *
 * @param make called once; what it returns is closed after the last clause
 */
export function captureWayContract(name: string, make: () => Promise<WaySubject>): void {
  describe(`capture by ${name}`, () => {
    let subject: WaySubject;
    let capability: ChangeCapability;
    beforeAll(async () => {
      subject = await make();
      const [way] = Object.values(subject.sector.declaration.dossiers?.changes ?? {});
      if (way === undefined) throw new Error('The subject declares no way');
      capability = way.capability;
    }, 120_000);
    afterEach(() => subject?.stage.closeCaptures());
    afterAll(() => subject?.close());

    const events = () => subject.stage.events(subject.sector.id);
    // The guard against mass deletion has tests of its own.
    const capturing = () => subject.stage.capture([subject.sector], { MOST_DELETES: 1_000 });
    async function known(): Promise<Map<string, string>> {
      const latest = new Map<string, { version: number; status: string | null }>();
      for (const { code, version, view } of await events()) {
        if (version > (latest.get(code)?.version ?? 0)) {
          latest.set(code, { version, status: view?.status?.code ?? null });
        }
      }
      return new Map([...latest].flatMap(([code, { status }]) => (status === null ? [] : [[code, status] as const])));
    }
    const statusOf = async (code: string) => (await known()).get(code);

    it('brings what was there before, as its capability says', async () => {
      await (subject.hadBefore ?? subject.write)(BEFORE);
      await capturing().caughtUp();
      const found = [...(await known()).keys()].sort();
      expect(found).toEqual(capability.initial ? BEFORE.map(([code]) => code).sort() : []);
    });

    it('sees what is new and what has changed', async () => {
      const capture = capturing();
      await subject.write([
        ['0042', '20'],
        ['H57.99.ĐÀ-0001', '21'],
      ]);
      await capture.caughtUp();
      await subject.write([['0042', '30']]);
      await capture.caughtUp();
      expect([await statusOf('0042'), await statusOf('H57.99.ĐÀ-0001')]).toEqual(['30', '21']);
    });

    it('notices deletes, and what comes back, as its capability says', async () => {
      const capture = capturing();
      await subject.write([['gone-1', '20']]);
      await capture.caughtUp();
      await subject.write([['gone-1', null]]);
      if (capability.deletes) await until(async () => (await statusOf('gone-1')) === undefined, { what: 'it is gone' });
      else await capture.caughtUp();
      expect(await statusOf('gone-1')).toBe(capability.deletes ? undefined : '20');
      await subject.write([['gone-1', '21']]);
      await until(async () => (await statusOf('gone-1')) === '21', { what: 'it is back' });
    });

    it('hands over changes in order, and every state, as its capability says', async () => {
      const capture = capturing();
      const states = Array.from({ length: 12 }, (_, place) => String(100 + place));
      for (const state of states) await subject.write([['ordered', state]]);
      await capture.caughtUp();
      const own = (await events()).filter(({ code }) => code === 'ordered');
      const seen = own.map(({ view }) => view?.status?.code ?? '');
      expect(seen.at(-1)).toBe(states.at(-1));
      if (capability.order) expect(seen).toEqual([...seen].sort());
      if (capability.intermediate) expect([...new Set(seen)]).toEqual(states);
    });

    it('sees many changes of one instant', async () => {
      const capture = capturing();
      await subject.write(several('instant', 700, '22'));
      await capture.caughtUp();
      const found = [...(await known())].filter(([code]) => code.startsWith('instant-'));
      expect(found).toHaveLength(700);
    });

    it('sees what commits long after it was stamped, as its capability says', async ({ skip }) => {
      const { writeLate } = subject;
      if (writeLate === undefined) return skip('a file is there whole or it is not: nothing can be held back');
      const capture = capturing();
      const commit = await writeLate([['late-1', '30']]);
      await subject.write(several('meanwhile', 5, '20'));
      await capture.caughtUp();
      expect(await statusOf('meanwhile-1')).toBe('20');
      await commit();
      if (capability.lateCommits) {
        await until(async () => (await statusOf('late-1')) === '30', { what: 'the late one is there' });
      } else {
        await capture.caughtUp();
        expect(await statusOf('late-1')).toBeUndefined();
      }
    });

    it('loses nothing that it can see while capture ends and begins and others write', {
      timeout: 120_000,
    }, async () => {
      const writing = new AbortController();
      const writer = writeOn(subject, writing.signal);
      for (let ends = 0; ends < ENDS; ends++) {
        const capture = capturing();
        await delay(50 + ((ends * 97) % 250));
        await capture.close();
      }
      writing.abort();
      await writer;
      const capture = capturing();
      await capture.caughtUp();
      const truth = new Map(await subject.truth());
      // Nobody told of these, and the way is not one that looks.
      if (!capability.initial) for (const [code] of BEFORE) truth.delete(code);
      const all = async () => compare(truth, await known());
      const isRight = async () => {
        const { lost, stale, ghosts } = await all();
        return lost.length + stale.length === 0 && (ghosts.length === 0 || !capability.deletes);
      };
      // Deletes are noticed by a comparison of everything, some time later.
      await until(isRight, { what: 'all is known' }).catch(() => {});
      const { lost, stale, ghosts } = await all();
      console.log(
        `${name}: ${ENDS} times ended: lost ${lost.length}, stale ${stale.length}, ghosts ${ghosts.length}; deletes ${capability.deletes ? 'seen' : 'not seen'}`,
      );
      expect({ lost, stale }).toEqual({ lost: [], stale: [] });
      expect(ghosts.length > 0).toBe(!capability.deletes);
      for (const [code, versions] of Object.entries(versionsByCode(await events()))) {
        expect(versions, code).toEqual(versions.map((_, place) => place + 1));
      }
    });
  });
}

export function several(prefix: string, count: number, revision: string): Change[] {
  return Array.from({ length: count }, (_, place) => [`${prefix}-${place + 1}`, revision] as const);
}

/** Small transactions over thirty dossiers, now and then a delete, until the signal aborts. */
async function writeOn({ write }: WaySubject, signal: AbortSignal): Promise<void> {
  let draw = 7;
  const next = (below: number) => {
    draw = (draw * 75 + 74) % 65_537;
    return draw % below;
  };
  for (let round = 1; !signal.aborted && round < 5_000; round++) {
    const changes = new Map<string, string | null>();
    for (let count = 0; count < 3; count++) {
      changes.set(`busy-${next(30)}`, next(12) === 0 ? null : String(200 + next(700)));
    }
    changes.set(`once-${round}`, '20');
    await write([...changes]);
    await delay(next(10));
  }
  await write([['busy-0', '20']]);
  await write([['busy-0', null]]);
}
