import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type GuardedProvince, openGuardedProvince, type Person, type Said } from './guarded-province.ts';
import { type Cell, readMatrix } from './matrix.ts';
import { fields, schema } from './whole-schema.ts';

/*
 * Every field of the schema is asked for, as every column of the matrix, of a hub with the demo's grants and of somebody
 * whom the asker's purpose is about. What is refused is refused at its own path, by the code that the matrix says; what may
 * be seen is not. A subscription is told of in subscriptions.test.ts.
 */
const matrix = readMatrix();
const HOA = '001085004213';

/** By an exact identifier each, so that an officer at the counter may ask for it too. */
interface Facts {
  readonly number: string;
  readonly dossier: string;
  readonly parcel: string | null;
  readonly certificate: string | null;
  readonly record: string | null;
  readonly business: string | null;
}

let province: GuardedProvince;
let facts: Facts;
let factsOfCommune: Facts;

beforeAll(async () => {
  province = await openGuardedProvince();
  const own = await province.ask(
    'citizen',
    '{ dossiers(first: 100) { nodes { code parties { role } results { title } } } }',
    {
      purpose: 'SELF',
    },
  );
  const told = own.data.dossiers.nodes.map(
    ({ code, parties, results }: { code: string; parties: unknown[] | null; results: unknown[] | null }) =>
      [code, Number((parties?.length ?? 0) > 0) * 2 + Number((results?.length ?? 0) > 0)] as const,
  );
  const [[richest]] = told.toSorted((left: [string, number], right: [string, number]) => right[1] - left[1]);
  facts = await factsOf('counter', HOA, richest);
  factsOfCommune = await somebodyOf('commune');
}, 180_000);

afterAll(() => province.close());

/** Somebody with a dossier at the officer's own commune. */
async function somebodyOf(who: Person): Promise<Facts> {
  const { nodes } = (await province.ask(who, '{ dossiers(first: 100) { nodes { code } } }')).data.dossiers;
  const { world } = province;
  for (let index = 0; index < world.counts.dossiers; index++) {
    const { code, applicant } = world.dossier(index);
    const number = applicant.person === undefined ? undefined : world.person(applicant.person).personalNumber;
    if (number !== undefined && nodes.some((one: { code: string }) => one.code === code)) {
      return factsOf(who, number, code);
    }
  }
  throw new Error(`${who} has no dossier of a person with a number`);
}

async function factsOf(who: Person, number: string, dossier: string): Promise<Facts> {
  const { data } = await province.ask(
    who,
    `{ citizen(id: "${number}") {
      landParcels { oldCommune sheet parcel } landCertificates { serial }
      civilStatusRecords { kind number book commune } businesses { code }
    } }`,
    { purpose: 'PROCESSING', dossier },
  );
  const { landParcels, landCertificates, civilStatusRecords, businesses } = data.citizen;
  const [parcel] = landParcels ?? [];
  const [record] = civilStatusRecords ?? [];
  const text = (value: unknown) => JSON.stringify(value);
  return {
    ...{ number, dossier },
    parcel: parcel
      ? `oldCommune: ${text(parcel.oldCommune)}, sheet: ${text(parcel.sheet)}, parcel: ${text(parcel.parcel)}`
      : null,
    certificate: landCertificates?.[0] ? `serial: ${text(landCertificates[0].serial)}` : null,
    record: record
      ? `kind: ${record.kind}, number: ${text(record.number)}, book: ${text(record.book)}, commune: ${text(record.commune)}`
      : null,
    business: businesses?.[0] ? `code: ${text(businesses[0].code)}` : null,
  };
}

