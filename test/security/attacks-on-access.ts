import type { AccountName } from '../../stand-ins/issuer/accounts.ts';
import { type Attack, type Known, query, times } from './attack.ts';

const STRANGER = ['UNAUTHENTICATED', 'TOO_MANY_REQUESTS'];
const NOT_YOURS = ['FORBIDDEN', 'PURPOSE_REQUIRED'];

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const CLAIMS = encoded({
  ...{ iss: 'urn:lienthong:demo-issuer', aud: 'lienthong', sub: 'counter.hanh', client_id: 'counter-desk' },
  ...{ role: 'admin', iat: 1_795_000_000, exp: 2_000_000_000, jti: 'x' },
});

/** Somebody who is nobody, or asks for what is not theirs. */
export function attacksOnAccess(known: Known): readonly Attack[] {
  return [...byStrangers(known), ...forPeople(known), ...forDossiers(known), ...onTheHub(known)];
}

function byStrangers({ tokens: forged = {} }: Known): readonly Attack[] {
  const body = query('{ sectors { id } }');
  const tokens = {
    'nothing at all': undefined,
    'another scheme': 'Basic Y291bnRlcjpjb3VudGVy',
    'an empty token': 'Bearer ',
    'a word for a token': 'Bearer counter',
    'a token without a signature': `Bearer ${encoded({ alg: 'none', typ: 'at+jwt', kid: '1' })}.${CLAIMS}.`,
    'a token signed with a word': `Bearer ${encoded({ alg: 'HS256', typ: 'at+jwt', kid: '1' })}.${CLAIMS}.${'a'.repeat(43)}`,
    'a token with its own key': `Bearer ${encoded({ alg: 'EdDSA', typ: 'at+jwt', jwk: { kty: 'OKP' } })}.${CLAIMS}.${'a'.repeat(86)}`,
    'a token whose key is elsewhere': `Bearer ${encoded({ alg: 'EdDSA', typ: 'at+jwt', jku: 'http://127.0.0.1:1/' })}.${CLAIMS}.${'a'.repeat(86)}`,
    'a token of a key that is a path': `Bearer ${encoded({ alg: 'EdDSA', typ: 'at+jwt', kid: '../../etc/passwd' })}.${CLAIMS}.${'a'.repeat(86)}`,
    'a token of five thousand characters': `Bearer ${'a'.repeat(5_000)}`,
    ...forged,
  };
  return [
    ...Object.entries(tokens).map(([name, authorization]) => ({
      ...{ name, body, as: 'nobody' as const, refused: STRANGER },
      headers: authorization === undefined ? {} : { authorization },
    })),
    {
      name: 'a token in a cookie',
      as: 'nobody',
      headers: { cookie: 'token=abc; authorization=Bearer abc' },
      body,
      refused: STRANGER,
    },
    {
      name: 'a token in the URL',
      as: 'nobody',
      path: '/graphql?access_token=abc&authorization=Bearer%20abc',
      body,
      refused: STRANGER,
    },
    { name: 'a system without its certificate', as: 'app', body, refused: STRANGER },
    { name: 'half a megabyte of nobody', as: 'nobody', body: 'x'.repeat(524_288), refused: STRANGER },
    { name: 'a stream of events of nobody', as: 'nobody', path: '/graphql/stream', body, refused: STRANGER },
  ];
}

function forPeople({ own, stranger, strangersName, visit, many }: Known): readonly Attack[] {
  const person = query('query ($id: ID!) { citizen(id: $id) { fullName personalNumbers } }', { id: stranger });
  const processing = { 'x-purpose': 'PROCESSING', 'x-dossier': own };
  const without = (as: AccountName, purpose: string): Attack => ({
    name: `a person, by ${as} for ${purpose}`,
    ...{ as, headers: { 'x-purpose': purpose }, body: person, refused: NOT_YOURS },
  });
  return [
    { name: 'a person for no purpose', body: person, refused: ['PURPOSE_REQUIRED'] },
    {
      name: 'a person for a purpose that is none',
      headers: { 'x-purpose': 'CURIOSITY' },
      body: person,
      refused: ['PURPOSE_REQUIRED'],
    },
    {
      name: 'a person for two purposes',
      headers: { 'x-purpose': 'PROCESSING, SELF' },
      body: person,
      refused: ['PURPOSE_REQUIRED'],
    },
    { name: 'a person for a dossier that is not theirs', headers: processing, body: person, refused: ['FORBIDDEN'] },
    {
      name: 'a person under another name beside one who may be seen',
      headers: processing,
      body: query(`{ b: citizen(id: "${stranger}") { fullName } }`),
      refused: ['FORBIDDEN'],
    },
    ...(['SUPERVISION', 'AUDIT', 'SELF', 'RECEPTION'] as const).map((purpose) => without('counter', purpose)),
    without('leader', 'SUPERVISION'),
    without('leader', 'PROCESSING'),
    without('auditor', 'AUDIT'),
    without('admin', 'SUPERVISION'),
    without('portal', 'PROCESSING'),
    without('citizen', 'SELF'),
    { name: 'somebody else’s data, by a citizen', as: 'citizen', body: person, refused: NOT_YOURS },
    {
      name: 'a search by name, by a leader',
      as: 'leader',
      body: query('{ citizens(name: "Nguyễn") { nodes { fullName } } }'),
      refused: NOT_YOURS,
    },
    {
      name: 'a search by name, by a citizen',
      as: 'citizen',
      body: query(`{ citizens(name: "${strangersName}") { nodes { fullName } } }`),
      refused: [],
    },
    {
      name: 'a visit of somebody else',
      as: 'commune',
      headers: { 'x-purpose': 'RECEPTION', 'x-visit': visit },
      body: person,
      refused: ['VISIT_OVER', ...NOT_YOURS],
    },
    {
      name: 'a visit that is none',
      headers: { 'x-purpose': 'RECEPTION', 'x-visit': 'A'.repeat(22) },
      body: person,
      refused: ['VISIT_OVER', ...NOT_YOURS],
    },
    {
      name: 'a visit by SQL',
      headers: { 'x-purpose': 'RECEPTION', 'x-visit': "' OR 1=1 --" },
      body: person,
      refused: ['PURPOSE_REQUIRED'],
    },
    {
      name: 'more people than a visit takes, under names of their own',
      headers: { 'x-purpose': 'RECEPTION', 'x-visit': visit },
      body: query(`{ ${times(many.length, (at) => `p${at}: citizen(id: "${many[at]}") { fullName }`)} }`),
      refused: ['VISIT_FULL'],
      mayServe: 8,
    },
  ];
}

