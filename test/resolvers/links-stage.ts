import { type GraphQLResolveInfo, parse } from 'graphql';
import { beforeEach } from 'vitest';
import type { EntityDeclaration, LinkDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { OpenSector } from '../../core/open-sector.ts';
import { citizenNode, identityOf } from '../../resolvers/citizens.ts';
import type { Link } from '../../resolvers/links.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { openAccess } from '../support/open-access.ts';
import { openHouse, type Person, type System } from './small-house.ts';

export const HOA = '001085004213';
export const HOA_OLD = '011985421';
export const BINH = '001190000042';
export const NAME = 'Nguyễn Văn Hoà';
export const KNOWN: Person = { numbers: [HOA, HOA_OLD], name: NAME, birthDate: '1985-03-14' };

const PARCELS = Object.assign({} as EntityDeclaration['source'], { of: 'parcels' });
const DEBTS = Object.assign({} as EntityDeclaration['source'], { of: 'debts' });
const entity = (type: string, source: EntityDeclaration['source']) =>
  ({ type, source, identity: ['id'] }) as unknown as EntityDeclaration;
export const LAND = {
  id: 'land',
  declaration: { entities: { parcel: entity('LandParcel', PARCELS), debt: entity('TaxDebt', DEBTS) } },
  sources: new Map([
    [PARCELS, { source: {} }],
    [DEBTS, { source: {} }],
  ]),
} as unknown as OpenSector;

export const held = (numbers: readonly string[], fullName: string | null = null, birthDate: string | null = null) => [
  { personalNumbers: numbers, birthDate, fullName },
];
export const linkTo = (declared: Partial<LinkDeclaration> = {}, place = 'Citizen.parcels'): Link => ({
  ...{ sector: LAND, place },
  declaration: {
    ...{ to: 'parcel', by: 'owner', needs: [], list: true },
    keys: ({ personalNumbers }) => (personalNumbers ?? []) as readonly string[],
    ...declared,
  },
});

/** What a system holds under each key, what it was asked, whom it was noted to name, and what is remembered of numbers. */
interface Told {
  rows: Record<string, readonly Mapped[] | null | Error>;
  asked: string[];
  shown: string[];
  admitted: number[];
  remembered: unknown[];
  sought: unknown[];
  /** How people were asked for. */
  ways: Set<string>;
  storeFails: boolean;
}

const nothing = (): Told => ({
  ...{ rows: {}, asked: [], shown: [], admitted: [], remembered: [], sought: [], ways: new Set(), storeFails: false },
});
export const told: Told = nothing();
beforeEach(() => {
  Object.assign(told, nothing());
});

export function operationOf(systems: readonly Partial<System>[] = [{}], isPersonal = true): Operation {
  const people: readonly System[] = systems.map((one, rank) => ({
    ...{ sector: 'civil-status', name: `people ${rank}`, rank, people: [KNOWN] },
    ...one,
  }));
  const { registry } = openHouse(people);
  const numberPairs: typeof registry.numberPairs = {
    ...registry.numberPairs,
    remember: async (...given) => {
      told.remembered.push(given);
      if (told.storeFails) throw new Error('The store is away');
    },
  };
  const made = createOperation(
    { ...registry, numberPairs },
    {
      caller: { actor: 'test', requestId: 'test' },
      access: {
        ...openAccess(),
        askPerson: async (_, how) => {
          told.ways.add(how);
          return 'NONE';
        },
        judgePerson: (_, how) => void told.ways.add(how),
        classOf: () => ({ data: isPersonal ? 'PERSONAL' : 'PUBLIC', sector: 'land' }),
        judgeRecord: (_, __, { people: about }) => {
          if (about.some(({ personalNumbers }) => personalNumbers.includes(BINH))) throw FORBIDDEN;
        },
        shown: (number, relation) => void told.shown.push(`${number} ${relation}`),
        sought: (what) => {
          told.sought.push(what);
          return () => undefined;
        },
      },
      signal: new AbortController().signal,
    },
  );
  const { records } = made;
  const [definition] = parse('{ sectors { id } }').definitions;
  const info = { schema: buildSchema(registry, []), operation: definition, fragments: {} };
  made.begin(info as unknown as GraphQLResolveInfo);
  return Object.defineProperties(made, {
    admit: { value: (count: number) => void told.admitted.push(count) },
    records: {
      async value(...given: Parameters<typeof records>) {
        const [{ sector }, by, key] = given;
        if (sector !== 'land') return records(...given);
        told.asked.push(`${by} ${[key].flat().join('/')}`);
        const found = told.rows[[key].flat().join('/')] ?? null;
        if (found instanceof Error) throw found;
        return found;
      },
    },
  });
}

export const FORBIDDEN = new HubError('FORBIDDEN', 'There is nothing here that you may see.');

export const hoa = async (operation: Operation, numbers: readonly string[] = [HOA]) =>
  citizenNode(operation, await identityOf(operation, numbers));
export const idsOf = (found: unknown) =>
  (found as readonly Mapped[]).map((one) => (one instanceof HubError ? one.code : one.id));
export const parcel = (id: string, ...holders: readonly (readonly unknown[])[]): Mapped => ({
  id,
  heldBy: holders.flat(),
});
