import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runAuditCommand } from '../../hub/audit-command.ts';

const root = join(import.meta.dirname, '..', '..');

describe('node cli.ts audit verify never says by 1 of a log that was not read that it is broken, but by 2 what is wrong', () => {
  let folder: string;
  let environment: Record<string, string>;
  let told: string[];
  let warned: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-unread-log-'));
    environment = { DATA_DIR: folder };
    told = [];
    warned = [];
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (...args: string[]) =>
    runAuditCommand({
      ...{ args, root, environment },
      tell: (text) => told.push(text),
      warn: (text) => warned.push(text),
    });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['an option without its value', ['--heads'], {}, /- audit: .*--heads/],
    ['an option that there is not', ['--what'], {}, /- audit: .*--what/],
    ['a day that is none', ['--from', '22/11/2026'], {}, /- audit: --from: expected a day/],
    ['a day that is in no calendar', ['--from', '2026-13-99'], {}, /- audit: --from: .* came "2026-13-99"/],
    ['the 29th of February', ['--to', '2026-02-29'], {}, /- audit: --to: .* came "2026-02-29"/],
    ['no such day for a key', ['--new-subject-key', '2026-00-01'], {}, /- audit: --new-subject-key: .*-00-01/],
    ['an end before the beginning', ['--from', '2026-11-02', '--to', '2026-11-01'], {}, /--from: .* not after --to/],
    ['a faulty setting', [], { AUDIT_RETENTION_DAYS: 'x' }, /- AUDIT_RETENTION_DAYS: expected a whole number/],
  ])('where there is %s', async (_, args, given, told) => {
    environment = { ...environment, ...given };
    expect(await run('verify', ...args)).toBe(2);
    expect(warned).toEqual([expect.stringMatching(told)]);
  });

  const unread = (why: string) => `The access log could not be read to its end: ${why}.`;

  it.each<[string, string, string]>([
    ['is missing', 'none.sqlite', 'there is no such file'],
    ['is below a file', 'garbage/none.sqlite', 'there is no such file'],
    ['is a folder', '', 'it is a folder'],
    ['is something else', 'garbage', 'it is no SQLite database'],
    ['holds something else', 'empty', 'it has no table audit_chain, so it holds no access log'],
  ])('where the database %s, by the setting that names it and without its path', async (_, name, why) => {
    await writeFile(
      join(folder, 'garbage'),
      'this is no database, and long enough that nobody could take it for one. '.repeat(99),
    );
    await writeFile(join(folder, 'empty'), '');
    environment = { ...environment, AUDIT_DATABASE_URL: `sqlite://${join(folder, name)}` };
    expect(await run('verify')).toBe(2);
    expect({ told, warned }).toEqual({ told: [unread(`the database of AUDIT_DATABASE_URL: ${why}`)], warned: [] });
  });

  it('where the server of the database cannot be reached, without its account and its password', async () => {
    environment = { ...environment, DATABASE_URL: 'mysql://hub:not-told@127.0.0.1:1/lienthong' };
    for (const command of ['verify', 'keys']) expect(await run(command)).toBe(2);
    expect(told).toEqual([unread('the database of DATABASE_URL: nobody answers there')]);
    const why = 'the access log cannot be opened in 127.0.0.1:1/lienthong: nobody answers there. Start it, or correct';
    expect(warned).toEqual([expect.stringContaining(`- DATABASE_URL: ${why} DATABASE_URL`)]);
  });

  it.each([
    ['is not there', 'nowhere', 'there is no such folder'],
    ['is none', 'file', 'it is no folder'],
  ])('where the folder of the heads %s, as it was given', async (_, name, why) => {
    await writeFile(join(folder, 'file'), '');
    expect(await run('verify', '--heads', join(folder, name))).toBe(2);
    expect({ told, warned }).toEqual({
      told: [],
      warned: [expect.stringContaining(`- audit verify: --heads: ${join(folder, name)} cannot be read: ${why}`)],
    });
  });

  it('where DATA_DIR cannot be made, which the others tell of', async () => {
    await writeFile(join(folder, 'file'), '');
    environment = { ...environment, DATA_DIR: join(folder, 'file', 'data') };
    expect(await run('verify')).toBe(2);
    expect(told).toEqual([unread('audit.sqlite in DATA_DIR: there is no such file')]);
    await expect(run('retain')).rejects.toThrow(/DATA_DIR: expected a folder that can be written to/);
  });

  it('where something happens that nobody foresaw, of which it tells the name alone', async () => {
    const outcome = runAuditCommand({
      ...{ args: ['verify'], root, environment, warn: (text) => warned.push(text) },
      tell() {
        throw new TypeError('what was in it');
      },
    });
    expect(await outcome).toBe(2);
    expect(warned).toEqual(['The access log was not verified: something happened that nobody foresaw (TypeError).']);
  });
});
