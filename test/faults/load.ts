import { setTimeout as delay } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { moveStatements } from '../../sectors/land/stand-in/moves.ts';
import type { Cluster } from './cluster.ts';
import { readSources } from './sources.ts';

/** People at work in the systems: what they do is seeded, when they do it is not. */
export interface Load {
  /** Changes that the systems hold. */
  made(): number;
  /** Resolves when so many were made. */
  readonly enough: Promise<void>;
  /** Ends; transactions under way are committed first. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly changes: number;
  /** Changes in a second, until there are enough; a quarter of it afterwards. */
  readonly perSecond: number;
  readonly random: () => number;
}

/** Steps of work that leave a dossier under way. */
const LAND_WORK = [20, 21, 22, 30, 40] as const;
const LAND_ENDED = 70;
const COUNTER_WORK = ['processing', 'waiting', 'paying'] as const;
const WRITERS = 6;
/** Of 100 changes: at the counter, held open, several dossiers in one instant, finished, deleted. */
const SHARES = { counter: 30, late: 4, several: 4, ended: 2, deleted: 1 } as const;
const LATE_MS = { least: 500, most: 3_000 } as const;
const PAUSE_AFTER_FAILURE_MS = 200;

export async function startLoad(cluster: Cluster, options: LoadOptions): Promise<Load> {
  const { changes, perSecond, random } = options;
  const land = await runningLand(cluster);
  const counter = await runningCounter(cluster);
  let stepId = await greatestStep(cluster);
  let made = 0;
  let stopping = false;
  const enough = Promise.withResolvers<void>();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const between = (least: number, most: number) => least + random() * (most - least);
  const second = () => Math.floor(Date.now() / 1_000) * 1_000;

  interface Work {
    readonly kind: 'counter' | 'land' | 'delete';
    readonly codes: readonly string[];
    readonly status: number;
    readonly word: string;
    readonly heldMs: number;
  }

  /** Everything that chance decides is decided here, in one place and one order. */
  function nextWork(): Work {
    const roll = random() * 100;
    const status = pick(LAND_WORK);
    const word = pick(COUNTER_WORK);
    const heldMs = between(LATE_MS.least, LATE_MS.most);
    const code = pick(land);
    const several = [code, pick(land), pick(land)];
    let upTo = 0;
    const falls = (share: keyof typeof SHARES): boolean => {
      upTo += SHARES[share];
      return roll < upTo;
    };
    if (falls('counter')) return { kind: 'counter', codes: [pick(counter)], status, word, heldMs: 0 };
    if (falls('late')) return { kind: 'land', codes: [code], status, word, heldMs };
    if (falls('several')) return { kind: 'land', codes: [...new Set(several)].sort(), status, word, heldMs: 0 };
    if (falls('ended') && land.length > 20) {
      land.splice(land.indexOf(code), 1);
      return { kind: 'land', codes: [code], status: LAND_ENDED, word, heldMs: 0 };
    }
    if (falls('deleted') && land.length > 20) {
      land.splice(land.indexOf(code), 1);
      return { kind: 'delete', codes: [code], status, word, heldMs: 0 };
    }
    return { kind: 'land', codes: [code], status, word, heldMs: 0 };
  }

  async function advanceCounter({ codes: [docCode], word: status }: Work): Promise<void> {
    const local = new Date(second() + 7 * 3_600_000).toISOString();
    const at = `${local.slice(8, 10)}/${local.slice(5, 7)}/${local.slice(0, 4)} ${local.slice(11, 19)}`;
    const body = JSON.stringify({ docCode, status, at });
    const response = await fetch(`${cluster.counterUrl}/__stand-in/advance`, { method: 'POST', body });
    if (!response.ok) throw new Error('The counter did not take a change');
  }

  async function changeLand(connection: mysql.Connection, { kind, codes, status, heldMs }: Work): Promise<void> {
    await connection.beginTransaction();
    try {
      for (const code of codes) {
        stepId += 1;
        const statements =
          kind === 'delete'
            ? ['HS_LUANCHUYEN', 'HS_HOSO'].map((table) => ({
                sql: `DELETE FROM ${table} WHERE SOBIENNHAN = ?`,
                bindings: [code],
              }))
            : moveStatements({ code, status, at: second(), stepId });
        for (const { sql, bindings } of statements) await connection.query(sql, bindings);
      }
      if (heldMs > 0) await delay(heldMs);
      await connection.commit();
    } catch (error) {
      await connection.rollback().catch(() => {});
      throw error;
    }
  }

  async function write(): Promise<void> {
    let connection: mysql.Connection | undefined;
    let work: Work | undefined;
    const own = { next: performance.now() };
    while (!stopping || work !== undefined) {
      own.next += (WRITERS / (made < changes ? perSecond : perSecond / 4)) * 1_000;
      work ??= nextWork();
      try {
        if (work.kind === 'counter') await advanceCounter(work);
        else {
          connection ??= await connectTo(cluster.landUrl);
          await changeLand(connection, work);
        }
        made += work.codes.length;
        work = undefined;
        if (made >= changes) enough.resolve();
      } catch {
        // The server was killed, or two writers waited for each other: the same is tried again.
        connection?.destroy();
        connection = undefined;
        if (stopping) break;
        await delay(PAUSE_AFTER_FAILURE_MS);
      }
      await delay(Math.max(0, own.next - performance.now()));
      own.next = Math.max(own.next, performance.now() - 1_000);
    }
    await connection?.end().catch(() => {});
  }

  const writing = Array.from({ length: WRITERS }, write);
  return {
    made: () => made,
    enough: enough.promise,
    async stop() {
      stopping = true;
      await Promise.all(writing);
    },
  };
}

async function connectTo(uri: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({ uri, connectTimeout: 2_000 });
  // An error event without a listener would end the process.
  connection.on('error', () => {});
  await connection.query("SET sql_mode = '', innodb_lock_wait_timeout = 5");
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return connection;
}

async function runningLand({ land }: Cluster): Promise<string[]> {
  const rows = await land.query(
    'select SOBIENNHAN as code from HS_HOSO where MATRANGTHAI in (10, 20, 21, 22, 30, 40) order by SOBIENNHAN',
    [],
  );
  return rows.map(({ code }) => String(code));
}

async function greatestStep({ land }: Cluster): Promise<number> {
  const [row] = await land.query('select max(LUANCHUYENID) as id from HS_LUANCHUYEN', []);
  return Number(row?.id ?? 0);
}

async function runningCounter({ land, directory }: Cluster): Promise<readonly string[]> {
  const dossiers = (await readSources(land, directory)).get('one-stop') ?? new Map();
  const words: readonly string[] = COUNTER_WORK;
  return [...dossiers]
    .filter(([, { status }]) => words.includes(status))
    .map(([code]) => code)
    .sort();
}
