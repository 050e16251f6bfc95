import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, SettingsFault } from '../../core/setting.ts';
import { openDatabase } from '../../drivers/database.ts';
import { openHubAudit } from '../../hub/audit.ts';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { hubSettings } from '../../hub/settings.ts';
import { record } from './support.ts';

const root = join(import.meta.dirname, '..', '..');

describe('The file that `audit export` writes', () => {
  let folder: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-export-'));
    environment = { DATA_DIR: join(folder, 'data'), AUDIT_TIMEOUT_MS: '20000' };
    await mkdir(environment.DATA_DIR ?? '');
    const settings = readSettings(hubSettings, environment, []);
    const { log, close } = await openHubAudit({ settings, now: Date.now, warn: () => {}, delays: [] });
    await log.write(record(['001085004213']));
    await close();
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function exportTo(file: string): Promise<readonly string[]> {
    const args = ['export', '--file', file];
    const outcome = await runAuditCommand({ args, root, environment, tell: () => {}, warn: () => {} }).catch(
      (error: unknown) => error,
    );
    if (outcome instanceof SettingsFault) return outcome.faults;
    expect(outcome).toBe(0);
    return [];
  }

  async function noted(): Promise<number> {
    const database = openDatabase(`sqlite://${folder}/data/audit.sqlite`);
    const rows = await database.query(`select chain from audit_group where entries like '%"audit export"%'`);
    await database.close();
    return rows.length;
  }

  it('is opened before the export is noted: of what cannot be, the log says nothing', async () => {
    const there = join(folder, 'there');
    await writeFile(there, 'what was there');
    for (const [file, why] of [
      [there, 'there is something of that name already, and nothing is overwritten'],
      [folder, 'there is something of that name already, and nothing is overwritten'],
      [join(folder, 'absent', 'out.jsonl'), 'its folder is not there'],
      [join(there, 'out.jsonl'), 'what stands before its name is no folder'],
    ] as const) {
      expect(await exportTo(file)).toEqual([`audit export: --file: ${file} cannot be written: ${why}`]);
    }
    expect(await noted()).toBe(0);
    expect(await readFile(there, 'utf8')).toBe('what was there');
    expect(await exportTo(join(folder, 'out.jsonl'))).toEqual([]);
    expect(await noted()).toBe(1);
  });

  it('is gone again where the export could not be noted', async () => {
    await writeFile(join(folder, 'data', 'audit-subject.key'), `${'5'.repeat(64)}\n`);
    expect(await exportTo(join(folder, 'out.jsonl'))).toEqual([expect.stringMatching(/^AUDIT_SUBJECT_KEY_FILE/)]);
    expect(await readdir(folder)).toEqual(['data']);
  });

  it('is not blamed for what another file is the reason of', async () => {
    environment = { ...environment, AUDIT_SIGNING_KEY_FILE: join(folder, 'data') };
    const args = ['export', '--file', join(folder, 'out.jsonl')];
    const outcome = runAuditCommand({ args, root, environment, tell: () => {}, warn: () => {} });
    await expect(outcome).rejects.toMatchObject({ code: 'EISDIR', message: expect.not.stringContaining('out.jsonl') });
    expect(await readdir(folder)).toEqual(['data']);
  });
});
