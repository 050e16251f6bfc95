import { execute, parse } from 'graphql';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { EntityDeclaration, Field, SectorDeclaration, SourceDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { createSeal } from '../../core/seal.ts';
import type { Answer, WatchedSource } from '../../core/source.ts';
import * as fields from '../../kit/fields.ts';
import { accessRulesOf } from '../../resolvers/access-rules.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import type { Registry } from '../../resolvers/registry.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { openAccess, openAccessParts } from '../support/open-access.ts';

/** A system of people, all in memory: each may be down, late, or hold what it likes. */
export interface System {
  readonly sector: string;
  /** Systems of one sector tell one another by it. */
  readonly name?: string;
  readonly rank: number;
  readonly people: readonly Person[];
  readonly down?: boolean;
  readonly delayMs?: number;
  /** Absent: the system cannot be searched. */
  readonly searchable?: boolean;
}

export interface Person {
  readonly numbers: readonly unknown[];
  readonly name?: unknown;
  readonly birthDate?: unknown;
  readonly gender?: string;
}

/** A sector that states dossiers; what it states is in the index. */
export interface DossierSystem {
  readonly sector: string;
  readonly role: 'reception' | 'course';
}

/** What a house has besides its systems of people. */
export interface HouseOptions {
  readonly dossiers?: readonly DossierSystem[];
  /** Numbers that a system once stated to be one person's. */
  readonly pairs?: readonly (readonly string[])[];
  /** Without one no dossier is known. */
  readonly index?: Registry['index'];
  readonly captureStatus?: Registry['captureStatus'];
  /** Without one there is no news. */
  readonly feed?: Registry['feed'];
  readonly limits?: Partial<Registry['limits']>;
  /** Without them nobody is received at the counter. */
  readonly visits?: Registry['visits'];
}

export interface SmallHouse {
  readonly registry: Registry;
  operation(): Operation;
  /** Every call a system got, as `sector.entity.lookup` and the keys. */
  readonly calls: { place: string; keys: readonly unknown[] }[];
  // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<{ data: any; errors: HubError[] }>;
}

export const NOW = Date.parse('2026-11-20T00:00:00+07:00');
export const seal = createSeal(Buffer.alloc(32, 7));
export const catalogues = loadCatalogues(`${import.meta.dirname}/../../catalogues`);
const plain = (from: string): Field => ({ from: [from], read: (raw) => raw ?? null });

const NO_DOSSIERS: Registry['index'] = {
  views: async (codes) => codes.map(() => []),
  byNumbers: async () => [],
  page: async () => ({ places: [], more: false }),
  count: async () => 0,
  history: async (codes) => codes.map(() => []),
  progress: async () => new Map(),
};

const NO_NEWS: Registry['feed'] = {
  head: () => 0,
  wake: () => undefined,
  open: async () => ({ next: async () => null, close: () => undefined }),
  close: async () => undefined,
};

const NO_VISITS: Registry['visits'] = {
  open: async () => Promise.reject(new Error('This house receives nobody')),
  read: async () => null,
  takePlace: async () => 'over',
  sameSubject: async () => undefined,
  close: async () => undefined,
  bind: async () => undefined,
  unexplained: async () => ({ visits: [], more: false }),
};

export function openHouse(systems: readonly System[], options: HouseOptions = {}): SmallHouse {
  const { dossiers = [], pairs = [], index = NO_DOSSIERS, feed = NO_NEWS } = options;
  const { captureStatus = { ways: async () => [] }, visits = NO_VISITS } = options;
  const calls: SmallHouse['calls'] = [];
  const ids = [...new Set([...systems, ...dossiers].map(({ sector }) => sector))];
  const sectors = ids.map((id) => openSector(id, { systems, dossiers, calls }));
  const limits = {
    ...{ callsPerOperation: 200, recordsPerOperation: 20_000, searchHits: 100, indexStaleMs: 60_000 },
    ...options.limits,
  };
  const numberPairs: Registry['numberPairs'] = {
    of: async (numbers) =>
      numbers.map((number) =>
        pairs.flatMap((pair) => (pair.includes(number) ? pair : [])).filter((one) => one !== number),
      ),
    remember: async () => undefined,
  };
  const now = () => NOW;
  const { audit, desk } = openAccessParts();
  const shared = { sectors, catalogues, seal, numberPairs, index, feed, captureStatus, audit, visits, now, limits };
  const rules = accessRulesOf([], []);
  const registry: Registry = { ...shared, access: desk(shared, rules) };
  const schema = buildSchema(registry, []);
  const operation = () =>
    createOperation(registry, {
      caller: { actor: 'test', requestId: 'test' },
      access: openAccess(),
      signal: new AbortController().signal,
    });
  return {
    registry,
    calls,
    operation,
    async ask(query, variables = {}) {
      const answer = await execute({
        schema,
        document: parse(query),
        contextValue: operation(),
        variableValues: variables,
      });
      return { data: answer.data, errors: (answer.errors ?? []).map((one) => one.originalError as HubError) };
    },
  };
}

function openSector(
  id: string,
  house: { systems: readonly System[]; dossiers: readonly DossierSystem[]; calls: SmallHouse['calls'] },
): OpenSector {
  const { calls } = house;
  const entities: Record<string, EntityDeclaration> = {};
  const sources = new Map<SourceDeclaration, OpenSector['sources'] extends ReadonlyMap<unknown, infer S> ? S : never>();
  const identity: SectorDeclaration['identity'][number][] = [];
  const add = (name: string, entity: Omit<EntityDeclaration, 'source' | 'binding'>, read: Read, search?: Search) => {
    const capabilities = { batchSizes: {}, search: search !== undefined, protocol: 'test' };
    const declaration: SourceDeclaration = { protocol: 'test', capabilities: () => capabilities, open: () => source };
    const source = sourceOf(read, search, (lookup, keys) => calls.push({ place: `${id}.${name}.${lookup}`, keys }));
    entities[name] = { ...entity, source: declaration, binding: null };
    sources.set(declaration, { name, source, capabilities });
  };
  for (const system of house.systems.filter(({ sector }) => sector === id)) {
    const name = system.name ?? 'person';
    identity.push({ entity: name, by: 'number', rank: system.rank });
    add(name, PERSON(system), ...answersOf(system));
  }
  const held = house.dossiers.find(({ sector }) => sector === id);
  const declaration: SectorDeclaration = {
    title: id,
    settings: {},
    sources: {},
    entities,
    queries: {},
    links: {},
    identity,
    dossiers: held && {
      ...{ entity: 'dossier', role: held.role, byCode: 'code' },
      changes: { poll: { way: 'poll', capability: POLLED } },
    },
  };
  return { id, declaration, sources };
}

type Read = (lookup: string, keys: readonly string[]) => Promise<readonly Answer[]>;
type Search = NonNullable<WatchedSource['search']>;

function sourceOf(read: Read, search: Search | undefined, note: (lookup: string, keys: readonly unknown[]) => void) {
  const source: WatchedSource = {
    read({ lookup, keys }) {
      note(lookup, keys);
      return read(lookup, keys as readonly string[]);
    },
    ...(search && { search }),
    check: async () => undefined,
    close: async () => undefined,
    health: () => ({ status: 'UP', lastSeenAt: NOW, latencyMs: 1 }),
  };
  return source;
}

const lookup = { batchSize: 50, binding: null };

const PERSON = ({ searchable = false }: System): Omit<EntityDeclaration, 'source' | 'binding'> => ({
  type: 'Citizen',
  identity: ['personalNumbers', 'fullName', 'birthDate'],
  searchable,
  fields: {
    personalNumbers: fields.personalNumbers(['numbers']),
    fullName: fields.text('name'),
    birthDate: fields.partialDate('birthDate', ['yyyy-MM-dd', 'yyyy-MM', 'yyyy']),
    gender: plain('gender'),
  },
  lookups: { number: lookup },
});

const POLLED = { deletes: true, order: false, intermediate: false, initial: true, lateCommits: true };

function answersOf({ people, down: isDown, delayMs, searchable }: System): [Read, Search | undefined] {
  const wait = () => (delayMs === undefined ? undefined : new Promise((resolve) => setTimeout(resolve, delayMs)));
  const rows = people.map((person) => ({ ...person }));
  // The system finds a person by a number it holds, even where another of the numbers cannot be read.
  const heldBy = (row: (typeof rows)[number], key: string) => row.numbers.includes(key);
  const read: Read = async (_, keys) => {
    await wait();
    if (isDown) throw down();
    return keys.map((key) => rows.filter((row) => heldBy(row, key)));
  };
  const search: Search = async ({ limit }) => {
    await wait();
    if (isDown) throw down();
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  };
  return [read, searchable ? search : undefined];
}

function down(): HubError {
  return new HubError('SOURCE_UNAVAILABLE', 'no answer');
}
