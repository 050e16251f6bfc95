import { describe, expect, it } from 'vitest';
import { accessRulesOf } from '../../resolvers/access-rules.ts';

const shared = (sdl: string) => ({ sector: 'hub', sdl });
const land = (sdl: string) => ({ sector: 'land', sdl });

function rulesOf(...sdl: Parameters<typeof accessRulesOf>[0]) {
  const faults: string[] = [];
  return { rules: accessRulesOf(sdl, faults), faults };
}

describe('the class of a field', () => {
  it('is its own, and its type’s where it has none', () => {
    const { rules, faults } = rulesOf(
      shared('type Dossier @access(data: COURSE) { code: ID! fees: Int @cost(weight: 1) @access(data: PERSONAL) }'),
    );
    expect(faults).toEqual([]);
    expect(rules.places()).toEqual(['Dossier.code', 'Dossier.fees']);
    expect(rules.of('Dossier.code')).toEqual({ data: 'COURSE', sector: 'hub' });
    expect(rules.of('Dossier.fees')).toEqual({ data: 'PERSONAL', sector: 'hub' });
  });

  it('has the sector whose folder states it', () => {
    const { rules } = rulesOf(
      shared('type Citizen @access(data: PERSONAL) { fullName: String }'),
      land(
        'extend type Citizen { landParcels: [ID!] @access(data: SENSITIVE) } type Use @access(data: PUBLIC) { code: ID }',
      ),
    );
    expect(rules.of('Citizen.fullName').sector).toBe('hub');
    expect(rules.of('Citizen.landParcels')).toEqual({ data: 'SENSITIVE', sector: 'land' });
    expect(rules.of('Use.code')).toEqual({ data: 'PUBLIC', sector: 'land' });
  });

  it('that no SDL has is asked for in vain', () => {
    const { rules } = rulesOf(shared('type Citizen @access(data: PERSONAL) { fullName: String }'));
    expect([rules.has('Citizen.fullName'), rules.has('Citizen.secret')]).toEqual([true, false]);
    expect(() => rules.of('Citizen.secret')).toThrow('No class of data is known of Citizen.secret');
  });

  it('is none of what is no type: inputs, enumerations, blank files', () => {
    const { rules, faults } = rulesOf(land('\n'), shared('input Filter { text: String } enum Kind { A } scalar Date'));
    expect(faults).toEqual([]);
    expect(rules.places()).toEqual([]);
  });
});

describe('a fault', () => {
  it('is a field without a class, told with its folder and place', () => {
    const { rules, faults } = rulesOf(
      shared('type Query { a: Int b: Int @access(data: PUBLIC) }'),
      land('type Use { code: ID }'),
    );
    expect(faults).toEqual([
      'schema/*.graphql: Query.a has no @access: say which class of data it holds',
      'sectors/land/schema.graphql: Use.code has no @access: say which class of data it holds',
    ]);
    expect(rules.places()).toEqual(['Query.b']);
  });

  it('is a field that an extension adds without its own, even where the type or the extension has one', () => {
    const { faults } = rulesOf(
      shared('type Citizen @access(data: PUBLIC) { fullName: String }'),
      land('extend type Citizen @access(data: PUBLIC) { parcels: Int }'),
    );
    expect(faults).toEqual([
      'sectors/land/schema.graphql: Citizen.parcels has no @access: say which class of data it holds',
    ]);
  });

  it('is a word that is no class', () => {
    const { faults } = rulesOf(
      land('type Use { code: ID @access(data: OPEN) b: ID @access(data: 4) c: ID @access(data: [PUBLIC]) }'),
    );
    expect(faults).toEqual([
      'sectors/land/schema.graphql: Use.code @access: expected one of PUBLIC, COURSE, OPERATIONAL, PERSONAL, SENSITIVE, AUDIT, came OPEN',
      'sectors/land/schema.graphql: Use.b @access: expected one of PUBLIC, COURSE, OPERATIONAL, PERSONAL, SENSITIVE, AUDIT, came 4',
      'sectors/land/schema.graphql: Use.c @access: expected one of PUBLIC, COURSE, OPERATIONAL, PERSONAL, SENSITIVE, AUDIT, came ListValue',
    ]);
  });

  it('is a class that is named and not said', () => {
    expect(rulesOf(land('type Use { code: ID @access }')).faults).toEqual([
      'sectors/land/schema.graphql: Use.code has no @access: say which class of data it holds',
    ]);
  });

  it('is a field that two files have: the milder class of the two must not win', () => {
    const { rules, faults } = rulesOf(
      shared('type Citizen @access(data: PERSONAL) { fullName: String }'),
      land('type Citizen @access(data: PUBLIC) { fullName: String }'),
    );
    expect(faults).toEqual([
      'sectors/land/schema.graphql: Citizen.fullName stands in schema/*.graphql already, where its class is said',
    ]);
    expect(rules.of('Citizen.fullName').data).toBe('PERSONAL');
  });
});
