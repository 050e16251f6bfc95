import { describe, expect, test } from 'vitest';
import { checkDeclarations } from '../../core/check-declaration.ts';
import type { EntityDeclaration, LinkDeclaration, SectorDeclaration } from '../../core/declaration.ts';
import { ANY_BATCH_SIZE } from '../../core/source.ts';

/** A sector in which nothing is wrong; each test spoils one thing. */
const database = { protocol: 'test', capabilities: unused, open: unused };
const field = { from: ['X'], read: (raw: unknown) => raw };
const fieldsOf = (...names: string[]) => Object.fromEntries(names.map((name) => [name, field]));
const lookup = { batchSize: 50, binding: null };
const base = { source: database, binding: null };

const person: EntityDeclaration = {
  ...base,
  type: 'Citizen',
  identity: ['personalNumbers'],
  fields: fieldsOf('personalNumbers', 'fullName', 'birthDate'),
  lookups: { number: lookup },
};
const parcel: EntityDeclaration = {
  ...base,
  type: 'LandParcel',
  identity: ['id'],
  fields: fieldsOf('id', 'sheet', 'heldBy'),
  lookups: { holder: lookup, single: { ...lookup, batchSize: 1 } },
};
const dossier: EntityDeclaration = {
  ...base,
  type: 'Dossier',
  identity: ['code'],
  fields: fieldsOf('code', 'status', 'statusAt'),
  lookups: { code: lookup, applicant: lookup },
};
const step: EntityDeclaration = {
  ...base,
  type: 'DossierStep',
  identity: ['id'],
  fields: fieldsOf('id', 'steps'),
  lookups: { dossier: lookup },
};
const parcelsOfCitizen: LinkDeclaration = {
  to: 'parcel',
  by: 'holder',
  needs: ['personalNumbers'],
  keys: () => [],
  list: true,
  holders: 'heldBy',
};
const land: SectorDeclaration = {
  title: 'Đất đai',
  settings: {},
  sources: { database },
  entities: { person, parcel, dossier, step },
  queries: { landParcel: { to: 'parcel', by: 'holder', key: () => null } },
  links: {
    'Citizen.landParcels': parcelsOfCitizen,
    'LandParcel.neighbours': { to: 'parcel', by: 'holder', needs: ['id'], keys: () => [], list: true },
    'LandParcel.owner': { to: 'Citizen', needs: ['heldBy'], keys: () => [], list: false },
  },
  identity: [{ entity: 'person', by: 'number', rank: 40 }],
  dossiers: {
    entity: 'dossier',
    role: 'course',
    byCode: 'code',
    byApplicant: 'applicant',
    parts: { steps: { entity: 'step', by: 'dossier', pick: 'steps' } },
  },
};

function unused(): never {
  throw new Error('A check opens nothing');
}

function check(changed: Partial<SectorDeclaration>): readonly string[] {
  return checkDeclarations(new Map([['land', { ...land, ...changed }]]));
}

const withParcel = (changed: Partial<EntityDeclaration>) =>
  check({ entities: { ...land.entities, parcel: { ...parcel, ...changed } } });
const withLink = (changed: Partial<LinkDeclaration>, place = 'Citizen.landParcels') =>
  check({ links: { [place]: { ...parcelsOfCitizen, ...changed } } });
const dossiers = land.dossiers as NonNullable<typeof land.dossiers>;

test('a sector in which nothing is wrong has no fault', () => {
  expect(check({})).toEqual([]);
});

