import { describe, expect, it } from 'vitest';
import {
  type AccessLogSeen,
  type AskedSample,
  createLeakWatch,
  type GivenAnswer,
  grown,
  type HostileSample,
  ROOM,
  served,
  slowed,
  slownessOf,
  spread,
  type Use,
  unlogged,
} from './invariants-access.ts';

const GRACE_MS = 1_000;

function asked(change: Partial<AskedSample> = {}): AskedSample {
  return {
    at: 5_000,
    until: 5_050,
    tookMs: 50,
    question: 'whole',
    asks: ['land'],
    ended: 'answered',
    why: '',
    lacking: [],
    ...change,
  };
}

const LAND_LACKING = { lacking: [{ sector: 'land', code: 'SOURCE_TIMEOUT' }] };
const LAND_FAILS = [{ sector: 'land', from: 4_000, until: 6_000 }];

describe('I6, others go on', () => {
  const isSpread = (change: Partial<AskedSample>, harms = LAND_FAILS) =>
    spread([asked(change)], harms, GRACE_MS).length;

  it('is kept while only the part of the system that fails is missing, and a while after', () => {
    expect(isSpread({})).toBe(0);
    expect(isSpread(LAND_LACKING)).toBe(0);
    expect(isSpread({ ...LAND_LACKING, at: 6_900, until: 6_950 })).toBe(0);
    // Sent before, and ended while it failed.
    expect(isSpread({ ...LAND_LACKING, at: 3_000, until: 4_100 })).toBe(0);
  });

  it('is broken by another part that is missing', () => {
    expect(isSpread({ lacking: [{ sector: 'civil-status', code: 'SOURCE_TIMEOUT' }] })).toBe(1);
    expect(isSpread({ lacking: [...LAND_LACKING.lacking, { sector: 'hub', code: 'INTERNAL' }] })).toBe(1);
  });

  it('is broken by a part that is missing while nothing fails', () => {
    expect(isSpread({ ...LAND_LACKING, at: 3_000, until: 3_050 })).toBe(1);
    expect(isSpread({ ...LAND_LACKING, at: 7_100, until: 7_150 })).toBe(1);
    expect(isSpread(LAND_LACKING, [])).toBe(1);
  });

  it.each(['refused', 'broken'] as const)('is broken by a request that is %s', (ended) => {
    expect(isSpread({ ended })).toBe(1);
    expect(isSpread({ ended }, [{ sector: '*', from: 4_000, until: 6_000 }])).toBe(0);
  });

  describe('in time', () => {
    const bounds = { times: 1.5, floorMs: 100 };
    const calm = Array.from({ length: 100 }, (_, place) => asked({ at: place, until: place, tookMs: 100, asks: [] }));
    const during = (tookMs: number, asks: readonly string[] = []) =>
      Array.from({ length: 100 }, () => asked({ tookMs, asks }));
    const isSlowed = (samples: readonly AskedSample[]) => slowed(slownessOf(samples, LAND_FAILS), bounds).length;

    it('is kept when they take hardly longer', () => {
      expect(slownessOf([...calm, ...during(140)], LAND_FAILS)).toEqual({ calm: 100, harmed: 140, ratio: 1.4 });
      expect(isSlowed([...calm, ...during(140)])).toBe(0);
    });

    it('is broken when they wait for a system that they do not ask', () => {
      expect(isSlowed([...calm, ...during(160)])).toBe(1);
    });

    it('says nothing of those who do ask it', () => {
      expect(isSlowed([...calm, ...during(5_000, ['land'])])).toBe(0);
    });

    it('says nothing of what nobody would notice', () => {
      expect(isSlowed([...calm.map((one) => ({ ...one, tookMs: 2 })), ...during(99)])).toBe(0);
    });
  });
});

describe('I7, nothing shown to who may not', () => {
  const secrets = [
    { name: 'a person’s number', is: '001085004213' },
    { name: 'a path', is: /\/srv\/\w+/ },
  ];

  it.each([
    ['a number', 'citizen 001085004213 was not found', 'a person’s number in a log'],
    ['a number in JSON', '{"cause":"key \'001085004213\'"}', 'a person’s number in a log'],
    ['a path', 'ENOENT: /srv/hub/x', 'a path in a log'],
  ])('is broken by %s', (_, text, what) => {
    const watch = createLeakWatch();
    watch.see('a log', 'all is well', secrets);
    expect(watch.violations()).toEqual([]);
    watch.see('a log', text, secrets);
    watch.see('a log', text, secrets);
    expect(watch.violations().map((one) => [one.invariant, one.what])).toEqual([['I7', what]]);
    expect(watch.seen()).toBe(3);
  });

  it('is kept by a number that is another', () => {
    const watch = createLeakWatch();
    watch.see('a log', 'citizen 0010•••••213, dossier H41.58-261119-0004', secrets);
    expect(watch.violations()).toEqual([]);
  });
});

