import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Gathers what is asked for while a round is under way and does it in the next one: a round that costs about the same
 * for one as for many is made the less often the more there is to do, and at once where there is little.
 *
 * @param options.run does a round: a result for each item, in their order; an Error rejects that item alone. A round
 *   that fails as a whole is done again item by item, so that none suffers from another's fault.
 * @param options.most items of a round
 * @param options.restMs least time between the beginnings of two rounds
 */
export function createRounds<Item, Result>(options: {
  readonly run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>;
  readonly most: number;
  readonly restMs: number;
}): (item: Item) => Promise<Result> {
  const { run, most, restMs } = options;
  const waiting: Waiting<Item, Result>[] = [];
  let isRunning = false;

  const round = async (asked: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(asked.map(({ item }) => item));
      for (const [place, one] of asked.entries()) settle(one, results[place] as Result | Error);
    } catch (error) {
      if (asked.length === 1) for (const one of asked) one.reject(error);
      else await apart(asked);
    }
  };
  const apart = async (asked: readonly Waiting<Item, Result>[]): Promise<void> => {
    let failures = 0;
    for (const [place, one] of asked.entries()) {
      try {
        const [result] = await run([one.item]);
        settle(one, result as Result | Error);
        failures = 0;
      } catch (error) {
        one.reject(error);
        failures += 1;
        if (failures < MOST_FAILURES) continue;
        // By now it is nobody's own fault: the others would fail by it too, each after a wait of its own.
        for (const other of asked.slice(place + 1)) other.reject(error);
        return;
      }
    }
  };
  const work = async (): Promise<void> => {
    isRunning = true;
    // What is asked for in the same turn goes together.
    await nextTurn();
    while (waiting.length > 0) {
      const begunAt = performance.now();
      await round(waiting.splice(0, most));
      const restedMs = performance.now() - begunAt;
      if (restedMs < restMs) await delay(restMs - restedMs);
    }
    isRunning = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isRunning) void work();
    });
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_FAILURES = 3;

function settle<Item, Result>({ resolve, reject }: Waiting<Item, Result>, result: Result | Error): void {
  if (result instanceof Error) reject(result);
  else resolve(result);
}
