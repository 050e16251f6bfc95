import { type Attack, query } from './attack.ts';

const INVALID = ['GRAPHQL_VALIDATION_FAILED'];
const INPUT = ['BAD_USER_INPUT'];
const BAD = ['BAD_REQUEST'];
const NO_GRANT = ['FORBIDDEN'];

/** Ways out of the folder that the editor's files seem to lie in. */
const ESCAPES = [
  '/graphiql/../package.json',
  '/graphiql/..%2f..%2fpackage.json',
  '/graphiql/%2e%2e/package.json',
  '/graphiql/%252e%252e%252fpackage.json',
  '/graphiql/..%5c..%5cpackage.json',
  '/graphiql/..;/package.json',
  '/graphiql//etc/passwd',
  '/graphiql/%2fetc%2fpasswd',
  '/graphiql/file:%2f%2f%2fetc%2fpasswd',
  '/graphiql/start.js%00.png',
  '/graphiql/start.js/../../package.json',
  '/graphiql/__proto__',
  '/graphiql/constructor',
  '/graphiql/%c0%ae%c0%ae%c0%afpackage.json',
  `/graphiql/${'a'.repeat(2_000)}`,
  '/../../../../etc/passwd',
  '/.git/config',
  '/.env',
];

/** Requests that are not what they say they are, over HTTP or in what they carry. */
export function attacksOnHttp(): readonly Attack[] {
  return [...misleading(), ...overHttp()];
}

function misleading(): readonly Attack[] {
  const sectors = '{ sectors { id } }';
  return [
    {
      name: 'an operation name that is none',
      body: { query: sectors, operationName: '__proto__' },
      refused: ['OPERATION_RESOLUTION_FAILURE'],
    },
    {
      name: 'several operations and no name',
      body: query(`query A ${sectors} query B ${sectors}`),
      refused: ['OPERATION_RESOLUTION_FAILURE'],
    },
    {
      name: 'two operations of one name',
      body: { query: `query A ${sectors} query A ${sectors}`, operationName: 'A' },
      refused: INVALID,
    },
    {
      name: 'a subscription that is posted',
      body: query('subscription { dossierChanged(where: {}) { id } }'),
      refused: [...BAD, ...INVALID],
    },
    {
      name: 'a persisted query',
      body: { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
      refused: ['PERSISTED_QUERY_NOT_SUPPORTED'],
    },
    {
      name: 'a registered operation that is none',
      body: { documentId: `sha256:${'0'.repeat(64)}` },
      refused: ['OPERATION_NOT_REGISTERED'],
    },
    {
      name: 'a registered operation named like what every object has',
      body: { documentId: '__proto__' },
      refused: ['OPERATION_NOT_REGISTERED'],
    },
    { name: 'marks of the compiler', body: query('{ sectors { id @defer __context } }'), refused: INVALID },
    { name: 'answers in parts', body: query('{ ... @defer { sectors { id } } }'), refused: INVALID },
    {
      name: 'a type system for a query',
      body: query('type Query { a: Int } extend type Query { b: Int }'),
      refused: INVALID,
    },
    ...[1, ['{ sectors { id } }'], { a: 1 }, true].map((text) => ({
      name: `${JSON.stringify(text)} for a query`,
      body: { query: text },
      refused: BAD,
    })),
    { name: 'a list for variables', body: { query: sectors, variables: [1] }, refused: [...BAD, ...INPUT] },
    {
      name: 'variables that would change every object',
      body: '{"query":"query ($w: DossierFilter) { dossiers(filter: $w) { totalCount } }","variables":{"w":{"__proto__":{"text":"x"}}}}',
      refused: [...INPUT, ...BAD],
    },
    {
      name: 'a filter that would change every object',
      body: query('query ($w: DossierFilter) { dossiers(filter: $w) { totalCount } }', {
        w: { constructor: { prototype: {} } },
      }),
      refused: [...INPUT, ...BAD],
    },
    {
      name: 'a dossier by SQL',
      body: query(`{ dossier(code: "H41' OR '1'='1") { code } }`),
      refused: [...INPUT, ...NO_GRANT],
    },
    {
      name: 'a person by SQL',
      body: query(`{ citizen(id: "1 UNION SELECT 1") { fullName } }`),
      refused: [...INPUT, ...NO_GRANT, 'PURPOSE_REQUIRED'],
    },
  ];
}

function overHttp(): readonly Attack[] {
  const sectors = query('{ sectors { id } }');
  const PREFLIGHTED = { 'apollo-require-preflight': '1' };
  const get = (search: string) => ({ method: 'GET', path: `/graphql?${search}` });
  return [
    { name: 'many operations in one request', body: [sectors, sectors], refused: BAD },
    { name: 'a GET of another site', ...get('query=%7Bsectors%7Bid%7D%7D'), refused: BAD },
    { name: 'a mutation by GET', ...get('query=mutation%7BopenVisit%7Bid%7D%7D'), headers: PREFLIGHTED, refused: BAD },
    {
      name: 'a number in a URL',
      ...get('query=%7Bcitizen(id:001085004213)%7BfullName%7D%7D'),
      headers: PREFLIGHTED,
      refused: BAD,
    },
    {
      name: 'variables in a URL',
      ...get('query=%7Bsectors%7Bid%7D%7D&variables=%7B%22a%22:1%7D'),
      headers: PREFLIGHTED,
      refused: BAD,
    },
    {
      name: 'fifteen thousand blanks for variables in a URL, and something behind them',
      ...get(`query=%7Bsectors%7Bid%7D%7D&variables=${'+'.repeat(15_000)}x`),
      headers: PREFLIGHTED,
      refused: BAD,
    },
    ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'].map(
      (type) => ({
        name: `a body of ${type}`,
        headers: { 'content-type': type },
        body: JSON.stringify(sectors),
        refused: BAD,
      }),
    ),
    {
      name: 'a body that says it is packed',
      headers: { 'content-encoding': 'gzip' },
      body: JSON.stringify(sectors).replace('{', '\u001f'),
      refused: BAD,
    },
    { name: 'a body of half a megabyte', body: query(`{ sectors { id } } #${'x'.repeat(524_288)}`), refused: BAD },
    {
      name: 'variables of half a megabyte',
      body: query('{ sectors { id } }', { a: 'x'.repeat(524_288) }),
      refused: BAD,
    },
    { name: 'half a body', body: '{"query":"{ sectors', refused: BAD },
    { name: 'nothing', body: '', refused: BAD },
    {
      name: 'objects within objects, forty thousand deep',
      body: `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`,
      refused: BAD,
    },
    { name: 'bytes that are no text', body: Buffer.from([0xff, 0xfe, 0x00, 0x7b]), refused: BAD },
    ...['PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
      name: `${method}`,
      method,
      body: sectors,
      refused: BAD,
    })),
    ...ESCAPES.map((path) => ({ name: `a file by ${path}`, method: 'GET', path, refused: BAD })),
    { name: 'a page of another site', headers: { origin: 'https://evil.example' }, body: sectors, refused: NO_GRANT },
    { name: 'a page of no site', headers: { origin: 'null' }, body: sectors, refused: NO_GRANT },
    { name: 'a site whose name leads here', headers: { host: 'evil.example' }, body: sectors, refused: NO_GRANT },
    {
      name: 'a site whose name begins like this machine',
      headers: { host: 'localhost.evil.example' },
      body: sectors,
      refused: NO_GRANT,
    },
  ];
}