describe('I8, every access is logged', () => {
  const ANSWER: GivenAnswer = {
    requestId: 'r1',
    actor: 'counter',
    operation: 'op',
    codes: [],
    personal: true,
    subjects: ['p'],
  };
  const ENTRY = { request: 'r1', actor: 'counter', operation: 'op', subjects: ['p', 'q'] };
  const log = (change: Partial<AccessLogSeen> = {}): AccessLogSeen => ({
    operations: [ENTRY],
    missed: 0,
    broken: [],
    ...change,
  });
  const faults = (change: Partial<AccessLogSeen>, answers = [ANSWER], unanswered = 0) =>
    unlogged(answers, unanswered, log(change)).map(({ invariant }) => invariant);

  it('is kept by an entry that says who, what and about whom', () => {
    expect(faults({})).toEqual([]);
  });

  it.each<[string, Partial<AccessLogSeen>]>([
    ['an answer without an entry', { operations: [] }],
    ['two entries for one answer', { operations: [ENTRY, ENTRY] }],
    ['an entry of somebody else', { operations: [{ ...ENTRY, actor: 'leader' }] }],
    ['an entry of another operation', { operations: [{ ...ENTRY, operation: 'other' }] }],
    ['a person who is not in the entry', { operations: [{ ...ENTRY, subjects: ['q'] }] }],
    ['an entry that belongs to no request', { operations: [ENTRY, { ...ENTRY, request: 'r2' }] }],
    ['a chain that does not verify', { broken: ['chain a: entries 4–6 do not follow from 3'] }],
  ])('is broken by %s', (_, change) => {
    expect(faults(change)).toEqual(['I8']);
  });

  it('lets a request have an entry whose answer never came', () => {
    expect(faults({ operations: [ENTRY, { ...ENTRY, request: 'r2' }] }, [ANSWER], 1)).toEqual([]);
  });

  it('asks for no entry of somebody who was not recognised', () => {
    const nobody = { ...ANSWER, personal: false, subjects: [], codes: ['KEYS_UNAVAILABLE'] };
    expect(faults({ operations: [] }, [nobody])).toEqual([]);
    expect(faults({ operations: [] }, [{ ...nobody, codes: ['FORBIDDEN'] }])).toEqual(['I8']);
  });

  it('lets as many answers without personal data be missing as the log says, and no more', () => {
    const plain = { ...ANSWER, personal: false, subjects: [] };
    expect(faults({ operations: [], missed: 1 }, [plain])).toEqual([]);
    expect(faults({ operations: [], missed: 1 }, [plain, { ...plain, requestId: 'r3' }])).toEqual(['I8']);
    expect(faults({ operations: [], missed: 9 }, [ANSWER])).toEqual(['I8']);
    expect(faults({ operations: [], missed: null }, [plain])).toEqual([]);
    expect(faults({ operations: [], missed: null }, [ANSWER])).toEqual(['I8']);
  });
});

describe('I9, flat after healing', () => {
  const before: Use = { memory: 200e6, descriptors: 60, sockets: 20 };
  const faults = (now: Partial<Use>, abandoned = 0) =>
    grown(new Map([['gateway', before]]), new Map([['gateway', { ...before, ...now }]]), abandoned).map(
      (one) => one.what,
    );

  it('is kept by what comes and goes', () => {
    expect(faults({})).toEqual([]);
    expect(
      faults({ memory: 240e6 + ROOM.memory, descriptors: 72 + ROOM.descriptors, sockets: 24 + ROOM.sockets }),
    ).toEqual([]);
  });

  it.each(['memory', 'descriptors', 'sockets'] as const)('is broken by %s that were not given back', (what) => {
    expect(faults({ [what]: Math.ceil(before[what] * ROOM.share + ROOM[what]) + 1 })).toEqual([
      expect.stringContaining(`gateway: ${what}`),
    ]);
  });

  it('is broken by a statement that runs for nobody', () => {
    expect(faults({}, 2)).toEqual(['2 statements run that nobody waits for']);
  });

  it('says nothing of a process that was not there before', () => {
    expect(grown(new Map(), new Map([['capture', before]]), 0)).toEqual([]);
  });
});

describe('I10, what cannot be checked is refused', () => {
  const refused: HostileSample = {
    name: 'no token',
    at: 1,
    ended: 'answered',
    status: 401,
    served: 0,
    codes: ['UNAUTHENTICATED'],
  };
  const isServed = (change: Partial<HostileSample>) => served([{ ...refused, ...change }]).length;

  it('is kept by a refusal, and by no answer at all', () => {
    expect(isServed({})).toBe(0);
    expect(isServed({ ended: 'broken', status: 0, codes: [] })).toBe(0);
    expect(isServed({ ended: 'refused', status: 0, codes: [] })).toBe(0);
    expect(isServed({ status: 404, codes: [] })).toBe(0);
  });

  it.each<[string, Partial<HostileSample>]>([
    ['data beside an error', { served: 1 }],
    ['data', { status: 200, served: 1, codes: [] }],
    ['an answer that says nothing', { status: 200, codes: [] }],
  ])('is broken by %s', (_, change) => {
    expect(isServed(change)).toBe(1);
  });
});
