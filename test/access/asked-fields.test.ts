import { buildSchema, getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Actor, Can, Resource, StatedPurpose } from '../../core/access.ts';
import { accessRulesOf } from '../../resolvers/access-rules.ts';
import { type AskedFields, createAskedFields } from '../../resolvers/asked-fields.ts';
import { actor, DOSSIER, ELSEWHERE, HOA, processing, purpose, reception, UNSAID } from './stage.ts';

const SDL = `
  type Query { citizen: Citizen @access(data: PERSONAL) node: Node @access(data: PUBLIC) sectors: [String] @access(data: PUBLIC) }
  type Mutation { openVisit: String @access(data: COURSE) }
  interface Node { id: ID }
  type Citizen implements Node @access(data: PERSONAL) { id: ID fullName: String parcels: String @access(data: SENSITIVE) }
  type Dossier implements Node @access(data: COURSE) { id: ID status: String }
`;
const directive = 'directive @access(data: String!) on FIELD_DEFINITION | OBJECT';
const schema = buildSchema(directive + SDL);
const rules = accessRulesOf([{ sector: 'hub', sdl: SDL }], []);

interface Asked {
  readonly actor: Actor;
  readonly action: string;
  readonly resource: Resource;
  readonly purpose: StatedPurpose;
}

/** Reads documents with a `can` that notes every question and refuses what it is told to. */
function reader(refuses: (asked: Asked) => boolean = () => false) {
  const questions: Asked[] = [];
  const can: Can = (who, action, resource, why) => {
    const asked = { actor: who, action, resource, purpose: why };
    questions.push(asked);
    return refuses(asked)
      ? { allowed: false, code: 'FORBIDDEN', why: 'NO_GRANT' }
      : { allowed: true, relation: 'NONE' };
  };
  const fieldsOf = createAskedFields({ can, rules });
  const read = (source: string, options = {}): AskedFields => {
    const document = parse(source, options);
    const operation = getOperationAST(document);
    if (!operation) throw new Error('no operation');
    return fieldsOf({ document, operation, schema });
  };
  return { questions, read, fieldsOf };
}

const NAME = '{ citizen { fullName } }';

describe('what is refused by class is kept for the same kind of caller, and for no other', () => {
  const anna = actor();
  const kinds: readonly (readonly [string, Actor, StatedPurpose])[] = [
    ['a role', actor({ role: 'leader' }), UNSAID],
    ['a client', actor({ client: 'unified-desk' }), UNSAID],
    ['whether an application acts for them', actor({ delegated: true }), UNSAID],
    ['a unit', actor({ unit: 'H41.50.01' }), UNSAID],
    ['a number of their own', actor({ personalNumber: HOA }), UNSAID],
    ['a purpose', anna, purpose('SELF')],
    ['a visit', anna, { ...UNSAID, visit: reception().visit }],
    ['a dossier', anna, { ...UNSAID, dossier: DOSSIER }],
  ];

  it.each(kinds)('which differs by %s', (_, other, why) => {
    const { read } = reader((asked) => asked.actor === other && asked.purpose === why);
    const asked = read(NAME);
    expect(asked.refusedTo(anna, UNSAID).size).toBe(0);
    expect([...asked.refusedTo(other, why).keys()]).toEqual(['Query.citizen', 'Citizen.fullName']);
    expect(asked.refusedTo(anna, UNSAID).size).toBe(0);
  });

  it('which differs by the units of the dossier', () => {
    const { read } = reader((asked) => asked.purpose.dossier === ELSEWHERE);
    const asked = read(NAME);
    expect(asked.refusedTo(anna, processing(DOSSIER)).size).toBe(0);
    expect(asked.refusedTo(anna, processing(ELSEWHERE)).size).toBe(2);
  });

  it('so that a second one of the kind, and one with another number, asks nothing', () => {
    const { read, questions } = reader();
    const asked = read(NAME);
    asked.refusedTo(actor({ personalNumber: HOA }), UNSAID);
    expect(questions).toHaveLength(2);
    asked.refusedTo(actor({ personalNumber: '001090001111', id: 'another' }), UNSAID);
    expect(questions).toHaveLength(2);
  });

  it('up to a number of kinds, beyond which each is decided anew', () => {
    const { read, questions } = reader();
    const asked = read('{ sectors }');
    const kind = (place: number) => asked.refusedTo(actor({ client: `client-${place}` }), UNSAID);
    for (let place = 0; place < 70; place += 1) kind(place);
    expect(questions).toHaveLength(70);
    for (let place = 0; place < 70; place += 1) kind(place);
    expect(questions).toHaveLength(70 + 6);
  });
});