describe('each of these is a fault, and its folder and place are named', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['a source that is not listed', check({ sources: {} }), /^sectors\/land: entities\.person: its source is not/],
    ['an entity without identity', withParcel({ identity: [] }), /entities\.parcel: `identity` is empty/],
    ['an identity of an undeclared field', withParcel({ identity: ['uuid'] }), /identity names the field uuid/],
    ['an entity nobody can ask for', check({ entities: { ...land.entities, lone: { ...step, lookups: {} } } }), /lone/],
    ['a batch of nothing', withParcel({ lookups: { holder: { ...lookup, batchSize: 0 } } }), /came 0/],
    ['a batch of 1.5', withParcel({ lookups: { holder: { ...lookup, batchSize: 1.5 } } }), /came 1\.5/],
    [
      'a batch without end',
      withParcel({ lookups: { holder: { ...lookup, batchSize: ANY_BATCH_SIZE + 1 } } }),
      /lookups\.holder: batchSize: expected 1 to 1000, came 1001/,
    ],
    ['a link that is no Type.field', withLink({}, 'landParcels'), /links\.landParcels: expected Type\.field/],
    ['a link without a field', withLink({}, 'Citizen.'), /expected Type\.field/],
    ['a link from a stranger’s type', withLink({}, 'Shop.landParcels'), /type Shop/],
    ['a need that a person does not have', withLink({ needs: ['shoeSize'] }), /needs the field shoeSize/],
    [
      'a need that a record lacks',
      withLink({ needs: ['nope'] }, 'LandParcel.x'),
      /nope, which LandParcel does not have/,
    ],
    ['a link to nowhere', withLink({ to: 'house' }), /leads to house/],
    ['a link by an unknown lookup', withLink({ by: 'colour' }), /asks parcel by colour/],
    ['a link without a lookup', withLink({ by: undefined }), /a lookup that is not declared/],
    ['a link that asks once a row', withLink({ by: 'single' }), /would ask once for every row/],
    ['a pick that is not there', withLink({ pick: 'outcome' }), /names the field outcome/],
    ['holders that are not there', withLink({ holders: 'owners' }), /names the field owners/],
    [
      'a query to nowhere',
      check({ queries: { x: { to: 'house', by: 'a', key: () => null } } }),
      /queries\.x: leads to/,
    ],
    [
      'a query by whose record nobody knows',
      check({ queries: { x: { to: 'parcel', by: 'holder', key: () => null, holders: 'owner' } } }),
      /queries\.x: names the field owner/,
    ],
    ['a query by nothing', check({ queries: { x: { to: 'parcel', by: 'a', key: () => null } } }), /queries\.x: asks/],
    [
      'an identity of nobody',
      check({ identity: [{ entity: 'x', by: 'number', rank: 1 }] }),
      /identity x: no such entity/,
    ],
    [
      'an identity that is no person',
      check({ identity: [{ entity: 'parcel', by: 'holder', rank: 1 }] }),
      /must be Citizen/,
    ],
    [
      'an identity by nothing',
      check({ identity: [{ entity: 'person', by: 'x', rank: 1 }] }),
      /identity person: asks by x/,
    ],
    ['dossiers of nothing', check({ dossiers: { ...dossiers, entity: 'x' } }), /dossiers: no entity x/],
    [
      'dossiers that are parcels',
      check({ dossiers: { ...dossiers, entity: 'parcel' } }),
      /must be Dossier, came LandP/,
    ],
    ['dossiers by no code', check({ dossiers: { ...dossiers, byCode: 'x' } }), /dossiers: asks by x/],
    ['dossiers by no applicant', check({ dossiers: { ...dossiers, byApplicant: 'x' } }), /dossiers: asks by x/],
    [
      'a status without its time',
      check({ entities: { ...land.entities, dossier: { ...dossier, fields: fieldsOf('code', 'status') } } }),
      /dossiers: must declare the field statusAt/,
    ],
    [
      'a part of nothing',
      check({ dossiers: { ...dossiers, parts: { steps: { entity: 'x', by: 'y' } } } }),
      /parts\.steps/,
    ],
    ['a part by nothing', check({ dossiers: { ...dossiers, parts: { steps: { entity: 'step', by: 'y' } } } }), /by y/],
  ])('%s', (_, faults, expected) => {
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault).toMatch(/^sectors\/land: .+: /);
    expect(faults.join('\n')).toMatch(expected);
  });
});

test('a link that asks once a row is allowed once it declares how often it may', () => {
  expect(withLink({ by: 'single', budget: 50 })).toEqual([]);
});

test('every link of a list is checked, not only the first', () => {
  const faults = check({ links: { 'Citizen.landParcels': [parcelsOfCitizen, { ...parcelsOfCitizen, to: 'house' }] } });
  expect(faults).toEqual([
    'sectors/land: links.Citizen.landParcels: leads to house, which is no entity of this sector',
  ]);
});

test('all faults of all sectors are told at once', () => {
  const faults = checkDeclarations(
    new Map([
      ['land', { ...land, sources: {} }],
      ['forest', { ...land, queries: { x: { to: 'house', by: 'a', key: () => null } } }],
    ]),
  );
  expect(faults.filter((fault) => fault.startsWith('sectors/land: entities.'))).toHaveLength(4);
  expect(faults.join('\n')).toContain('sectors/forest: queries.x');
  expect(faults.join('\n')).toContain('sectors/forest: identity person: rank 40 is taken by sectors/land person');
});

describe('what passed once and should not', () => {
  // The engine would read `record[pick] ?? []`: an empty list that claims there is nothing.
  test('a part whose picked field does not exist', () => {
    const parts = { steps: { entity: 'step', by: 'dossier', pick: 'traces' } };
    expect(check({ dossiers: { ...dossiers, parts } })).not.toEqual([]);
  });

  test('an identity that would ask once for every person of a page', () => {
    const single = { ...person, lookups: { number: { ...lookup, batchSize: 1 } } };
    expect(check({ entities: { ...land.entities, person: single } })).not.toEqual([]);
  });

  test('dossiers or their parts that would be asked for one by one', () => {
    const single = { ...step, lookups: { dossier: { ...lookup, batchSize: 1 } } };
    expect(check({ entities: { ...land.entities, step: single } })).not.toEqual([]);
  });

  // `before >= NaN` is never true: the link would have no limit at all.
  test('a budget that is no whole number above zero', () => {
    expect(withLink({ by: 'single', budget: Number.NaN })).not.toEqual([]);
  });

  test('a link of which the place has a third part, which would be filled as if it had two', () => {
    expect(withLink({}, 'Citizen.landParcels.uses')).not.toEqual([]);
  });
});
