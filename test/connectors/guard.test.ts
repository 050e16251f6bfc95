import { describe, expect, it } from 'vitest';
import { type GuardOptions, guardOptions, guardSettings, guardSource } from '../../connectors/guard.ts';
import type { Caller } from '../../core/caller.ts';
import { HubError } from '../../core/errors.ts';
import { readSettings } from '../../core/setting.ts';
import type { Answer, CallOptions, ReadRequest, Source } from '../../core/source.ts';

const caller: Caller = { actor: 'guard', requestId: 'guard' };
const request: ReadRequest = { entity: 'parcels', lookup: 'byNumber', keys: ['a', 'b'], fields: ['x'] };
const rows: readonly Answer[] = [[{ x: 1 }], []];
const unavailable = (options: { retryAfterMs?: number } = {}) =>
  new HubError('SOURCE_UNAVAILABLE', 'the system could not be reached', options);

type Read = (call: number, options: CallOptions) => Promise<readonly Answer[]>;

/** A source that does as each call says, behind a guard. */
function stage(
  read: Read,
  options: Partial<GuardOptions> & { check?: () => Promise<void>; search?: Source['search'] } = {},
) {
  const { check = async () => {}, search, ...rest } = options;
  const counted = { calls: 0, running: 0, mostRunning: 0, closed: 0 };
  const source: Source = {
    read: async (_, callOptions) => {
      counted.calls += 1;
      counted.running += 1;
      counted.mostRunning = Math.max(counted.mostRunning, counted.running);
      try {
        return await read(counted.calls, callOptions);
      } finally {
        counted.running -= 1;
      }
    },
    ...(search !== undefined && { search }),
    check,
    close: async () => {
      counted.closed += 1;
    },
  };
  const guarded = guardSource(source, {
    sector: 'land',
    timeoutMs: 1_000,
    concurrency: 4,
    retries: 2,
    random: () => 0.1,
    ...rest,
  });
  return { guarded, counted, ask: (signal = never()) => guarded.read(request, { caller, signal }) };
}

const never = () => new AbortController().signal;
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const hanging = () => new Promise<never>(() => {});