function forDossiers({ foreign, own, stranger }: Known): readonly Attack[] {
  const names = 'applicant { name } summary';
  return [
    {
      name: 'a dossier of another commune',
      as: 'commune',
      body: query(`{ dossier(code: "${foreign}") { code status } }`),
      refused: ['FORBIDDEN'],
    },
    {
      name: 'a dossier code that was guessed',
      as: 'commune',
      body: query('{ dossier(code: "H41.12-261008-0003") { code } }'),
      refused: ['FORBIDDEN'],
    },
    {
      name: 'a purpose by a dossier of another commune',
      as: 'commune',
      headers: { 'x-purpose': 'PROCESSING', 'x-dossier': foreign },
      body: query(`{ dossier(code: "${foreign}") { ${names} } }`),
      refused: NOT_YOURS,
    },
    {
      name: 'names of a dossier, by a leader',
      as: 'leader',
      body: query(`{ dossier(code: "${own}") { ${names} } }`),
      refused: NOT_YOURS,
    },
    {
      name: 'names of a dossier for another one',
      headers: { 'x-purpose': 'PROCESSING', 'x-dossier': own },
      body: query(`{ dossier(code: "${foreign}") { ${names} } }`),
      refused: ['FORBIDDEN'],
    },
    {
      name: 'a dossier of somebody else, by a citizen',
      as: 'citizen',
      body: query(`{ dossier(code: "${foreign}") { code } }`),
      refused: ['FORBIDDEN'],
    },
    {
      name: 'dossiers by somebody’s number, by a leader',
      as: 'leader',
      body: query(`{ dossiers(filter: { applicantId: "${stranger}" }) { totalCount } }`),
      refused: NOT_YOURS,
    },
    {
      name: 'dossiers by a word, by a leader',
      as: 'leader',
      body: query('{ dossiers(filter: { text: "Nguyễn" }) { totalCount } }'),
      refused: NOT_YOURS,
    },
    {
      name: 'a code of a dossier in a header with more',
      headers: { 'x-dossier': `${own}, ${foreign}` },
      body: query('{ sectors { id } }'),
      refused: ['PURPOSE_REQUIRED'],
    },
    {
      name: 'a dossier in a header by SQL',
      headers: { 'x-dossier': "H41' OR '1'='1" },
      body: query('{ sectors { id } }'),
      refused: ['PURPOSE_REQUIRED'],
    },
  ];
}

function onTheHub({ stranger }: Known): readonly Attack[] {
  const log = query(`{ accessLog(subject: "${stranger}") { nodes { actor } } }`);
  const mode = query('mutation { setDeliveryMode(mode: OFF) { mode } }');
  return [
    ...(['counter', 'leader', 'citizen', 'portal', 'admin'] as const).map((as) => ({
      ...{ name: `the access log, by ${as}`, as, body: log, refused: NOT_YOURS },
    })),
    ...(['counter', 'leader', 'citizen', 'portal', 'auditor'] as const).map((as) => ({
      ...{ name: `how everything is delivered, changed by ${as}`, as, body: mode, refused: NOT_YOURS },
    })),
    {
      name: 'a call for a system by nobody',
      as: 'nobody',
      path: '/callbacks/land/changed',
      body: { secret: 'x' },
      refused: [],
    },
    {
      name: 'a call for a sector that is none',
      as: 'nobody',
      path: '/callbacks/..%2f..%2fetc/passwd',
      body: {},
      refused: ['BAD_REQUEST'],
    },
    {
      name: 'a call of half a megabyte',
      as: 'nobody',
      path: '/callbacks/land/changed',
      body: { a: 'x'.repeat(524_288) },
      refused: [],
    },
    {
      name: 'a call forty thousand objects deep',
      as: 'nobody',
      path: '/callbacks/one-stop/x',
      body: `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`,
      refused: [],
    },
  ];
}
