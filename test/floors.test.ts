import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import {
  cruise,
  type ICruiseOptions,
  type ICruiseResult,
  type IForbiddenRuleType,
  type IResolveOptions,
} from 'dependency-cruiser';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const { default: configuration }: { default: Configuration } = await import(join(root, '.dependency-cruiser.mjs'));
const rules = configuration.forbidden.map(({ name }) => name);

interface Configuration {
  readonly forbidden: (IForbiddenRuleType & { readonly name: string })[];
  readonly options: Pick<ICruiseOptions, 'exclude'> & { readonly enhancedResolveOptions: Partial<IResolveOptions> };
}

/** One import that is wrong, and the rules that must say so. */
interface Wrong {
  readonly from: string;
  readonly to: string;
  readonly rules: readonly string[];
  /** Standard: an import of a value. */
  readonly type?: boolean;
}

/** Importer → imported, as paths of the house; a package is named as it is imported. */
const WRONG: readonly Wrong[] = [
  // Each room looks up or aside once, and once at a file of the root.
  { from: 'core/a.ts', to: 'catalogues/target.ts', rules: ['floor-core'] },
  { from: 'catalogues/a.ts', to: 'drivers/target.ts', rules: ['floor-catalogues'] },
  { from: 'schema/a.ts', to: 'catalogues/target.ts', rules: ['floor-schema'] },
  { from: 'drivers/a.ts', to: 'store/target.ts', rules: ['floor-drivers'] },
  { from: 'store/a.ts', to: 'connectors/target.ts', rules: ['floor-store'] },
  { from: 'connectors/a.ts', to: 'kit/target.ts', rules: ['floor-connectors'] },
  { from: 'kit/a.ts', to: 'sectors/land/target.ts', rules: ['floor-kit'] },
  { from: 'streams/a.ts', to: 'resolvers/target.ts', rules: ['floor-streams'] },
  { from: 'resolvers/a.ts', to: 'connectors/target.ts', rules: ['floor-resolvers'] },
  { from: 'gateway/a.ts', to: 'resolvers/target.ts', rules: ['floor-gateway'] },
  { from: 'identity/a.ts', to: 'store/target.ts', rules: ['floor-identity'] },
  { from: 'audit/a.ts', to: 'resolvers/target.ts', rules: ['floor-audit'] },
  // A type is a look, too.
  { from: 'core/b.ts', to: 'gateway/target.ts', rules: ['floor-core'], type: true },
  { from: 'resolvers/b.ts', to: 'sectors/land/target.ts', rules: ['floor-resolvers'] },
  { from: 'store/b.ts', to: 'web/target.ts', rules: ['floor-store'] },

  { from: 'resolvers/c.ts', to: '@apollo/server', rules: ['package--apollo-server'] },
  { from: 'hub/c1.ts', to: 'graphql-jit', rules: ['package-graphql-jit'] },
  { from: 'streams/c13.ts', to: 'graphql-ws', rules: ['package-graphql-ws'] },
  { from: 'gateway/c14.ts', to: 'ws', rules: ['package-ws'] },
  { from: 'connectors/c3.ts', to: 'cockatiel', rules: ['package-cockatiel'] },
  { from: 'resolvers/c4.ts', to: 'dataloader', rules: ['package-dataloader'] },
  { from: 'gateway/c5.ts', to: '@graphql-tools/schema', rules: ['package--graphql-tools-schema'] },
  { from: 'streams/c6.ts', to: 'fastify', rules: ['package-fastify'] },
  { from: 'streams/c15.ts', to: 'kafkajs', rules: ['package-kafkajs'] },
  { from: 'connectors/c16.ts', to: '@vlasky/zongji', rules: ['package--vlasky-zongji'] },
  { from: 'core/c7.ts', to: 'iconv-lite', rules: ['package-iconv-lite'] },
  { from: 'store/c8.ts', to: 'knex', rules: ['package-knex'] },
  { from: 'drivers/c9.ts', to: 'mysql2', rules: ['package-mysql2'] },
  { from: 'catalogues/c10.ts', to: 'read-excel-file', rules: ['package-read-excel-file'] },
  { from: 'connectors/c11.ts', to: 'saxes', rules: ['package-saxes'] },
  { from: 'connectors/c12.ts', to: 'undici', rules: ['package-undici'] },
  { from: 'gateway/c17.ts', to: 'jose', rules: ['package-jose'] },
  { from: 'hub/c18.ts', to: '@fastify/cors', rules: ['package--fastify-cors'] },

  { from: 'sectors/land/sector.ts', to: 'kit/target.ts', rules: ['sector-imports-only-types-of-the-kit'] },
  { from: 'sectors/land/helper.ts', to: 'graphql', rules: ['sector-imports-only-types-of-the-kit'] },
  {
    from: 'sectors/land/other.ts',
    to: 'sectors/one-stop/target.ts',
    rules: ['sector-never-another-sector'],
    type: true,
  },
  {
    from: 'sectors/land/own.ts',
    to: 'sectors/land/stand-in/target.ts',
    rules: ['sector-not-its-stand-in'],
    type: true,
  },
  { from: 'stand-ins/d.ts', to: 'core/target.ts', rules: ['stand-in-imports-nothing-of-the-hub'] },
  { from: 'sectors/land/stand-in/d.ts', to: 'kit/target.ts', rules: ['stand-in-imports-nothing-of-the-hub'] },
  { from: 'hub/e.ts', to: 'test/target.ts', rules: ['nobody-looks-at-tests'] },
  { from: 'hub.ts', to: 'bench/target.ts', rules: ['nobody-looks-at-tests'] },
  { from: 'web/f.ts', to: 'hub/target.ts', rules: ['hub-only-above', 'floor-web'] },
  { from: 'gateway/f.ts', to: 'hub/target.ts', rules: ['floor-gateway', 'hub-only-above'] },
  { from: 'kit/f.ts', to: 'cli.ts', rules: ['floor-kit', 'hub-only-above'] },
  { from: 'hub/circle-back.ts', to: 'hub/circle.ts', rules: ['no-circles'] },
  { from: 'hub/g.ts', to: 'hub/nowhere.ts', rules: ['imports-resolve'] },
  {
    from: 'sectors/land/unseen.ts',
    to: 'resolvers/target.ts',
    rules: ['sector-knows-the-kit-alone'],
    type: true,
  },
  { from: 'web/unseen.ts', to: 'resolvers/target.ts', rules: ['floor-web'] },
  { from: 'resolvers/unseen.ts', to: 'csv-parse', rules: ['package-csv-parse'] },
];

