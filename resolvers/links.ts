import { isTwelve } from '../core/access/bearers.ts';
import { isPersonal } from '../core/access.ts';
import type { LinkDeclaration, QueryDeclaration, RecordHolder } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import { FaultyValue } from '../core/faulty-value.ts';
import type { Mapped } from '../core/mapping.ts';
import { type Entity, entityOf, type OpenSector } from '../core/open-sector.ts';
import type { Key } from '../core/source.ts';
import { type CitizenNode, demandWhole, findCitizen } from './citizens.ts';
import { type Identity, incomplete, mayMissNumbers } from './identity.ts';
import { linkedRecord, noteNamed, ownersOf, recordsIn } from './linked-records.ts';
import { createLoader } from './loader.ts';
import type { Operation } from './operation.ts';
import { withOtherBearers } from './own-numbers.ts';
import { holdersIn, judgedRecord } from './records.ts';
import { ownerOf, ownRecords } from './same-person.ts';

export interface Link {
  readonly sector: OpenSector;
  /** `Type.field`. */
  readonly place: string;
  readonly declaration: LinkDeclaration;
}

/** Fills a field of a sector's own record, or of Citizen, by the links declared for it. */
export async function followLinks(operation: Operation, links: readonly Link[], parent: object): Promise<unknown> {
  const citizen = isCitizen(parent) ? parent : null;
  if (citizen !== null) demandWhole(citizen);
  const [first] = links;
  if (first === undefined) return null;
  const withheld = (parent as Mapped)[first.place.split('.')[1] ?? ''];
  if (withheld instanceof HubError) throw withheld;
  // A list could miss something; one record that hangs on a number known for certain could not.
  const needsAll = first.declaration.list || !citizen?.identity.numbers.some(isTwelve);
  if (citizen !== null && needsAll && mayMissNumbers(citizen.identity)) throw incomplete(citizen.identity);
  const view = citizen === null ? (parent as Mapped) : viewOf(citizen);
  const owner = citizen?.identity ?? ownersOf(operation).get(parent);

  const found = await Promise.all(links.map((link) => followOne(operation, link, { view, citizen, owner })));
  const records = found.flat();
  operation.admit(records.length);
  if (first.declaration.list) return records;
  if (records.length > 1) throw severalFound(first.place);
  return records[0] ?? null;
}

function viewOf(citizen: CitizenNode): Mapped {
  const { identity, fullName, birthDate } = citizen;
  return { personalNumbers: identity.numbers, fullName, birthDate };
}

async function followOne(
  operation: Operation,
  link: Link,
  from: { view: Mapped; citizen: CitizenNode | null; owner: Identity | undefined },
): Promise<readonly unknown[]> {
  const { declaration, sector, place } = link;
  const { view, citizen } = from;
  for (const need of declaration.needs) if (view[need] instanceof Error) throw view[need];
  const keys = declaration.keys(view);
  if (declaration.to === 'Citizen') {
    const people = await Promise.all(
      keys.map((key) => findCitizen(operation, typeof key === 'string' ? [key] : key, 'LINK')),
    );
    return people.filter(
      (person) => person !== null && isMeant(person, { view, field: declaration.holders, sector: sector.id }),
    );
  }
  if (declaration.budget !== undefined && keys.length > 0 && !operation.spend(place, declaration.budget, keys.length)) {
    const message = `${sector.id}: ${place} may be asked for ${declaration.budget} times in one operation; ask for fewer at once`;
    throw new HubError('BUDGET_EXCEEDED', message, { sector: sector.id });
  }
  const entity = entityOf(sector, declaration.to);
  const reading = recordsOf(operation, entity, { by: declaration.by ?? '', keys });
  const { found, owner } = await withOwner(operation, reading, { owner: from.owner, field: declaration.holders });
  const isTheirs = { field: declaration.holders, sector: sector.id };
  const rows = citizen === null ? found : ownedBy(owner ?? citizen.identity, found, isTheirs);
  const records = recordsIn(entity, rows);
  // A part is withheld with the field that leads to it, unless anybody may read that.
  const isPart = declaration.part === true && isPersonal(operation.access.classOf(place).data);
  if (citizen === null && !isPart) {
    const judged = await Promise.all(records.map((one) => linkedRecord(operation, { link, entity, owner }, one)));
    return judged.map((one) => (one instanceof HubError ? one : picked(declaration, one)));
  }
  noteNamed(operation, link, rows, citizen?.identity.numbers);
  const own = records.map(({ record }) => record);
  if (owner !== undefined) for (const record of own) ownersOf(operation).set(record, owner);
  const { states } = declaration;
  if (states !== undefined && citizen !== null) {
    const stated = own.map((record) => record[states]);
    await rememberStated(operation, sector.id, { stated, known: citizen.identity.numbers });
  }
  return own.map((record) => picked(declaration, record));
}