describe('the fields of an operation', () => {
  it('are asked about by class and sector: to read them, and of a mutation to do it', () => {
    const { read, questions } = reader(() => true);
    const refused = read('mutation { openVisit }').refusedTo(actor(), UNSAID);
    expect(questions).toMatchObject([
      { action: 'OPERATE', resource: { kind: 'field', sector: 'hub', data: 'COURSE' }, purpose: UNSAID },
    ]);
    expect(refused.get('Mutation.openVisit')?.message).toBe('You hold no grant for this field.');
    read(NAME).refusedTo(actor(), UNSAID);
    expect(questions.slice(1).map(({ action }) => action)).toEqual(['READ', 'READ']);
  });

  it('are read once for as long as the document is kept', () => {
    const { fieldsOf } = reader();
    const document = parse(NAME);
    const operation = getOperationAST(document);
    if (!operation) throw new Error('no operation');
    expect(fieldsOf({ document, operation, schema })).toBe(fieldsOf({ document, operation, schema }));
  });

  it('are logged where they are personal, sorted, those of fragments that are spread among them', () => {
    const { read } = reader();
    const source = `query Found { ...Root sectors __typename }
      fragment Root on Query { citizen { parcels ...Name } }
      fragment Name on Citizen { fullName __typename }
      fragment Unused on Citizen { id }`;
    expect(read(source).logged).toEqual(['Citizen.fullName', 'Citizen.parcels', 'Query.citizen']);
  });

  it('are those of every type that an interface may turn out to be', () => {
    const { read } = reader(({ resource }) => resource.data === 'PERSONAL');
    const asked = read('{ node { id } }');
    expect(asked.logged).toEqual(['Citizen.id']);
    expect([...asked.refusedTo(actor(), UNSAID).keys()]).toEqual(['Citizen.id']);
  });

  it('end where fragments lead to each other', () => {
    const { read } = reader();
    const source =
      '{ citizen { ...One } } fragment One on Citizen { fullName ...Two } fragment Two on Citizen { id ...One }';
    expect(read(source).logged).toEqual(['Citizen.fullName', 'Citizen.id', 'Query.citizen']);
  });

  it('are those of every fragment, however often one of them is spread before and after the others', () => {
    const { read } = reader();
    const source = `{ ...One ...Two ...Two ...One }
      fragment One on Query { citizen { fullName } } fragment Two on Query { citizen { parcels } }`;
    expect(read(source).logged).toEqual(['Citizen.fullName', 'Citizen.parcels', 'Query.citizen']);
  });

  it('of the schema itself are none, whoever asks about it', () => {
    const { read, questions } = reader(() => true);
    expect(read('{ __schema { queryType { name } } }').refusedTo(actor(), UNSAID).size).toBe(0);
    expect(questions).toEqual([]);
  });
});

describe('an operation in the log', () => {
  it('has its type, its name and a hash of its text', () => {
    const { read } = reader();
    expect(read('query Small { sectors }').op).toEqual({
      type: 'query',
      name: 'Small',
      hash: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(read('query Small { sectors }').op).toEqual(read('query Small { sectors }').op);
    expect(read('{ sectors }').op.name).toBeNull();
    expect(read('query Other { sectors }').op.hash).not.toBe(read('query Small { sectors }').op.hash);
  });

  it('has no hash by which a number in its text could be tried', () => {
    const { read } = reader();
    const asked = (number: string) => read(`{ node: citizen @include(if: true) { id } } # ${number}`).op.hash;
    expect(asked(HOA)).toBe(asked('001090004217'));
  });

  it('that came without its text has the hash of none', () => {
    const { read } = reader();
    expect(read('{ sectors }', { noLocation: true }).op.hash).toBe(
      read('{ node { id } }', { noLocation: true }).op.hash,
    );
  });
});
