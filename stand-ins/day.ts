/**
 * A day at the offices: people who work on dossiers in the stand-ins, so that whoever watches has something to see.
 *
 *   node stand-ins/day.ts --data DIR [--every MS] [--hub URL]
 *
 * What it does goes through the doors that the systems have: their controls over HTTP, and the land office's tables. With
 * the hub's address the land office's software tells it of its moves too. Where the systems listen stands in
 * DIR/systems.json.
 */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { callbackOf, createCaller } from '../sectors/land/stand-in/callbacks.ts';
import { moveStatements } from '../sectors/land/stand-in/moves.ts';
import { untilTold } from './run.ts';
import { readSystems } from './systems.ts';
import { demoPerson } from './world/demo-person.ts';
import { draw } from './world/random.ts';
import { localTime, two } from './world/time.ts';

export interface Day {
  /** Takes one dossier one step on, at the counter and in the sector's system; null when none is left to work on. */
  step(): Promise<{ code: string; from: string; to: string } | null>;
  close(): void;
}

export interface DayOptions {
  /** Where the stand-ins keep their data. */
  directory: string;
  /** Addresses of the stand-ins, by their folders. */
  addresses: Readonly<Record<'one-stop' | 'civil-status' | 'business-registration', string>>;
  /** Where the land office's software calls, such as `http://127.0.0.1:4000/callbacks/land`; nowhere when left out. */
  landCallbacks?: string | undefined;
  seed?: number;
  /** UTC milliseconds; the wall clock when left out. */
  now?: () => number;
}

/** Status word at the counter → what comes next there and in each sector's own words. */
const NEXT: Readonly<
  Record<string, { counter: string; land: number; civil: number; business: string; content: string }>
> = {
  new: { counter: 'processing', land: 20, civil: 3, business: 'DANG_XU_LY', content: 'Thụ lý, thẩm định hồ sơ' },
  waiting: { counter: 'processing', land: 20, civil: 3, business: 'DANG_XU_LY', content: 'Đã bổ sung giấy tờ' },
  paying: {
    counter: 'processing',
    land: 21,
    civil: 3,
    business: 'DANG_XU_LY',
    content: 'Đã nộp đủ nghĩa vụ tài chính',
  },
  processing: { counter: 'releasing', land: 70, civil: 4, business: 'CHAP_THUAN', content: 'Đã có kết quả' },
  releasing: { counter: 'done', land: 80, civil: 4, business: 'DA_TRA_KET_QUA', content: 'Trả kết quả cho công dân' },
};
const LATEST = 3_000;
const DEMO_NUMBERS = [demoPerson.personalNumber, demoPerson.oldNumber];

export function createDay(options: DayOptions): Day {
  const { directory, addresses, seed = 1, now = Date.now } = options;
  const counter = new DatabaseSync(join(directory, 'one-stop.sqlite'), { readOnly: true, timeout: 5_000 });
  const land = new DatabaseSync(join(directory, 'land.sqlite'), { timeout: 5_000 });
  land.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const running = counter.prepare(
    // Of the dossiers that moved lately: those of years ago have ended, and reading them all would take its time. Those
    // of the demo person stay as they are printed in the README.
    `SELECT code, status FROM (SELECT doc_code AS code, body ->> '$.status' AS status FROM dossiers
     WHERE applicants_id NOT IN (${DEMO_NUMBERS.map(() => '?').join(', ')}) ORDER BY updated_at DESC LIMIT ${LATEST}) WHERE status IN (${Object.keys(
       NEXT,
     )
       .map(() => '?')
       .join(', ')})`,
  );
  const known = land.prepare('SELECT 1 FROM HS_HOSO WHERE SOBIENNHAN = ?');
  const choice = draw(seed, 'day', now() % 1_000_000);

  async function post(address: string, path: string, body: unknown): Promise<boolean> {
    const response = await fetch(address + path, { method: 'POST', body: JSON.stringify(body) });
    await response.arrayBuffer();
    return response.ok;
  }

  const caller = options.landCallbacks === undefined ? undefined : createCaller({ url: options.landCallbacks });

  async function moveInSector(code: string, from: string, at: number): Promise<void> {
    const next = NEXT[from] as (typeof NEXT)[string];
    const { content } = next;
    if (known.get(code) !== undefined) {
      const move = { code, status: next.land, content, at };
      land.exec('BEGIN IMMEDIATE');
      try {
        for (const { sql, bindings } of moveStatements(move)) land.prepare(sql).run(...bindings);
        land.exec('COMMIT');
      } catch (error) {
        land.exec('ROLLBACK');
        throw error;
      }
      const told = callbackOf(move, { supplemented: from === 'waiting' });
      // Nobody at the office waits for it.
      if (told !== undefined) void caller?.call(told);
      return;
    }
    const moves = '/__stand-in/moves';
    // A code belongs to one of them, or to the counter alone: the others say that they do not know it.
    if (await post(addresses['civil-status'], moves, { code, status: next.civil, content, at })) return;
    await post(addresses['business-registration'], moves, { code, status: next.business, content, at });
  }

  return {
    async step() {
      const rows = running.all(...DEMO_NUMBERS, ...Object.keys(NEXT)) as { code: string; status: string }[];
      const row = rows[choice.between(0, Math.max(0, rows.length - 1))];
      const next = row && NEXT[row.status];
      if (row === undefined || next === undefined) return null;
      const at = Math.floor(now() / 1000) * 1000;
      // The sector works first; the counter follows, or hands over what is ready.
      await moveInSector(row.code, row.status, at);
      const { year, month, day, hour, minute, second } = localTime(at);
      const time = `${two(day)}/${two(month)}/${year} ${two(hour)}:${two(minute)}:${two(second)}`;
      const body = { docCode: row.code, status: next.counter, at: time, content: next.content };
      if (!(await post(addresses['one-stop'], '/__stand-in/advance', body))) return null;
      return { code: row.code, from: row.status, to: next.counter };
    },
    close() {
      caller?.close();
      counter.close();
      land.close();
    },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      every: { type: 'string', default: '1000' },
      hub: { type: 'string' },
    },
  });
  const { data, every, hub } = values;
  if (!data) {
    console.error('usage: day.ts --data DIR [--every MS] [--hub URL]');
    process.exitCode = 2;
    return;
  }
  const systems = readSystems(data);
  const day = createDay({
    directory: data,
    addresses: {
      'one-stop': systems['one-stop']?.URL ?? '',
      'civil-status': systems['civil-status']?.REST_URL ?? '',
      'business-registration': systems['business-registration']?.REST_URL ?? '',
    },
    landCallbacks: hub && `${hub}/callbacks/land`,
  });
  console.log(JSON.stringify({ ready: true, settings: {} }));
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // A system that was killed to see what happens is nothing to stop for.
    day
      .step()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, Number(every));
  await untilTold();
  clearInterval(timer);
  day.close();
  process.exit(0);
}

if (import.meta.main) await main();
