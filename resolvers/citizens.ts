import { HubError } from '../core/errors.ts';
import { FaultyValue } from '../core/faulty-value.ts';
import { compareNames, foldName, nameMatcher } from '../core/names.ts';
import { compatible, type PartialDate } from '../core/partial-date.ts';
import { parsePersonalNumber } from '../core/personal-number.ts';
import {
  type Connection,
  distinctGaps,
  gapOf,
  type Order,
  type PageArguments,
  pageOf,
  type SectorGap,
} from './connection.ts';
import {
  type Identity,
  identify,
  identitySources,
  incomplete,
  isTwelve,
  mayMissNumbers,
  type Statement,
  statementOf,
} from './identity.ts';
import { type Operation, sourceError } from './operation.ts';
import { forbidden } from './refusals.ts';

/** What `Citizen` resolves from: values that GraphQL reads as they stand, and the identity for the links. */
export interface CitizenNode {
  readonly identity: Identity;
  /** Found by name and nothing else: what hangs on the person is not asked for. */
  readonly isMatch: boolean;
  readonly id: string | HubError;
  readonly personalNumbers: readonly string[] | HubError;
  readonly fullName: unknown;
  readonly birthDate: unknown;
  readonly gender: unknown;
  readonly statements: readonly Statement[] | HubError;
  readonly maskedNumber: string;
  readonly commune: unknown;
}

const ID_PURPOSE = 'citizen';

export function citizenNode(operation: Operation, identity: Identity): CitizenNode {
  const asked = operation.plan.fieldsOf('Citizen');
  const { statements, failures } = identity;
  const firstStated = (field: 'fullName' | 'birthDate' | 'gender' | 'commune') => {
    for (const one of statements) if (typeof one[field] === 'string') return one[field];
    return statements.find((one) => one[field] instanceof Error)?.[field] ?? null;
  };
  return {
    identity,
    isMatch: false,
    // Sealing costs more than all the rest of this; most lists of people do not show the id.
    id: asked.has('id') ? operation.registry.seal.seal(ID_PURPOSE, identity.canonical) : '',
    personalNumbers: mayMissNumbers(identity) ? incomplete(identity) : identity.numbers,
    // Blanks between the parts of a name are typing; `statements` show them as they were typed.
    fullName: withSingleBlanks(firstStated('fullName')),
    birthDate: firstStated('birthDate'),
    gender: firstStated('gender'),
    statements: failures.length > 0 ? incomplete(identity) : statements,
    maskedNumber: masked(identity.canonical),
    commune: firstStated('commune'),
  };
}

/** What a search by name tells of somebody, so that the one who stands at the counter can be told from others. */
function matchNode(operation: Operation, identity: Identity): CitizenNode {
  const whole = citizenNode(operation, identity);
  const { birthDate } = whole;
  const withheld = forbidden('record');
  return {
    ...whole,
    isMatch: true,
    ...{ id: withheld, personalNumbers: withheld, gender: withheld, statements: withheld },
    birthDate: typeof birthDate === 'string' ? birthDate.slice(0, 4) : birthDate,
  };
}

/** The first four digits and the last three; of an old number two and three. */
function masked(number: string): string {
  const shown = isTwelve(number) ? 4 : 2;
  return `${number.slice(0, shown)}${'•'.repeat(Math.max(0, number.length - shown - 3))}${number.slice(-3)}`;
}

/** @throws HubError FORBIDDEN for what hangs on a person who was only found by name */
export function demandWhole({ isMatch }: CitizenNode): void {
  if (isMatch) throw forbidden('record');
}

function withSingleBlanks(name: unknown): unknown {
  return typeof name === 'string' ? name.replace(/\s+/g, ' ') : name;
}

/** @throws HubError AMBIGUOUS */
export function identityOf(operation: Operation, numbers: readonly string[]): Promise<Identity> {
  return operation.once(`citizen ${numbers.join(' ')}`, () => identify(operation, numbers));
}

/**
 * The person with these numbers, once it is clear that the operation may ask for them.
 *
 * @param how IDENTIFIER: a number that the client gave; LINK: one that a record names
 * @returns null only when every system that knows people said no
 * @throws HubError IDENTIFIERS_INCOMPLETE or AMBIGUOUS; FORBIDDEN and its kind, the same whether or not there is such a person
 */
