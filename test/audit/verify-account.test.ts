import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../drivers/database.ts';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { openLog, record } from './support.ts';

const mariadb = inject('mariadb');
const root = join(import.meta.dirname, '..', '..');

if ('missing' in mariadb) {
  describe('Whoever verifies', () => {
    it.runIf(process.env.CI !== undefined)(`needs MariaDB: ${mariadb.missing}`, () => expect.fail(mariadb.missing));
  });
} else {
  describe('Whoever verifies', () => {
    it('needs no more than an account that may read', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'lienthong-verify-account-'));
      const place = await ownDatabase(mariadb);
      const heads = join(folder, 'heads');
      const { log, close } = await openLog(place.url, { headsDirectory: heads, timeoutMs: 20_000 });
      await log.write(record(['001085004213']));
      await close();
      const reader = new URL(place.url);
      const owner = openDatabase(place.url);
      const account = `reader${process.pid}`;
      try {
        await owner.knex.raw(`create user ${account}@'127.0.0.1' identified by 'reads-alone'`);
        await owner.knex.raw(`grant select on ${reader.pathname.slice(1)}.* to ${account}@'127.0.0.1'`);
        [reader.username, reader.password] = [account, 'reads-alone'];
        const environment = { DATA_DIR: folder, AUDIT_DATABASE_URL: reader.href };
        const told: string[] = [];
        const tell = (text: string) => void told.push(text);
        const warn = () => {};
        expect(await runAuditCommand({ args: ['verify', '--heads', heads], root, environment, tell, warn })).toBe(0);
        expect(told).toEqual([expect.stringMatching(/^\d entries in 1 chain: whole, 0 ends unproven$/)]);
        await expect(runAuditCommand({ args: ['retain'], root, environment, tell, warn })).resolves.toBe(2);
      } finally {
        await owner.knex.raw(`drop user if exists ${account}@'127.0.0.1'`);
        await owner.close();
        await place.drop();
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}
