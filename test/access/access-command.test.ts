import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SettingsFault } from '../../core/setting.ts';
import { runAccessCommand } from '../../hub/access-command.ts';
import { grantsFile } from './grants-file.ts';

const root = join(import.meta.dirname, '../..');
const demo = join(root, 'hub/demo-access.json');

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const told: string[] = [];
  const code = await runAccessCommand({ args, root, environment, tell: (text) => told.push(text), warn: () => {} });
  return { code, lines: told.join('\n').split('\n') };
}

describe('node cli.ts access', () => {
  it('prints who may see what, all of one role together', async () => {
    const { code, lines } = await run([demo]);
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^WHO +MAY +OF +DATA +UNITS +FOR +GRANT$/);
    expect(lines.slice(1, 5).map((line) => line.split(' ')[0])).toEqual(['counter', 'counter', 'counter', 'counter']);
    expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual(
      expect.arrayContaining([
        'counter READ civil-status land SENSITIVE own PROCESSING counter: sensitive, for civil status and land',
        'client statistics READ hub PUBLIC COURSE OPERATIONAL H41 - statistics',
        'citizen-app citizen none any 60 4',
        'A visit lasts 30 minutes and takes 8 subjects.',
        'Shown to the person themself only after a while: auditor: 30 days.',
      ]),
    );
  });

  it('tells an application that may ask registered operations alone from the others', async () => {
    const grants = JSON.parse(readFileSync(demo, 'utf8')) as { clients: { id: string; registeredOnly?: boolean }[] };
    for (const client of grants.clients) client.registeredOnly = client.id === 'citizen-app';
    const lines = (await run([grantsFile(JSON.stringify(grants))])).lines.map((line) => line.replace(/ +/g, ' '));
    expect(lines).toContain('CLIENT LETS IN CERTIFICATE OPERATIONS A MINUTE AT ONCE');
    expect(lines).toContain('citizen-app citizen none registered 60 4');
    expect(lines).toContain('audit-desk auditor none any - -');
  });

  it('takes the file of ACCESS_FILE where none is named', async () => {
    expect((await run([], { ACCESS_FILE: demo })).code).toBe(0);
    await expect(run([])).rejects.toThrow('ACCESS_FILE is not set');
  });

  it('tells every fault of a file, and what is no file', async () => {
    const failed = await run([grantsFile('{ "version": 3, "grants": 7 }')]).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(SettingsFault);
    expect((failed as SettingsFault).faults).toEqual([
      'grants.json: version: expected 1, came 3',
      'grants.json: visits: expected a record, came nothing',
      'grants.json: clients: expected a list that is not empty, came nothing',
      'grants.json: grants: expected a list, came 7',
    ]);
    await expect(run(['a', 'b'])).rejects.toThrow('expected one file, came 2');
  });
});
