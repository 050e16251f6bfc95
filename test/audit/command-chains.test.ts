import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../core/setting.ts';
import { openDatabase } from '../../drivers/database.ts';
import { type HubAudit, openHubAudit } from '../../hub/audit.ts';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { hubSettings } from '../../hub/settings.ts';
import { record } from './support.ts';

const ANN = '001085004213';
const root = join(import.meta.dirname, '..', '..');
/** As long as a name may be. */
const NAME = 'm'.repeat(40);

describe('A command that writes into the access log', () => {
  let folder: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-command-chains-'));
    const heads = join(folder, 'heads');
    environment = { DATA_DIR: folder, AUDIT_HEADS_DIR: heads, AUDIT_TIMEOUT_MS: '20000', AUDIT_INSTANCE: NAME };
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function openLogOfHub(): Promise<HubAudit> {
    const settings = readSettings(hubSettings, environment, []);
    return openHubAudit({ settings, now: Date.now, warn: () => {}, delays: [] });
  }

  const run = (...args: string[]) =>
    runAuditCommand({ ...{ args, root, environment }, tell: () => {}, warn: () => {} });

  it('does so in chains of its own, and the hub that starts next tells of one that was killed before', async () => {
    const killed = await openLogOfHub();
    await killed.log.write(record([ANN]));
    for (const command of ['index', 'retain']) expect(await run(command)).toBe(0);
    await killed.log.write(record([ANN]));
    const database = openDatabase(`sqlite://${folder}/audit.sqlite`);
    const next = await openLogOfHub();
    try {
      await next.log.write(record([ANN]));
      const chains = await database.query('select chain, instance, after_head from audit_chain order by opened_at');
      expect(chains.map(({ instance }) => instance)).toEqual([NAME, `${NAME}-cli`, `${NAME}-cli`, NAME]);
      const [first, index, retain, last] = chains.map(({ chain }) => String(chain));
      expect(retain?.length).toBe(64);
      expect(chains[2]?.after_head).toMatch(new RegExp(`^${index} 3 `));
      const after = String(chains[3]?.after_head);
      expect(after).toMatch(new RegExp(`^${first} 5 `));
      const [{ entries } = {}] = await database.query('select entries from audit_group where chain = ?', [last ?? '']);
      const [, gap = ''] = String(entries).split('\n');
      expect(JSON.parse(gap)).toMatchObject({ kind: 'GAP', missed: null, end: after });
    } finally {
      await database.close();
      await next.close();
      await killed.close();
    }
    expect(await run('verify', '--heads', join(folder, 'heads'))).toBe(0);
  });

  it('has its heads sent again by the hub that starts next, where they could not leave', async () => {
    const heads = join(folder, 'heads');
    await writeFile(heads, 'a file where the folder should be');
    expect(await run('index')).toBe(0);
    await rm(heads);
    const next = await openLogOfHub();
    await next.log.write(record([ANN]));
    await next.close();
    const files = await readdir(heads);
    expect(files).toHaveLength(2);
    expect(files).toContainEqual(expect.stringMatching(new RegExp(`^${NAME}-[0-9a-f]{8}\\.`)));
    expect(files).toContainEqual(expect.stringMatching(new RegExp(`^${NAME}-cli-`)));
    expect(await run('verify', '--heads', heads)).toBe(0);
  });
});