async function failureOf(promise: Promise<unknown>): Promise<HubError> {
  const error = await promise.then(
    () => new Error('the call had to be rejected'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw new Error('A HubError was expected', { cause: error });
  return error;
}

describe('guard: what comes out', () => {
  it('hands rows, null and the caller through unchanged', async () => {
    let seen: CallOptions | undefined;
    const { ask } = stage(async (_, options) => {
      seen = options;
      return rows;
    });
    expect(await ask()).toBe(rows);
    expect(seen?.caller).toBe(caller);
    expect({ ...seen }.signal).toBeInstanceOf(AbortSignal);
  });

  it('names the sector in an error that does not and keeps what else the error says', async () => {
    const { ask } = stage(async () => {
      throw new HubError('SOURCE_MALFORMED', 'expected a list', { field: 'Data' });
    });
    const error = await failureOf(ask());
    expect([error.code, error.sector, error.field, error.message]).toEqual([
      'SOURCE_MALFORMED',
      'land',
      'Data',
      'land: expected a list',
    ]);
  });

  it('masks what is no HubError as SOURCE_UNAVAILABLE and keeps it as the cause', async () => {
    const { ask } = stage(async () => {
      throw new TypeError('connect ECONNREFUSED 10.0.0.7:1521');
    });
    const error = await failureOf(ask());
    expect(error.code).toBe('SOURCE_UNAVAILABLE');
    expect(error.message).not.toContain('10.0.0.7');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('turns a source that throws instead of rejecting into a rejection', async () => {
    const { guarded } = stage(async () => rows, {
      search: () => {
        throw new Error('no promise');
      },
    });
    const search = guarded.search?.({ entity: 'e', criteria: {}, fields: [], limit: 1 }, { caller, signal: never() });
    expect((await failureOf(search ?? Promise.resolve())).code).toBe('SOURCE_UNAVAILABLE');
  });

  it('names the sector in the error of a single key and leaves the other keys alone', async () => {
    const { ask, counted } = stage(async () => [[{ x: 1 }], new HubError('SOURCE_MALFORMED', 'bad', { field: 'x' })]);
    const [first, second] = await ask();
    expect(first).toEqual([{ x: 1 }]);
    expect(second).toMatchObject({ code: 'SOURCE_MALFORMED', sector: 'land', field: 'x' });
    expect(counted.calls).toBe(1);
  });

  it('refuses an answer with fewer or more entries than keys', async () => {
    for (const answers of [[[]], [[], [], []]]) {
      const error = await failureOf(stage(async () => answers).ask());
      expect([error.code, error.message]).toEqual([
        'SOURCE_MALFORMED',
        `land: expected 2 answers of parcels, came ${answers.length}`,
      ]);
    }
  });

  it('has a search only where the source has one', () => {
    expect(stage(async () => rows).guarded.search).toBeUndefined();
    expect(stage(async () => rows, { search: async () => ({ rows: [], more: false }) }).guarded.search).toBeDefined();
  });

  it('closes the source once however often it is closed', async () => {
    const { guarded, counted } = stage(async () => rows);
    await Promise.all([guarded.close(), guarded.close()]);
    expect(counted.closed).toBe(1);
  });
});

describe('guard: the deadline', () => {
  it('settles at the deadline although the source ignores the signal, and tells the source', async () => {
    let signal: AbortSignal | undefined;
    const { ask } = stage(
      (_, options) => {
        signal = options.signal;
        return hanging();
      },
      { timeoutMs: 60 },
    );
    const start = performance.now();
    const error = await failureOf(ask());
    expect(performance.now() - start).toBeLessThan(500);
    expect([error.code, error.sector, error.retryable]).toEqual(['SOURCE_TIMEOUT', 'land', true]);
    expect(signal?.aborted).toBe(true);
  });

  it('gives ten times as long to a question at which nobody waits, and no more', async () => {
    const slow = stage(() => later(150).then(() => rows), { timeoutMs: 60, retries: 0 });
    expect((await failureOf(slow.ask())).code).toBe('SOURCE_TIMEOUT');
    const unhurried = { caller, signal: never(), unhurried: true };
    expect(await slow.guarded.read(request, unhurried)).toEqual(rows);
    const silent = stage(hanging, { timeoutMs: 20, retries: 0 });
    expect((await failureOf(silent.guarded.read(request, unhurried))).message).toContain('200 ms');
  });

  it('ends every one of several calls begun at different times at its own deadline', async () => {
    const { ask } = stage(hanging, { timeoutMs: 80, concurrency: 8 });
    const spent: number[] = [];
    const begin = async () => {
      const start = performance.now();
      await failureOf(ask());
      spent.push(performance.now() - start);
    };
    const all = [begin()];
    for (let count = 0; count < 3; count += 1) {
      await later(25);
      all.push(begin());
    }
    await Promise.all(all);
    expect(spent.filter((ms) => ms < 79 || ms > 600)).toEqual([]);
  });

  it('covers the wait in line and every repetition', async () => {
    const { ask, counted } = stage(
      async () => {
        await later(90);
        throw unavailable();
      },
      { timeoutMs: 150, breaker: { failures: 100 } },
    );
    const start = performance.now();
    await failureOf(ask());
    expect(performance.now() - start).toBeLessThan(600);
    expect(counted.calls).toBeLessThan(3);

    const line = stage(hanging, { timeoutMs: 60, concurrency: 1 });
    const codes = await Promise.all(
      [line.ask(), line.ask(), line.ask()].map(async (each) => (await failureOf(each)).code),
    );
    expect(codes).toEqual(['SOURCE_TIMEOUT', 'SOURCE_TIMEOUT', 'SOURCE_TIMEOUT']);
    await later(20);
    expect(line.counted.calls).toBe(1);
  });
});

describe('guard: the caller leaves', () => {
  it('asks nothing for a caller that has left already', async () => {
    const { ask, counted } = stage(async () => rows);
    expect((await failureOf(ask(AbortSignal.abort()))).code).toBe('SOURCE_TIMEOUT');
    expect(counted.calls).toBe(0);
  });

  it('settles at once, tells the source, repeats nothing and holds nothing against the system', async () => {
    const { ask, counted, guarded } = stage(hanging, { breaker: { failures: 1 } });
    const controller = new AbortController();
    const asked = Promise.all([1, 2, 3].map(() => failureOf(ask(controller.signal))));
    setTimeout(() => controller.abort(), 20);
    const start = performance.now();
    expect((await asked).map((error) => error.sector)).toEqual(['land', 'land', 'land']);
    expect(performance.now() - start).toBeLessThan(400);
    await later(20);
    expect([counted.calls, guarded.health().status]).toEqual([3, 'UNKNOWN']);
  });

  it('does not take a question whose caller left in the line to the system', async () => {
    const { ask, counted } = stage(async () => later(40).then(() => rows), { concurrency: 1 });
    const controller = new AbortController();
    const [first, second] = [ask(), ask(controller.signal)];
    controller.abort();
    await failureOf(second);
    await first;
    await later(20);
    expect(counted.calls).toBe(1);
  });

  it('stops the pause before a repetition', async () => {
    const { ask, counted } = stage(async () => {
      throw unavailable({ retryAfterMs: 600 });
    });
    const start = performance.now();
    await failureOf(ask(AbortSignal.timeout(40)));
    expect(performance.now() - start).toBeLessThan(400);
    await later(10);
    expect(counted.calls).toBe(1);
  });

  it('keeps no listener of finished calls on a signal that lives long', async () => {
    const { ask } = stage(async () => rows);
    const controller = new AbortController();
    let added = 0;
    const add = controller.signal.addEventListener.bind(controller.signal);
    controller.signal.addEventListener = (...args: Parameters<typeof add>) => {
      added += 1;
      add(...args);
    };
    for (let count = 0; count < 50; count += 1) await ask(controller.signal);
    expect(added).toBe(1);
  });
});

describe('guard: repetition', () => {
  it('repeats what may pass, twice at most', async () => {
    const recovering = stage(async (call) => {
      if (call < 3) throw unavailable();
      return rows;
    });
    expect(await recovering.ask()).toBe(rows);
    expect(recovering.counted.calls).toBe(3);

    const failing = stage(async () => {
      throw unavailable();
    });
    expect((await failureOf(failing.ask())).code).toBe('SOURCE_UNAVAILABLE');
    expect(failing.counted.calls).toBe(3);
  });

  it('repeats neither nonsense nor a refusal that will not pass', async () => {
    const errors = [
      new HubError('SOURCE_MALFORMED', 'nonsense'),
      new HubError('SOURCE_UNAVAILABLE', 'signed in with a wrong password', { retryable: false }),
      new HubError('BAD_USER_INPUT', 'expected a number'),
    ];
    for (const error of errors) {
      const { ask, counted } = stage(async () => {
        throw error;
      });
      expect((await failureOf(ask())).code).toBe(error.code);
      expect(counted.calls).toBe(1);
    }
  });

  it('waits as long as the system asked, and gives up at once when that is beyond the deadline', async () => {
    const waiting = stage(async (call) => {
      if (call === 1) throw unavailable({ retryAfterMs: 150 });
      return rows;
    });
    const start = performance.now();
    await waiting.ask();
    expect(performance.now() - start).toBeGreaterThanOrEqual(150);

    const hopeless = stage(async () => {
      throw unavailable({ retryAfterMs: 5_000 });
    });
    const begun = performance.now();
    expect((await failureOf(hopeless.ask())).retryAfterMs).toBe(5_000);
    expect(performance.now() - begun).toBeLessThan(600);
    expect(hopeless.counted.calls).toBe(1);
  });

  it('repeats a search and never a check', async () => {
    let searches = 0;
    let checks = 0;
    const { guarded } = stage(async () => rows, {
      search: async () => {
        searches += 1;
        if (searches === 1) throw unavailable();
        return { rows: [], more: false };
      },
      check: async () => {
        checks += 1;
        throw unavailable();
      },
    });
    await guarded.search?.({ entity: 'e', criteria: {}, fields: [], limit: 1 }, { caller, signal: never() });
    await failureOf(guarded.check({ caller, signal: never() }));
    expect([searches, checks]).toEqual([2, 1]);
  });
});

describe('guard: the limit of calls', () => {
  it('lets no more calls at the system than it may have at a time, and all of them through', async () => {
    const { ask, counted } = stage(async () => later(5).then(() => rows), { concurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect([counted.calls, counted.mostRunning]).toEqual([20, 3]);
  });

  it('refuses at once what the line does not hold, without calling the system unwell', async () => {
    const { ask, guarded } = stage(async () => later(30).then(() => rows), { concurrency: 1, queueSize: 2 });
    const held = [ask(), ask(), ask()];
    const error = await failureOf(ask());
    expect([error.code, error.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      'land: too many calls wait for the system already',
    ]);
    await Promise.all(held);
    expect(guarded.health().status).toBe('UP');
  });
});

describe('guard: rest after failures', () => {
  const breaker = { failures: 3, restMs: 200, mostRestMs: 5_000 };
  const resting = 'land: the system is being rested after failures';

  it('rests a system after failures in a row and asks it again afterwards', async () => {
    let well = false;
    const { ask, counted, guarded } = stage(
      async () => {
        if (!well) throw unavailable();
        return rows;
      },
      { retries: 0, breaker },
    );
    for (let count = 0; count < 3; count += 1) await failureOf(ask());
    expect((await failureOf(ask())).message).toBe(resting);
    expect([counted.calls, guarded.health().status]).toEqual([3, 'DOWN']);
    well = true;
    await later(250);
    expect(await ask()).toBe(rows);
    expect(await ask()).toBe(rows);
  });

  it('rests a system that only ever lets the deadline pass', async () => {
    const { ask, counted } = stage(hanging, { timeoutMs: 20, breaker });
    for (let count = 0; count < 3; count += 1) expect((await failureOf(ask())).code).toBe('SOURCE_TIMEOUT');
    expect((await failureOf(ask())).message).toBe(resting);
    expect(counted.calls).toBe(3);
  });

  it('rests a system that fails for every key alone, as if the call had failed', async () => {
    const { ask } = stage(async () => [unavailable(), unavailable()], { retries: 0, breaker });
    for (let count = 0; count < 3; count += 1) await failureOf(ask());
    expect((await failureOf(ask())).message).toBe(resting);
  });

  it('never rests a system for nonsense, but says that it is degraded', async () => {
    const { ask, counted, guarded } = stage(
      async () => {
        throw new HubError('SOURCE_MALFORMED', 'nonsense');
      },
      { breaker },
    );
    for (let count = 0; count < 10; count += 1) await failureOf(ask());
    expect([counted.calls, guarded.health().status]).toEqual([10, 'DEGRADED']);
  });

  it('does not take a caller that leaves for the proof that the system is well again', async () => {
    const { ask, counted } = stage(
      (call) => {
        if (call <= 3) throw unavailable();
        return hanging();
      },
      { retries: 0, breaker, timeoutMs: 150 },
    );
    for (let count = 0; count < 3; count += 1) await failureOf(ask());
    await later(250);
    // The first call after the rest decides. Its caller leaves at once; the decision is made by the deadline.
    await failureOf(ask(AbortSignal.timeout(20)));
    await later(200);
    expect((await failureOf(ask())).message).toBe(resting);
    expect(counted.calls).toBe(4);
  });
});

describe('guard: calls that are over', () => {
  it('do not decide that a rested system is well again', async () => {
    const { ask, counted, guarded } = stage(
      async (call) => {
        if (call > 1) throw unavailable({ retryAfterMs: 500 });
        return rows;
      },
      { concurrency: 1, breaker: { failures: 1, restMs: 40, mostRestMs: 40 } },
    );
    await ask();
    const leaving = new AbortController();
    // The first waits to repeat its question, the second waits for its turn. When both leave, the rest is over.
    const left = [ask(leaving.signal), ask(leaving.signal)].map(failureOf);
    await later(80);
    leaving.abort();
    await Promise.all(left);
    await later(10);
    expect([counted.calls, guarded.health().status]).toEqual([2, 'DOWN']);
  });
});

describe('guard: health', () => {
  it('knows nothing before the first call and everything after it', async () => {
    const { ask, guarded } = stage(async () => later(15).then(() => rows), { now: () => 1_700_000_000_000 });
    expect(guarded.health()).toEqual({ status: 'UNKNOWN', lastSeenAt: null, latencyMs: null });
    await ask();
    const { status, lastSeenAt, latencyMs } = guarded.health();
    expect([status, Math.abs((lastSeenAt ?? 0) - 1_700_000_000_000) < 50]).toEqual(['UP', true]);
    expect(latencyMs).toBeGreaterThan(10);
  });

  it('is down when a check fails or nothing ever answered, degraded after one failure, and sees a recovery', async () => {
    let failing = false;
    const { ask, guarded } = stage(
      async () => {
        if (failing) throw unavailable();
        return rows;
      },
      {
        retries: 0,
        check: async () => {
          if (failing) throw unavailable();
        },
      },
    );
    await ask();
    failing = true;
    await failureOf(ask());
    expect(guarded.health().status).toBe('DEGRADED');
    await failureOf(guarded.check({ caller, signal: never() }));
    expect(guarded.health().status).toBe('DOWN');
    failing = false;
    await guarded.check({ caller, signal: never() });
    expect(guarded.health().status).toBe('DEGRADED');

    const { guarded: dead, ask: askDead } = stage(
      async () => {
        throw unavailable();
      },
      { retries: 0 },
    );
    await failureOf(askDead());
    expect(dead.health().status).toBe('DOWN');
  });

  it('lets a check through while the system rests and bounds it by the deadline', async () => {
    let checks = 0;
    const { ask, guarded } = stage(
      async () => {
        throw unavailable();
      },
      {
        retries: 0,
        timeoutMs: 60,
        breaker: { failures: 1, restMs: 60_000 },
        check: async () => {
          checks += 1;
          if (checks === 2) await hanging();
        },
      },
    );
    await failureOf(ask());
    await guarded.check({ caller, signal: never() });
    expect((await failureOf(guarded.check({ caller, signal: never() }))).code).toBe('SOURCE_TIMEOUT');
  });
});

describe('guard: settings', () => {
  it('reads limits for a sector and reports those that cannot be', () => {
    const faults: string[] = [];
    const environment = { SECTOR_LAND_TIMEOUT_MS: '1500', SECTOR_LAND_RETRIES: '9' };
    const settings = readSettings(guardSettings, environment, faults, 'SECTOR_LAND_');
    expect(faults).toEqual(['SECTOR_LAND_RETRIES: expected a whole number from 0 to 2; came "9"']);
    const standard = guardOptions('land', readSettings(guardSettings, {}, []));
    expect([settings.TIMEOUT_MS, standard]).toEqual([
      1500,
      { sector: 'land', timeoutMs: 3000, concurrency: 8, retries: 2 },
    ]);
  });
});
