import { createHash, createPublicKey, verify as edVerify } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, SettingsFault } from '../../core/setting.ts';
import { openDatabase } from '../../drivers/database.ts';
import { openHubAudit } from '../../hub/audit.ts';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { hubSettings } from '../../hub/settings.ts';
import { ANYBODY } from '../support/open-access.ts';
import { record } from './support.ts';

const ANN = '001085004213';
const root = join(import.meta.dirname, '..', '..');

describe('node cli.ts audit', () => {
  let folder: string;
  let environment: Record<string, string>;
  let told: string[];
  let warned: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-audit-command-'));
    environment = { DATA_DIR: folder, AUDIT_HEADS_DIR: join(folder, 'heads'), AUDIT_TIMEOUT_MS: '20000' };
    const { log, noteRefusal, close } = await openLogOfHub();
    await log.write(record([ANN]));
    const source = 'mutation M { openVisit { id } }';
    await noteRefusal({
      ...{ requestId: 'r-2', actor: ANYBODY, stated: null, operationName: 'M', codes: ['TOO_COSTLY'] },
      source,
    });
    await close();
    told = [];
    warned = [];
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function openLogOfHub(given = environment) {
    const settings = readSettings(hubSettings, given, []);
    return openHubAudit({ settings, now: Date.now, warn: () => {}, delays: [] });
  }

  const run = (...args: string[]) =>
    runAuditCommand({
      ...{ args, root, environment },
      tell: (text) => told.push(text),
      warn: (text) => warned.push(text),
    });

  async function spoil(sql: string): Promise<void> {
    const database = openDatabase(`sqlite://${folder}/audit.sqlite`);
    await database.knex.raw(sql);
    await database.close();
  }

  /** In the order in which they were logged. */
  async function operationNames(): Promise<readonly string[]> {
    const database = openDatabase(`sqlite://${folder}/audit.sqlite`);
    const rows = await database.query('select entries from audit_group order by at, chain, first_seq');
    await database.close();
    return rows.flatMap(({ entries }) =>
      String(entries)
        .split('\n')
        .flatMap((line) => JSON.parse(line).op?.name ?? []),
    );
  }

  it('verifies a whole log with 0', async () => {
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
    expect(told).toEqual(['5 entries in 1 chain: whole, 0 ends unproven']);
  });

  it('takes a first and a last day, which may be the same', async () => {
    const [day = ''] = (await readdir(join(folder, 'heads'))).map((name) => name.split('.')[1]);
    expect(await run('verify', '--heads', join(folder, 'heads'), '--from', day, '--to', day)).toBe(0);
    expect(await run('verify', '--from', '2024-02-29', '--to', '2024-03-01')).toBe(2);
    expect(told.at(-1)).toMatch(/^Nothing is logged here: see AUDIT_DATABASE_URL, and the days that were named/);
  });

  it('says that nothing is proven without exported heads', async () => {
    expect(await run('verify')).toBe(3);
    expect(told[0]).toMatch(/^unproven: no exported heads were compared/);
  });

  it('tells by 3 of a chain whose heads never left, though it is whole', async () => {
    const unheard = { ...environment, AUDIT_HEADS_DIR: '', AUDIT_INSTANCE: 'unheard' };
    const { log, close } = await openLogOfHub(unheard);
    await log.write(record([ANN]));
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
    expect(told[0]).toMatch(/^open: chain unheard-\S+: \d entries beyond no exported head are unproven yet$/);
    await close();
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(3);
    expect(told.at(-1)).toMatch(/^\d+ entries in 2 chains: whole, 1 end unproven$/);
    expect(told.at(-2)).toMatch(/^unproven: chain unheard-\S+: \d entries beyond no exported head are unproven$/);
  });

  it('tells by 1 where the index hides entries, and makes it anew', async () => {
    await (await openLogOfHub()).close();
    const { reader, close } = await openLogOfHub();
    await reader.find({ actor: ANYBODY.id, first: 1, after: null });
    await close();
    await spoil('delete from audit_index');
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(1);
    expect(told[0]).toMatch(/^broken: chain \S+: \d rows of its index are missing/);
    expect(await run('index')).toBe(0);
    expect(told.at(-1)).toMatch(/^[1-9]\d* rows of the index were missing, 0 stood for no entry\.$/);
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
    expect((await operationNames()).at(-1)).toBe('audit index');
  });

  it('counts nothing as missing in an honest log, however often it is asked to: what it notes itself included', async () => {
    for (let asked = 0; asked < 3; asked++) expect(await run('index')).toBe(0);
    expect(told).toEqual(Array(3).fill('0 rows of the index were missing, 0 stood for no entry.'));
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
  });

  describe('where the subject key is another than the log was written with', () => {
    const now = () => new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);

    beforeEach(() => writeFile(join(folder, 'audit-subject.key'), `${'5'.repeat(64)}\n`));

    it('lets no hub start, and nothing be written', async () => {
      await expect(openLogOfHub()).rejects.toThrow(
        /AUDIT_SUBJECT_KEY_FILE: expected the key that the access log was last written with \(\S{22}, chain \S+\), came another \(\S{22}\)/,
      );
      await expect(run('retain')).rejects.toThrow(SettingsFault);
      expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
    });

    it('goes on with it for good where that is said, which the log holds and verifying finds', async () => {
      expect(await run('new-subject-key')).toBe(0);
      expect(told[0]).toMatch(/^Changed from \S{22} to \S{22}\./);
      expect(told[0]).toContain(`audit verify --new-subject-key ${now()}`);
      expect(await operationNames()).toContain('audit new-subject-key');
      await (await openLogOfHub()).close();
      expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(1);
      expect(told.at(-2)).toMatch(/^broken: chain \S+ has another subject key than \S+ before it$/);
      expect(await run('verify', '--heads', join(folder, 'heads'), '--new-subject-key', now())).toBe(0);
    });

    it('changes nothing where the key is the same', async () => {
      expect(await run('new-subject-key')).toBe(0);
      expect(await run('new-subject-key')).toBe(0);
      expect(told.at(-1)).toBe('Nothing was changed: the log is written with this key.');
      environment = { ...environment, DATA_DIR: join(folder, 'elsewhere') };
      expect(await run('new-subject-key')).toBe(0);
      expect(told.at(-1)).toBe('Nothing was changed: the log is empty.');
    });
  });

  it('verifies a broken log with 1 and says where', async () => {
    await spoil(`update audit_group set entries = replace(entries, 'ANSWERED', 'FAILED') where first_seq = 1`);
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(1);
    expect(told[0]).toMatch(/^broken: chain \S+: entries 1–3 do not follow from 0$/);
    expect(told.at(-1)).toBe('5 entries in 1 chain: broken in 1 place, 0 ends unproven');
  });

  it('takes an empty log for no log, and a removed one for what it is', async () => {
    for (const table of ['audit_group', 'audit_chain']) await spoil(`delete from ${table}`);
    expect(await run('verify')).toBe(1);
    expect(told.splice(0)[0]).toMatch(/^broken: chain \S+ is said to be indexed and is not listed$/);
    await spoil('delete from audit_indexed');
    expect(await run('verify')).toBe(2);
    expect(told).toEqual([expect.stringMatching(/^Nothing is logged here/)]);
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(1);
    expect(told[1]).toMatch(/^broken: chain \S+ is missing, of which heads were exported$/);
  });

  it('tells by 2 that the log or the heads cannot be read', async () => {
    expect(await run('verify', '--heads', join(folder, 'nowhere'))).toBe(2);
    const [name = ''] = await readdir(join(folder, 'heads'));
    await rm(join(folder, 'heads', name));
    await mkdir(join(folder, 'heads', name));
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(2);
    expect(warned.at(-1)).toMatch(/--heads: \S+\/heads cannot be read: a file in it cannot be read \(EISDIR\)$/);
    await spoil('drop table audit_group');
    expect(await run('verify')).toBe(2);
    expect(told.at(-1)).toMatch(/audit\.sqlite in DATA_DIR: it has no table audit_group, so it holds no access log\.$/);
  });

  it('verifies what it may only read, and makes nothing', async () => {
    const file = join(folder, 'audit.sqlite');
    await spoil('drop table audit_migration');
    const before = await readFile(file);
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
    expect(before.equals(await readFile(file))).toBe(true);
    environment = { ...environment, DATA_DIR: join(folder, 'elsewhere') };
    expect(await run('verify')).toBe(2);
    expect(await readdir(folder)).not.toContain('elsewhere');
  });

  it('takes entries out as JSON lines, and notes that before it does', async () => {
    const file = join(folder, 'out.jsonl');
    expect(await run('export', '--file', file)).toBe(0);
    const entries = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      entries
        .filter(({ kind }) => kind === 'OPERATION')
        .map(({ op }) => op.name)
        .sort(),
    ).toEqual(['M', 'Người', 'audit export']);
    expect(entries.find(({ op }) => op?.name === 'M')).toMatchObject({
      ...{ outcome: 'REFUSED', codes: ['TOO_COSTLY'], actor: ANYBODY.id, fields: [], subjects: 0 },
      op: { type: 'mutation', hash: expect.stringMatching(/^[\w-]{22}$/) },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(entries)).not.toContain(ANN);
  });

  it('takes out the signed heads, which prove the log like those that were exported', async () => {
    const [name = ''] = await readdir(join(folder, 'heads'));
    const file = join(folder, 'taken.jsonl');
    expect(await run('export', '--heads-only', '--file', file)).toBe(0);
    const exported = (await readFile(join(folder, 'heads', name), 'utf8')).split('\n').filter((line) => line !== '');
    const taken = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(taken).toEqual(expect.arrayContaining(exported));
  });

  it('notes that days were removed', async () => {
    expect(await run('retain')).toBe(0);
    expect(told).toEqual(['0 chains were older than 3650 days.']);
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
    expect(told.at(-1)).toMatch(/^8 entries in 2 chains: whole/);
  });

  it('removes nothing that is listed as if it could go, and tells of it by 1', async () => {
    await spoil('update audit_chain set removing = 1');
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(1);
    expect(await run('retain')).toBe(1);
    expect(told.slice(-2)).toEqual([
      expect.stringMatching(/^Left alone: \S+ is listed as if it could go, and no signed head says/),
      '0 chains were older than 3650 days.',
    ]);
    expect(await operationNames()).toEqual(['Người', 'M', 'audit retain']);
  });

  it.each([['export', '--file', 'out.jsonl'], ['retain'], ['index']])(
    'warns that what audit %s notes is proven by nothing where its heads leave for nowhere, and does it all the same',
    async (name, ...args) => {
      const given = args.map((one) => (one.startsWith('--') ? one : join(folder, one)));
      expect(await run(name, ...given)).toBe(0);
      expect(warned).toEqual([]);
      for (const file of given.slice(1)) await rm(file);
      environment = { ...environment, AUDIT_HEADS_DIR: '' };
      expect(await run(name, ...given)).toBe(0);
      expect(warned).toEqual([
        `audit ${name}: The heads of the access log leave for nowhere: name AUDIT_HEADS_DIR or AUDIT_HEADS_URL, so that it can be proven`,
      ]);
    },
  );

  it('prints the public keys that signed the log', async () => {
    expect(await run('keys')).toBe(0);
    expect(told).toEqual([expect.stringMatching(/^[0-9a-f]{16} MCowBQYDK2VwAyEA\S+ \(this hub’s\)$/)]);
  });

  it.each([
    [[]],
    [['mend']],
    [['export']],
    [['export', '--file', 'x', '--from', '22/11/2026']],
    [['retain', '--new-subject-key', 'x']],
    [['keys', '--what']],
  ])('refuses %j in words', async (args) => {
    await expect(run(...args)).rejects.toThrow(SettingsFault);
  });

  it('leaves a log that can be checked by its description alone', () => {
    const database = new DatabaseSync(join(folder, 'audit.sqlite'), { readOnly: true });
    const [chain] = database.prepare('select * from audit_chain').all();
    const groups = database.prepare('select * from audit_group order by first_seq').all();
    database.close();
    const der = Buffer.from(String(chain?.public_key), 'base64');
    const key = createPublicKey({ key: der, type: 'spki', format: 'der' });
    let hash = `lienthong access log v1\n${chain?.chain}\n${chain?.public_key}\n${chain?.after_head ?? ''}`;
    for (const { entries, last_seq, at, hash: stored, signature } of groups) {
      for (const line of String(entries).split('\n')) {
        hash = createHash('sha256').update(`${hash}\n${line}`).digest('hex');
      }
      expect(hash).toBe(stored);
      const head = `lienthong access log head v1\n${chain?.chain}\n${last_seq}\n${at}\n${hash}`;
      expect(edVerify(null, Buffer.from(head), key, Buffer.from(String(signature), 'base64'))).toBe(true);
    }
    expect(groups.length).toBeGreaterThan(1);
  });

  it('keeps keys to itself and reads them again', async () => {
    for (const name of ['audit-signing.key', 'audit-subject.key']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    environment.AUDIT_SUBJECT_KEY_FILE = join(folder, 'audit-signing.key');
    await expect(openLogOfHub()).rejects.toThrow('AUDIT_SUBJECT_KEY_FILE: expected 64 hexadecimal digits');
    for (const name of ['AUDIT_SUBJECT_KEY_FILE', 'AUDIT_SIGNING_KEY_FILE']) {
      environment[name] = join(folder, 'none.key');
      await expect(openLogOfHub()).rejects.toThrow(
        `${name}: ${folder}/none.key: there is no such file; expected a key of the access log`,
      );
    }
  });
});
