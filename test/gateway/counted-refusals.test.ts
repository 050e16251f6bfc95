import { buildSchema } from 'graphql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Actor } from '../../core/access.ts';
import { type CountedRefusals, createCountedRefusals } from '../../gateway/limits/counted-refusals.ts';
import type { RefusedRequest } from '../../gateway/operation-request.ts';
import { ANYBODY } from '../support/open-access.ts';
import { startTestGateway } from './support.ts';

const MINUTE_MS = 60_000;
/** The clock has gone for a while when the first is refused. */
const BEGUN_MS = 10 * MINUTE_MS;
const BINH = { ...ANYBODY, id: 'binh' };

let now: number;
let noted: RefusedRequest[];
let refusals: CountedRefusals | undefined;

afterEach(() => refusals?.close());

function open(options: { readonly mostKinds?: number; readonly lookMs?: number } = {}): CountedRefusals {
  now = BEGUN_MS;
  noted = [];
  const noteRefusal = async (one: RefusedRequest) => void noted.push(one);
  refusals = createCountedRefusals({ noteRefusal, now: () => now, lookMs: 5, ...options });
  return refusals;
}

function refused(actor: Actor = ANYBODY, code: RefusedRequest['codes'][number] = 'TOO_MANY_REQUESTS'): RefusedRequest {
  const stated = { purpose: 'PROCESSING', dossier: 'H41-1', visit: null } as const;
  return { requestId: 'r', actor, stated, source: null, operationName: null, codes: [code] };
}

const told = () => noted.map(({ actor, codes, stated, times }) => [actor.id, codes[0], stated?.dossier ?? null, times]);

describe('Refusals at the door', () => {
  it('are noted at once where they are the first within a minute, and counted after that', async () => {
    const { note } = open();
    for (let turn = 0; turn < 50; turn++) await note(refused());
    expect(told()).toEqual([['anybody', 'TOO_MANY_REQUESTS', 'H41-1', undefined]]);
    now = BEGUN_MS + MINUTE_MS;
    await expect.poll(() => noted.length).toBe(2);
    expect(told()[1]).toEqual(['anybody', 'TOO_MANY_REQUESTS', null, 49]);
    await note(refused());
    expect(told()[2]).toEqual(['anybody', 'TOO_MANY_REQUESTS', 'H41-1', undefined]);
  });

  it('leave no second entry where there was but one', async () => {
    const { note, close } = open();
    await note(refused());
    now = BEGUN_MS + MINUTE_MS;
    await note(refused(BINH));
    await close();
    expect(told().map(([id, , , times]) => [id, times])).toEqual([
      ['anybody', undefined],
      ['binh', undefined],
    ]);
  });

  it('are noted with their count when the next one comes after a minute, though nobody has looked yet', async () => {
    const { note } = open({ lookMs: 60 * MINUTE_MS });
    for (let turn = 0; turn < 3; turn++) await note(refused());
    now = BEGUN_MS + MINUTE_MS - 1;
    await note(refused());
    expect(noted).toHaveLength(1);
    now = BEGUN_MS + MINUTE_MS;
    await note(refused());
    expect(told().map(([, , , times]) => times)).toEqual([undefined, 3, undefined]);
  });

  it('are looked through each second, and noted when their minute is over and no sooner', async () => {
    vi.useFakeTimers();
    try {
      noted = [];
      const noteRefusal = async (one: RefusedRequest) => void noted.push(one);
      refusals = createCountedRefusals({ noteRefusal });
      for (let turn = 0; turn < 3; turn++) await refusals.note(refused());
      await vi.advanceTimersByTimeAsync(MINUTE_MS - 1_000);
      expect(noted).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(told().map(([, , , times]) => times)).toEqual([undefined, 2]);
      await refusals.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('are counted for each person, application and code by themselves', async () => {
    const { note, close } = open();
    const others = [
      ...[refused(), refused(BINH), refused({ ...ANYBODY, client: 'another' })],
      refused(ANYBODY, 'UNAUTHENTICATED'),
    ];
    for (const one of [...others, ...others]) await note(one);
    expect(noted).toHaveLength(4);
    await close();
    expect(noted.slice(4).map(({ times }) => times)).toEqual([1, 1, 1, 1]);
  });

  it('are noted with their count when the hub stops, and then each by itself', async () => {
    const { note, close } = open();
    for (let turn = 0; turn < 3; turn++) await note(refused());
    await close();
    expect(told().at(-1)).toEqual(['anybody', 'TOO_MANY_REQUESTS', null, 2]);
    await note(refused());
    await note(refused());
    expect(noted).toHaveLength(4);
  });

  it('of more kinds than are counted are noted early, and none is forgotten', async () => {
    const { note, close } = open({ mostKinds: 2 });
    for (let turn = 0; turn < 3; turn++) await note(refused());
    for (const id of ['a', 'b']) await note(refused({ ...ANYBODY, id }));
    expect(told().find(([id, , , times]) => id === 'anybody' && times !== undefined)?.[3]).toBe(2);
    await close();
    expect(noted.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(5);
  });
});

describe('Somebody who asks far more often than they may', () => {
  it('leaves two entries, whatever they ask', async () => {
    const written: RefusedRequest[] = [];
    const { gateway, ask } = await startTestGateway(buildSchema('type Query { a: Int }'), {
      settings: { RATE_PER_MINUTE: 1 },
      noteRefusal: async (one) => void written.push(one),
    });
    try {
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask({ query: '{ a }' })));
      expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(30);
    } finally {
      await gateway.close();
    }
    expect(written.map(({ codes }) => codes)).toEqual([['TOO_MANY_REQUESTS'], ['TOO_MANY_REQUESTS']]);
    expect(written.map(({ times = 1 }) => times)).toEqual([1, expect.any(Number)]);
    expect(written[1]?.times).toBeGreaterThan(29);
  });
});
