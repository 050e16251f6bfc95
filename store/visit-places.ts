import type { Database, DatabaseRow } from '../drivers/database.ts';
import { sharedClock } from './clock.ts';
import { insertRows, places, type TableShape } from './many-rows.ts';
import type { Transaction } from './transaction.ts';

const PLACE: TableShape = {
  table: 'visit_subject',
  columns: ['visit', 'subject_hash', 'asked_at', 'stands_for'],
  key: ['visit', 'subject_hash'],
};

/** Two that take the last place at once come one after the other: on SQLite every transaction waits for the other anyway. */
export async function lockedVisit(
  trx: Transaction,
  { traits }: Database,
  id: string,
): Promise<DatabaseRow | undefined> {
  const lock = traits.name === 'mysql' ? ' for update' : '';
  const [row] = await trx.run(`select closed_at, ends_at, dossier from visit where id = ?${lock}`, [id]);
  return row;
}

/** For each hash in a visit, the one that has the place. */
export function placesIn(rows: readonly DatabaseRow[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ subject_hash: hash, stands_for: place }) => [String(hash), String(place ?? hash)]));
}

/** placesIn of one visit, as it is within the transaction. */
export async function placesOf(trx: Transaction, id: string): Promise<ReadonlyMap<string, string>> {
  return placesIn(await trx.run('select subject_hash, stands_for from visit_subject where visit = ?', [id]));
}

/** What `Visits.takePlace` does. */
export async function takePlace(
  trx: Transaction,
  database: Database,
  {
    id,
    subjects,
    most,
  }: { readonly id: string; readonly subjects: readonly [string, ...string[]]; readonly most: number },
): Promise<'taken' | 'full' | 'over'> {
  const visit = await lockedVisit(trx, database, id);
  const at = await sharedClock(trx.knex, database);
  if (visit === undefined || visit.closed_at !== null || Number(visit.ends_at) <= at) return 'over';
  const held = await placesOf(trx, id);
  if (subjects.some((hash) => held.has(hash))) return 'taken';
  if (new Set(held.values()).size >= most) return 'full';
  const [subject] = subjects;
  await trx.run('insert into visit_subject (visit, subject_hash, asked_at) values (?, ?, ?)', [id, subject, at]);
  return 'taken';
}

/** What `Visits.sameSubject` does. */
export async function joinPlaces(
  trx: Transaction,
  database: Database,
  { id, subjects }: { readonly id: string; readonly subjects: readonly string[] },
): Promise<void> {
  await lockedVisit(trx, database, id);
  const held = await placesOf(trx, id);
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
  const rows = subjects.filter((hash) => !held.has(hash)).map((hash) => [id, hash, at, place]);
  await insertRows(trx, database.traits, PLACE, rows);
}
