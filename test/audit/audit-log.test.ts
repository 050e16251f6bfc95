import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { type LogPlace, onEachDatabase } from './each-database.ts';
import {
  entriesOf,
  hashSubject,
  KEYS,
  type LogOptions,
  NOON,
  type OpenedLog,
  openLog,
  record,
  verify,
} from './support.ts';

const ANN = '001085004213';
const BINH = '001190000123';

onEachDatabase('The access log', auditLogContract);

function auditLogContract(title: string, makePlace: () => Promise<LogPlace>): void {
  describe(title, () => {
    let place: LogPlace;
    let headsDirectory: string;
    const opened: OpenedLog[] = [];

    async function open(options: LogOptions = {}): Promise<OpenedLog> {
      const one = await openLog(place.url, { headsDirectory, ...options });
      opened.push(one);
      return one;
    }

    beforeEach(async () => {
      place = await makePlace();
      headsDirectory = await mkdtemp(join(tmpdir(), 'lienthong-heads-'));
    });

    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await place.remove();
      await rm(headsDirectory, { recursive: true, force: true });
    });

    it('has an operation and its subjects on the disk before it lets the answer go', async () => {
      const { log, audit } = await open();
      await log.write(record([ANN, BINH]));
      expect(await entriesOf(audit)).toEqual([
        {
          ...{ v: 1, seq: 1, at: NOON, kind: 'OPEN', chain: expect.any(String), key: expect.any(String), after: null },
          subjectKey: KEYS.subjectKeyId,
        },
        { v: 1, seq: 2, at: NOON, ...record().operation, subjects: 2 },
        {
          v: 1,
          seq: 3,
          at: NOON,
          kind: 'SUBJECT',
          of: 2,
          subject: hashSubject(ANN),
          relation: 'DOSSIER',
          dossier: null,
        },
        {
          v: 1,
          seq: 4,
          at: NOON,
          kind: 'SUBJECT',
          of: 2,
          subject: hashSubject(BINH),
          relation: 'DOSSIER',
          dossier: null,
        },
      ]);
    });

    it('notes a search that found nobody', async () => {
      const { log, audit } = await open();
      await log.write(record([], {}, true));
      expect((await entriesOf(audit)).at(-1)).toMatchObject({ kind: 'OPERATION', subjects: 0 });
    });

    it('loses and doubles nothing when eight ask at once', async () => {
      const { log, audit } = await open();
      const clients = Array.from({ length: 8 }, async (_, client) => {
        for (let asked = 0; asked < 25; asked++) await log.write(record([ANN], { request: `${client}-${asked}` }));
      });
      await Promise.all(clients);
      const entries = await entriesOf(audit);
      const requests = entries.flatMap(({ kind, request }) => (kind === 'OPERATION' ? [request] : []));
      expect(new Set(requests).size).toBe(200);
      expect(requests).toHaveLength(200);
      expect(entries.filter(({ kind }) => kind === 'SUBJECT')).toHaveLength(200);
      expect(await verify(audit.database, { headsDirectory })).toEqual({ said: [], entries: 401, chains: 1 });
    });

    it('keeps an operation together with its subjects, however many they are', async () => {
      const { log, audit } = await open();
      await log.write(record(Array.from({ length: 3_000 }, (_, place) => String(100_000_000_000 + place))));
      expect((await verify(audit.database, { headsDirectory })).said).toEqual([]);
      const rows = await audit.database.query('select first_seq from audit_group');
      expect(rows).toHaveLength(1);
    });

    it('begins a chain a day in Việt Nam, each after the one before', async () => {
      let now = Date.parse('2026-11-20T23:59:00+07:00');
      const { log, audit } = await open({ now: () => now });
      await log.write(record([ANN]));
      now += 2 * 60_000;
      await log.write(record([BINH]));
      const kinds = (await entriesOf(audit)).map(({ kind }) => kind);
      expect(kinds).toEqual(['OPEN', 'OPERATION', 'SUBJECT', 'CLOSE', 'OPEN', 'OPERATION', 'SUBJECT']);
      const [first, second] = await audit.database.query('select * from audit_chain order by chain');
      expect(first).toMatchObject({ day: '2026-11-20', last_hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(second?.after_head).toBe(`${first?.chain} 4 ${first?.last_hash}`);
      expect((await verify(audit.database, { headsDirectory, now })).said).toEqual([]);
    });

    it('goes on after a restart in a new chain that names where the last one ended', async () => {
      const first = await open();
      await first.log.write(record([ANN]));
      await first.log.close();
      const second = await open();
      await second.log.write(record([BINH]));
      const chains = await second.audit.database.query('select chain, after_head from audit_chain order by after_head');
      const [one, other] = chains;
      expect(String(other?.after_head ?? one?.after_head)).toMatch(/^motcua-[0-9a-f]{8}\/2026-11-20 4 [0-9a-f]{64}$/);
      expect((await verify(second.audit.database, { headsDirectory })).said).toEqual([]);
      expect(second.warnings).toEqual([]);
    });

    it('sends the last heads again after a restart, and says of an end that is missing that nobody knows what it would have told', async () => {
      const killed = await open({ headsDirectory: '' });
      await killed.log.write(record([ANN]));
      await killed.log.write(record([ANN]));
      const second = await open({ now: () => NOON + 1 });
      await second.log.write(record([BINH]));
      const entries = (await entriesOf(second.audit)).filter(({ at }) => at > NOON);
      expect(entries.map(({ kind, missed }) => (kind === 'GAP' ? missed : kind))).toEqual([
        ...['OPEN', null, 'OPERATION', 'SUBJECT'],
      ]);
      expect((await verify(second.audit.database, { headsDirectory })).said).toEqual([]);
      expect(second.warnings).toEqual([]);
    });

    it('exports the head of every group before it lets the answer go', async () => {
      const { log, audit } = await open();
      await log.write(record([ANN]));
      const [group] = await audit.database.query('select * from audit_group');
      const file = join(headsDirectory, `${String(group?.chain).replace('/', '.')}.heads.jsonl`);
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
        seq: 3,
        hash: group?.hash,
        chain: group?.chain,
      });
    });

    it('never lets time run backwards within a chain', async () => {
      const times = [NOON, NOON - 5_000, NOON + 1];
      const { log, audit } = await open({ now: () => times.shift() ?? NOON + 1 });
      for (let asked = 0; asked < 3; asked++) await log.write(record([ANN]));
      const { said } = await verify(audit.database, { headsDirectory });
      expect(said).toEqual([]);
    });

    describe('while it cannot be written', () => {
      it('refuses what is personal, lets the rest go, and tells later how many went unlogged', async () => {
        let isDown = false;
        const between = (audit: AuditDatabase): AuditDatabase => ({
          ...audit,
          commit: async (statements) => {
            if (isDown) throw new Error('gone');
            await audit.commit(statements);
          },
        });
        const { log, audit, warnings } = await open({ between, timeoutMs: 1_500 });
        await log.write(record([ANN]));
        isDown = true;
        await expect(log.write(record([ANN]))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
        expect(log.state()).toBe('unwritable');
        await log.write(record([], { request: 'plain' }));
        await log.write(record([], { request: 'plain' }));
        await expect(log.write(record([ANN]))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
        isDown = false;
        await expect.poll(() => log.state(), { timeout: 8_000 }).toBe('writing');
        await log.write(record([BINH]));
        const entries = await entriesOf(audit);
        expect(entries.map(({ kind }) => kind)).toEqual([
          'OPEN',
          'OPERATION',
          'SUBJECT',
          'GAP',
          'OPERATION',
          'SUBJECT',
        ]);
        expect(entries[3].missed).toBe(2);
        expect(warnings).toHaveLength(2);
        expect((await verify(audit.database, { headsDirectory })).said).toEqual([]);
      });

      it('refuses what is personal once nothing has been answered for as long as may be waited', async () => {
        let isSilent = false;
        const between = (audit: AuditDatabase): AuditDatabase => ({
          ...audit,
          commit: (statements) => (isSilent ? new Promise(() => {}) : audit.commit(statements)),
        });
        const { log } = await open({ between, timeoutMs: 1_500 });
        await log.write(record([ANN]));
        isSilent = true;
        const began = performance.now();
        const [personal, plain] = await Promise.allSettled([log.write(record([ANN])), log.write(record([]))]);
        expect(personal).toMatchObject({ status: 'rejected', reason: { code: 'AUDIT_UNAVAILABLE' } });
        expect(plain.status).toBe('fulfilled');
        expect(performance.now() - began).toBeLessThan(6_000);
        isSilent = false;
      });

      it('refuses nothing because the process was too busy to look for longer than may be waited', async () => {
        const { log } = await open({ timeoutMs: 1_000 });
        await log.write(record([ANN]));
        const written = log.write(record([ANN]));
        const began = performance.now();
        while (performance.now() - began < 2_200);
        await expect(written).resolves.toBeUndefined();
        expect(log.state()).toBe('writing');
      });

      it.each([
        ['was done though nobody said so', 0],
        ['is done only after it was given up', 400],
      ])('leaves no hole and nothing twice where a group %s', async (_, lateMs) => {
        let isSwallowed = false;
        const between = (audit: AuditDatabase): AuditDatabase => ({
          ...audit,
          commit: async (statements) => {
            if (!isSwallowed) return audit.commit(statements);
            isSwallowed = false;
            setTimeout(() => audit.commit(statements).catch(() => {}), lateMs);
            await new Promise((resolve) => setTimeout(resolve, 100));
            throw new Error('the answer was lost');
          },
        });
        const { log, audit } = await open({ between, timeoutMs: 1_000 });
        await log.write(record([ANN], { request: 'before' }));
        isSwallowed = true;
        await log.write(record([ANN], { request: 'lost' })).catch(() => {});
        await expect.poll(() => log.state(), { timeout: 8_000 }).toBe('writing');
        await new Promise((resolve) => setTimeout(resolve, lateMs));
        await log.write(record([BINH], { request: 'after' }));
        const { said, entries } = await verify(audit.database, { headsDirectory });
        expect(said).toEqual([]);
        const requests = (await entriesOf(audit)).flatMap(({ request }) => request ?? []);
        expect(requests.filter((one) => one === 'after')).toHaveLength(1);
        expect(requests.filter((one) => one === 'lost').length).toBeLessThanOrEqual(1);
        expect(entries).toBeGreaterThanOrEqual(6);
      });
    });
  });
}
