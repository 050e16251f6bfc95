import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { moveStatements } from '../../sectors/land/stand-in/moves.ts';
import { observe, type WatchedChange } from './observe.ts';
import { openProvince, type Province } from './province.ts';

/** UTC milliseconds; null: not seen until the wait was over. */
export interface ChangeTimes {
  readonly committedAt: number;
  readonly visibleAt: number | null;
  readonly acknowledgedAt: number | null;
}

export interface LatencySamples {
  readonly changes: readonly ChangeTimes[];
  /** How long changes were made. */
  readonly seconds: number;
  /** Changes a second that were meant. */
  readonly rate: number;
  /** Processor time of each process for one change, milliseconds. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** Steps of work that leave a dossier under way. */
const WORK = [20, 21, 22, 30, 40];
const WRITERS = 4;
const MOST_WARM_UP_SECONDS = 20;
/** How long the last changes may take. */
const DRAIN_MS = 30_000;

/**
 * Commits changes to the land office's tables at a rate, and watches from outside when each is in the index and when
 * the portal is known to have it.
 */
export async function measureLatency(options: {
  seconds: number;
  rate: number;
  told: (line: string) => void;
}): Promise<LatencySamples> {
  const { seconds, rate, told } = options;
  const province = await openProvince(told);
  try {
    await makeChanges(province, { seconds: Math.min(seconds, MOST_WARM_UP_SECONDS), rate, first: 0 });
    told('warm');
    const startedAt = performance.now();
    const before = province.cpu();
    const changes = await makeChanges(province, { seconds, rate, first: 1_000_000 });
    told(
      `${changes.length} changes in ${Math.round((performance.now() - startedAt) / 1_000)} s, the last one's way included`,
    );
    const after = Object.entries(province.cpu());
    const cpu = Object.fromEntries(after.map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / changes.length]));
    return { changes, seconds, rate, cpu };
  } finally {
    await province.close();
  }
}

/** @param options.first number of the first change; each has its own, by which it is known again */
async function makeChanges(
  { landUrl, store, codes }: Province,
  options: { seconds: number; rate: number; first: number },
): Promise<readonly ChangeTimes[]> {
  const { seconds, rate, first } = options;
  const changes: WatchedChange[] = [];
  const observer = await observe(store);
  const startedAt = performance.now();
  let next = 0;

  async function write(): Promise<void> {
    const connection = await createConnection({ uri: landUrl });
    try {
      await connection.query("set sql_mode = ''");
      // Otherwise writers would wait for each other's gaps in the index of steps, as the office's own software must not.
      await connection.query('set session transaction isolation level read committed');
      for (;;) {
        const own = next++;
        const dueAt = startedAt + (own * 1_000) / rate;
        if (dueAt >= startedAt + seconds * 1_000) return;
        await delay(Math.max(0, dueAt - performance.now()));
        // Held up by a slow server, changes are made late rather than all at once.
        if (performance.now() > startedAt + seconds * 1_000) return;
        const number = first + own;
        const code = codes[(own * 7_919) % codes.length] as string;
        const change: WatchedChange = {
          code,
          content: `Bước ${number}`,
          committedAt: 0,
          visibleAt: null,
          acknowledgedAt: null,
        };
        observer.watch(change);
        const status = WORK[own % WORK.length] as number;
        const stepId = 10_000_000 + number;
        await connection.beginTransaction();
        for (const { sql, bindings } of moveStatements({
          ...{ code, status, stepId, at: Date.now() },
          content: change.content,
        })) {
          await connection.query(sql, bindings);
        }
        await connection.commit();
        change.committedAt = Date.now();
        changes.push(change);
      }
    } finally {
      await connection.end();
    }
  }

  try {
    await Promise.all(Array.from({ length: WRITERS }, write));
    await observer.settled(DRAIN_MS);
    return changes.map(({ committedAt, visibleAt, acknowledgedAt }) => ({ committedAt, visibleAt, acknowledgedAt }));
  } finally {
    await observer.close();
  }
}