export async function findCitizen(
  operation: Operation,
  numbers: readonly string[],
  how: 'IDENTIFIER' | 'LINK',
): Promise<CitizenNode | null> {
  if (numbers.length === 0) return null;
  const relation = await operation.access.askPerson(numbers, how);
  const identity = await readIdentity(operation, numbers);
  if (identity === null) return null;
  operation.access.shown(identity.canonical, relation);
  return citizenNode(operation, identity);
}

async function readIdentity(operation: Operation, numbers: readonly string[]): Promise<Identity | null> {
  const identity = await identityOf(operation, numbers);
  // Asked by an old number alone, the person may yet turn out to be two, or to have another id.
  const isCertain = identity.asked.some(isTwelve) || !mayMissNumbers(identity);
  if (identity.statements.length > 0 && isCertain) {
    operation.admit(1);
    return identity;
  }
  if (identity.failures.length > 0 || identity.statements.length > 0) throw incomplete(identity);
  return null;
}

/** @throws HubError BAD_USER_INPUT for what is neither a personal number nor an id of this hub */
export function numberOfId(operation: Operation, id: string, argument = 'id'): string {
  const sealed = operation.registry.seal.open(ID_PURPOSE, id.trim());
  if (sealed !== null) return sealed;
  try {
    return parsePersonalNumber(id).number;
  } catch (error) {
    const came = error instanceof FaultyValue ? error.came : 'something else';
    throw new HubError(
      'BAD_USER_INPUT',
      `${argument}: expected a personal number of 12 or 9 digits or a Citizen.id, came ${came}`,
    );
  }
}

interface SearchArguments extends PageArguments {
  readonly name: string;
  readonly birthDate?: string | null;
}

/** A system that cannot compare names without diacritics brings more than was meant; only the exact ones count. */
const CANDIDATES_PER_HIT = 20;

const MOST_NAME = 200;

interface Hit {
  readonly statement: Statement;
  readonly numbers: readonly string[];
}

/** People found by name, over every system that can be searched. Bounded: a system that holds more says so as a gap. */
export async function searchCitizens(operation: Operation, args: SearchArguments): Promise<Connection<CitizenNode>> {
  const name = args.name.trim();
  if (name.replace(/[^\p{L}]/gu, '').length < 2) {
    throw new HubError('BAD_USER_INPUT', 'name: expected at least two letters');
  }
  operation.access.askSearch();
  const missing: SectorGap[] = [];
  const searchable = identitySources(operation.registry).filter(({ entity }) => entity.declaration.searchable);
  const found = await Promise.all(
    searchable.map(({ entity }) => searchOne(operation, { ...args, name, entity, missing })),
  );
  const hits = ownHits(operation, found.flat(), missing);
  const people = await Promise.all(
    groupHits(hits).map(async (numbers) => {
      try {
        const identity = await readIdentity(operation, numbers);
        return identity === null ? null : foundByName(operation, identity);
      } catch (error) {
        const hit = hits.find((one) => one.numbers.some((number) => numbers.includes(number)));
        const sector = hit?.statement.sector ?? '';
        missing.push(gapOf(sourceError(error, sector), sector));
        return null;
      }
    }),
  );
  for (const { statement, numbers } of hits) {
    const isListed = (number: string) =>
      people.some((one) => one?.identity.numbers.includes(number) && !one.identity.shared.has(number));
    // Under a nine-digit number alone it may be somebody else than the one who is listed with it.
    if (!numbers.some(isListed)) missing.push({ sector: statement.sector, code: 'AMBIGUOUS', retryable: false });
  }
  const once = new Map<string, CitizenNode>();
  for (const person of people) {
    if (person === null || operation.access.seesMatch(person.identity.numbers) === 'NOTHING') continue;
    operation.access.shown(person.identity.canonical, person.isMatch ? 'MATCH' : 'NAMED');
    once.set(person.identity.canonical, person);
    for (const failure of person.identity.failures) missing.push(gapOf(failure, ''));
  }
  // A cursor goes on in the search it came from and in no other.
  const order = { ...BY_NAME, name: `${BY_NAME.name}: ${foldName(name)} ${args.birthDate ?? ''}` };
  return pageOf([...once.values()], order, { ...args, seal: operation.registry.seal, missing: distinctGaps(missing) });
}

