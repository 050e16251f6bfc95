import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuditDatabase } from '../../audit/database.ts';
import { strangeTable } from '../../audit/tables.ts';
import { readSettings, SettingsFault } from '../../core/setting.ts';
import { openHubAudit } from '../../hub/audit.ts';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { hubSettings } from '../../hub/settings.ts';
import { type LogPlace, onEachDatabase } from './each-database.ts';

const root = join(import.meta.dirname, '..', '..');

onEachDatabase('An access log whose tables another version of the hub made', (title, makePlace) => {
  describe(title, () => {
    let place: LogPlace;
    let folder: string;

    beforeEach(async () => {
      place = await makePlace();
      folder = await mkdtemp(join(tmpdir(), 'lienthong-strange-tables-'));
      await (await openAuditDatabase(place.url)).close();
    });

    afterEach(async () => {
      await place.remove();
      await rm(folder, { recursive: true, force: true });
    });

    const environment = () => ({ DATA_DIR: folder, AUDIT_DATABASE_URL: place.url, AUDIT_TIMEOUT_MS: '20000' });

    async function spoil(sql: string): Promise<string | null> {
      const { database, close } = await openAuditDatabase(place.url);
      await database.knex.raw(sql);
      const table = await strangeTable(database);
      await close();
      return table;
    }

    async function faultsOf(work: Promise<unknown>): Promise<readonly string[]> {
      const outcome = await work.catch((error: unknown) => error);
      if (outcome instanceof SettingsFault) return outcome.faults;
      throw outcome;
    }

    it('is one that lacks a table or a column, or has one more; one that this version made is not', async () => {
      expect(await spoil('select 1')).toBeNull();
      expect(await spoil('alter table audit_group add column more int')).toBe('audit_group');
      expect(await spoil('alter table audit_group drop column more')).toBeNull();
      expect(await spoil('alter table audit_chain drop column removing')).toBe('audit_chain');
      expect(await spoil('alter table audit_chain add column removing boolean not null default 0')).toBeNull();
      expect(await spoil('drop table audit_first_key')).toBe('audit_first_key');
    });

    it('lets no hub start and no command write, and says which it is and what to do', async () => {
      await spoil('drop table audit_first_key');
      const settings = readSettings(hubSettings, environment(), []);
      const where = place.url.startsWith('sqlite:')
        ? new URL(place.url).pathname
        : 'the database of AUDIT_DATABASE_URL';
      const told = [
        expect.stringContaining(`AUDIT_DATABASE_URL: the access log in ${where} was made by another version`),
      ];
      const said = { tell: () => {}, warn: () => {} };
      expect(await faultsOf(openHubAudit({ settings, now: Date.now, warn: () => {}, delays: [] }))).toEqual(told);
      for (const name of ['keys', 'retain', 'new-subject-key']) {
        expect(await faultsOf(runAuditCommand({ args: [name], root, environment: environment(), ...said }))).toEqual(
          told,
        );
      }
    });
  });
});
