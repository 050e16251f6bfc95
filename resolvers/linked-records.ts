import { bearerOf } from '../core/access/bearers.ts';
import { isPersonal } from '../core/access.ts';
import { HubError } from '../core/errors.ts';
import type { Mapped } from '../core/mapping.ts';
import type { Entity } from '../core/open-sector.ts';
import type { Identity } from './identity.ts';
import type { Link } from './links.ts';
import type { Operation } from './operation.ts';
import { ownNumbersAmong } from './own-numbers.ts';
import { holderNumbers, holdersIn, withheldFrom } from './records.ts';
import { bearersOf, ownerOf } from './same-person.ts';

/** A record, with all the rows it came in: each may state another of its holders. */
export interface RecordRows {
  readonly record: Mapped;
  readonly rows: readonly Mapped[];
}

/** One record found under two of a person's numbers, or once for each of its holders, is one record. */
export function recordsIn(entity: Entity, rows: readonly Mapped[]): readonly RecordRows[] {
  const [only] = rows;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: one row is one record either way
  if (rows.length === 1 && only !== undefined) return [{ record: only, rows }];
  const { identity } = entity.declaration;
  const once = new Map<unknown, { readonly record: Mapped; readonly rows: Mapped[] }>();
  for (const row of rows) {
    const parts = identity.map((field) => row[field]);
    const key = parts.some((part) => part instanceof Error || part == null) ? row : JSON.stringify(parts);
    const known = once.get(key);
    if (known === undefined) once.set(key, { record: row, rows: [row] });
    else known.rows.push(row);
  }
  return [...once.values()];
}

/** Whose a record was found to be that was reached from a person. Their old numbers may stand in the systems alone. */
export function ownersOf(operation: Operation): WeakMap<object, Identity> {
  // Stryker disable next-line StringLiteral: any word will do that nothing else is kept under
  return operation.once('owners of records', () => new WeakMap());
}

/**
 * A record that another one leads to, judged as if it had been asked for: whoever may see the one may not see the other for that.
 *
 * @param to.owner the person from whom the way led here
 * @returns the error that stands in its place where it is refused
 */
export async function linkedRecord(
  operation: Operation,
  { link, entity, owner }: { readonly link: Link; readonly entity: Entity; readonly owner: Identity | undefined },
  { record, rows }: RecordRows,
): Promise<Mapped | HubError> {
  const { access } = operation;
  const { place, declaration } = link;
  const { data, sector } = access.classOf(place);
  // Stryker disable next-line ConditionalExpression: under no name a row has nothing
  const holders = declaration.holders === undefined ? [] : holdersIn(rows, declaration.holders);
  if (!isPersonal(data)) return withheldFrom(operation, entity, record, { holders });
  const isOwners = owner !== undefined && holders.length > 0 && ownerOf(owner, holders) === 'own';
  const known = isOwners ? bearersOf(owner, access.purpose) : [bearerOf(await ownNumbersAmong(operation, holders))];
  try {
    // Stryker disable next-line StringLiteral: nothing that is asked for takes its place in a visit under this word
    access.judgeRecord(sector, data, { key: `${sector}:${place}`, people: [...holders, ...known] });
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  noteNamed(operation, link, rows);
  if (isOwners) ownersOf(operation).set(record, owner);
  return record;
}

/** Who is named in a record is in the answer too. @param except numbers of whom it is known to be */
export function noteNamed(
  { access }: Operation,
  { declaration: { holders, names } }: Pick<Link, 'declaration'>,
  rows: readonly Mapped[],
  // Stryker disable next-line ArrayDeclaration: whatever stands there is nobody's number
  except: readonly string[] = [],
): void {
  for (const field of [holders, names]) {
    // Stryker disable next-line ConditionalExpression: under no name a row has nothing
    if (field === undefined) continue;
    for (const number of holderNumbers(rows, field)) if (!except.includes(number)) access.shown(number, 'NAMED');
  }
}
