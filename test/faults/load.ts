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

/** Below so many nothing is finished or deleted any more. */
const FEWEST = 10;
/** Steps of work that leave a dossier under way. */
const LAND_WORK = [20, 21, 22, 30, 40] as const;
const LAND_ENDED = 70;
const COUNTER_WORK = ['processing', 'waiting', 'paying'] as const;
const WRITERS = 6;
/** Of 100 changes: at the counter, held open, several dossiers in one instant, finished, deleted. */
const SHARES = { counter: 30, late: 4, several: 4, ended: 2, deleted: 1 } as const;
/** Of 100 changes beyond the counter: at the branch that is followed, at the one that writes files. */
const BRANCHES = { branch: 20, exporting: 15 } as const;
const LATE_MS = { least: 500, most: 3_000 } as const;
const PAUSE_AFTER_FAILURE_MS = 200;

export async function startLoad(cluster: Cluster, options: LoadOptions): Promise<Load> {
  const { changes, perSecond, random } = options;
  const offices = {
    land: await runningLand(cluster),
    branch: await allOf(cluster.branch),
    exporting: [...cluster.exporting.dossiers().keys()].sort(),
  };
  const counter = await runningCounter(cluster);
  let stepId = await greatestStep(cluster);
  let made = 0;
  let stopping = false;
  const enough = Promise.withResolvers<void>();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const between = (least: number, most: number) => least + random() * (most - least);
  const second = () => Math.floor(Date.now() / 1_000) * 1_000;

  interface Work {
    readonly kind: 'counter' | 'move' | 'delete';
    readonly office: keyof typeof offices;
    readonly codes: readonly string[];
    readonly status: number;
    readonly word: string;
    readonly heldMs: number;
  }

  /** Everything that chance decides is decided here, in one place and one order. */
  function nextWork(): Work {
    const roll = random() * 100;
    const office = officeOf(random() * 100);
    const status = pick(LAND_WORK);
    const word = pick(COUNTER_WORK);
    const heldMs = between(LATE_MS.least, LATE_MS.most);
    const own = offices[office];
    const code = pick(own);
    const several = [code, pick(own), pick(own)];
    const work = { kind: 'move', office, codes: [code], status, word, heldMs: 0 } as const;
    let upTo = 0;
    const falls = (share: keyof typeof SHARES): boolean => {
      upTo += SHARES[share];
      return roll < upTo;
    };
    if (falls('counter')) return { ...work, kind: 'counter', codes: [pick(counter)] };
    if (falls('late')) return { ...work, heldMs };
    if (falls('several')) return { ...work, codes: [...new Set(several)].sort() };
    if (falls('ended') && own.length > FEWEST) {
      own.splice(own.indexOf(code), 1);
      return { ...work, status: LAND_ENDED };
    }
    if (falls('deleted') && own.length > FEWEST) {
      own.splice(own.indexOf(code), 1);
      return { ...work, kind: 'delete' };
    }
    return work;
  }

  async function advanceCounter({ codes: [docCode], word: status }: Work): Promise<void> {
    const local = new Date(second() + 7 * 3_600_000).toISOString();
    const at = `${local.slice(8, 10)}/${local.slice(5, 7)}/${local.slice(0, 4)} ${local.slice(11, 19)}`;
    const body = JSON.stringify({ docCode, status, at });
    const response = await fetch(`${cluster.counterUrl}/__stand-in/advance`, { method: 'POST', body });
    if (!response.ok) throw new Error('The counter did not take a change');
  }

  /** Its software knows no transactions: what is done is in the next file. */
  function changeExport({ kind, codes, status }: Work): void {
    for (const code of codes) {
      if (kind === 'delete') cluster.exporting.remove(code);
      else cluster.exporting.move(code, String(status), second());
    }
  }

  async function changeTables(connection: mysql.Connection, work: Work): Promise<void> {
    const { kind, office, codes, status, heldMs } = work;
    await connection.query('use ??', [office]);
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
        else if (work.office === 'exporting') changeExport(work);
        else {
          connection ??= await connectTo(cluster.landUrl);
          await changeTables(connection, work);
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

function officeOf(roll: number): 'land' | 'branch' | 'exporting' {
  if (roll < BRANCHES.branch) return 'branch';
  return roll < BRANCHES.branch + BRANCHES.exporting ? 'exporting' : 'land';
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

async function allOf({ query }: Cluster['branch']): Promise<string[]> {
  const rows = await query('select SOBIENNHAN as code from HS_HOSO order by SOBIENNHAN', []);
  return rows.map(({ code }) => String(code));
}

async function greatestStep({ land, branch }: Cluster): Promise<number> {
  const greatest = await Promise.all(
    [land, branch].map(async ({ query }) => {
      const [row] = await query('select max(LUANCHUYENID) as id from HS_LUANCHUYEN', []);
      return Number(row?.id ?? 0);
    }),
  );
  return Math.max(...greatest);
}

async function runningCounter(cluster: Cluster): Promise<readonly string[]> {
  const dossiers = (await readSources(cluster)).get('one-stop') ?? new Map();
  const words: readonly string[] = COUNTER_WORK;
  return [...dossiers]
    .filter(([, { status }]) => words.includes(status))
    .map(([code]) => code)
    .sort();
}
