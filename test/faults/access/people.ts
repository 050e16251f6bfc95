import { readAuditKeys } from '../../../audit/keys.ts';
import { subjectHash } from '../../../core/audit.ts';
import type { AccountName } from '../../../stand-ins/issuer/accounts.ts';
import { demoPerson } from '../../../stand-ins/world/demo-person.ts';
import { createWorld } from '../../../stand-ins/world/world.ts';
import type { Cluster } from '../cluster.ts';
import { partOf, type Question } from './question.ts';
import { type Answer, answerIn, send } from './request.ts';
import type { Tokens } from './tokens.ts';

/** Somebody whose name and number are nobody else's, so that they can be searched for in whatever was said. */
export interface Canary {
  readonly number: string;
  /** As their papers and as the systems write it. */
  readonly names: readonly string[];
  /** A dossier that they handed in. */
  readonly dossier: string;
}

/** Who asks in the province, and for what. */
export interface People {
  readonly questions: readonly Question[];
  /** Asked by people who are known and may not. */
  readonly curious: readonly Pick<Question, 'name' | 'account' | 'headers' | 'query' | 'variables'>[];
  readonly canaries: readonly Canary[];
  /** `{question} {part}` → what it is when all is well. */
  readonly whole: ReadonlyMap<string, string>;
  /** A dossier of the demo person. */
  readonly dossier: string;
}

const CANARIES = 3;
const MOST_TRIES = 10;
/** Parents and children of the demo person stand in his papers. */
const FAMILY = 8;

const WHOLE = `query Whole($id: ID!) {
  citizen(id: $id) {
    fullName
    landParcels { oldCommune sheet parcel area }
    civilStatusRecords { kind number registeredOn }
    businesses { code name }
  }
}`;

/** @param cluster with an index that holds what the systems hold */
export async function learnPeople(cluster: Cluster, tokens: Tokens): Promise<People> {
  const ask = askerOf(cluster, tokens);
  const canaries = await findCanaries(cluster);
  const dossier = await findDossier(ask);
  const processing = { 'x-purpose': 'PROCESSING', 'x-dossier': dossier };
  const keys = readAuditKeys({
    AUDIT_SIGNING_KEY_FILE: '',
    AUDIT_SUBJECT_KEY_FILE: '',
    DATA_DIR: '',
    ...cluster.environment,
  });
  const subjects = [subjectHash(keys.subject, demoPerson.personalNumber)];
  const common = { account: 'counter', headers: processing, subjects, personal: true, maySeeAll: false } as const;
  const id = { id: demoPerson.personalNumber };
  const whole: Question = {
    ...{ ...common, name: 'whole', query: WHOLE, variables: id },
    parts: { landParcels: 'land', civilStatusRecords: 'civil-status', businesses: 'business-registration' },
    asks: ['land', 'civil-status', 'business-registration', 'one-stop'],
  };
  const { data } = await ask('counter', whole);
  const citizen = (data?.citizen ?? {}) as CitizenSeen;
  const [parcel] = citizen.landParcels ?? [];
  const [business] = citizen.businesses ?? [];
  if (parcel === undefined || business === undefined) throw new Error('The demo person has neither land nor business');
  const plain = { ...common, headers: {}, subjects: [], personal: false };
  const questions: readonly Question[] = [
    whole,
    {
      ...{ ...common, name: 'land', account: 'counter', parts: { landParcel: 'land' }, asks: ['land'] },
      query:
        'query Land($c: ID!, $s: String!, $p: String!) { landParcel(oldCommune: $c, sheet: $s, parcel: $p) { area address } }',
      variables: { c: parcel.oldCommune, s: parcel.sheet, p: parcel.parcel },
      subjects: [],
    },
    {
      ...{ ...plain, name: 'business', parts: { business: 'business-registration' }, asks: ['business-registration'] },
      query: 'query Business($code: ID!) { business(code: $code) { code name } }',
      variables: { code: business.code },
    },
    {
      ...{ ...plain, name: 'figures', account: 'leader', headers: { 'x-purpose': 'SUPERVISION' }, asks: [] },
      parts: { dossiers: 'index' },
      query: 'query Figures { dossiers(first: 5) { nodes { code status } totalCount } }',
    },
    {
      ...{ ...plain, name: 'public', account: 'leader', parts: { agencies: 'hub' }, asks: [] },
      query: 'query Public { agencies { code title } }',
    },
    {
      ...{ ...common, name: 'own', account: 'citizen', headers: {}, maySeeAll: false, asks: whole.asks },
      parts: { dossiers: 'index', fullName: 'any' },
      query: 'query Own($id: ID!) { citizen(id: $id) { fullName dossiers(first: 3) { nodes { code status } } } }',
      variables: id,
    },
    ...canaries.map(
      ({ dossier: code }, place): Question => ({
        ...{
          ...common,
          name: `stranger-${place}`,
          subjects: [],
          maySeeAll: true,
          parts: { dossier: 'index' },
          asks: [],
        },
        headers: { 'x-purpose': 'PROCESSING', 'x-dossier': code },
        query: 'query Stranger($code: ID!) { dossier(code: $code) { code summary applicant { name } } }',
        variables: { code },
      }),
    ),
  ];
  return {
    questions,
    curious: curiousOnes(canaries, dossier),
    canaries,
    dossier,
    whole: await wholeParts(questions, ask),
  };
}

