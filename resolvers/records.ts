import { applicantNumber } from '../core/applicant-number.ts';
import type { RecordHolder } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import type { Mapped } from '../core/mapping.ts';
import type { Entity } from '../core/open-sector.ts';
import type { Key } from '../core/source.ts';
import type { Operation } from './operation.ts';

/** One way of asking for a record by an identifier of its own. */
interface RecordAsk {
  /** `Query.field`. */
  readonly place: string;
  readonly entity: Entity;
  readonly key: Key;
  /** Field of the record that says whom it is about. */
  readonly holders: string | undefined;
  /** LINK: another record names it. */
  readonly how: 'IDENTIFIER' | 'LINK';
}

/**
 * Reads a record once it is clear that it may be asked for, and judges it by whom it is about. Nothing found is judged as well: it
 * is refused just as somebody else's is.
 *
 * @param read gives the records, and the rows they came in, each of which may state another holder
 * @throws HubError FORBIDDEN and its kind
 */
export async function judgedRecord(
  operation: Operation,
  { place, entity, key, holders, how }: RecordAsk,
  read: () => Promise<{ readonly rows: readonly Mapped[]; readonly records: readonly Mapped[] }>,
): Promise<readonly Mapped[]> {
  const { access } = operation;
  const { data, sector } = access.classOf(place);
  const name = `${sector}:${place.replace('Query.', '')}:${[key].flat().join('/')}`;
  // What is public about a record needs no place in a visit; what it says of people does.
  const isAsked = how === 'IDENTIFIER';
  const full = isAsked && data === 'PUBLIC' ? await placedFor(operation, entity, key) : undefined;
  if (isAsked && data !== 'PUBLIC') await access.askRecord(sector, data, name);
  const { rows, records } = await read();
  const numbers = holders === undefined ? [] : holderNumbers(rows, holders);
  if (data === 'PUBLIC')
    return records.map((record) => withheldFrom(operation, entity, record, { holders: numbers, full }));
  access.judgeRecord(sector, data, { key: name, numbers, found: records.length > 0 });
  for (const number of numbers) access.shown(number, 'NAMED');
  return records;
}

/** The numbers of whom records are about; what cannot be read names nobody. */
export function holderNumbers(records: readonly Mapped[], field: string): readonly string[] {
  const stated = records.flatMap((record) => (Array.isArray(record[field]) ? (record[field] as RecordHolder[]) : []));
  return [...new Set(stated.flatMap(({ personalNumbers }) => [personalNumbers].flat().filter(isText)))];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * A record that anyone may read, without what it says of people where the operation may not know that. Records of types that
 * are personal as a whole are judged where they are asked for.
 */
export function withheldFrom(
  operation: Operation,
  entity: Entity,
  record: Mapped,
  { holders = [], full }: { readonly holders?: readonly string[]; readonly full?: HubError | undefined } = {},
): Mapped {
  const { access } = operation;
  // A code that cannot be read is no evidence, and no reason to show more.
  const codes = typeof record.code === 'string' ? [applicantNumber(record.code)] : [];
  const personal = personalFields(operation, entity);
  if (personal.length === 0) return record;
  const own = holders.length > 0 ? holders : holderNumbers([record], 'heldBy');
  const judge = () => {
    if (full !== undefined) throw full;
    access.judgeRecord(entity.sector, 'PERSONAL', {
      key: keyOf(codes[0] ?? ''),
      numbers: [...codes, ...own],
      found: true,
    });
  };
  const refused = refusalOf(judge);
  if (refused !== null) return { ...record, ...Object.fromEntries(personal.map((field) => [field, refused])) };
  for (const number of [...codes, ...own]) access.shown(number, 'NAMED');
  return record;
}

/** What is asked for of a record that is otherwise public, and says something about people. */
function personalFields(operation: Operation, entity: Entity): readonly string[] {
  const { access, plan } = operation;
  return operation.once(`personal fields of ${entity.sector}.${entity.name}`, () => {
    if (!isPublic(operation, entity)) return [];
    const { type } = entity.declaration;
    return [...plan.fieldsOf(type)].filter((field) => {
      const place = `${type}.${field}`;
      return access.isServed(place) && ['PERSONAL', 'SENSITIVE'].includes(access.classOf(place).data);
    });
  });
}

/** Whether anybody may ask for such a record by its code. Others are reached only from what was judged. */
function isPublic({ registry, access }: Operation, { sector, name }: Entity): boolean {
  const queries = registry.sectors.find(({ id }) => id === sector)?.declaration.queries ?? {};
  return Object.entries(queries).some(
    ([field, declared]) =>
      [declared].flat().some(({ to }) => to === name) && access.classOf(`Query.${field}`).data === 'PUBLIC',
  );
}

/** @returns why it has no place in the visit, where it has none */
async function placedFor(operation: Operation, entity: Entity, key: Key): Promise<HubError | undefined> {
  if (typeof key !== 'string' || personalFields(operation, entity).length === 0) return undefined;
  try {
    await operation.access.askRecord(entity.sector, 'PERSONAL', keyOf(key));
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}

function keyOf(code: string): string {
  return `business:${applicantNumber(code)}`;
}

function refusalOf(judge: () => void): HubError | null {
  try {
    judge();
    return null;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}