/** What a field of Query or Mutation is asked with; null where there is nothing to ask for. */
function argumentsOf(place: string, known: Facts): string | null {
  const nothing = 'serial: "ZZ 000000"';
  const code = `code: "${known.dossier}"`;
  const given: Readonly<Record<string, string | null>> = {
    'Query.citizen': `id: "${known.number}"`,
    'Query.citizens': 'name: "Nguyễn Văn Hoà"',
    'Query.dossier': code,
    'Query.procedure': 'code: "1.004194"',
    'Query.agency': 'code: "H41.58"',
    'Query.landParcel': known.parcel ?? 'oldCommune: "00000", sheet: "0", parcel: "0"',
    'Query.landCertificate': known.certificate ?? nothing,
    'Query.civilStatusRecord': known.record ?? 'kind: BIRTH, number: "0", book: "0"',
    'Query.business': known.business ?? 'code: "0000000000"',
    'Query.accessLog': 'actor: "counter.hanh"',
    'Mutation.retryDelivery': code,
    'Mutation.setDeliveryMode': 'mode: OFF',
    'Mutation.closeVisit': 'id: "none"',
    'Mutation.bindVisit': `id: "none", dossier: "${known.dossier}"`,
  };
  return given[place] ?? null;
}

/** The fields that lead from Query to a type, by the shortest way and through what is asked for by identifier. */
function waysToTypes(): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>();
  const first = ['Query.citizen', 'Query.dossier', 'Query.business', 'Query.landParcel'];
  const rank = (place: string) => (first.includes(place) ? first.indexOf(place) : first.length);
  const waiting: { type: string; way: readonly string[] }[] = [{ type: 'Query', way: [] }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { type, way } = next;
    const leading = fields.filter((one) => one.type.name === type).toSorted((a, b) => rank(a.place) - rank(b.place));
    for (const { field, place } of leading) {
      const { name } = getNamedType(field.type);
      if (!isObjectType(schema.getType(name)) || ways.has(name)) continue;
      ways.set(name, [...way, place]);
      waiting.push({ type: name, way: [...way, place] });
    }
  }
  return ways;
}

const nameOf = (place: string) => place.split('.')[1] ?? '';

function selectionOf(place: string, known: Facts, inner: string): string {
  const given = argumentsOf(place, known);
  return `${nameOf(place)}${given === null ? '' : `(${given})`} ${inner}`;
}

/** All fields of a type at once, each of them no deeper than itself. */
function questionOf(type: GraphQLObjectType, way: readonly string[], known: Facts): string {
  const own = fields.filter((one) => one.type === type);
  const inner = own.map(({ field, place }) =>
    selectionOf(place, known, isObjectType(getNamedType(field.type)) ? '{ __typename }' : ''),
  );
  return way
    .toReversed()
    .reduce((text, place) => `{ ${selectionOf(place, known, text)} }`, `{ __typename ${inner.join(' ')} }`);
}

/** What stands at a path, in every element of the lists on the way. */
function standingAt(data: unknown, path: readonly string[]): readonly unknown[] {
  return path.reduce<readonly unknown[]>(
    (values, name) =>
      values.flatMap((value) => (value == null ? [] : [(value as Record<string, unknown>)[name]].flat(3))),
    [data],
  );
}

/** Codes of the refusals at a path, whatever the element of a list. */
function refusalsAt({ errors = [] }: Answer, path: readonly string[]): readonly Cell[] {
  return errors
    .filter(({ path: at = [] }) => at.filter((step) => typeof step === 'string').join('.') === path.join('.'))
    .flatMap(({ extensions: { code } }) =>
      code === 'FORBIDDEN' ? ['F' as const] : code === 'PURPOSE_REQUIRED' ? ['P' as const] : [],
    );
}

async function saidFor(who: Person, code: string | undefined, known: Facts): Promise<Said> {
  if (code === undefined) return {};
  if (code === 'PROCESSING') return { purpose: code, dossier: known.dossier };
  if (code !== 'RECEPTION') return { purpose: code };
  const visit: string = (await province.ask(who, 'mutation { openVisit { id } }')).data.openVisit.id;
  const said = { purpose: code, visit };
  await province.ask(
    who,
    `{ citizen(id: "${known.number}") { fullName } dossier(code: "${known.dossier}") { code } }`,
    said,
  );
  return said;
}

/** Where the data decides more narrowly than the class: read beside the cell, and never wider than it. */
const DECIDED_BY_DATA: Readonly<Record<string, readonly string[]>> = {
  // The log as a whole is nobody's own.
  'Query.accessLog': ['citizen SELF'],
  // The other people of a dossier are neither in the visit nor oneself.
  'DossierParty.citizen': ['counter RECEPTION', 'citizen SELF'],
};

