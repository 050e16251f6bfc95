import { describe, expect, it } from 'vitest';
import { guardOptions, guardSettings } from '../../connectors/guard.ts';
import { HubError } from '../../core/errors.ts';
import { readSettings } from '../../core/setting.ts';
import type { CallOptions } from '../../core/source.ts';
import { failureOf } from '../support/failure.ts';
import { caller, hanging, later, never, request, rows, stage, unavailable } from './guard-stage.ts';

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

    // Were only the call itself bounded, the last of them would take a second.
    const line = stage(hanging, { timeoutMs: 200, concurrency: 1 });
    const spent = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const begun = performance.now();
        expect((await failureOf(line.ask())).code).toBe('SOURCE_TIMEOUT');
        return performance.now() - begun;
      }),
    );
    expect(Math.max(...spent)).toBeLessThan(700);
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
