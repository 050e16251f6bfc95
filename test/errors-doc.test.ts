import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../core/errors.ts';
import { describeErrors } from '../hub/errors-doc.ts';

const root = join(import.meta.dirname, '..');
const codes = Object.keys(ERRORS);

/** Codes that clients were promised. */
const PROMISED = [
  'SOURCE_UNAVAILABLE',
  'SOURCE_TIMEOUT',
  'SOURCE_MALFORMED',
  'BUDGET_EXCEEDED',
  'IDENTIFIERS_INCOMPLETE',
  'AMBIGUOUS',
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'PURPOSE_REQUIRED',
  'INTERNAL',
  'VISIT_OVER',
  'VISIT_FULL',
  'TOO_MANY_REQUESTS',
  'TOO_COSTLY',
  'OPERATION_NOT_REGISTERED',
  'AUDIT_UNAVAILABLE',
];

test('docs/errors.md is what the table says; if not, run: npm run --silent errors > docs/errors.md', () => {
  expect(readFileSync(join(root, 'docs', 'errors.md'), 'utf8')).toBe(describeErrors());
});

test('every code that was promised is in the table', () => {
  expect(codes).toEqual(expect.arrayContaining(PROMISED));
});

test.each(Object.entries(ERRORS))('%s is told in whole sentences', (_, { title, meaning, remedy }) => {
  expect(title).toMatch(/^\p{Lu}[^|\n]+[^.]$/u);
  expect(meaning).toMatch(/^\p{Lu}[^\n]+\.$/u);
  expect(remedy).toMatch(/^\p{Lu}[^\n]+\.$/u);
});

describe('codes used in the sources', () => {
  const used = findCodes();

  test('errors, gaps and answers of the gateway are found at all', () => {
    expect(used.get('SOURCE_UNAVAILABLE')).toContain('resolvers/operation.ts');
    expect(used.get('SEARCH_TOO_BROAD')).toContain('resolvers/search-citizens.ts');
  });

  test('every one of them is in the table', () => {
    expect([...used].filter(([code]) => !codes.includes(code))).toEqual([]);
  });

  test('a code that nobody uses is one that the GraphQL server gives by itself', () => {
    const ofTheServer = [
      'BAD_REQUEST',
      'GRAPHQL_PARSE_FAILED',
      'GRAPHQL_VALIDATION_FAILED',
      'OPERATION_RESOLUTION_FAILURE',
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ];
    expect(codes.filter((code) => !used.has(code) && !ofTheServer.includes(code))).toEqual([]);
  });
});

/** Code → files that give it to a client: as a HubError, as a gap's `code`, or in the gateway's own answers. */
function findCodes(): Map<string, string[]> {
  const rooms = '{core,catalogues,schema,drivers,store,connectors,kit,streams,identity,audit,resolvers,gateway,hub}';
  const files = globSync([`${rooms}/**/*.ts`, 'sectors/*/sector.ts', '*.ts'], { cwd: root });
  const used = new Map<string, string[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    // Delivery's `code` is why a dossier is held, or the portal's own: the schema lists the first, nobody the second.
    const places = /^streams\/(deliver|portals)\//.test(file)
      ? /(new HubError\(\s*)'([A-Z][A-Z_]{5,})'/g
      : /(new (?:HubError|Fault)\(\s*|\bcode: )'([A-Z][A-Z_]{5,})'/g;
    for (const [, , code = ''] of text.matchAll(places)) {
      used.set(code, [...new Set([...(used.get(code) ?? []), file])]);
    }
  }
  return used;
}