interface Seen {
  /** What the matrix does not say. */
  readonly wrong: readonly string[];
  /** Fields that were there to be seen. */
  readonly reached: readonly string[];
}

async function askAll(column: string): Promise<Seen> {
  const [name = '', code] = column.split(' ');
  const who = name as Person;
  const known = who === 'commune' ? factsOfCommune : facts;
  const wrong: string[] = [];
  const reached: string[] = [];
  for (const [typeName, way] of [['Query', []] as const, ...waysToTypes()]) {
    const type = schema.getType(typeName) as GraphQLObjectType;
    const answer = await province.ask(who, questionOf(type, way, known), await saidFor(who, code, known));
    const stop = way.findIndex((place) => matrix.of(place, column) !== 'yes');
    const path = (stop === -1 ? way : way.slice(0, stop + 1)).map(nameOf);
    if (stop !== -1) {
      const expected = matrix.of(way[stop] ?? '', column);
      const parents = standingAt(answer.data, path.slice(0, -1)).filter((value) => value != null);
      const refusals = refusalsAt(answer, path);
      if (parents.length > 0 && !refusals.includes(expected))
        wrong.push(`${way[stop]}: not refused, ${answer.refused}`);
      continue;
    }
    const parents = standingAt(answer.data, path).filter((value) => value != null);
    for (const { place } of fields.filter((one) => one.type === type)) {
      if (parents.length === 0) continue;
      reached.push(place);
      const cell = matrix.of(place, column);
      const at = [...path, nameOf(place)];
      const refusals = refusalsAt(answer, at);
      const values = standingAt(answer.data, at);
      const isNarrowed = DECIDED_BY_DATA[place]?.includes(column) === true;
      if (cell !== 'yes' && (!refusals.includes(cell) || values.some((value) => value != null))) {
        wrong.push(`${place}: expected ${cell}, came ${refusals.join() || JSON.stringify(values).slice(0, 80)}`);
      }
      // Of several people in one answer, some may be nobody's business: all of them never are.
      const isWhollyRefused = refusals.length > 0 && values.every((value) => value == null);
      if (cell === 'yes' && isWhollyRefused !== isNarrowed) wrong.push(`${place}: expected a value, came ${refusals}`);
    }
  }
  return { wrong, reached };
}

describe('asked of a hub', () => {
  const everReached = new Set<string>();

  it.each(matrix.columns)(
    'every field answers %s as the matrix says',
    async (column) => {
      const { wrong, reached } = await askAll(column);
      for (const place of reached) everReached.add(place);
      expect(wrong).toEqual([]);
    },
    180_000,
  );

  it.each(matrix.columns)('every mutation answers %s as the matrix says', async (column) => {
    const [name = '', code] = column.split(' ');
    const who = name as Person;
    const mutations = fields.filter(({ type }) => type.name === 'Mutation');
    const inner = mutations.map(({ place }) => selectionOf(place, facts, '{ __typename }')).join(' ');
    const purpose =
      code === 'RECEPTION' || code === 'PROCESSING' ? {} : { ...(code !== undefined && { purpose: code }) };
    const answer = await province.ask(who, `mutation { ${inner} }`, purpose);
    const came = mutations.map(({ place }) => `${place} ${refusalsAt(answer, [nameOf(place)])[0] ?? 'yes'}`);
    expect(came).toEqual(mutations.map(({ place }) => `${place} ${matrix.of(place, column)}`));
  });

  it('hardly a field was not there to be asked for', () => {
    // Nothing is delivered, compared or logged in this province, and no visit is without a dossier.
    const empty = [
      'HeldDossier',
      'ShadowDifference',
      'AgencySync',
      'SectorSync',
      'Access',
      'SectorGap',
      'Visit',
      'CaptureFailure',
      'DeliveryModeSetting',
      'DeliveryState',
    ];
    const missed = fields
      .filter(
        ({ type, place }) =>
          !everReached.has(place) && !['Subscription', 'Mutation', 'DossierChanged', ...empty].includes(type.name),
      )
      .map(({ place }) => place);
    expect(missed).toEqual([]);
  });
});