interface CitizenSeen {
  readonly landParcels?: readonly { readonly oldCommune: string; readonly sheet: string; readonly parcel: string }[];
  readonly businesses?: readonly { readonly code: string }[];
}

type Ask = (account: AccountName, asked: Pick<Question, 'headers' | 'query' | 'variables'>) => Promise<Answer>;

function askerOf(cluster: Cluster, tokens: Tokens): Ask {
  return async (account, { headers, query, variables }) => {
    const authorization = await tokens.bearer(account, { sub: 'asker.first' });
    const { address } = cluster.one('gateway');
    const exchange = await send({ address, headers: { authorization, ...headers }, body: { query, variables } });
    return answerIn(exchange) ?? { data: null, errors: [] };
  };
}

/** A dossier of the demo person for which an officer may ask of him. */
async function findDossier(ask: Ask): Promise<string> {
  const query = '{ dossiers(first: 100) { nodes { code } } }';
  const { data } = await ask('citizen', { headers: {}, query });
  const { nodes = [] } = (data?.dossiers ?? {}) as { nodes?: readonly { code: string }[] };
  for (const { code } of nodes.slice(0, MOST_TRIES)) {
    const headers = { 'x-purpose': 'PROCESSING', 'x-dossier': code };
    const { errors } = await ask('counter', { headers, query: WHOLE, variables: { id: demoPerson.personalNumber } });
    if (errors.length === 0) return code;
  }
  throw new Error('The demo person has no dossier for which an officer may ask of him');
}

async function findCanaries({ world: sizes, store }: Cluster): Promise<readonly Canary[]> {
  const world = createWorld(sizes);
  const holders = new Map<string, number>();
  for (let index = 0; index < world.counts.citizens; index++) {
    const { name } = world.person(index);
    holders.set(name, (holders.get(name) ?? 0) + 1);
  }
  const rows = await store.query("select code from dossier_view where sector = 'one-stop' and deleted = 0", []);
  const there = new Set(rows.map(({ code }) => String(code)));
  const found = new Map<number, Canary>();
  for (let index = 0; index < world.counts.dossiers && found.size < CANARIES; index++) {
    const { code, applicant } = world.dossier(index);
    const { name, personalNumber: number } = world.person(applicant.person);
    const isRare = holders.get(name) === 1 && applicant.person >= FAMILY && applicant.business === undefined;
    if (!isRare || number === undefined || !there.has(code) || found.has(applicant.person)) continue;
    const written = ['one-stop', 'land', 'civil-status'].map(
      (system) => world.identityIn(system, applicant.person).name,
    );
    found.set(applicant.person, { number, names: [...new Set([name, ...written])], dossier: code });
  }
  if (found.size < CANARIES) throw new Error('The province has too few people with names of their own');
  return [...found.values()];
}

function curiousOnes(canaries: readonly Canary[], dossier: string): People['curious'] {
  const person = 'query Curious($id: ID!) { citizen(id: $id) { fullName personalNumbers } }';
  const [first, second, third] = canaries.map(({ number }) => ({ id: number }));
  const applicant = 'query Curious($code: ID!) { dossier(code: $code) { applicant { name } summary } }';
  return [
    {
      name: 'a leader who asks for a person',
      account: 'leader',
      headers: { 'x-purpose': 'SUPERVISION' },
      query: person,
      variables: first ?? {},
    },
    {
      ...{ name: 'an officer who asks for another than the dossier’s', account: 'counter', query: person },
      ...{ headers: { 'x-purpose': 'PROCESSING', 'x-dossier': dossier }, variables: second ?? {} },
    },
    { name: 'an officer who asks for nothing', account: 'counter', headers: {}, query: person, variables: third ?? {} },
    { name: 'a citizen who asks for another', account: 'citizen', headers: {}, query: person, variables: first ?? {} },
    {
      name: 'an operator who asks for a person',
      account: 'admin',
      headers: { 'x-purpose': 'SUPERVISION' },
      query: person,
      variables: second ?? {},
    },
    {
      ...{ name: 'a leader who asks who handed it in', account: 'leader', query: applicant },
      ...{ headers: { 'x-purpose': 'SUPERVISION' }, variables: { code: canaries[0]?.dossier } },
    },
  ];
}

/** Of what people's work in the systems does not change. */
async function wholeParts(questions: readonly Question[], ask: Ask): Promise<ReadonlyMap<string, string>> {
  const whole = new Map<string, string>();
  for (const question of questions) {
    const answer = await ask(question.account, question);
    if (answer.errors.length > 0 || answer.data === null) {
      throw new Error(`${question.name} is not answered while all is well: ${JSON.stringify(answer.errors)}`);
    }
    for (const [part, sector] of Object.entries(question.parts)) {
      if (sector !== 'index') whole.set(`${question.name} ${part}`, partOf(answer, part));
    }
  }
  return whole;
}
