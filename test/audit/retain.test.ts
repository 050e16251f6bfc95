import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeOldChains } from '../../audit/retain.ts';
import { DAY_MS, entriesOf, NOON, type OpenedLog, openLog, record, verify } from './support.ts';

const ANN = '001085004213';

describe('Retention of the access log', () => {
  let folder: string;
  let headsDirectory: string;
  let time: number;
  let opened: OpenedLog;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-retain-'));
    headsDirectory = join(folder, 'heads');
    time = NOON;
    opened = await openLog(`sqlite://${folder}/audit.sqlite`, { headsDirectory, now: () => time, timeoutMs: 20_000 });
    for (let day = 0; day < 3; day++) {
      time = NOON + day * DAY_MS;
      await opened.log.write(record([ANN], { request: `day ${day}` }));
    }
  });

  afterEach(async () => {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('removes whole days that were kept long enough, and what is left stays proven', async () => {
    const now = NOON + 31 * DAY_MS;
    const removed = await removeOldChains(opened.audit, { retentionDays: 30, now: () => now });
    expect(removed).toEqual([expect.stringMatching(/\/2026-11-20$/)]);
    expect((await entriesOf(opened.audit)).flatMap(({ request }) => request ?? [])).toEqual(['day 1', 'day 2']);
    expect((await verify(opened.audit.database, { headsDirectory, now, retentionDays: 30 })).said).toEqual([]);
    const { found } = await opened.reader.find({ subjectNumbers: [ANN], first: 10, after: null });
    expect(found.map(({ operation }) => operation.request)).toEqual(['day 2', 'day 1']);
  });

  it('removes nothing twice, and nothing that is younger', async () => {
    expect(await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 30 * DAY_MS })).toEqual([]);
    const late = { retentionDays: 30, now: () => NOON + 31 * DAY_MS };
    expect(await removeOldChains(opened.audit, late)).toHaveLength(1);
    expect(await removeOldChains(opened.audit, late)).toEqual([]);
  });

  it('leaves a chain alone that its process never closed until nobody can be writing to it', async () => {
    const soon = { retentionDays: 0, now: () => NOON + 3 * DAY_MS + 1 };
    expect(await removeOldChains(opened.audit, soon)).toHaveLength(2);
    const later = { retentionDays: 0, now: () => NOON + 5 * DAY_MS };
    expect(await removeOldChains(opened.audit, later)).toHaveLength(1);
  });

  it('is not believed where a chain was removed before its time', async () => {
    await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 31 * DAY_MS });
    const { said } = await verify(opened.audit.database, { headsDirectory, now: NOON + 5 * DAY_MS, retentionDays: 30 });
    expect(said).toEqual([expect.stringMatching(/^broken: chain \S+\/2026-11-20 was removed before its time$/)]);
  });

  it('is not believed where the last head is not the one that was exported', async () => {
    await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 31 * DAY_MS });
    await opened.audit.database.knex.raw(
      `update audit_chain set removed_head = replace(removed_head, '"seq":4', '"seq":3') where removed_at is not null`,
    );
    const now = NOON + 31 * DAY_MS;
    const { said } = await verify(opened.audit.database, { headsDirectory, now, retentionDays: 30 });
    expect(said[0]).toMatch(/^broken: chain \S+\/2026-11-20 was removed without a signed last head$/);
  });
});
