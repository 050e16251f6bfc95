import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { startTestGateway, type TestGateway } from '../gateway/support.ts';
import { openAccess } from '../support/open-access.ts';
import { counter, type DeskStage, leader, openDeskStage } from './desk-stage.ts';
import { HOA } from './stage.ts';

/*
 * What is refused is refused by what the resolvers ask and, should they forget to, by the schema they run on. Asked over
 * HTTP, and often enough for operations to be compiled.
 */
const QUERY = `{ agency(code: "H41") { code } citizen(id: "${HOA}") { fullName gender birthDate } }`;
const TIMES = ['interpreted', 'compiled', 'compiled'];

let stage: DeskStage;
let hub: TestGateway;
/** Who asks, what is forgotten, and what is refused all the same. */
let who: Actor = counter;
let saysGuarded: (guarded: boolean) => boolean = (guarded) => guarded;
let forgetful: ReadonlyMap<string, HubError> | null = null;

beforeAll(async () => {
  stage = await openDeskStage();
  const { registry, schema, guardedSchema } = stage.desk;
  hub = await startTestGateway(schema, {
    guardedSchema,
    authenticate: async () => who,
    contextFor: async ({ signal, ...asked }) => {
      const opened = await registry.access.open({ ...asked, schema });
      const access = forgetful === null ? opened.access : { ...openAccess(who), refused: forgetful };
      const guarded = forgetful === null ? opened.guarded : forgetful.size > 0;
      const value = createOperation(registry, { caller: opened.caller, access, signal });
      return { value, guarded: saysGuarded(guarded), settle: opened.settle };
    },
  });
}, 30_000);

afterAll(async () => {
  await hub.gateway.close();
  await stage.house.close();
});

beforeEach(() => {
  [who, forgetful, saysGuarded] = [counter, null, (guarded) => guarded];
  stage.forget();
});

const pathsOf = (errors: readonly { path?: readonly unknown[] }[] = []) => errors.map(({ path }) => path?.join('.'));

describe('The second net', () => {
  it('refuses a field though its resolver would answer, and leaves the rest whole', async () => {
    forgetful = new Map([['Citizen.gender', new HubError('FORBIDDEN', 'No.')]]);
    for (const _ of TIMES) {
      const { body } = await hub.ask({ query: QUERY });
      const { data, errors } = body;
      expect(data).toEqual({
        agency: { code: 'H41' },
        citizen: { fullName: 'Nguyễn Văn Hoà', gender: null, birthDate: '1985-03-14' },
      });
      expect(errors).toMatchObject([{ path: ['citizen', 'gender'], extensions: { code: 'FORBIDDEN' } }]);
    }
  });

  it('begins nothing below a field that is refused', async () => {
    forgetful = new Map([['Query.citizen', new HubError('FORBIDDEN', 'No.')]]);
    for (const _ of TIMES) {
      const { body } = await hub.ask({ query: QUERY });
      expect(body.data).toEqual({ agency: { code: 'H41' }, citizen: null });
    }
    expect(stage.house.calls).toEqual([]);
  });

  it('is not gone round by names, fragments or conditions', async () => {
    forgetful = new Map([['Citizen.gender', new HubError('FORBIDDEN', 'No.')]]);
    const query = `query ($yes: Boolean!) { a: citizen(id: "${HOA}") { ...F b: gender c: gender @include(if: $yes) ... on Citizen { d: gender } } }
      fragment F on Citizen { e: gender @skip(if: false) }`;
    for (const _ of TIMES) {
      const { body } = await hub.ask({ query, variables: { yes: true } });
      expect(body.data).toEqual({ a: { b: null, c: null, d: null, e: null } });
      expect(pathsOf(body.errors).toSorted()).toEqual(['a.b', 'a.c', 'a.d', 'a.e']);
    }
  });

  it('is there for everything that is refused by the grants', async () => {
    who = leader;
    for (const _ of TIMES) {
      const { body } = await hub.ask({ query: QUERY });
      expect(body.data).toEqual({ agency: { code: 'H41' }, citizen: null });
      expect(pathsOf(body.errors)).toEqual(['citizen']);
    }
  });

  it('is missed where it is not there: nothing is answered, and the hub says that the fault is its own', async () => {
    who = leader;
    saysGuarded = () => false;
    for (const _ of TIMES) {
      const { body } = await hub.ask({ query: QUERY });
      expect(body.data).toEqual({ agency: null, citizen: null });
      expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['INTERNAL', 'INTERNAL']);
      expect(JSON.stringify(body)).not.toContain('schema');
    }
    expect(stage.house.calls).toEqual([]);
  });
});
