import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DefinitionNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  type TypeNode,
} from 'graphql';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = [...globSync(['schema/*.graphql', 'sectors/*/schema.graphql'], { cwd: root })].sort();
const definitions = files.flatMap((file) =>
  parse(readFileSync(join(root, file), 'utf8')).definitions.map((definition) => ({ file, definition })),
);

/** Everything of the SDL that a reader of the API meets, by its place in it. */
interface Told {
  readonly place: string;
  readonly description: string | undefined;
}

test('the shared SDL and that of every sector are found', () => {
  expect(files).toEqual(expect.arrayContaining(['schema/query.graphql', 'sectors/land/schema.graphql']));
  expect(files.length).toBeGreaterThanOrEqual(10);
});

describe.each(files)('%s', (file) => {
  const told = definitions.filter((one) => one.file === file).flatMap(({ definition }) => toldBy(definition));

  test('describes every type, field, argument and enum value', () => {
    expect(told.filter(({ description }) => !description?.trim()).map(({ place }) => place)).toEqual([]);
  });

  test('describes them in sentences that end', () => {
    const open = told.filter(({ description }) => !/[.…`]$/.test(description?.trim() ?? '.'));
    expect(open.map(({ place }) => place)).toEqual([]);
  });

  test('says of no two fields of a type the same', () => {
    const said = new Map<string, string>();
    for (const { place, description } of told) {
      const key = `${place.split('.')[0]} ${description?.trim()}`;
      expect(said.get(key), `${place} and ${said.get(key)}`).toBeUndefined();
      said.set(key, place);
    }
  });
});

/** Records of which one may be refused: it is an error in its place, and the others stay. */
const JUDGED_ONE_BY_ONE = ['LandParcel.certificates', 'LandCertificate.parcels'];

describe('what one system backs', () => {
  const fields = definitions
    .filter(({ file }) => file.startsWith('sectors/'))
    .flatMap(({ definition }) => fieldsOf(definition));

  test('is nullable: its failure costs no more than itself', () => {
    const required = fields.filter(({ node }) => node.type.kind === Kind.NON_NULL_TYPE).map(({ place }) => place);
    expect(required).toEqual([]);
  });

  test('has lists without holes, but where each record is judged by whom it is about', () => {
    expect(fields.filter(({ node }) => hasHoles(node.type)).map(({ place }) => place)).toEqual(JUDGED_ONE_BY_ONE);
  });

  test('is nullable in the shared types as well, where it is the systems’ word', () => {
    const stated = ['Business', 'Citizen', 'CitizenStatement', 'Dossier', 'DossierApplicant', 'DossierStep'];
    const always = [
      'Business.code',
      'CitizenStatement.sector',
      'Dossier.code',
      'Dossier.missing',
      'DossierStep.sector',
    ];
    const required = definitions
      .filter(({ file }) => file.startsWith('schema/'))
      .flatMap(({ definition }) => fieldsOf(definition))
      .filter(({ place, node }) => stated.includes(place.split('.')[0] ?? '') && node.type.kind === Kind.NON_NULL_TYPE);
    expect(required.map(({ place }) => place).sort()).toEqual(always);
  });
});

test('no other list of the API has holes', () => {
  const fields = definitions.flatMap(({ definition }) => fieldsOf(definition));
  expect(fields.filter(({ node }) => hasHoles(node.type)).map(({ place }) => place)).toEqual(JUDGED_ONE_BY_ONE);
});

/** `extend type` needs no description of its own: the type has one where it is declared. */
function toldBy(definition: DefinitionNode): readonly Told[] {
  const isExtension = definition.kind === Kind.OBJECT_TYPE_EXTENSION || definition.kind === Kind.ENUM_TYPE_EXTENSION;
  if (!('name' in definition) || definition.name === undefined) return [];
  const type = definition.name.value;
  const own = 'description' in definition ? definition.description?.value : undefined;
  const told: Told[] = isExtension ? [] : [{ place: type, description: own }];
  for (const { place, node } of fieldsOf(definition)) {
    told.push({ place, description: node.description?.value });
    for (const argument of node.arguments ?? []) {
      told.push({ place: `${place}.${argument.name.value}`, description: argument.description?.value });
    }
  }
  for (const value of valuesOf(definition)) {
    told.push({ place: `${type}.${value.name.value}`, description: value.description?.value });
  }
  return told;
}

function fieldsOf(definition: DefinitionNode): readonly { place: string; node: FieldDefinitionNode }[] {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) return [];
  return (definition.fields ?? []).map((node) => ({ place: `${definition.name.value}.${node.name.value}`, node }));
}

function valuesOf(definition: DefinitionNode): readonly EnumValueDefinitionNode[] {
  return definition.kind === Kind.ENUM_TYPE_DEFINITION ? (definition.values ?? []) : [];
}

/** Whether an element of a list may be null. */
function hasHoles(type: TypeNode): boolean {
  if (type.kind === Kind.NAMED_TYPE) return false;
  if (type.kind === Kind.LIST_TYPE && type.type.kind !== Kind.NON_NULL_TYPE) return true;
  return hasHoles(type.type);
}
