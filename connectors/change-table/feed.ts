import type { ChangeBatch, ChangeFeed, FeedContext, Observation } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import { openDatabase } from '../../drivers/database.ts';
import type { ChangeTableOptions } from '../change-table.ts';
import { handOverKeys } from '../key-snapshot.ts';
import { pause } from '../pause.ts';
import { nameOf, textOf } from '../setting-name.ts';
import { ask, codeOf } from '../watched-tables.ts';
import { CHANGE_TABLE } from './triggers.ts';

/** Rows taken at once. */
const BATCH = 500;
/** While nothing happens, how often it is said that nothing is waiting. */
const SAY_MS = 1_000;

/** Connects to nothing until it runs. */
export function openChangeTableFeed(context: FeedContext, options: ChangeTableOptions): ChangeFeed {
  const { everyMs = 500, tables } = options;
  const database = openDatabase(textOf(context.settings, nameOf(options.database)), { connections: 2 });
  const closing = new AbortController();

  /** Everything there is. What changes meanwhile is noted in the table already. */
  async function snapshot(after: string | null, handle: (batch: ChangeBatch) => Promise<void>, signal: AbortSignal) {
    const position = (last: string | null) => (last === null ? listed(0) : `after ${last}`);
    await handOverKeys(
      { database, table: tables[0], after, position, place: 'the listing of everything' },
      handle,
      signal,
    );
  }

  async function follow(handle: (batch: ChangeBatch) => Promise<void>, signal: AbortSignal): Promise<void> {
    let saidAt = Number.NEGATIVE_INFINITY;
    let last = 0;
    for (;;) {
      const sql = `select ID as id, CODE as code, OP as op, AT as at from ${CHANGE_TABLE} order by ID limit ?`;
      const asOf = Date.now();
      const rows = await ask(database, sql, [BATCH], signal);
      const caughtUp = rows.length < BATCH;
      if (rows.length > 0 || performance.now() - saidAt >= SAY_MS) {
        last = Number(rows.at(-1)?.id ?? last);
        await handle({ observations: observationsOf(rows), position: listed(last), caughtUp, asOf });
        saidAt = performance.now();
      }
      // Exactly what was handed over, after the work: a lower number may still be committed later.
      if (rows.length > 0) await forget(rows.map(({ id }) => Number(id)));
      signal.throwIfAborted();
      if (caughtUp) await pause(everyMs, signal);
    }
  }

  async function forget(ids: number[]): Promise<void> {
    // Each looked up by its key. With a list of keys MySQL may walk the table instead, and the walk waits at the first
    // row that a transaction of the system has not committed yet.
    const sql =
      database.traits.name === 'mysql'
        ? `delete noted from (${ids.map(() => 'select ? as ID').join(' union all ')}) taken straight_join ${CHANGE_TABLE} noted on noted.ID = taken.ID`
        : `delete from ${CHANGE_TABLE} where ID in (${ids.map(() => '?').join(', ')})`;
    try {
      await database.knex.raw(sql, ids);
    } catch (cause) {
      const why = `what was handed over cannot be deleted from ${CHANGE_TABLE}: is DELETE granted on it?`;
      throw new HubError('SOURCE_UNAVAILABLE', why, { cause });
    }
  }

  return {
    async run(position, handle, stop) {
      const signal = AbortSignal.any([stop, closing.signal]);
      try {
        signal.throwIfAborted();
        const after = position === null ? null : (/^after (.*)$/s.exec(position)?.[1] ?? null);
        if (position === null || after !== null) {
          // Without the triggers a listing would promise what nothing keeps.
          await ask(database, `select count(*) as waiting from ${CHANGE_TABLE}`, [], signal);
          await snapshot(after, handle, signal);
        }
        await follow(handle, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    async close() {
      closing.abort();
      await database.close();
    },
  };
}

/** Only says how far it is: what waits is in the table itself. */
function listed(last: number): string {
  return `noted ${last}`;
}

/** Of each dossier the last that was noted. */
function observationsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly Observation[] {
  const found = new Map<string, Observation>();
  for (const row of rows) {
    const code = codeOf(row.code);
    if (code === null) continue;
    const at = Number(row.at);
    found.delete(code);
    found.set(code, {
      kind: row.op === 'D' ? 'gone' : 'touched',
      code,
      occurredAt: Number.isSafeInteger(at) ? at : null,
      place: `${CHANGE_TABLE} ${row.id}`,
    });
  }
  return [...found.values()];
}
