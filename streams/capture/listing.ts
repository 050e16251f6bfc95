import type { ChangePosition, ListChangesAnswer } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import { readMarks } from '../../store/captured.ts';
import type { ReadRow } from './reader.ts';
import type { Sighting, WholeSighting } from './sighting.ts';
import type { WayContext } from './way.ts';

/** Records in one page of a system's list. */
export const PAGE_SIZE = 500;

export interface ListedPage {
  readonly rows: readonly ListedRow[];
  /** Codes that the list names, those of records that cannot be read included. */
  readonly codes: ReadonlySet<string>;
  readonly faulty: readonly Sighting[];
  /** Of the last row; null for a page without rows. */
  readonly last: ChangePosition | null;
  readonly more: boolean;
  readonly clock: number | null;
}

export interface ListedRow extends ReadRow {
  readonly sourceAt: number;
}

/** One page of the list of a system's dossiers by time of change. */
export async function listPage(
  context: WayContext,
  after: ChangePosition | null,
  signal: AbortSignal,
): Promise<ListedPage> {
  const { entity, fields, caller } = context.reader;
  const { source } = entity;
  if (source.listChanges === undefined) throw new HubError('INTERNAL', 'the system cannot list what changed');
  const request = { entity: entity.name, fields, after, limit: PAGE_SIZE };
  const answer: ListChangesAnswer = await source.listChanges(request, { caller, signal, unhurried: true });
  const rows: ListedRow[] = [];
  const faulty: Sighting[] = [];
  for (const { row, position } of answer.rows) {
    const read = context.reader.read(row, position.code === '' ? `stamped ${position.at}` : position.code);
    if (read.kind === 'read') rows.push({ ...read, sourceAt: position.at });
    else faulty.push(read);
  }
  const last = answer.rows.at(-1)?.position ?? null;
  if (answer.more && (last === null || !isAfter(last, after))) {
    throw new HubError(
      'SOURCE_MALFORMED',
      'expected a list that goes on after the place asked for, came the same place',
    );
  }
  const codes = new Set([...answer.rows.map(({ position }) => position.code), ...rows.map(({ code }) => code)]);
  return { rows, codes, faulty, last, more: answer.more, clock: answer.clock };
}

function isAfter(place: ChangePosition, other: ChangePosition | null): boolean {
  return other === null || place.at !== other.at || place.code !== other.code;
}

/**
 * What is to be recorded of listed rows: those that are other than what was captured, with the lists kept apart.
 *
 * @param thorough reads the lists of every row, for a step may be added without a trace in the record itself
 */
export async function sightingsOf(
  context: WayContext,
  rows: readonly ListedRow[],
  { thorough, signal }: { thorough: boolean; signal: AbortSignal },
): Promise<readonly Sighting[]> {
  const marks = await readMarks(
    context.database,
    context.sector.id,
    rows.map(({ code }) => code),
  );
  const same: Sighting[] = [];
  const anew: ListedRow[] = [];
  for (const row of rows) {
    const mark = marks.get(row.code);
    if (!thorough && mark !== undefined && !mark.deleted && mark.rowHash === row.rowHash) {
      same.push({
        kind: 'same',
        code: row.code,
        ...(mark.sourceAt !== row.sourceAt && { sourceAt: row.sourceAt }),
      });
    } else anew.push(row);
  }
  const stamps = new Map(anew.map(({ code, sourceAt }) => [code, sourceAt]));
  const whole = await context.reader.complete(anew, signal);
  return [...same, ...whole.map((row) => wholeOf(row, stamps.get(row.code)))];
}

/** @param sourceAt when the source says that it changed; absent where it was looked up by its code */
export function wholeOf(row: ReadRow, sourceAt?: number): WholeSighting {
  const { code, fields, rowHash } = row;
  return {
    kind: 'whole',
    code,
    fields,
    rowHash,
    ...(sourceAt !== undefined && { sourceAt }),
    occurredAt: sourceAt === undefined || sourceAt === 0 ? null : sourceAt,
    place: sourceAt === undefined ? code : `${sourceAt}/${code}`,
  };
}