function picked({ pick }: LinkDeclaration, record: Mapped): unknown {
  return pick === undefined ? record : (record[pick] ?? null);
}

/** What a system says of numbers being one person's. The answer does not wait on the hub's own store being well. */
async function rememberStated(
  operation: Operation,
  sector: string,
  { stated, known }: { stated: readonly unknown[]; known: readonly string[] },
): Promise<void> {
  for (const numbers of stated) {
    if (!Array.isArray(numbers) || numbers.length < 2) continue;
    // Nothing new is said of numbers that were joined already.
    if (numbers.every((number) => known.includes(number))) continue;
    const { numberPairs, now } = operation.registry;
    await numberPairs.remember(numbers, { sector, at: now() }).catch(() => undefined);
  }
}

async function recordsOf(
  operation: Operation,
  entity: Entity,
  ask: { by: string; keys: readonly Key[] },
): Promise<readonly Mapped[]> {
  const { by, keys } = ask;
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return (await operation.records(entity, by, only)) ?? [];
  const answers = await Promise.all(keys.map((key) => operation.records(entity, by, key)));
  return answers.flatMap((answer) => answer ?? []);
}

/** Whether the person found by the numbers of a record is the one the record is about. */
function isMeant(
  person: CitizenNode,
  { view, field, sector }: { view: Mapped; field: string | undefined; sector: string },
): boolean {
  if (field === undefined) return true;
  const stated = view[field];
  if (stated instanceof Error) throw stated;
  if (ownerOf(person.identity, (stated ?? []) as readonly RecordHolder[]) === 'own') return true;
  throw ambiguousRecord(sector);
}

type Remembered = ReadonlyMap<string, Promise<readonly string[]>>;

/**
 * Records, once they are read, and the person from whom the way led there, with who else is known by an old number that one of the
 * records states alone.
 */
async function withOwner(
  operation: Operation,
  reading: Promise<readonly Mapped[]>,
  { owner, field }: { owner: Identity | undefined; field: string | undefined },
): Promise<{ found: readonly Mapped[]; owner: Identity | undefined }> {
  if (owner === undefined || field === undefined) return { found: await reading, owner };
  const [found, remembered] = await Promise.all([reading, rememberedOf(operation, owner)]);
  const stated = holdersIn(found, field).map(({ personalNumbers }) => personalNumbers);
  return { found, owner: await withOtherBearers(owner, stated, (number) => remembered.get(number)) };
}

/**
 * Who else is remembered under the old numbers of a person, read while the systems are asked and once in an operation: everybody's
 * together, also of those who have none, since whoever waited for it alone would ask the next system apart from all others.
 */
function rememberedOf(operation: Operation, owner: Identity): Promise<Remembered> {
  // Stryker disable next-line StringLiteral: any word will do that nothing else is kept under
  const together = operation.once('who else is remembered', () =>
    createLoader(async (people: readonly Identity[]) => {
      const old = people.flatMap(({ numbers }) => numbers.filter((number) => !isTwelve(number)));
      const read = new Map(old.map((number) => [number, operation.pairedNumbers(number)]));
      // Where the store cannot say, only what needs its word fails.
      await Promise.allSettled(read.values());
      return people.map((): Remembered => read);
    }),
  );
  return operation.once(`who else is remembered beside ${owner.canonical}`, () => together(owner));
}

