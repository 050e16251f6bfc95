import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { keyId } from '../../audit/keys.ts';
import { type RetainOptions, removeOldChains as removeOld } from '../../audit/retain.ts';
import type { Statement } from '../../audit/statements.ts';
import { headOf } from '../../audit/stored.ts';
import { DAY_MS, entriesOf, KEYS, NOON, type OpenedLog, openLog, record, verify } from './support.ts';

const ANN = '001085004213';

describe('Retention of the access log', () => {
  let folder: string;
  let headsDirectory: string;
  let time: number;
  let opened: OpenedLog;
  let refused: string[];
  let reasons: string[];

  const removeOldChains = (audit: AuditDatabase, options: { retentionDays: number; now: () => number }) =>
    removeOld(audit, { ...options, refuse });
  const refuse: RetainOptions['refuse'] = (chain, reason) => {
    refused.push(chain);
    reasons.push(reason);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-retain-'));
    headsDirectory = join(folder, 'heads');
    refused = [];
    reasons = [];
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

  it('keeps a chain until its last entry is old enough, whatever day it is called by', async () => {
    // The first chain was closed when the second day began.
    const early = { retentionDays: 30, now: () => NOON + 31 * DAY_MS - 1 };
    expect(await removeOldChains(opened.audit, early)).toEqual([]);
  });

  it('goes on where it was interrupted, and the log is whole and readable at each step', async () => {
    await opened.reader.find({ subjectNumbers: [ANN], first: 10, after: null });
    const now = NOON + 31 * DAY_MS;
    let left = 0;
    const audit = {
      ...opened.audit,
      commit: (statements: readonly Statement[]) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('interrupted')) : opened.audit.commit(statements);
      },
    };
    let isDone = false;
    for (let commits = 1; !isDone; commits++) {
      expect(commits).toBeLessThan(20);
      left = commits;
      isDone = await removeOldChains(audit, { retentionDays: 30, now: () => now }).then(
        () => true,
        () => false,
      );
      const { said } = await verify(opened.audit.database, { headsDirectory, now, retentionDays: 30 });
      const goesOn = expect.stringMatching(/^note: chain \S+\/2026-11-20 is being removed; .*`audit retain` goes on$/);
      expect(said).toEqual(isDone ? [] : [goesOn]);
      const { found } = await opened.reader.find({ subjectNumbers: [ANN], first: 10, after: null });
      expect(found.map(({ operation }) => operation.request).slice(0, 2)).toEqual(['day 2', 'day 1']);
    }
    for (const table of ['audit_group', 'audit_index', 'audit_indexed']) {
      const sql = `select chain from ${table} where chain like '%/2026-11-20'`;
      expect(await opened.audit.database.query(sql)).toEqual([]);
    }
  });

  it.each([
    ['nothing else says so', {}, 'UNPROVEN'],
    ['its last head is missing', { removed_at: NOON }, 'UNPROVEN'],
    ['the head is not signed', { removed_at: NOON, removed_head: '{}' }, 'UNPROVEN'],
    ['its time is not over', 'signed', 'TOO_YOUNG'],
  ])('goes on with no chain that is marked alone: %s', async (_, change, reason) => {
    const { database } = opened.audit;
    const [{ chain = '' } = {}] = await database.query('select chain from audit_chain order by chain limit 1');
    const head = await headOf(database, { chain: String(chain), publicKeyId: keyId(KEYS.publicKey) });
    const signed = { removed_at: NOON, removed_head: JSON.stringify(head) };
    await database
      .knex('audit_chain')
      .where({ chain })
      .update({ removing: 1, ...(change === 'signed' ? signed : change) });
    const before = await entriesOf(opened.audit);
    expect(await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 5 * DAY_MS })).toEqual([]);
    expect([refused, reasons]).toEqual([[chain], [reason]]);
    expect(await entriesOf(opened.audit)).toEqual(before);
    const { said } = await verify(database, { headsDirectory, now: NOON + 5 * DAY_MS, retentionDays: 30 });
    expect(
      said.some((text) => text.startsWith(`broken: chain ${chain} `)),
      said.join('\n'),
    ).toBe(true);
  });

  it('waits with what is left of a chain where entries are to be kept longer meanwhile', async () => {
    let left = 2;
    const interrupted = {
      ...opened.audit,
      commit: (statements: readonly Statement[]) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('interrupted')) : opened.audit.commit(statements);
      },
    };
    const now = () => NOON + 31 * DAY_MS;
    await expect(removeOldChains(interrupted, { retentionDays: 30, now })).rejects.toThrow('interrupted');
    expect(await removeOldChains(opened.audit, { retentionDays: 60, now })).toEqual([]);
    expect(reasons).toEqual(['TOO_YOUNG']);
    expect(await removeOldChains(opened.audit, { retentionDays: 30, now })).toHaveLength(1);
  });

  it('removes no chain whose last head was made to look old', async () => {
    const { database } = opened.audit;
    await database.knex('audit_chain').update({ day: '2020-01-01' });
    await database.knex('audit_group').update({ at: 1 });
    expect(await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 5 * DAY_MS })).toEqual([]);
    await database.knex('audit_chain').update({ day: '2026-11-20' });
    expect(await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 99 * DAY_MS })).toEqual([]);
    expect(refused).toHaveLength(6);
    expect(new Set(reasons)).toEqual(new Set(['UNPROVEN']));
  });

  it('looks for nothing through the whole index', async () => {
    for (const sql of [
      'delete from audit_index where chain = ?',
      'delete from audit_index where chain = ? and seq <= 1',
    ]) {
      const plan = await opened.audit.database.knex.raw(`explain query plan ${sql}`, ['x']);
      expect(JSON.stringify(plan)).toContain('audit_index_chain');
    }
  });

  it('is not believed where a chain was removed before its time', async () => {
    await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 31 * DAY_MS });
    const { said } = await verify(opened.audit.database, { headsDirectory, now: NOON + 5 * DAY_MS, retentionDays: 30 });
    expect(said).toEqual([expect.stringMatching(/^broken: chain \S+\/2026-11-20 was removed before its time$/)]);
  });

  it('is said to go on of no chain that has neither a time nor an end of it', async () => {
    await opened.audit.database.knex('audit_chain').where({ day: '2026-11-21' }).update({ removing: 1 });
    const { said, entries } = await verify(opened.audit.database, { headsDirectory, now: NOON + 2 * DAY_MS });
    expect(said).toEqual([
      expect.stringMatching(/^broken: chain \S+\/2026-11-21 is listed as being removed, and neither since when nor/),
    ]);
    expect(entries).toBe((await entriesOf(opened.audit)).length);
  });

  it('leaves the name that a chain is listed under', async () => {
    await removeOldChains(opened.audit, { retentionDays: 30, now: () => NOON + 31 * DAY_MS });
    await opened.audit.database.knex('audit_chain').where({ day: '2026-11-20' }).update({ instance: 'another' });
    const { said } = await verify(opened.audit.database, {
      headsDirectory,
      now: NOON + 31 * DAY_MS,
      retentionDays: 30,
    });
    expect(said).toEqual([expect.stringMatching(/^broken: chain \S+ is listed under another and 2026-11-20$/)]);
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
