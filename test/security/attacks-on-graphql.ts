import { type Attack, doubling, type Known, query, times } from './attack.ts';

const INVALID = ['GRAPHQL_VALIDATION_FAILED'];
const UNPARSED = ['GRAPHQL_PARSE_FAILED'];
const INPUT = ['BAD_USER_INPUT'];
const TOO_LONG = ['TOO_COSTLY', 'BAD_USER_INPUT'];
const NO_GRANT = ['FORBIDDEN'];

const NODES = 'nodes { code }';
const nested = (depth: number): string => (depth === 0 ? 'code' : `parent { ${nested(depth - 1)} }`);
const typed = (depth: number): string => (depth === 0 ? 'name' : `fields { type { ${typed(depth - 1)} } }`);

/** The usual list: what is known to bring GraphQL servers down, or to make them say more than they should. */
export function attacksOnGraphql({ cursor }: Known): readonly Attack[] {
  return [...amplifying(), ...introspecting(), ...counting(cursor)];
}

function amplifying(): readonly Attack[] {
  return [
    {
      name: 'aliases of one field',
      body: query(`{ ${times(31, (at) => `a${at}: sectors { id }`)} }`),
      refused: INVALID,
    },
    {
      name: 'aliases in a fragment that is spread often',
      body: query(`{ ${times(11, (at) => `s${at}: sectors { ...A }`)} } fragment A on Sector { x: id y: id z: id }`),
      refused: INVALID,
    },
    { name: 'fields of the root without aliases', body: query(`{ ${times(21, 'sectors { id }')} }`), refused: INVALID },
    { name: '__typename ten thousand times', body: query(`{ ${times(10_000, '__typename')} }`), refused: UNPARSED },
    { name: 'one field five thousand times', body: query(`{ sectors { ${times(5_000, 'id')} } }`), refused: UNPARSED },
    { name: 'fields with fields, often', body: query(`{ ${times(450, 'sectors { id }')} }`), refused: INVALID },
    {
      name: 'fields with fields, often, below the root',
      body: query(`{ agencies { ${times(450, 'parent { code }')} } }`),
      refused: INVALID,
    },
    {
      name: 'fields with fields, often, in a fragment before the operation',
      body: query(`fragment A on Agency { ${times(440, 'parent { code }')} } { agencies { ...A } }`),
      refused: INVALID,
    },
    {
      name: 'directives on one field',
      body: query(`{ sectors { id ${times(20, '@include(if: true)')} } }`),
      refused: INVALID,
    },
    {
      name: 'directives on many fields',
      body: query(`{ sectors { ${times(11, 'id @skip(if: false)')} } }`),
      refused: INVALID,
    },
    { name: 'directives that are none', body: query(`{ sectors { id ${times(500, '@a')} } }`), refused: INVALID },
    {
      name: 'a fragment that spreads itself',
      body: query('{ sectors { ...A } } fragment A on Sector { id ...A }'),
      refused: INVALID,
    },
    {
      name: 'fragments in a circle',
      body: query('{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }'),
      refused: INVALID,
    },
    {
      name: '2^30 spreads of a list',
      body: query(`{ ...F0 } ${doubling(`dossiers(first: 100) { ${NODES} }`)}`),
      refused: INVALID,
    },
    {
      name: '2^30 spreads of an alias',
      body: query(`{ sectors { ...F0 } } ${doubling('a: id', 'Sector')}`),
      refused: INVALID,
    },
    {
      name: '2^30 spreads in the middle',
      body: query(`{ agencies { ...F0 } } ${doubling('x: parent { y: code }', 'Agency')}`),
      refused: INVALID,
    },
    { name: 'fields within fields', body: query(`{ agencies { ${nested(20)} } }`), refused: INVALID },
    {
      name: 'fields within fragments',
      body: query(`{ agencies { ...P } } fragment P on Agency { ${nested(18)} }`),
      refused: INVALID,
    },
    { name: 'braces without end', body: query('{a'.repeat(50_000)), refused: UNPARSED },
    {
      name: 'brackets without end',
      body: query(`{ agencies(parent: ${'['.repeat(50_000)}) { code } }`),
      refused: UNPARSED,
    },
    {
      name: 'types without end',
      body: query(`query ($a: ${'['.repeat(1_500)}Int${']'.repeat(400)}) { sectors { id } }`),
      refused: UNPARSED,
    },
    {
      name: 'variables without end',
      body: query(`query (${times(300, (at) => `$v${at}: Int`)}) { sectors { id } }`),
      refused: [...INVALID, ...UNPARSED],
    },
  ];
}

