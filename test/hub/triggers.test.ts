import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeTriggers } from '../../hub/triggers.ts';

const SECTOR = `export default (kit) => {
  const database = kit.sql({ url: 'DATABASE_URL' });
  const dossier = database.entity({
    type: 'Dossier', identity: ['code'], table: 'HS_HOSO',
    fields: { code: kit.fields.code('HS_HOSO.SOBIENNHAN') }, lookups: { code: { by: 'HS_HOSO.SOBIENNHAN' } },
  });
  const noted = kit.capture.changeTable({
    database: 'CHANGES_URL', tables: [{ table: 'HS_HOSO', key: 'SOBIENNHAN' }],
  });
  return kit.sector({
    title: 'Thử', sources: { database }, entities: { dossier },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { noted } },
  });
};`;

it('prints the triggers of a sector that declares a change table, and names the sectors that do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'triggers-'));
  try {
    await mkdir(join(folder, 'noting'));
    await writeFile(join(folder, 'noting', 'sector.ts'), SECTOR);
    const script = await describeTriggers([folder], 'noting');
    expect(script).toContain('create trigger `lienthong_insert_HS_HOSO` after insert on `HS_HOSO` for each row');
    expect(await describeTriggers([folder], 'noting', 'sqlite')).toContain('on "HS_HOSO" for each row');
    await expect(describeTriggers([folder], 'other')).rejects.toThrow('these do: noting');
    await expect(describeTriggers([folder], 'noting', 'oracle')).rejects.toThrow('expected mysql or sqlite');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
