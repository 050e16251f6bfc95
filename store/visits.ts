import { vietnamDate } from '../core/time.ts';
import { newVisitId } from '../core/visit-id.ts';
import type { Binding, Database, DatabaseRow } from '../drivers/database.ts';
import { sharedClock } from './clock.ts';
import { places } from './many-rows.ts';
import { inTransaction, type Transaction } from './transaction.ts';
import { joinPlaces, lockedVisit, placesIn, placesOf, takePlace } from './visit-places.ts';

/** Somebody at the counter: opened by an officer, ends by itself, and holds no more people than the grants allow. */
export interface Visit {
  readonly id: string;
  readonly actor: string;
  readonly client: string;
  readonly unit: string | null;
  /** UTC milliseconds, by the clock of the database. */
  readonly openedAt: number;
  readonly endsAt: number;
  readonly closedAt: number | null;
  /** What came of it. */
  readonly dossier: string | null;
  /** How many of its subjects the dossier did not name when the visit was bound to it; null while there is none. */
  readonly unnamed: number | null;
  /** Neither closed nor run out at the moment of reading. */
  readonly isOpen: boolean;
  /** Keyed hashes of whom, or what, was asked for by an exact identifier. */
  readonly subjects: ReadonlySet<string>;
  /** Further hashes of theirs, which take no place of their own, and with which of `subjects` each has its place. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** How many visits one officer may open, through whichever applications: a second one is no reason to look at more people. */
export interface VisitLimits {
  /** Most that are open at the same time. */
  readonly atOnce: number;
  /** Most that are opened on one day, as days are in Việt Nam. */
  readonly perDay: number;
}

/** Why no further visit was opened. */
export type TooManyVisits =
  /** So many are open: these. */
  { readonly open: readonly string[] } | { readonly openedToday: number };

export interface Visits {
  /** Counted in the store: every hub on it holds an officer to the same. */
  open(visit: {
    readonly actor: string;
    readonly client: string;
    readonly unit: string | null;
    readonly minutes: number;
  }): Promise<Visit | TooManyVisits>;
  /** Null where there is none of this id. */
  read(id: string): Promise<Visit | null>;
  /**
   * Takes one of the places for a subject. One that is in the visit already takes none.
   *
   * @param subjects keyed hashes that mean the same subject; the first stands for it
   */
  takePlace(id: string, subjects: readonly [string, ...string[]], most: number): Promise<'taken' | 'full' | 'over'>;
  /**
   * Of one subject that turns out to have several hashes: they have one place together, which the first of them that is in the
   * visit gives. Nothing where none of them is.
   */
  sameSubject(id: string, subjects: readonly string[]): Promise<void>;
  /** One that has been closed or has run out stays as it is. */
  close(id: string): Promise<void>;
  /**
   * Ends the visit with what came of it. Only the first dossier is kept; bound to the same one again, it is counted again whom
   * that names by now.
   *
   * @param named keyed hashes of everybody and everything that the dossier names
   */
  bind(id: string, dossier: string, named: ReadonlySet<string>): Promise<void>;
  /** Those that no dossier explains: none came of them, or one that does not name everybody who was asked for. Newest first. */
  unexplained(request: {
    /** Units whose visits are meant, as they were stated; null: all. */
    readonly units: readonly string[] | null;
    readonly first: number;
    readonly after: VisitKey | null;
  }): Promise<{ readonly visits: readonly Visit[]; readonly more: boolean }>;
}

/** Place of a visit in the list. */
export type VisitKey = readonly [openedAt: number, id: string];

const MINUTE_MS = 60_000;
/** Units of which each is read for itself. */
const FEW_UNITS = 50;
/** Visits removed in one transaction: on SQLite everybody else waits for it. */
const REMOVED_AT_ONCE = 200;

export function createVisits(database: Database, limits: VisitLimits): Visits {
  const { knex } = database;
  const read: Visits['read'] = async (id) => {
    const rows = await database.query('select * from visit where id = ?', [id]);
    const [visit] = await whole(database, rows);
    return visit ?? null;
  };
  const current = async (id: string): Promise<Visit> => {
    const visit = await read(id);
    if (visit === null) throw new Error('A visit that was just written is not there');
    return visit;
  };
  return {
    async open(visit) {
      const id = newVisitId();
      const tooMany = await inTransaction(database, (trx) => insert(trx, database, { id, limits, ...visit }));
      return tooMany ?? current(id);
    },
    read,
    takePlace: (id, subjects, most) =>
      inTransaction(database, (trx) => takePlace(trx, database, { id, subjects, most })),
    sameSubject: (id, subjects) => inTransaction(database, (trx) => joinPlaces(trx, database, { id, subjects })),
    async close(id) {
      const at = await sharedClock(knex, database);
      await knex('visit').where({ id, closed_at: null }).andWhere('ends_at', '>', at).update({ closed_at: at });
    },
    bind: (id, dossier, named) =>
      inTransaction(database, async (trx) => {
        const visit = await lockedVisit(trx, database, id);
        if (visit === undefined || (visit.dossier !== null && visit.dossier !== dossier)) return;
        const at = await sharedClock(trx.knex, database);
        const held = await placesOf(trx, id);
        const explained = new Set([...held].flatMap(([hash, place]) => (named.has(hash) ? [place] : [])));
        const unnamed = new Set(held.values()).size - explained.size;
        const endsNow = visit.closed_at === null && Number(visit.ends_at) > at;
        const listed = unnamed > 0 ? 1 : 0;
        await trx.knex('visit').where({ id }).update({ dossier, unnamed, listed });
        if (endsNow) await trx.knex('visit').where({ id }).update({ closed_at: at });
      }),
    async unexplained({ units, first, after }) {
      if (units?.length === 0) return { visits: [], more: false };
      const { sql, bindings } = listedVisits({ units, after, limit: first + 1 });
      const rows = await database.query(sql, bindings);
      return { visits: await whole(database, rows.slice(0, first)), more: rows.length > first };
    },
  };
}

/**
 * Removes visits that were opened longer ago than they are kept, whatever came of them, and who was asked for in them. That
 * somebody looked stays in the access log. Nor is it kept who opened none for so long.
 *
 * @param keptMs milliseconds, longer than a visit is open
 * @returns how many were removed
 */
export async function removeOldVisits(
  database: Database,
  { keptMs, signal }: { readonly keptMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const before = (await sharedClock(database.knex, database)) - keptMs;
  for (let removed = 0; ; ) {
    const rows = await database.query(
      `select id from visit where opened_at < ? order by opened_at, id limit ${REMOVED_AT_ONCE}`,
      [before],
    );
    if (rows.length === 0) await database.knex('visit_officer').where('day', '<', vietnamDate(before)).delete();
    if (rows.length === 0 || signal.aborted) return removed;
    const ids = rows.map(({ id }) => String(id));
    await inTransaction(database, async ({ run }) => {
      await run(`delete from visit where id in (${places(ids.length)})`, ids);
      await run(`delete from visit_subject where visit in (${places(ids.length)})`, ids);
    });
    removed += ids.length;
  }
}

interface OpenedVisit {
  readonly id: string;
  readonly actor: string;
  readonly client: string;
  readonly unit: string | null;
  readonly minutes: number;
  readonly limits: VisitLimits;
}

/** @returns why it was not opened; null where it was */
async function insert(trx: Transaction, database: Database, visit: OpenedVisit): Promise<TooManyVisits | null> {
  const { id, actor, client, unit, minutes, limits } = visit;
  const { knex } = trx;
  const at = await sharedClock(knex, database);
  const day = vietnamDate(at);
  // Written before anything is read: whoever else opens one for the same officer waits here.
  await knex('visit_officer').insert({ actor, day, opened: 0 }).onConflict('actor').merge(['actor']);
  const open = await trx.run(
    'select id from visit where actor = ? and ends_at > ? and closed_at is null order by opened_at, id',
    [actor, at],
  );
  if (open.length >= limits.atOnce) return { open: open.map((row) => String(row.id)) };
  const [counted] = await trx.run('select day, opened from visit_officer where actor = ?', [actor]);
  const openedToday = counted?.day === day ? Number(counted.opened) : 0;
  if (openedToday >= limits.perDay) return { openedToday };
  await knex('visit_officer')
    .where({ actor })
    .update({ day, opened: openedToday + 1 });
  await knex('visit').insert({ id, actor, client, unit, opened_at: at, ends_at: at + minutes * MINUTE_MS });
  return null;
}

interface ListedVisits {
  readonly units: readonly string[] | null;
  readonly after: VisitKey | null;
  readonly limit: number;
}

/**
 * Of a few units each gives as many as are asked for, from an index of its own: nobody waits for those of all others to be passed
 * over. Of many units some visit is always near, so all are gone through in their order.
 */
function listedVisits({ units, after, limit }: ListedVisits): { sql: string; bindings: readonly Binding[] } {
  const order = 'order by opened_at desc, id desc limit ?';
  const beyond = after === null ? '' : 'and opened_at <= ? and (opened_at < ? or id < ?)';
  const start = after === null ? [] : [after[0], after[0], after[1]];
  if (units === null || units.length > FEW_UNITS) {
    // As an expression it is no reason to take the index of the units.
    const within = units === null ? '' : `and coalesce(unit, '') in (${places(units.length)})`;
    const sql = `select * from visit where listed = 1 ${within} ${beyond} ${order}`;
    return { sql, bindings: [...(units ?? []), ...start, limit] };
  }
  const own = [...new Set(units)];
  const one = `select * from (select * from visit where listed = 1 and unit = ? ${beyond} ${order}) as own`;
  const sql = `${own.map(() => one).join(' union all ')} ${order}`;
  return { sql, bindings: [...own.flatMap((unit) => [unit, ...start, limit]), limit] };
}

async function whole(database: Database, rows: readonly DatabaseRow[]): Promise<readonly Visit[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => String(id));
  const at = await sharedClock(database.knex, database);
  const subjects = await database.query(
    `select visit, subject_hash, stands_for from visit_subject where visit in (${places(ids.length)})`,
    ids,
  );
  return rows.map((row) => visitOf(row, placesIn(subjects.filter(({ visit }) => visit === row.id)), at));
}

function visitOf(row: DatabaseRow, held: ReadonlyMap<string, string>, at: number): Visit {
  const closedAt = row.closed_at === null ? null : Number(row.closed_at);
  const endsAt = Number(row.ends_at);
  return {
    id: String(row.id),
    actor: String(row.actor),
    client: String(row.client),
    unit: row.unit === null ? null : String(row.unit),
    openedAt: Number(row.opened_at),
    endsAt,
    closedAt,
    dossier: row.dossier === null ? null : String(row.dossier),
    unnamed: row.unnamed === null ? null : Number(row.unnamed),
    isOpen: closedAt === null && endsAt > at,
    subjects: new Set(held.values()),
    aliases: new Map([...held].filter(([hash, place]) => hash !== place)),
  };
}
