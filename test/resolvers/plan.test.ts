import { type GraphQLResolveInfo, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { EntityDeclaration, Field, LinkDeclaration, SectorDeclaration } from '../../core/declaration.ts';
import { entityOf, type OpenSector } from '../../core/open-sector.ts';
import { createSeal } from '../../core/seal.ts';
import type { WatchedSource } from '../../core/source.ts';
import { type Plan, planOf } from '../../resolvers/plan.ts';
import type { Registry } from '../../resolvers/registry.ts';
import { buildSchema } from '../../resolvers/schema.ts';

const source = { protocol: 'test', capabilities: unused, open: unused };
const column = (name: string): Field => ({ from: [`col_${name}`], read: (raw) => raw });
const columns = (...names: string[]) => Object.fromEntries(names.map((name) => [name, column(name)]));
const lookups = { number: { batchSize: 50, binding: null }, holder: { batchSize: 50, binding: null } };

const entity = (type: string, identity: string, ...others: string[]): EntityDeclaration => {
  return { source, type, identity: [identity], fields: columns(identity, ...others), lookups, binding: null };
};
const link = (to: string, needs: readonly string[], others: Partial<LinkDeclaration> = {}): LinkDeclaration => {
  return { to, by: 'number', needs, keys: () => [], list: true, ...others };
};
const declaration: SectorDeclaration = {
  title: 'Đất đai',
  settings: {},
  sources: { source },
  entities: {
    person: entity('Citizen', 'personalNumbers', 'fullName', 'birthDate', 'gender'),
    parcel: entity('LandParcel', 'id', 'sheet', 'area', 'parentCode', 'heldBy'),
    use: entity('LandUse', 'id', 'codes', 'term'),
  },
  queries: { landParcel: { to: 'parcel', by: 'number', key: () => '1' } },
  links: {
    'Citizen.landParcels': link('parcel', ['personalNumbers'], { by: 'holder', holders: 'heldBy' }),
    'LandParcel.uses': link('use', ['parentCode']),
    'LandUse.term': link('use', ['codes'], { pick: 'term', list: false }),
  },
  identity: [{ entity: 'person', by: 'number', rank: 1 }],
};
const SDL = `
extend type Query { landParcel(id: ID!): LandParcel }
extend type Citizen { landParcels: [LandParcel!] }
type LandParcel { sheet: String area: Decimal uses: [LandUse!] }
type LandUse { codes: [String!] term: String }`;

const open: WatchedSource = {
  read: unused,
  check: unused,
  close: unused,
  health: () => ({ status: 'UNKNOWN', lastSeenAt: null, latencyMs: null }),
};
const capabilities = { batchSizes: {}, search: false, protocol: 'test' };
const sector: OpenSector = {
  id: 'land',
  declaration,
  sources: new Map([[source, { name: 'db', source: open, capabilities }]]),
};
const registry: Registry = {
  sectors: [sector],
  catalogues: loadCatalogues(`${import.meta.dirname}/../../catalogues`),
  seal: createSeal(Buffer.alloc(32)),
  numberPairs: { of: async (numbers) => numbers.map(() => []), remember: async () => undefined },
  index: { views: unused, byNumbers: unused, page: unused, count: unused, history: unused, progress: unused },
  feed: { head: unused, wake: unused, open: unused, close: unused },
  captureStatus: { ways: unused },
  access: { open: unused, codesBelow: unused, visits: { minutes: 1, subjects: 1, hashOf: unused } },
  visits: {
    ...{ open: unused, read: unused, takePlace: unused, sameSubject: unused },
    ...{ close: unused, bind: unused, unexplained: unused },
  },
  audit: { find: unused, hashSubject: unused },
  now: () => 0,
  limits: { callsPerOperation: 1, recordsPerOperation: 1, searchHits: 1, indexStaleMs: 1 },
};
const schema = buildSchema(registry, [{ sector: 'land', sdl: SDL }]);

function unused(): never {
  throw new Error('A plan reads nothing');
}

function plan(query: string): Plan {
  const document = parse(query);
  const fragments = Object.fromEntries(
    document.definitions.flatMap((one) => (one.kind === 'FragmentDefinition' ? [[one.name.value, one]] : [])),
  );
  const operation = document.definitions.find((one) => one.kind === 'OperationDefinition') as OperationDefinitionNode;
  return planOf({ schema, operation, fragments } as unknown as GraphQLResolveInfo, [sector]);
}

function read(query: string, name: string, by = 'number'): readonly string[] {
  return plan(query)
    .mapperOf(entityOf(sector, name), by)
    .from.map((one) => one.replace('col_', ''))
    .sort();
}

describe('what is read of a record', () => {
  test('is what was asked for, and what tells it from others', () => {
    expect(read('{ landParcel(id: 1) { sheet } }', 'parcel')).toEqual(['id', 'sheet']);
  });

  test.each([
    ['an alias', '{ landParcel(id: 1) { karte: sheet } }'],
    ['a fragment', '{ landParcel(id: 1) { ...f } } fragment f on LandParcel { sheet }'],
    [
      'fragments in fragments',
      '{ landParcel(id: 1) { ...f } } fragment f on LandParcel { ...g } fragment g on LandParcel { sheet }',
    ],
    ['an inline fragment', '{ landParcel(id: 1) { ... on LandParcel { sheet } } }'],
    ['an inline fragment without a type', '{ landParcel(id: 1) { ... @include(if: true) { sheet } } }'],
    [
      'another place of the operation',
      '{ a: landParcel(id: 1) { __typename } citizen(id: "") { landParcels { sheet } } }',
    ],
  ])('is found behind %s', (_, query) => {
    expect(read(query, 'parcel')).toEqual(['id', 'sheet']);
  });

  test('is the same for a record asked for in two places, so that it is read once', () => {
    const query = '{ a: landParcel(id: 1) { sheet } b: landParcel(id: 1) { area } }';
    expect(read(query, 'parcel')).toEqual(['area', 'id', 'sheet']);
  });

  test('is what its links need, when they are followed and only then', () => {
    expect(read('{ landParcel(id: 1) { uses { codes } } }', 'parcel')).toEqual(['id', 'parentCode']);
    expect(read('{ landParcel(id: 1) { uses { codes } } }', 'use')).toEqual(['codes', 'id']);
  });

  test('is whose it is, when it is found by its holder, and not when it is found by its number', () => {
    const query = '{ citizen(id: "") { landParcels { sheet } } }';
    expect(read(query, 'parcel', 'holder')).toEqual(['heldBy', 'id', 'sheet']);
    expect(read(query, 'parcel', 'number')).toEqual(['id', 'sheet']);
  });

  test('is the field that a link picks', () => {
    expect(read('{ landParcel(id: 1) { uses { term } } }', 'use')).toEqual(['codes', 'id', 'term']);
  });
});

test('of people everything is read: what belongs together is decided by all of it', () => {
  expect(read('{ citizen(id: "") { id } }', 'person')).toEqual(['birthDate', 'fullName', 'gender', 'personalNumbers']);
});

test('a plan is worked out once for a document', () => {
  const document = parse('{ landParcel(id: 1) { sheet } }');
  const [operation] = document.definitions;
  const info = { schema, operation, fragments: {} } as unknown as GraphQLResolveInfo;
  expect(planOf(info, [sector])).toBe(planOf(info, [sector]));
  expect(plan('{ landParcel(id: 1) { sheet } }')).not.toBe(plan('{ landParcel(id: 1) { sheet } }'));
});

test('a type that nobody asked for has no fields', () => {
  expect(plan('{ landParcel(id: 1) { sheet } }').fieldsOf('Dossier').size).toBe(0);
});
