import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import { countReads, type Reads } from '../support/count-reads.ts';
import { askHub } from '../support/province.ts';
import type { Known } from './attack.ts';
import { headersOf, learn } from './send-attack.ts';
import { type Fortress, openFortress } from './stage.ts';

type Who = NonNullable<Parameters<typeof headersOf>[1]['as']>;

let fortress: Fortress;
let known: Known;
let reads: Reads;
/** Of the form of a real one each, and nobody's. */
const NOBODY = '001085009999';
let noDossier: string;

beforeAll(async () => {
  fortress = await openFortress({ RATE_PER_MINUTE: '100000' });
  known = await learn(fortress);
  noDossier = `${known.foreign.slice(0, -4)}9999`;
  reads = countReads(fortress.hub);
}, 120_000);
afterAll(() => fortress?.close());
beforeEach(() => reads.forget());

async function ask(who: Who, query: string, headers: Readonly<Record<string, string>> = {}) {
  return askHub(fortress.url, query, {}, { ...(await headersOf(fortress, { as: who })), ...headers });
}

/** What is asked of something that is there, and of something that is not. */
interface Pair {
  readonly who: Who;
  readonly headers?: () => Readonly<Record<string, string>>;
  readonly ask: (value: string) => string;
  readonly there: () => string;
  readonly notThere: () => string;
}

const person = (value: string) => `{ citizen(id: "${value}") { fullName } }`;
const dossier = (value: string) => `{ dossier(code: "${value}") { code status applicant { name } } }`;
const stranger = { there: () => known.stranger, notThere: () => NOBODY };
const foreign = { there: () => known.foreign, notThere: () => noDossier };
const named = { there: () => known.strangersName, notThere: () => 'Tôn Nữ Không Ai' };
const processing = () => ({ 'x-purpose': 'PROCESSING', 'x-dossier': known.own });
const byName = (value: string) => `{ citizens(name: "${value}") { totalCount nodes { fullName maskedNumber } } }`;
const byText = (value: string) => `{ dossiers(filter: { text: "${value}" }) { totalCount nodes { code } } }`;
const byApplicant = (value: string) => `{ dossiers(filter: { applicantId: "${value}" }) { totalCount } }`;

const PAIRS: Readonly<Record<string, Pair>> = {
  'a person, to a leader': { who: 'leader', ask: person, ...stranger },
  'a person, to an officer without a purpose': { who: 'counter', ask: person, ...stranger },
  'a person, to an officer with somebody else’s dossier': {
    who: 'counter',
    headers: processing,
    ask: person,
    ...stranger,
  },
  'a person, to another citizen': { who: 'citizen', ask: person, ...stranger },
  'a person, to the portal': { who: 'portal', ask: person, ...stranger },
  'a name, to a leader': { who: 'leader', ask: byName, ...named },
  'a name, to a citizen': { who: 'citizen', ask: byName, ...named },
  'a name in dossiers, to a leader': { who: 'leader', ask: byText, ...named },
  'an applicant, to a leader': { who: 'leader', ask: byApplicant, ...stranger },
  'an applicant, to a citizen': { who: 'citizen', ask: byApplicant, ...stranger },
  'an applicant, to an officer with somebody else’s dossier': {
    ...{ who: 'counter', headers: processing, ask: byApplicant, ...stranger },
  },
  'a dossier, to an officer of another commune': { who: 'commune', ask: dossier, ...foreign },
  'a dossier, to a citizen': { who: 'citizen', ask: dossier, ...foreign },
  'a dossier’s code in a list, to an officer of another commune': { who: 'commune', ask: byText, ...foreign },
  'a change to a dossier’s delivery, by an officer of another commune': {
    ...{ who: 'commune', ask: (code: string) => `mutation { retryDelivery(code: "${code}") { state } }`, ...foreign },
  },
  'a dossier as a purpose, to an officer of another commune': {
    who: 'commune',
    ask: () => '{ sectors { id } }',
    ...foreign,
  },
  'an access to somebody’s data, to a leader': {
    ...{ who: 'leader', ask: (id: string) => `{ accessLog(subject: "${id}") { nodes { at } } }`, ...stranger },
  },
};

describe('Whether something is there', () => {
  it.each(Object.keys(PAIRS))('is not told by what is refused, nor by who is asked for it: %s', async (name) => {
    const { who, headers = () => ({}), ask: question, there, notThere } = PAIRS[name] as Pair;
    const answers = [];
    for (const value of [there(), notThere()]) {
      reads.forget();
      const stated = name.includes('as a purpose') ? { 'x-purpose': 'PROCESSING', 'x-dossier': value } : headers();
      const { data, errors } = await ask(who, question(value), stated);
      answers.push({ data, errors, asked: reads.byLookup(), searched: reads.searches() });
    }
    expect(there()).not.toBe(notThere());
    expect(answers[0]).toEqual(answers[1]);
    expect(JSON.stringify(answers)).not.toContain(known.stranger);
  });

  it('differs for whom it may: otherwise all of this would hold for a hub that knows nothing', async () => {
    const { data } = await ask('counter', dossier(known.foreign));
    expect(data.dossier.code).toBe(known.foreign);
    expect((await ask('counter', dossier(noDossier))).data.dossier).toBeNull();
  });
});

describe('A search by name', () => {
  const reception = () => ({ 'x-purpose': 'RECEPTION', 'x-visit': known.visit });

  it.each(['%', '_', '%%%', 'N%n', '*', '?', '.*', "' OR '1'='1", '\\', 'Nguyễn" OR name:*'])(
    'by %s finds nobody: no sign in it stands for any other',
    async (name) => {
      const { data } = await ask(
        'counter',
        `{ citizens(name: ${JSON.stringify(name)}) { nodes { fullName } } }`,
        reception(),
      );
      expect(data?.citizens?.nodes ?? []).toEqual([]);
    },
  );

  it('shows of a match neither its number nor its day of birth, and nothing to go on from', async () => {
    const wanted = `{ citizens(name: "${demoPerson.name}") { nodes {
      fullName birthDate maskedNumber id personalNumbers landParcels { sheet } dossiers { totalCount } } } }`;
    const { data, errors } = await ask('counter', wanted, reception());
    const [match] = data.citizens.nodes;
    expect(match).toMatchObject({ fullName: demoPerson.name, id: null, personalNumbers: null, landParcels: null });
    expect(match.birthDate).toMatch(/^\d{4}$/);
    expect(match.dossiers).toBeNull();
    expect(JSON.stringify({ data, errors })).not.toMatch(
      new RegExp(`${demoPerson.personalNumber}|${demoPerson.oldNumber}`),
    );
  });
});
