import { isTwelve } from '../core/access/bearers.ts';
import { HubError } from '../core/errors.ts';
import { compareNames, foldName, nameMatcher } from '../core/names.ts';
import { compatible, type PartialDate } from '../core/partial-date.ts';
import type { OperationAccess } from './access.ts';
import { type CitizenNode, citizenNode, matchNode, readIdentity } from './citizens.ts';
import {
  type Connection,
  distinctGaps,
  gapOf,
  type Order,
  type PageArguments,
  pageOf,
  type SectorGap,
} from './connection.ts';
import { type Identity, identitySources, type Statement, statementOf } from './identity.ts';
import { type Operation, sourceError } from './operation.ts';
import { bearersOf } from './same-person.ts';

interface SearchArguments extends PageArguments {
  readonly name: string;
  readonly birthDate?: string | null;
}

/** A system that cannot compare names without diacritics brings more than was meant; only the exact ones count. */
const CANDIDATES_PER_HIT = 20;

const MOST_NAME = 200;
const YEAR_DIGITS = 4;

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
  operation.access.sought({ what: 'NAME' });
  const missing: SectorGap[] = [];
  const searchable = identitySources(operation.registry).filter(({ entity }) => entity.declaration.searchable);
  const found = await Promise.all(
    searchable.map(({ entity }) => searchOne(operation, { ...args, name, entity, missing })),
  );
  const hits = ownHits(operation, found.flat(), missing);
  const unread = new Map<string, unknown>();
  const people = await Promise.all(
    groupHits(hits).map(async (numbers) => {
      try {
        const identity = await readIdentity(operation, numbers);
        return identity === null ? null : foundByName(operation, identity);
      } catch (error) {
        for (const number of numbers) unread.set(number, error);
        return null;
      }
    }),
  );
  for (const { statement, numbers } of hits) {
    if (people.some((one) => one !== null && isCertainly(one, numbers))) continue;
    const why = numbers.find((number) => unread.has(number));
    const { sector } = statement;
    // Under a nine-digit number alone it may be somebody else than the one who is listed with it.
    if (why === undefined) missing.push({ sector, code: 'AMBIGUOUS', retryable: false });
    else missing.push(gapOf(sourceError(unread.get(why), sector), sector));
  }
  const once = new Map<string, CitizenNode>();
  for (const person of people) {
    if (person === null) continue;
    // Stryker disable next-line ConditionalExpression,StringLiteral: the second net; whose hits these are `ownHits` has seen to
    if (howSeen(operation, person.identity) === 'NOTHING') continue;
    if (!person.isMatch && !isBorn(person, hits, args.birthDate)) continue;
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

/** By an old number that two people bear, either would be shown for the other. */
function howSeen({ access }: Operation, identity: Identity): ReturnType<OperationAccess['seesMatch']> {
  return access.seesMatch(bearersOf(identity, access.purpose));
}

function foundByName(operation: Operation, identity: Identity): CitizenNode {
  return howSeen(operation, identity) === 'WHOLE' ? citizenNode(operation, identity) : matchNode(operation, identity);
}

/** By a number that nobody else is known to bear. */
function isCertainly({ identity }: CitizenNode, numbers: readonly string[]): boolean {
  return numbers.some((number) => identity.numbers.includes(number) && !identity.shared.has(number));
}

/** Of whoever may be seen whole the whole date counts, as some system under that name has it. */
function isBorn(person: CitizenNode, hits: readonly Hit[], wanted: string | null | undefined): boolean {
  if (wanted == null) return true;
  return hits.some(({ statement, numbers }) => sameDate(statement.birthDate, wanted) && isCertainly(person, numbers));
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
  const { entity, name, missing } = search;
  // Of who is found by name no more than the year is shown: whether day and month are right must not be told either.
  const year = search.birthDate?.slice(0, YEAR_DIGITS);
  const { registry, plan, caller, signal, access } = operation;
  const { sector } = entity;
  const limit = registry.limits.searchHits;
  const mapper = plan.mapperOf(entity, 'search');
  const matches = nameMatcher(name);
  try {
    if (entity.source.search === undefined) return [];
    if (!operation.spend('calls', registry.limits.callsPerOperation)) {
      throw new HubError('BUDGET_EXCEEDED', 'no call is left for this search');
    }
    access.asked(sector);
    const criteria = { name, ...(year != null && { birthDate: year }) };
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
      if (year != null && !sameDate(statement.birthDate, year)) continue;
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