function introspecting(): readonly Attack[] {
  const whole = '{ __schema { types { name fields { name } } } }';
  return [
    { name: 'the schema, by whom no grant allows it', as: 'leader', body: query(whole), refused: NO_GRANT },
    { name: 'the schema, by a citizen', as: 'citizen', body: query(whole), refused: NO_GRANT },
    { name: 'the schema, by the portal', as: 'portal', body: query(whole), refused: NO_GRANT },
    { name: 'a type', as: 'leader', body: query('{ __type(name: "Citizen") { fields { name } } }'), refused: NO_GRANT },
    {
      name: 'a type under another name, in a fragment',
      as: 'citizen',
      body: query('{ ...A } fragment A on Query { t: __type(name: "Citizen") { name } }'),
      refused: NO_GRANT,
    },
    {
      name: 'the schema in an operation beside the one that runs',
      as: 'leader',
      body: { query: `query A { sectors { id } } query B ${whole}`, operationName: 'B' },
      refused: NO_GRANT,
    },
    {
      name: 'types of fields of types of fields',
      body: query(`{ __schema { types { ${typed(5)} } } }`),
      refused: INVALID,
    },
    { name: 'a name that is nearly right', as: 'leader', body: query('{ sectrs { id } }'), refused: INVALID },
    {
      name: 'an argument that is nearly right',
      as: 'leader',
      body: query('{ dossiers(frst: 1) { totalCount } }'),
      refused: INVALID,
    },
    {
      name: 'a type that is nearly right',
      as: 'leader',
      body: query('{ sectors { ... on Secto { id } } }'),
      refused: INVALID,
    },
    {
      name: 'a word in the variables that is nearly right',
      as: 'leader',
      body: query('query ($o: DossierOrder) { dossiers(orderBy: $o) { totalCount } }', { o: 'DUE_AS' }),
      refused: INPUT,
    },
    {
      name: 'twenty thousand times the words with which an error goes on to what is nearly right',
      as: 'leader',
      body: query('query ($n: Int) { dossiers(first: $n) { totalCount } }', { n: 'Did you mean '.repeat(20_000) }),
      refused: INPUT,
    },
    {
      name: 'the same words in the document',
      as: 'leader',
      body: query(`{ dossiers(first: "${'Did you mean '.repeat(20_000)}") { totalCount } }`),
      refused: INVALID,
    },
  ];
}

function counting(cursor: string): readonly Attack[] {
  const page = 'query ($n: Int) { dossiers(first: $n) { nodes { code } } }';
  const deep = (first: string) =>
    `query ($n: Int = 100) { dossiers(first: ${first}) { nodes { applicant { business { dossiers(first: 100) { nodes { code history { id } } } } } } } }`;
  return [
    ...['2147483647', '101', '0', '-1', '99999999999999999999'].map((first) => ({
      name: `a page of ${first}`,
      body: query(`{ dossiers(first: ${first}) { ${NODES} } }`),
      refused: [...TOO_LONG, ...INVALID],
    })),
    ...[2_147_483_647, -5, 1e300, '100', [100], { n: 1 }, true, 1.5].map((n) => ({
      name: `a page of ${JSON.stringify(n)} in the variables`,
      body: query(page, { n }),
      refused: TOO_LONG,
    })),
    {
      name: 'a page by a standard value of the variable',
      body: query(`query ($n: Int = 2147483647) { dossiers(first: $n) { ${NODES} } }`),
      refused: TOO_LONG,
    },
    {
      name: 'lists of lists, written out',
      body: query(deep('100').replace('($n: Int = 100)', '')),
      refused: ['TOO_COSTLY'],
    },
    { name: 'lists of lists, by a variable', body: query(deep('$n'), { n: 100 }), refused: ['TOO_COSTLY'] },
    { name: 'lists of lists, by a standard value', body: query(deep('$n')), refused: ['TOO_COSTLY'] },
    { name: 'lists of lists, by a length that is none', body: query(deep('$n'), { n: -1 }), refused: ['TOO_COSTLY'] },
    {
      name: 'a cursor of somebody else',
      as: 'commune',
      body: query(`{ dossiers(after: "${cursor}") { ${NODES} } }`),
      refused: INPUT,
    },
    {
      name: 'a cursor that was made up',
      body: query('{ dossiers(after: "eyJjb2RlIjoiSDQxIn0=") { nodes { code } } }'),
      refused: INPUT,
    },
    {
      name: 'a cursor of a hundred thousand characters',
      body: query(page.replace('first: $n', `after: "${'A'.repeat(100_000)}"`)),
      refused: [...INPUT, ...INVALID],
    },
  ];
}
