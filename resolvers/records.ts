import { bearerOf, numbersOf } from '../core/access/bearers.ts';
import { applicantNumber, identifyingNumbers } from '../core/applicant-number.ts';
import type { RecordHolder } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import type { Mapped } from '../core/mapping.ts';
import type { Entity } from '../core/open-sector.ts';
import type { Key } from '../core/source.ts';
import type { Operation } from './operation.ts';
import { ownNumbersAmong } from './own-numbers.ts';
import { personalFields, refusedFields } from './personal-fields.ts';

/** One way of asking for a record by an identifier of its own. */
interface RecordAsk {
  /** `Query.field`. */
  readonly place: string;
  readonly entity: Entity;
  readonly key: Key;
  /** Field of the record that says whom it is about. */
  readonly holders: string | undefined;
  /** Field of the record that names others. */
  readonly names: string | undefined;
  /** LINK: another record names it. */
  readonly how: 'IDENTIFIER' | 'LINK';
}

/**
 * Reads a record once it is clear that it may be asked for, and judges it by whom it is about. Nothing found is judged as well: it
 * is refused just as somebody else's is.
 *
 * @param read gives the records, and the rows they came in, each of which may state another holder; `several` where nobody can say
 * which of them was meant: they are judged, none is answered, and so nobody is shown
 * @throws HubError FORBIDDEN and its kind
 */
export async function judgedRecord(
  operation: Operation,
  { place, entity, key, holders, names, how }: RecordAsk,
  read: () => Promise<{
    readonly rows: readonly Mapped[];
    readonly records: readonly Mapped[];
    readonly several?: boolean;
  }>,
): Promise<readonly Mapped[]> {
  const { access } = operation;
  const { data, sector } = access.classOf(place);
  const name = `${sector}:${place.replace('Query.', '')}:${[key].flat().join('/')}`;
  // What is public about a record needs no place in a visit; what it says of people does.
  const isAsked = how === 'IDENTIFIER';
  const full = isAsked && data === 'PUBLIC' ? await placedFor(operation, entity, key) : undefined;
  if (isAsked) await access.askRecord(sector, data, name);
  const { rows, records, several = false } = await read();
  const people = holders === undefined ? [] : holdersIn(rows, holders);
  const numbers = numbersOf(people);
  if (data === 'PUBLIC')
    return Promise.all(records.map((record) => withheldFrom(operation, entity, record, { holders: people, full })));
  const own = await ownNumbersAmong(operation, people);
  access.judgeRecord(sector, data, { key: name, people: [...people, bearerOf(own)] });
  if (several) return records;
  const others = names === undefined ? [] : holderNumbers(rows, names);
  for (const number of [...numbers, ...others]) access.shown(number, 'NAMED');
  return records;
}

/** Whom records are about; what cannot be read names nobody. */
export function holdersIn(records: readonly Mapped[], field: string): readonly RecordHolder[] {
  const stated = records.flatMap((record) => (Array.isArray(record[field]) ? (record[field] as RecordHolder[]) : []));
  return stated.map((one) => ({ ...one, personalNumbers: [one.personalNumbers].flat().filter(isText) }));
}

/** The numbers of whom records are about. */
export function holderNumbers(records: readonly Mapped[], field: string): readonly string[] {
  return numbersOf(holdersIn(records, field));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * A record that anyone may read, without what it says of people where the operation may not know that.
 *
 * @param known.holders whom it is about
 * @param known.full why it has no place in the visit, where it has none
 */
export async function withheldFrom(
  operation: Operation,
  entity: Entity,
  record: Mapped,
  { holders, full }: { readonly holders: readonly RecordHolder[]; readonly full?: HubError | undefined },
): Promise<Mapped> {
  const { access } = operation;
  const personal = personalFields(operation, entity.declaration.type);
  if (personal.length === 0) return record;
  // A code that cannot be read is no evidence, and no reason to show more.
  const codes = typeof record.code === 'string' ? identifyingNumbers([record.code]) : [];
  const named = [...codes, ...numbersOf(holders)];
  const own = await ownNumbersAmong(operation, holders);
  const people = [...codes.map((code) => bearerOf([code])), ...holders, bearerOf(own)];
  const about = { key: enterpriseKey(codes[0] ?? ''), people };
  const refused = refusedFields(
    personal,
    (data) => full ?? refusalOf(() => access.judgeRecord(entity.sector, data, about)),
  );
  if (refused.size < personal.length) for (const number of named) access.shown(number, 'NAMED');
  return { ...record, ...Object.fromEntries(refused) };
}

/** @returns why it has no place in the visit, where it has none */
async function placedFor(operation: Operation, entity: Entity, key: Key): Promise<HubError | undefined> {
  if (typeof key !== 'string' || personalFields(operation, entity.declaration.type).length === 0) return undefined;
  try {
    await operation.access.askRecord(entity.sector, 'PERSONAL', enterpriseKey(key));
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}

/** Under which word an enterprise has its place in a visit. */
export function enterpriseKey(code: string): string {
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