/** Whoever asks for themself learns nothing of others, not even that there were too many of them. */
function ownHits({ access: { ownNumber } }: Operation, hits: readonly Hit[], missing: SectorGap[]): readonly Hit[] {
  if (ownNumber === null) return hits;
  missing.splice(0, missing.length, ...missing.filter(({ retryable }) => retryable));
  return hits.filter(({ numbers }) => numbers.includes(ownNumber));
}

function foundByName(operation: Operation, identity: Identity): CitizenNode {
  return operation.access.seesMatch(identity.numbers) === 'WHOLE'
    ? citizenNode(operation, identity)
    : matchNode(operation, identity);
}

const BY_NAME: Order<CitizenNode, readonly [name: string, birthDate: string, canonical: string]> = {
  name: 'citizens by name',
  keyOf: ({ identity, fullName, birthDate }) => [textOf(fullName), textOf(birthDate), identity.canonical],
  compare: (left, right) =>
    compareNames(left[0], right[0]) || compareText(left[1], right[1]) || compareText(left[2], right[2]),
};

async function searchOne(
  operation: Operation,
  search: SearchArguments & { entity: ReturnType<typeof identitySources>[number]['entity']; missing: SectorGap[] },
): Promise<readonly Hit[]> {
  const { entity, name, birthDate, missing } = search;
  const { registry, plan, caller, signal, access } = operation;
  const { sector } = entity;
  const limit = registry.limits.searchHits;
  const mapper = plan.mapperOf(entity, 'search');
  const matches = nameMatcher(name);
  try {
    if (entity.source.search === undefined) return [];
    if (!operation.spend('calls', registry.limits.callsPerOperation)) {
      throw new HubError('BUDGET_EXCEEDED', 'no call is left for this search', { sector });
    }
    access.asked(sector);
    const criteria = { name, ...(birthDate != null && { birthDate }) };
    const answer = await entity.source.search(
      { entity: entity.name, criteria, fields: mapper.from, limit: limit * CANDIDATES_PER_HIT },
      { caller, signal },
    );
    const hits: Hit[] = [];
    for (const row of answer.rows) {
      const record = mapper.map(row);
      if (typeof record.fullName === 'string' && !matches(record.fullName)) continue;
      const fault = [record.fullName, record.birthDate, record.personalNumbers].find((one) => one instanceof HubError);
      if (fault instanceof HubError) {
        missing.push(gapOf(fault, sector));
        continue;
      }
      const statement = statementOf(operation, entity, record);
      if (typeof statement.fullName !== 'string') continue;
      if (birthDate != null && !sameDate(statement.birthDate, birthDate)) continue;
      const numbers = statement.personalNumbers instanceof HubError ? [] : statement.personalNumbers;
      if (numbers.length > 0) hits.push({ statement, numbers });
      else missing.push({ sector, code: 'NUMBER_MISSING', retryable: false });
    }
    if (answer.more || hits.length > limit) missing.push({ sector, code: 'SEARCH_TOO_BROAD', retryable: false });
    return hits.slice(0, limit);
  } catch (error) {
    missing.push(gapOf(sourceError(error, sector), sector));
    return [];
  }
}

/** Puts together what exact numbers say is one person. A nine-digit number never ties two twelve-digit ones. */
export function groupHits(hits: readonly Hit[]): readonly (readonly string[])[] {
  const byTwelve = new Map<string, Set<string>>();
  const onlyNine = new Set<string>();
  for (const { numbers } of hits) {
    const twelve = numbers.find(isTwelve);
    if (twelve === undefined) for (const number of numbers) onlyNine.add(number);
    else byTwelve.set(twelve, new Set([...(byTwelve.get(twelve) ?? [twelve]), ...numbers]));
  }
  const holdersOf = (nine: string) => [...byTwelve.values()].filter((numbers) => numbers.has(nine));
  const alone = [...onlyNine].filter((nine) => holdersOf(nine).length !== 1);
  return [...[...byTwelve.values()].map((numbers) => [...numbers]), ...alone.map((nine) => [nine])];
}

function sameDate(stated: unknown, wanted: string): boolean {
  return typeof stated === 'string' && compatible(stated as PartialDate, wanted as PartialDate);
}

function textOf(value: unknown): string {
  // Enough to order by; the rest would only make cursors longer.
  return typeof value === 'string' ? value.slice(0, MOST_NAME) : '';
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
