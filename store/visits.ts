import { randomBytes } from 'node:crypto';
import { vietnamDate } from '../core/time.ts';
import type { Binding, Database, DatabaseRow } from '../drivers/database.ts';
import { sharedClock } from './clock.ts';
import { places } from './many-rows.ts';
import { inTransaction, type Transaction } from './transaction.ts';

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
      const id = randomBytes(16).toString('base64url');
      const tooMany = await inTransaction(database, (trx) => insert(trx, database, { id, limits, ...visit }));
      return tooMany ?? current(id);
    },
    read,
    takePlace: (id, subjects, most) =>
      inTransaction(database, async (trx) => {
        const visit = await locked(trx, database, id);
        const at = await sharedClock(trx.knex, database);
        if (visit === undefined || visit.closed_at !== null || Number(visit.ends_at) <= at) return 'over';
        const known = await trx.run(
          `select 1 from visit_subject where visit = ? and subject_hash in (${places(subjects.length)}) limit 1`,
          [id, ...subjects],
        );
        if (known.length > 0) return 'taken';
        const [row] = await trx.run(
          'select count(*) as taken from visit_subject where visit = ? and stands_for is null',
          [id],
        );
        if (Number(row?.taken) >= most) return 'full';
        const [subject] = subjects;
        await trx.run('insert into visit_subject (visit, subject_hash, asked_at) values (?, ?, ?)', [id, subject, at]);
        return 'taken';
      }),
    sameSubject: (id, subjects) => inTransaction(database, (trx) => joinPlaces(trx, database, { id, subjects })),
    async close(id) {
      const at = await sharedClock(knex, database);
      await knex('visit').where({ id, closed_at: null }).andWhere('ends_at', '>', at).update({ closed_at: at });
    },
    bind: (id, dossier, named) =>
      inTransaction(database, async (trx) => {
        const visit = await locked(trx, database, id);
        if (visit === undefined || (visit.dossier !== null && visit.dossier !== dossier)) return;
        const at = await sharedClock(trx.knex, database);
        const held = placesIn(
          await trx.run('select subject_hash, stands_for from visit_subject where visit = ?', [id]),
        );
        const explained = new Set([...held].flatMap(([hash, place]) => (named.has(hash) ? [place] : [])));
        const unnamed = new Set(held.values()).size - explained.size;
        const endsNow = visit.closed_at === null && Number(visit.ends_at) > at;
        await trx.knex('visit').where({ id }).update({ dossier, unnamed });
        if (endsNow) await trx.knex('visit').where({ id }).update({ closed_at: at });
      }),
    async unexplained({ units, first, after }) {
      const conditions = ['(dossier is null or unnamed > 0)'];
      const bindings: Binding[] = [];
      if (units !== null) {
        conditions.push(units.length === 0 ? '1 = 0' : `unit in (${places(units.length)})`);
        bindings.push(...units);
      }
      if (after !== null) {
        conditions.push('opened_at <= ? and (opened_at < ? or id < ?)');
        bindings.push(after[0], after[0], after[1]);
      }
      const rows = await database.query(
        `select * from visit where ${conditions.join(' and ')} order by opened_at desc, id desc limit ?`,
        [...bindings, first + 1],
      );
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

/** Two that take the last place at once come one after the other: on SQLite every transaction waits for the other anyway. */
async function locked(trx: Transaction, { traits }: Database, id: string): Promise<DatabaseRow | undefined> {
  const lock = traits.name === 'mysql' ? ' for update' : '';
  const [row] = await trx.run(`select closed_at, ends_at, dossier from visit where id = ?${lock}`, [id]);
  return row;
}

async function joinPlaces(
  trx: Transaction,
  database: Database,
  { id, subjects }: { readonly id: string; readonly subjects: readonly string[] },
): Promise<void> {
  await locked(trx, database, id);
  const rows = await trx.run('select subject_hash, stands_for from visit_subject where visit = ?', [id]);
  const held = placesIn(rows);
  const [place, ...others] = new Set(subjects.flatMap((hash) => held.get(hash) ?? []));
  if (place === undefined) return;
  if (others.length > 0) {
    const those = places(others.length);
    await trx.run(
      `update visit_subject set stands_for = ? where visit = ? and (subject_hash in (${those}) or stands_for in (${those}))`,
      [place, id, ...others, ...others],
    );
  }
  const at = await sharedClock(trx.knex, database);
  for (const hash of subjects.filter((one) => !held.has(one))) {
    await trx.run('insert into visit_subject (visit, subject_hash, asked_at, stands_for) values (?, ?, ?, ?)', [
      ...[id, hash, at, place],
    ]);
  }
}

/** For each hash in a visit, the one that has the place. */
function placesIn(rows: readonly DatabaseRow[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ subject_hash: hash, stands_for: place }) => [String(hash), String(place ?? hash)]));
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