/** What each room may do, beside every wrong import: none of it may be called wrong. */
const RIGHT: readonly Omit<Wrong, 'rules'>[] = [
  { from: 'core/ok.ts', to: 'core/target.ts' },
  { from: 'core/ok2.ts', to: 'node:crypto' },
  { from: 'kit/ok.ts', to: 'connectors/target.ts' },
  { from: 'streams/ok.ts', to: 'store/target.ts' },
  { from: 'resolvers/ok.ts', to: 'catalogues/target.ts' },
  { from: 'resolvers/loader.ts', to: 'dataloader' },
  { from: 'drivers/mysql.ts', to: 'mysql2' },
  { from: 'gateway/ok.ts', to: '@apollo/server' },
  { from: 'identity/ok.ts', to: 'drivers/target.ts' },
  { from: 'identity/ok2.ts', to: 'jose' },
  { from: 'stand-ins/issuer/ok.ts', to: 'jose' },
  { from: 'audit/ok.ts', to: 'store/target.ts' },
  { from: 'sectors/land/ok.ts', to: 'kit/target.ts', type: true },
  { from: 'sectors/land/ok2.ts', to: 'sectors/land/target.ts', type: true },
  { from: 'sectors/land/stand-in/ok.ts', to: 'stand-ins/target.ts' },
  { from: 'hub/ok.ts', to: 'resolvers/target.ts' },
  // Its way back is the wrong import above: a circle is told once.
  { from: 'hub/circle.ts', to: 'hub/circle-back.ts' },
  { from: 'hub/circle-of-types.ts', to: 'hub/circle-of-types-back.ts', type: true },
  { from: 'hub/circle-of-types-back.ts', to: 'hub/circle-of-types.ts' },
  { from: 'cli.ts', to: 'hub/target.ts' },
  { from: 'test/ok.ts', to: 'gateway/target.ts' },
  { from: 'bench/ok.ts', to: 'mysql2' },
];

