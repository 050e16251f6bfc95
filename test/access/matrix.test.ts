import { join } from 'node:path';
import { type GraphQLField, type GraphQLObjectType, getNamedType, isNonNullType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { Actor, DataClass, DossierFacts, PurposeCode, StatedPurpose } from '../../core/access.ts';
import { readHubPolicy } from '../../hub/policy.ts';
import { type Cell, readMatrix } from './matrix.ts';
import { actor } from './stage.ts';
import { faults, fields, rules, sectors } from './whole-schema.ts';

/*
 * matrix.csv says of every field of the schema who may ask for it under the demo's grants: `yes`, `F` for FORBIDDEN, `P` for
 * PURPOSE_REQUIRED. It was written from what is meant, not from what the code does: a field without a line, a line without
 * a field and a cell that does not hold each fail here. What a person may see of *whom* is decided when the data is at hand.
 */
const root = join(import.meta.dirname, '../..');
const { can } = readHubPolicy({
  settings: { ACCESS_FILE: join(root, 'hub/demo-access.json') },
  catalogues: loadCatalogues(join(root, 'catalogues')),
  sectors,
});

const matrix = readMatrix();
const { columns, places } = matrix;

const dossier: DossierFacts = { code: 'H41.58.01-261119-0007', units: ['H41.58'], people: [] };
const EVIDENCE: Partial<StatedPurpose> = { dossier, visit: { id: 'visit', subjects: new Set() } };

/** Who stands behind the first word of a column. */
const ACTORS: Readonly<Record<string, Actor>> = {
  counter: actor({ unit: 'H41' }),
  commune: actor({ unit: 'H41.58.01' }),
  leader: actor({ role: 'leader', client: 'steering-board', unit: 'H41' }),
  auditor: actor({ role: 'auditor', client: 'audit-desk', unit: null }),
  admin: actor({ role: 'admin', client: 'operations', unit: null }),
  citizen: actor({ role: 'citizen', client: 'citizen-app', unit: null, personalNumber: '001085004213' }),
  portal: actor({ role: 'portal', client: 'province-portal', unit: null }),
  app: actor({ role: 'app', client: 'statistics', unit: null }),
};

function cellOf(place: string, column: string): Cell {
  const [who = '', code] = column.split(' ');
  const asking = ACTORS[who];
  if (asking === undefined) throw new Error(`nobody is called ${who}`);
  const purpose: StatedPurpose = {
    ...{ code: (code as PurposeCode | undefined) ?? null, dossier: null, visit: null },
    ...(code !== undefined && EVIDENCE),
  };
  const action = place.startsWith('Mutation.') ? 'OPERATE' : 'READ';
  const decision = can(asking, action, { kind: 'field', ...rules.of(place) }, purpose);
  if (decision.allowed) return 'yes';
  return decision.code === 'FORBIDDEN' ? 'F' : 'P';
}

describe('the matrix of access', () => {
  it('has a line for every field of the schema, and a field for every line', () => {
    expect(places.toSorted()).toEqual(placesOfSchema().toSorted());
  });

  it('has a column for every role', () => {
    expect(new Set(columns.map((column) => ACTORS[column.split(' ')[0] ?? '']?.role))).toEqual(
      new Set(['counter', 'leader', 'auditor', 'admin', 'citizen', 'portal', 'app']),
    );
  });

  it.each(columns)('holds for %s', (column) => {
    const meant = places.map((place) => `${place} ${matrix.of(place, column)}`);
    expect(places.map((place) => `${place} ${cellOf(place, column)}`)).toEqual(meant);
  });
});

function placesOfSchema(): readonly string[] {
  return fields.map(({ place }) => place);
}

describe('the classes of the schema', () => {
  it('are known of every field', () => {
    expect(faults).toEqual([]);
    expect(rules.places().toSorted()).toEqual(placesOfSchema().toSorted());
  });

  /** What is milder than what: a refusal of the stricter one must not reach up. */
  const LEVEL: Readonly<Record<DataClass, number>> = {
    ...{ PUBLIC: 0, COURSE: 1, OPERATIONAL: 1, PERSONAL: 2, SENSITIVE: 3, AUDIT: 4 },
  };
  const levelOf = (place: string) => LEVEL[rules.of(place).data];

  it('are on no required field stricter than on a field that leads to it, so that a refusal takes nothing else with it', () => {
    const reaching = fields.filter(({ type, field, place }) => isRequired(field) && milder(type, place));
    expect(reaching.map(({ place }) => place)).toEqual([]);
  });

  function isRequired({ type }: GraphQLField<unknown, unknown>): boolean {
    return isNonNullType(type);
  }

  /** Roots are reached by everybody. */
  function milder(type: GraphQLObjectType, place: string): boolean {
    const leading = fields.filter(({ field }) => getNamedType(field.type) === type).map((one) => levelOf(one.place));
    // A subscription has one field: there is nothing beside it to lose.
    if (leading.length === 0) return type.name !== 'Subscription' && levelOf(place) > 0;
    return levelOf(place) > Math.min(...leading);
  }

  it('are never public within what is personal, but for what is public wherever it stands', () => {
    const anywhere = new Set(['PageInfo', 'SectorGap', 'Procedure', 'Agency']);
    const suspicious = fields.filter(({ type, place }) => {
      const leading = fields.filter(({ field }) => getNamedType(field.type) === type).map((one) => levelOf(one.place));
      return levelOf(place) === 0 && leading.length > 0 && Math.min(...leading) >= 2 && !anywhere.has(type.name);
    });
    expect(suspicious.map(({ place }) => place)).toEqual([]);
  });
});