function ownedBy(
  owner: Identity,
  records: readonly Mapped[],
  { field, sector }: { field: string | undefined; sector: string },
): readonly Mapped[] {
  if (field === undefined) return records;
  try {
    return ownRecords(owner, records, (record) => {
      const stated = record[field];
      if (stated instanceof Error) throw stated;
      return (stated ?? []) as readonly RecordHolder[];
    });
  } catch (error) {
    throw error instanceof HubError && error.code === 'AMBIGUOUS' ? ambiguousRecord(sector) : error;
  }
}

/** Two people may have held the number by which a record was found, and the record does not say which of them it is. */
function ambiguousRecord(sector: string): HubError {
  const message = `${sector}: a record is filed under a nine-digit number of this person alone, and its name or birth date is another’s; nobody can tell whose it is`;
  return new HubError('AMBIGUOUS', message, { sector });
}

export interface Query {
  readonly sector: OpenSector;
  readonly name: string;
  readonly declaration: QueryDeclaration;
}

/**
 * Answers a field of Query that asks for one record of the sectors' own.
 *
 * @param how LINK where a record names it: then it takes no place in a visit
 */
export async function answerQuery(
  operation: Operation,
  queries: readonly Query[],
  args: Readonly<Record<string, unknown>>,
  how: 'IDENTIFIER' | 'LINK' = 'IDENTIFIER',
): Promise<Mapped | null> {
  const [name] = queries.map((query) => query.name);
  for (const [argument, value] of Object.entries(args)) {
    if (typeof value === 'string' && value.trim() === '') {
      throw new HubError('BAD_USER_INPUT', `${name}: ${argument} is empty`);
    }
  }
  const asks = queries.flatMap((query) => {
    const key = keyOf(query, args);
    return key === null ? [] : [{ query, entity: entityOf(query.sector, query.declaration.to), key }];
  });
  if (asks.length === 0) {
    throw new HubError(
      'BAD_USER_INPUT',
      `${name}: expected arguments that name one record; see the field's description`,
    );
  }
  const answers = await Promise.all(
    asks.map(async ({ query, entity, key }) => {
      const { by, holders, names } = query.declaration;
      const ask = { place: `Query.${query.name}`, entity, key, holders, names, how };
      return unlessForbidden(
        judgedRecord(operation, ask, async () => {
          const rows = (await operation.records(entity, by, key)) ?? [];
          const records = recordsIn(entity, rows).map(({ record }) => record);
          return { rows, records, several: records.length > 1 };
        }),
      );
    }),
  );
  // Each way has its own right to an answer. One that finds nothing is refused like one that finds another's: that counts
  // only where no way shows anything.
  const records = answers.flatMap((answer) => (answer instanceof HubError ? [] : answer));
  if (records.length > 1) throw severalFound(`Query.${name}`);
  const refused = answers.find((answer) => answer instanceof HubError);
  if (records.length === 0 && refused !== undefined) throw refused;
  return records[0] ?? null;
}

async function unlessForbidden<T>(answer: Promise<T>): Promise<T | HubError> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HubError && error.code === 'FORBIDDEN') return error;
    throw error;
  }
}

function keyOf(query: Query, args: Readonly<Record<string, unknown>>): Key | null {
  try {
    return query.declaration.key(args);
  } catch (error) {
    if (!(error instanceof FaultyValue)) throw error;
    throw new HubError('BAD_USER_INPUT', `${query.name}: ${error.message}`);
  }
}

function severalFound(place: string): HubError {
  return new HubError('AMBIGUOUS', `${place}: several records match where one is meant; give the further arguments`);
}

function isCitizen(parent: object): parent is CitizenNode {
  return 'identity' in parent && 'statements' in parent;
}
