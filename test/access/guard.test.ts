import {
  __Schema,
  buildSchema,
  execute,
  type GraphQLSchema,
  isObjectType,
  lexicographicSortSchema,
  parse,
  subscribe,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { guardedSchemaOf, isGuarded } from '../../resolvers/guarded-schema.ts';

const SDL = `
  type Query { dossier: Dossier public: String }
  type Dossier { code: ID! summary: String parties: [Party!] }
  type Party { name: String number: String }
  type Mutation { retry: String other: String }
  type Subscription { changed: String }
`;

const dossier = { code: '7', summary: 'Khai sinh', parties: [{ name: 'Hoa', number: '001' }] };

/** What ran, by place. */
function stage() {
  const ran: string[] = [];
  const schema = buildSchema(SDL);
  const resolvers: Record<string, () => unknown> = {
    'Query.dossier': () => dossier,
    'Query.public': () => 'open',
    'Dossier.parties': () => dossier.parties,
    'Mutation.retry': () => 'done',
    'Mutation.other': () => 'done too',
  };
  for (const [place, resolve] of Object.entries(resolvers)) {
    fieldOf(schema, place).resolve = () => {
      ran.push(place);
      return resolve();
    };
  }
  fieldOf(schema, 'Subscription.changed').subscribe = async function* () {
    ran.push('Subscription.changed');
    yield { changed: 'once' };
  };
  return { ran, schema, guarded: guardedSchemaOf(schema) };
}

function fieldOf(schema: GraphQLSchema, place: string) {
  const [type = '', name = ''] = place.split('.');
  const named = schema.getType(type);
  const field = isObjectType(named) ? named.getFields()[name] : undefined;
  if (field === undefined) throw new Error(`no ${place}`);
  return field;
}

function refusing(...places: readonly string[]) {
  return { access: { refused: new Map(places.map((place) => [place, new HubError('FORBIDDEN', 'No.')])) } };
}

async function ask(schema: GraphQLSchema, document: string, contextValue: unknown) {
  const { data, errors = [] } = await execute({ schema, document: parse(document), contextValue });
  return {
    data: JSON.parse(JSON.stringify(data)),
    errors: errors.map(({ path, originalError }) => [path?.join('.'), (originalError as HubError).code]),
  };
}

const QUESTION = '{ public dossier { code summary parties { name number } } }';

describe('on the guarded schema', () => {
  it('a refused field is null with its error and path, wherever it is, and the rest is whole', async () => {
    const { guarded } = stage();
    expect(await ask(guarded, QUESTION, refusing('Dossier.summary', 'Party.number'))).toEqual({
      data: { public: 'open', dossier: { code: '7', summary: null, parties: [{ name: 'Hoa', number: null }] } },
      errors: [
        ['dossier.summary', 'FORBIDDEN'],
        ['dossier.parties.0.number', 'FORBIDDEN'],
      ],
    });
  });

  it('nothing of a refused field runs, nor of what is below it', async () => {
    const { guarded, ran } = stage();
    const { errors } = await ask(guarded, QUESTION, refusing('Query.dossier'));
    expect(errors).toEqual([['dossier', 'FORBIDDEN']]);
    expect(ran).toEqual(['Query.public']);
  });

  it('a refused mutation never begins, and the one beside it does', async () => {
    const { guarded, ran } = stage();
    expect(await ask(guarded, 'mutation { retry other }', refusing('Mutation.retry'))).toEqual({
      data: { retry: null, other: 'done too' },
      errors: [['retry', 'FORBIDDEN']],
    });
    expect(ran).toEqual(['Mutation.other']);
  });

  it('a refused subscription never begins', async () => {
    const { guarded, ran } = stage();
    const document = parse('subscription { changed }');
    const refused = await subscribe({ schema: guarded, document, contextValue: refusing('Subscription.changed') });
    expect(refused).toMatchObject({ errors: [{ path: ['changed'] }] });
    expect(ran).toEqual([]);

    const source = await subscribe({ schema: guarded, document, contextValue: refusing() });
    if (!(Symbol.asyncIterator in source)) throw new Error('expected events');
    expect((await source.next()).value).toEqual({ data: { changed: 'once' } });
  });

  it('its event is refused where the right ended meanwhile', async () => {
    const { guarded } = stage();
    const { access } = refusing();
    const contextValue = { access };
    const source = await subscribe({ schema: guarded, document: parse('subscription { changed }'), contextValue });
    if (!(Symbol.asyncIterator in source)) throw new Error('expected events');
    contextValue.access = refusing('Subscription.changed').access;
    expect((await source.next()).value).toMatchObject({ data: { changed: null }, errors: [{ path: ['changed'] }] });
  });

  it('what is not refused is answered as on the plain one', async () => {
    const { guarded, schema } = stage();
    expect(await ask(guarded, QUESTION, refusing())).toEqual(await ask(schema, QUESTION, {}));
  });

  it('the schema can be read', async () => {
    const { guarded } = stage();
    expect((await ask(guarded, '{ __schema { queryType { name } } }', refusing())).errors).toEqual([]);
  });

  it('what all schemas share is not touched: the types in which a schema is described', () => {
    const types = () => Object.values(__Schema.getFields()).map(({ resolve }) => resolve);
    const before = types();
    stage();
    expect(types()).toEqual(before);
  });

  it('nothing becomes something to subscribe to that was not', () => {
    expect(fieldOf(stage().guarded, 'Query.public').subscribe).toBeUndefined();
  });

  it('it is known for what it is, and so is every copy of it', () => {
    const { schema, guarded } = stage();
    schema.extensions = { more: 1 };
    expect([schema, guarded, lexicographicSortSchema(guarded)].map(isGuarded)).toEqual([false, true, true]);
    expect(guardedSchemaOf(schema).extensions).toMatchObject({ more: 1 });
  });

  it('the plain one stays as it is', async () => {
    const { schema } = stage();
    expect((await ask(schema, QUESTION, refusing('Dossier.summary'))).errors).toEqual([]);
  });
});
