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
  { place, entity, key, holders }: RecordAsk,
  read: () => Promise<{ readonly rows: readonly Mapped[]; readonly records: readonly Mapped[] }>,
): Promise<readonly Mapped[]> {
  const { access } = operation;
  const { data, sector } = access.classOf(place);
  const name = `${sector}:${place.replace('Query.', '')}:${[key].flat().join('/')}`;
  await access.askRecord(sector, data, name);
  const { rows, records } = await read();
  const numbers = holders === undefined ? [] : holderNumbers(rows, holders);
  if (data === 'PUBLIC') return records.map((record) => withheldFrom(operation, entity, record, numbers));
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
  holders: readonly string[] = [],
): Mapped {
  const { access, plan } = operation;
  const { type } = entity.declaration;
  const code = typeof record.code === 'string' ? record.code : null;
  if (code === null || access.classOf(`${type}.code`).data !== 'PUBLIC') return record;
  const personal = [...plan.fieldsOf(type)].filter((field) => isPersonal(operation, `${type}.${field}`));
  if (personal.length === 0) return record;
  const own = holders.length > 0 ? holders : holderNumbers([record], 'heldBy');
  const refused = refusalOf(() =>
    access.judgeRecord(entity.sector, 'PERSONAL', {
      ...{ key: `business:${code}`, found: true },
      numbers: [applicantNumber(code), ...own],
    }),
  );
  if (refused !== null) return { ...record, ...Object.fromEntries(personal.map((field) => [field, refused])) };
  access.shown(applicantNumber(code), 'NAMED');
  for (const number of own) access.shown(number, 'NAMED');
  return record;
}

function isPersonal({ access }: Operation, place: string): boolean {
  const { data } = access.classOf(place);
  return data === 'PERSONAL' || data === 'SENSITIVE';
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
