import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { Role } from '../../core/access.ts';
import { SettingsFault } from '../../core/setting.ts';
import { readHubPolicy } from '../../hub/policy.ts';
import { repeatedMembers } from '../../hub/repeated-members.ts';
import { grantsFile } from './grants-file.ts';
import { actor, verdict } from './stage.ts';

const root = join(import.meta.dirname, '../..');
const demo = join(root, 'hub/demo-access.json');
const sectors = ['business-registration', 'civil-status', 'land', 'one-stop'];

describe('the hub’s own reading', () => {
  const catalogues = loadCatalogues(join(root, 'catalogues'));
  const read = (path: string) => readHubPolicy({ settings: { ACCESS_FILE: path }, catalogues, sectors });
  const faultsIn = (path: string) => {
    try {
      read(path);
    } catch (error) {
      if (error instanceof SettingsFault) return error.faults;
      throw error;
    }
    return [];
  };

  it('finds no fault in the demo’s grants', () => {
    expect(faultsIn(demo)).toEqual([]);
  });

  it('finds every fault of the demo’s grants that is put there, at once', () => {
    const spoilt = JSON.parse(readFileSync(demo, 'utf8'));
    spoilt.grants[3].purposes = ['SUPERVISION', 'FUN'];
    spoilt.grants[4].sectors = ['tax'];
    spoilt.grants[8].units = ['H99'];
    delete spoilt.clients[0].certificate;
    expect(faultsIn(grantsFile(JSON.stringify(spoilt)))).toEqual([
      'grants.json: clients[0].certificate: expected one of none, required, came nothing',
      expect.stringMatching(/^grants\.json: grants\[3\]\.purposes\[1\]: expected one of .*, came "FUN"$/),
      expect.stringMatching(/^grants\.json: grants\[4\]\.sectors\[0\]: expected one of .*, came "tax"$/),
      'grants.json: grants[8].units[0]: expected an agency of the catalogue, came "H99"',
    ]);
  });

  it('takes no member that stands there twice, whichever of the two was meant', () => {
    const grants = readFileSync(demo, 'utf8')
      .replace('"units": "own",', '"units": "own", "\\u0075nits": "all",')
      .replace('"minutes": 30,', '"minutes": 30, "minutes": 120, "minutes": 30,');
    expect(faultsIn(grantsFile(grants))).toEqual([
      'grants.json: visits.minutes: expected once, came several times',
      'grants.json: grants[0].units: expected once, came several times',
    ]);
  });

  it.each([
    ['{"a": 1, "a": 1}', ['a']],
    ['{"a": {"b": [1, {"c": 0, "d": [], "c": 0}]}, "b": 0}', ['a.b[1].c']],
    ['{"a": "\\"a\\": 1, {", "b": "a", "c": ["a", "a"], "a\\\\": 1, "\\\\": 1}', []],
    ['[{"a": 1}, {"a": 1}, [[0, {"": 1, "": 2}]]]', ['[2][0][1].']],
    ['{"a": 1, "a": {"a": 2, "a": 3}, "a": 4, "__proto__": 1}', ['a', 'a.a']],
    [' "a" ', []],
  ])('finds what stands twice in %s', (text, found) => {
    expect(repeatedMembers(text)).toEqual(found);
  });

  it('needs a file that is there and is JSON', () => {
    expect(faultsIn('')).toEqual([expect.stringContaining('ACCESS_FILE is not set')]);
    expect(faultsIn('/nowhere/grants.json')).toEqual(['ACCESS_FILE: grants.json cannot be read: ENOENT']);
    expect(faultsIn(grantsFile('{'))).toEqual([expect.stringContaining('ACCESS_FILE: grants.json is no JSON')]);
    expect(faultsIn(root)).toEqual([expect.stringMatching(/^ACCESS_FILE: \S+ cannot be read: EISDIR$/)]);
    expect(faultsIn(grantsFile(' '.repeat(4_000_001)))).toEqual([expect.stringContaining('4000001 bytes')]);
  });

  it('takes a file that an editor began with a byte order mark', () => {
    expect(faultsIn(grantsFile(`\ufeff${readFileSync(demo, 'utf8')}`))).toEqual([]);
    expect(faultsIn(grantsFile('\ufeff{ "version": 1, "version": 1 }'))[0]).toContain('version: expected once');
  });

  it('tells where it is no JSON, and shows nothing of it: it may be a key that was named by mistake', () => {
    const commented = readFileSync(demo, 'utf8').replace('"grants"', '// by role\n  "grants"');
    const line = commented.slice(0, commented.indexOf('//')).split('\n').length;
    expect(faultsIn(grantsFile(commented))).toEqual([
      `ACCESS_FILE: grants.json is no JSON: line ${line}, column 3: expected a name in quotation marks`,
    ]);
    expect(faultsIn(grantsFile('MC4CAQAwBQYDK2VwBCIEIA'))).toEqual([
      'ACCESS_FILE: grants.json is no JSON: line 1, column 1: expected a value',
    ]);
    expect(faultsIn(grantsFile(Buffer.from('\ufeff{}', 'utf16le')))).toEqual([
      'ACCESS_FILE: grants.json is not written in UTF-8',
    ]);
  });

  it('shows the schema to whoever is granted INTROSPECT', () => {
    const { introspection } = read(demo);
    const may = (role: Role, client: string) => introspection(actor({ role, client }));
    expect([may('admin', 'operations'), may('counter', 'counter-desk')]).toEqual([true, true]);
    expect([may('leader', 'steering-board'), may('portal', 'province-portal')]).toEqual([false, false]);
  });

  it('knows what each client may at once, and nothing of others', () => {
    const { limits } = read(demo);
    expect(limits.of('citizen-app')).toMatchObject({ perMinute: 60, atOnce: 4 });
    expect(limits.of('nobody')).toEqual({});
  });

  it('decides by the grants and the catalogue', () => {
    const { can } = read(demo);
    const code = 'H41.58.01-261119-0007';
    const dossier = (unit: string) =>
      ({ kind: 'dossier', data: 'COURSE', dossier: { code, units: [unit], people: [] } }) as const;
    const none = { code: null, dossier: null, visit: null };
    expect(verdict(can(actor(), 'READ', dossier('H41.58'), none))).toBe('NONE');
    expect(verdict(can(actor(), 'READ', dossier('000.01.58.H41'), none))).toBe('NONE');
    expect(verdict(can(actor(), 'READ', dossier('H41.50'), none))).toBe('OTHER_UNIT');
    expect(verdict(can(actor({ unit: 'H41' }), 'READ', dossier('H41.50'), none))).toBe('NONE');
  });
});
