import { isTwelve } from '../core/access/bearers.ts';
import { HubError } from '../core/errors.ts';
import type { Mapped } from '../core/mapping.ts';
import { type Entity, entityOf } from '../core/open-sector.ts';
import { personalNumberFacts } from '../core/personal-number.ts';
import type { Operation } from './operation.ts';
import { sourceError } from './operation.ts';
import type { Registry } from './registry.ts';
import { joinStatements } from './same-person.ts';

/**
 * Who a person is: the numbers that belong together, and what each system says. Joined by exact identifiers alone. One
 * wave of questions, all systems at once; what a system's answer adds is not asked again.
 */
export interface Identity {
  /** The numbers that were asked for. */
  readonly asked: readonly string[];
  /** 12-digit numbers first; all that the systems' answers tie to the number that was asked. */
  readonly numbers: readonly string[];
  /** The number the hub's id is made of: the 12-digit one where it is known. */
  readonly canonical: string;
  readonly statements: readonly Statement[];
  /** Systems that could not be asked. */
  readonly failures: readonly HubError[];
  /** Numbers that a system states and that cannot be read. */
  readonly unreadable: readonly HubError[];
  /** Nine-digit numbers that someone else is known to have held too. */
  readonly shared: ReadonlySet<string>;
}

export interface Statement {
  readonly sector: string;
  /** A HubError where they cannot be read: then the statement joins nobody. */
  readonly personalNumbers: readonly string[] | HubError;
  readonly fullName: unknown;
  readonly birthDate: unknown;
  readonly gender: unknown;
  /** Where the person lives, as far as a search by name may tell. */
  readonly commune?: unknown;
  readonly asOf: unknown;
}

export interface IdentitySource {
  readonly entity: Entity;
  readonly by: string;
}

const sourcesOf = new WeakMap<Registry, readonly IdentitySource[]>();

/** Everything that states who people are, in the declared order. */
export function identitySources(registry: Registry): readonly IdentitySource[] {
  let sources = sourcesOf.get(registry);
  if (sources === undefined) {
    sources = registry.sectors
      .flatMap((sector) => sector.declaration.identity.map((identity) => ({ sector, identity })))
      .sort((left, right) => left.identity.rank - right.identity.rank)
      .map(({ sector, identity }) => ({ entity: entityOf(sector, identity.entity), by: identity.by }));
    sourcesOf.set(registry, sources);
  }
  return sources;
}

/** @throws HubError AMBIGUOUS when the numbers asked belong to two people */
export async function identify(operation: Operation, given: readonly string[]): Promise<Identity> {
  const failures: HubError[] = [];
  const { paired, shared } = await pairedNumbers(operation, given, failures);
  const asked = paired.length === 0 ? given : [...new Set([...given, ...paired])];
  const stated = await Promise.all(
    identitySources(operation.registry).map(async ({ entity, by }) => {
      const own: Statement[] = [];
      const answers = await Promise.all(
        asked.map((number) =>
          operation.records(entity, by, number).catch((error: unknown) => sourceError(error, entity.sector)),
        ),
      );
      for (const answer of answers) {
        if (answer instanceof HubError) failures.push(answer);
        else for (const record of answer ?? []) own.push(statementOf(operation, entity, record));
      }
      return own;
    }),
  );
  return joinStatements(given, distinct(stated.flat()), { failures: onePerSector(failures), paired, shared });
}

/**
 * What the hub remembers of the numbers. Its own store out of reach is one more place that could not be asked. Who is asked for by
 * both kinds is the one of the 12 digits: whoever else is remembered under the old number is somebody else, who held it too.
 */
async function pairedNumbers(
  operation: Operation,
  given: readonly string[],
  failures: HubError[],
): Promise<{ readonly paired: readonly string[]; readonly shared: readonly string[] }> {
  const paired: string[] = [];
  const shared: string[] = [];
  const isByTwelve = given.some(isTwelve);
  const remembered = Promise.all(given.map((number) => operation.pairedNumbers(number)));
  const pairs = await remembered.catch((error: unknown) => {
    failures.push(sourceError(error, 'hub'));
    return [];
  });
  for (const [place, others] of pairs.entries()) {
    const number = given[place] as string;
    const isOpen = !isByTwelve || isTwelve(number);
    const theirs = isOpen ? others : others.filter((other) => !isTwelve(other) || given.includes(other));
    paired.push(...theirs);
    if (theirs.length < others.length) shared.push(number);
  }
  return { paired, shared };
}

/** Statements of one sector that say the same are one, in the place of the first. */
function distinct(statements: readonly Statement[]): readonly Statement[] {
  if (new Set(statements.map(({ sector }) => sector)).size === statements.length) return statements;
  const once = new Map<string, Statement>();
  for (const one of statements) {
    const key = JSON.stringify([one.sector, one.personalNumbers, String(one.fullName), String(one.birthDate)]);
    if (!once.has(key)) once.set(key, one);
  }
  return [...once.values()];
}

function onePerSector(failures: readonly HubError[]): readonly HubError[] {
  return [...new Map(failures.map((failure) => [failure.sector, failure])).values()];
}

export function statementOf(operation: Operation, entity: Entity, record: Mapped): Statement {
  const { personalNumbers } = record;
  return {
    sector: entity.sector,
    personalNumbers: personalNumbers instanceof HubError ? personalNumbers : ((personalNumbers ?? []) as string[]),
    fullName: record.fullName ?? null,
    birthDate: record.birthDate ?? null,
    gender: record.gender ?? null,
    commune: record.commune ?? null,
    asOf: record.asOf ?? operation.registry.now(),
  };
}

/**
 * Whether a system that could not be asked may know a number that is not known here. Not when an old and a new number
 * are both known already, nor for people too young to have been given a nine-digit one: those were given from the age
 * of 14, and no more after 2021. Asked by a nine-digit number it always may: the system may know of somebody else who
 * held it.
 */
export function mayMissNumbers(identity: Identity): boolean {
  if (identity.failures.length === 0 && identity.unreadable.length === 0) return false;
  const twelve = identity.asked.find(isTwelve);
  if (twelve === undefined) return true;
  return !identity.numbers.some((number) => !isTwelve(number)) && personalNumberFacts(twelve).birthYear < 2008;
}

export function incomplete(identity: Pick<Identity, 'failures' | 'unreadable'>): HubError {
  const failures = [...identity.failures, ...identity.unreadable];
  const [failure] = failures;
  const spent = failures.find(({ code }) => code === 'BUDGET_EXCEEDED');
  if (spent !== undefined) return spent;
  const sectors = failures.map(({ sector }) => sector).join(', ');
  const message = `Further numbers of this person may be known to ${sectors}, which could not be asked or read (${failure?.code})`;
  return new HubError('IDENTIFIERS_INCOMPLETE', message, {
    sector: failure?.sector,
    retryable: failures.some(({ retryable }) => retryable),
    cause: failure,
  });
}
