import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bearerOf, numbersOf as numbersIn } from '../../core/access/bearers.ts';
import { createCan } from '../../core/access/can.ts';
import {
  ACTIONS,
  type Actor,
  DATA_CLASSES,
  type DossierFacts,
  type Grant,
  PURPOSES,
  type Resource,
  type Role,
  type StatedPurpose,
} from '../../core/access.ts';
import { AGENCIES, BINH, HOA, STRANGER, tree } from './stage.ts';

const SECTORS = ['hub', 'land', 'civil-status'];
const CLIENTS = ['desk', 'app'];
/** Few, so that grants and questions meet. */
const ASKING: readonly Role[] = ['counter', 'citizen', 'portal'];
const NUMBERS = [HOA, BINH, STRANGER];
const KEYS = ['land:landParcel:1/2/3', 'land:landParcel:1/2/4'];
const CODES = ['H41.58.01-261119-0007', 'H41.50.01-261119-0001'];

const some = <T>(of: readonly T[], least = 0) => fc.subarray([...of], { minLength: least });
const one = <T>(...of: readonly T[]) => fc.constantFrom(...of);

const grants: fc.Arbitrary<Grant> = fc
  .record({
    who: fc.oneof(fc.record({ role: one(...ASKING) }), fc.record({ client: one(...CLIENTS) })),
    actions: some(ACTIONS, 2),
    sectors: fc.oneof(fc.constant(['*']), some(SECTORS, 1)),
    data: some(DATA_CLASSES, 3),
    units: fc.oneof(one<'own' | 'all'>('own', 'all'), some(AGENCIES, 1)),
    purposes: some(PURPOSES, 2),
  })
  .map(({ who, ...rest }) => ({ name: 'a grant', ...who, ...rest }));

const actors: fc.Arbitrary<Actor> = fc.record({
  id: fc.constant('somebody'),
  role: one(...ASKING),
  client: one(...CLIENTS, 'other'),
  delegated: fc.boolean(),
  unit: one(null, ...AGENCIES),
  personalNumber: one(null, HOA, BINH),
  expiresAt: fc.constant(0),
});

const dossiers: fc.Arbitrary<DossierFacts> = fc.record({
  code: one(...CODES),
  units: some(AGENCIES),
  people: some(NUMBERS).map((one) => one.map((number) => bearerOf([number]))),
});

const purposes: fc.Arbitrary<StatedPurpose> = fc.record({
  code: one(null, ...PURPOSES),
  dossier: fc.option(dossiers),
  visit: fc.option(
    some([...NUMBERS, ...KEYS, ...CODES.map((code) => `dossier:${code}`)]).map((subjects) => ({
      id: 'visit',
      subjects: new Set(subjects),
    })),
  ),
});

const data = one(...DATA_CLASSES);
const sector = one(...SECTORS);
const people = some(NUMBERS).map((numbers) => [bearerOf(numbers)]);
const resources: fc.Arbitrary<Resource> = fc.oneof(
  fc.record({ kind: fc.constant('field' as const), sector, data }),
  fc.record({ kind: fc.constant('person' as const), sector, data, people }),
  fc.record({ kind: fc.constant('record' as const), sector, data, people, key: one(null, ...KEYS) }),
  fc.record({ kind: fc.constant('dossier' as const), data, dossier: dossiers }),
  fc.record({ kind: fc.constant('hub' as const), data, unit: one(null, ...AGENCIES) }),
);

const questions = fc.record({
  held: fc.array(grants, { minLength: 2, maxLength: 8 }),
  actor: actors,
  action: one(...ACTIONS),
  resource: resources,
  purpose: purposes,
});

type Question = typeof questions extends fc.Arbitrary<infer T> ? T : never;

function isAllowed({ held, actor, action, resource, purpose }: Question): boolean {
  return createCan({ grants: held, units: tree })(actor, action, resource, purpose).allowed;
}

/** Holds of every question; how many were allowed says whether anything was tried. */
function always(holds: (question: Question) => void): void {
  let allowed = 0;
  fc.assert(
    fc.property(questions, (question) => {
      if (isAllowed(question)) allowed += 1;
      holds(question);
    }),
    { numRuns: 4_000, seed: 41 },
  );
  expect(allowed).toBeGreaterThan(300);
}

const isPersonal = ({ resource }: Question) => resource.data === 'PERSONAL' || resource.data === 'SENSITIVE';