describe('a house with everything wrong once', () => {
  const house = realpathSync(mkdtempSync(join(tmpdir(), 'lienthong-floors-')));
  let found: readonly string[] = [];

  beforeAll(async () => {
    build(house, [...WRONG, ...RIGHT]);
    found = await violationsIn(house, rootsOf(house));
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  test.each(rules)('%s is broken by at least one of the wrong imports', (rule) => {
    expect(WRONG.filter((wrong) => wrong.rules.includes(rule))).not.toEqual([]);
  });

  test.each(WRONG)('$from may not import $to', (wrong) => {
    expect(found).toEqual(expect.arrayContaining(wrong.rules.map((rule) => line(rule, wrong))));
  });

  test('nothing else is called wrong', () => {
    expect([...found].sort()).toEqual(WRONG.flatMap((wrong) => wrong.rules.map((rule) => line(rule, wrong))).sort());
  });
});

test('the house itself keeps its floors', async () => {
  expect(await violationsIn(root, rootsOf(root))).toEqual([]);
});

function line(rule: string, { from, to }: Pick<Wrong, 'from' | 'to'>): string {
  return `${rule}: ${from} → ${to}`;
}

const ROOTS =
  'core catalogues schema drivers store connectors kit streams resolvers gateway identity audit sectors hub web'.split(
    ' ',
  );
const FILES = ['stand-ins', 'test', 'bench', 'hub.ts', 'cli.ts'];

function rootsOf(directory: string): readonly string[] {
  return [...ROOTS, ...FILES].filter((name) => existsSync(join(directory, name)));
}

/** Every violation as `rule: importer → imported`, packages by their names. */
async function violationsIn(directory: string, roots: readonly string[]): Promise<readonly string[]> {
  const { forbidden } = configuration;
  const { enhancedResolveOptions, ...options } = configuration.options;
  const { output } = await cruise(
    [...roots],
    {
      ...options,
      baseDir: directory,
      validate: true,
      ruleSet: { forbidden },
      outputType: 'json',
      tsConfig: { fileName: join(root, 'tsconfig.json') },
    },
    enhancedResolveOptions,
    { tsConfig: extractTsConfig(join(root, 'tsconfig.json')) },
  );
  const { summary } = (typeof output === 'string' ? JSON.parse(output) : output) as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(to)?.[1];
    const path = to.startsWith('.') ? relative(directory, join(directory, dirname(from), to)) : to;
    return line(rule.name, { from, to: name ?? path });
  });
}

/** Writes the importing files, what they import, and empty packages. */
function build(directory: string, imports: readonly Omit<Wrong, 'rules'>[]): void {
  const importers = new Set(imports.map(({ from }) => from));
  for (const { from, to, type } of imports) {
    const path = relative(dirname(from), to);
    const isFile = to.endsWith('.ts');
    const named = !isFile ? to : path.startsWith('.') ? path : `./${path}`;
    const word = type ? 'import type' : 'import';
    write(
      directory,
      from,
      `${word} { thing } from '${named}';\nexport { thing };\nexport type Thing = typeof thing;\n`,
    );
    if (!isFile && !to.startsWith('node:')) {
      write(directory, `node_modules/${to}/package.json`, JSON.stringify({ name: to, main: 'index.js' }));
      write(directory, `node_modules/${to}/index.js`, 'export const thing = 1;\n');
    } else if (isFile && !importers.has(to) && !to.includes('nowhere')) {
      write(directory, to, 'export const thing = 1;\n');
    }
  }
  write(directory, 'tsconfig.json', '{}');
}

function write(directory: string, file: string, text: string): void {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
