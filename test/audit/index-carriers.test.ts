import { describe, expect, it } from 'vitest';
import { mendIndex } from '../../audit/mend-index.ts';
import { removeOldChains } from '../../audit/retain.ts';
import { type LogPlace, onEachDatabase } from './each-database.ts';
import { DAY_MS, NOON, type OpenedLog, openLog, record, verify } from './support.ts';

const ANN = '001085004213';
const LONG = `${'ă'.repeat(159)}🙂 and more`;
/** What somebody may send as the number of a dossier: the index has to hold it as it is worked out. */
const WORDS = ['Hồ sơ', 'HỒ SƠ', 'ho so', 'x', 'x ', ' x', 'x\t', '\ud800 half', 'a\u0000b', 'o\u0302', 'ô', LONG];

onEachDatabase('The index of the access log', indexContract);

function indexContract(title: string, makePlace: () => Promise<LogPlace>): void {
  describe(title, () => {
    async function withLog(work: (opened: OpenedLog, clock: { time: number }) => Promise<void>): Promise<void> {
      const place = await makePlace();
      const clock = { time: NOON };
      const opened = await openLog(place.url, { now: () => clock.time, timeoutMs: 20_000 });
      try {
        await work(opened, clock);
      } finally {
        await opened.close();
        await place.remove();
      }
    }

    it('is whole with every word that can be asked for', () =>
      withLog(async ({ log, reader, audit }) => {
        for (const [place, dossier] of WORDS.entries()) {
          await log.write(record([ANN], { dossier, request: String(place) }));
        }
        for (const [place, dossier] of WORDS.entries()) {
          const { found } = await reader.find({ dossier, first: 10, after: null });
          expect(found.map(({ operation }) => operation.request)).toEqual([String(place)]);
        }
        expect((await verify(audit.database)).said).toEqual([]);
        expect(await mendIndex(audit)).toEqual({ added: 0, removed: 0 });
      }));

    it('is mended, and verified, of a log that is written meanwhile', () =>
      withLog(async ({ log, reader, audit }) => {
        for (let asked = 0; asked < 30; asked++) await log.write(record([ANN], { request: String(asked) }));
        await reader.find({ actor: 'counter.hanh', first: 1, after: null });
        await audit.commit([{ sql: 'delete from audit_index where seq > 9', bindings: [] }]);
        const [said] = (await verify(audit.database)).said;
        expect(said).toMatch(/rows of its index are missing, the first of entry 10; see `audit index`$/);
        const writing = Promise.all(Array.from({ length: 20 }, () => log.write(record([ANN]))));
        expect((await mendIndex(audit)).added).toBeGreaterThan(50);
        await writing;
        expect((await reader.find({ subjectNumbers: [ANN], first: 100, after: null })).found).toHaveLength(50);
        expect((await verify(audit.database)).said).toEqual([]);
      }));

    it('goes with a chain that was kept long enough, without looking through the rest of it', () =>
      withLog(async ({ log, reader, audit }, clock) => {
        for (let day = 0; day < 3; day++) {
          clock.time = NOON + day * DAY_MS;
          await log.write(record([ANN], { request: `day ${day}` }));
        }
        await reader.find({ actor: 'counter.hanh', first: 1, after: null });
        const now = () => NOON + 31 * DAY_MS;
        expect(await removeOldChains(audit, { retentionDays: 30, now, refuse: () => {} })).toHaveLength(1);
        const { said } = await verify(audit.database, { now: now(), retentionDays: 30 });
        expect(said).toEqual([]);
        const { found } = await reader.find({ subjectNumbers: [ANN], first: 10, after: null });
        expect(found.map(({ operation }) => operation.request)).toEqual(['day 2', 'day 1']);
        const explain = audit.database.traits.name === 'sqlite' ? 'explain query plan' : 'explain';
        const plan = await audit.database.query(`${explain} delete from audit_index where chain = ? and seq <= 1`, [
          'x',
        ]);
        expect(JSON.stringify(plan)).toContain('audit_index_chain');
      }));
  });
}