function numbersOf(resource: Resource): readonly string[] {
  if (resource.kind === 'dossier') return numbersIn(resource.dossier.people);
  return resource.kind === 'person' || resource.kind === 'record' ? numbersIn(resource.people) : [];
}

describe('whatever is granted and asked', () => {
  it('nothing is allowed without a grant of the role or the client', () => {
    always((question) => {
      const held = question.held.filter(
        ({ role, client }) => role !== question.actor.role && client !== question.actor.client,
      );
      expect(isAllowed({ ...question, held })).toBe(false);
    });
  });

  it('nobody sees personal data without a purpose, nor for supervision or audit', () => {
    always((question) => {
      if (!isPersonal(question)) return;
      const { code } = question.purpose;
      if (code === null || code === 'SUPERVISION' || code === 'AUDIT') expect(isAllowed(question)).toBe(false);
    });
  });

  it('nobody sees a person outside what their purpose is believed by', () => {
    always((question) => {
      const { resource, purpose, actor } = question;
      if (!isPersonal(question) || resource.kind === 'field' || !isAllowed(question)) return;
      const key =
        resource.kind === 'record'
          ? resource.key
          : resource.kind === 'dossier'
            ? `dossier:${resource.dossier.code}`
            : null;
      const believed: Partial<Record<string, boolean>> = {
        SELF: numbersOf(resource).some((number) => number === actor.personalNumber),
        PROCESSING:
          resource.kind === 'dossier'
            ? resource.dossier.code === purpose.dossier?.code
            : numbersOf(resource).some((number) => numbersIn(purpose.dossier?.people ?? []).includes(number)),
        RECEPTION: [...numbersOf(resource), key].some((word) => word !== null && purpose.visit?.subjects.has(word)),
      };
      expect(believed[purpose.code ?? '']).toBe(true);
    });
  });

  it('a grant more to the role takes nothing away', () => {
    fc.assert(
      fc.property(questions, grants, (question, more) => {
        if (more.client !== undefined || !isAllowed(question)) return;
        expect(isAllowed({ ...question, held: [...question.held, more] })).toBe(true);
      }),
      { numRuns: 4_000, seed: 41 },
    );
  });

  it('a grant to the client of a person opens nothing', () => {
    fc.assert(
      fc.property(questions, grants, (question, more) => {
        const { role } = question.actor;
        if (more.client === undefined || role === 'app' || role === 'portal') return;
        // A client that was named before may be named again; what its role has not, it never gets.
        const ofRoles = question.held.filter(({ client }) => client === undefined);
        if (!isAllowed({ ...question, held: ofRoles })) {
          expect(isAllowed({ ...question, held: [...ofRoles, more] })).toBe(false);
        }
      }),
      { numRuns: 4_000, seed: 41 },
    );
  });

  it('less evidence opens nothing', () => {
    always((question) => {
      if (isAllowed(question)) return;
      for (const less of [{ dossier: null }, { visit: null }, { dossier: null, visit: null }]) {
        expect(isAllowed({ ...question, purpose: { ...question.purpose, ...less } })).toBe(false);
      }
    });
  });

  it('what is public to somebody is so in every unit, for every purpose', () => {
    always((question) => {
      if (question.resource.data !== 'PUBLIC') return;
      const before = isAllowed(question);
      const elsewhere = { ...question.actor, unit: null };
      const purpose = { code: null, dossier: null, visit: null };
      expect(isAllowed({ ...question, actor: elsewhere, purpose })).toBe(before);
    });
  });

  it('the order of grants, and of what they list, means nothing', () => {
    always((question) => {
      const turned = question.held.toReversed().map((grant) => ({
        ...grant,
        sectors: grant.sectors.toReversed(),
        data: grant.data.toReversed(),
        purposes: grant.purposes.toReversed(),
        units: typeof grant.units === 'string' ? grant.units : grant.units.toReversed(),
      }));
      expect(isAllowed({ ...question, held: turned })).toBe(isAllowed(question));
    });
  });

  it('a dossier of no unit within reach is seen by nobody but whose own it is', () => {
    always((question) => {
      const { resource, purpose } = question;
      if (
        resource.kind !== 'dossier' ||
        resource.data === 'PUBLIC' ||
        resource.data === 'AUDIT' ||
        purpose.code === 'SELF'
      )
        return;
      const held = question.held.map((grant) => ({ ...grant, units: ['H41.50'] }));
      const far = { ...resource, dossier: { ...resource.dossier, units: ['H41.58'] } };
      expect(isAllowed({ ...question, held, resource: far })).toBe(false);
    });
  });
});
