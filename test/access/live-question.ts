import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';
import type { Answer } from './guarded-province.ts';
import type { Cell } from './matrix.ts';
import { fields, type PlacedField, schema } from './whole-schema.ts';

/** By an exact identifier each, so that an officer at the counter may ask for it too. */
export interface Facts {
  readonly number: string;
  readonly dossier: string;
  readonly parcel: string | null;
  readonly certificate: string | null;
  readonly record: string | null;
  readonly business: string | null;
  /** A visit of which nothing has come, by the officer's own hand. */
  readonly visit: string;
}

/** What a field of Query or Mutation is asked with; null where there is nothing to ask for. */
function argumentsOf(place: string, known: Facts): string | null {
  const code = `code: "${known.dossier}"`;
  const given: Readonly<Record<string, string | null>> = {
    'Query.citizen': `id: "${known.number}"`,
    'Query.citizens': 'name: "Nguyễn Văn Hoà"',
    'Query.dossier': code,
    'Query.procedure': 'code: "1.004194"',
    'Query.agency': 'code: "H41.58"',
    'Query.landParcel': known.parcel ?? 'oldCommune: "00000", sheet: "0", parcel: "0"',
    'Query.landCertificate': known.certificate ?? 'serial: "ZZ 000000"',
    'Query.civilStatusRecord': known.record ?? 'kind: BIRTH, number: "0", book: "0"',
    'Query.business': known.business ?? 'code: "0000000000"',
    'Query.accessLog': 'actor: "counter.hanh"',
    'Mutation.retryDelivery': code,
    'Mutation.setDeliveryMode': 'agency: "H41.58", procedure: "1.004194", mode: OFF',
    'Mutation.closeVisit': `id: "${known.visit}"`,
    'Mutation.bindVisit': `id: "${known.visit}", dossier: "${known.dossier}"`,
  };
  return given[place] ?? null;
}

/** The first ways to go on: through what is asked for by identifier. */
const FIRST = ['Query.citizen', 'Query.dossier', 'Query.business', 'Query.landParcel', 'Mutation.openVisit'];
const rankOf = (place: string) => (FIRST.includes(place) ? FIRST.indexOf(place) : FIRST.length);

/**
 * The fields that lead from Query, or else from Mutation, to each type, by the shortest way; where every way is refused, one of
 * those.
 */
export function waysToTypes(isOpen: (place: string) => boolean): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>();
  for (const isTaken of [isOpen, () => true]) {
    for (const root of ['Query', 'Mutation']) follow(ways, root, isTaken);
  }
  return ways;
}

function follow(ways: Map<string, readonly string[]>, root: string, isTaken: (place: string) => boolean): void {
  const seen = new Set([root]);
  const waiting: { type: string; way: readonly string[] }[] = [{ type: root, way: [] }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { type, way } = next;
    for (const { field, place } of fieldsOf(type).toSorted((a, b) => rankOf(a.place) - rankOf(b.place))) {
      const { name } = getNamedType(field.type);
      if (!isObjectType(schema.getType(name)) || seen.has(name) || !isTaken(place)) continue;
      seen.add(name);
      if (!ways.has(name)) ways.set(name, [...way, place]);
      waiting.push({ type: name, way: ways.get(name) ?? [] });
    }
  }
}

export function fieldsOf(type: string): readonly PlacedField[] {
  return fields.filter((one) => one.type.name === type);
}

export const nameOf = (place: string): string => place.split('.')[1] ?? '';

export function selectionOf(place: string, known: Facts, inner: string): string {
  const given = argumentsOf(place, known);
  return `${nameOf(place)}${given === null ? '' : `(${given})`} ${inner}`;
}

/** All fields of a type at once, each of them no deeper than itself. */
export function questionOf(type: GraphQLObjectType, way: readonly string[], known: Facts): string {
  const inner = fieldsOf(type.name).map(({ field, place }) =>
    selectionOf(place, known, isObjectType(getNamedType(field.type)) ? '{ __typename }' : ''),
  );
  const question = way
    .toReversed()
    .reduce((text, place) => `{ ${selectionOf(place, known, text)} }`, `{ __typename ${inner.join(' ')} }`);
  return way[0]?.startsWith('Mutation.') ? `mutation ${question}` : question;
}

/** What stands at a path, in every element of the lists on the way. */
export function standingAt(data: unknown, path: readonly string[]): readonly unknown[] {
  return path.reduce<readonly unknown[]>(
    (values, name) =>
      values.flatMap((value) => (value == null ? [] : [(value as Record<string, unknown>)[name]].flat(3))),
    [data],
  );
}

/** Codes of the refusals at a path, whatever the element of a list. */
export function refusalsAt({ errors = [] }: Pick<Answer, 'errors'>, path: readonly string[]): readonly Cell[] {
  return errors
    .filter(({ path: at = [] }) => at.filter((step) => typeof step === 'string').join('.') === path.join('.'))
    .flatMap(({ extensions: { code } }) =>
      code === 'FORBIDDEN' ? ['F' as const] : code === 'PURPOSE_REQUIRED' ? ['P' as const] : [],
    );
}
