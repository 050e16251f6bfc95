import { describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { failureOf } from '../support/failure.ts';
import { caller, hanging, later, never, rows, stage, unavailable } from './guard-stage.ts';

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
