import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditFound, AuditQuery } from '../../core/audit.ts';
import { type LogPlace, onEachDatabase } from './each-database.ts';
import { DAY_MS, hashSubject, type LogOptions, NOON, type OpenedLog, openLog, record, verify } from './support.ts';

const ANN = '001085004213';
const BINH = '001190000123';

onEachDatabase('What is read of the access log', readLogContract);

function readLogContract(title: string, makePlace: () => Promise<LogPlace>): void {
  describe(title, () => {
    let place: LogPlace;
    const opened: OpenedLog[] = [];

    async function open(options: LogOptions = {}): Promise<OpenedLog> {
      const one = await openLog(place.url, options);
      opened.push(one);
      return one;
    }

    beforeEach(async () => {
      place = await makePlace();
    });

    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await place.remove();
    });

    const ids = ({ found }: { found: readonly AuditFound[] }) => found.map(({ operation }) => operation.request);

    it('by subject, actor, dossier and visit, newest first', async () => {
      let now = NOON;
      const { log, reader } = await open({ now: () => now });
      const ask = async (request: string, numbers: readonly string[], operation = {}) => {
        now += 1_000;
        await log.write(record(numbers, { request, ...operation }));
      };
      await ask('a', [ANN]);
      await ask('b', [BINH, ANN], { actor: 'commune.binh', dossier: 'H41.59-261119-0001' });
      await ask('c', [BINH], { purpose: 'RECEPTION', dossier: null, visit: 'v-1' });
      const page = { first: 10, after: null };
      expect(ids(await reader.find({ subjectNumbers: [ANN], ...page }))).toEqual(['b', 'a']);
      expect(ids(await reader.find({ actor: 'counter.hanh', ...page }))).toEqual(['c', 'a']);
      expect(ids(await reader.find({ dossier: 'H41.59-261119-0001', ...page }))).toEqual(['b']);
      expect(ids(await reader.find({ visit: 'v-1', ...page }))).toEqual(['c']);
      expect(ids(await reader.find({ subjectNumbers: [ANN], actor: 'counter.hanh', ...page }))).toEqual(['a']);
      expect(ids(await reader.find({ subjectNumbers: [ANN], to: NOON + 2_000, ...page }))).toEqual(['a']);
      expect(ids(await reader.find({ subjectNumbers: [ANN], from: NOON + 2_000, ...page }))).toEqual(['b']);
      const [first] = (await reader.find({ subjectNumbers: [ANN], ...page })).found;
      expect(first?.subject).toMatchObject({ subject: hashSubject(ANN), relation: 'DOSSIER' });
    });

    it('once for an operation in which a person stands under several numbers', async () => {
      const { log, reader } = await open();
      const old = '012345678';
      for (const request of ['a', 'b', 'c']) {
        const subjects = [
          { number: ANN, relation: 'VISIT', dossier: null },
          { number: old, relation: 'NAMED', dossier: null },
        ] as const;
        await log.write({ ...record([], { request }), subjects, personal: true });
      }
      const query = { subjectNumbers: [ANN, old], first: 1 };
      const seen: string[] = [];
      let after: AuditFound['key'] | null = null;
      for (let pages = 0; pages < 5; pages++) {
        const { found, more } = await reader.find({ ...query, after });
        seen.push(...found.map(({ operation, subject }) => `${operation.request} ${subject?.relation}`));
        after = found.at(-1)?.key ?? null;
        if (!more) break;
      }
      expect(seen).toEqual(['c VISIT', 'b VISIT', 'a VISIT']);
    });

    it('by whoever and whatever was looked for, each of them and each once', async () => {
      const { log, reader, audit } = await open();
      const actor = 'auditor.lan';
      await log.write(
        record([ANN], {
          ...{ request: 'read', actor, dossier: 'H41-1', visit: null },
          sought: [
            { what: 'ACCESSES', subject: hashSubject(ANN), actor: 'counter.hanh', from: 1, to: 2 },
            { what: 'ACCESSES', subject: hashSubject(BINH), visit: 'v-9' },
            { what: 'ACCESSES', subject: hashSubject(BINH), dossier: 'H41-1', actor },
            { what: 'ACCESSES', dossier: 'H41-2' },
          ],
        }),
      );
      const page = { first: 10, after: null };
      for (const query of [
        ...[{ subjectNumbers: [ANN] }, { subjectNumbers: [BINH] }, { actor: 'counter.hanh' }, { actor }],
        ...[{ visit: 'v-9' }, { dossier: 'H41-1' }, { dossier: 'H41-2' }],
        ...[
          { subjectNumbers: [BINH], actor: 'counter.hanh' },
          { subjectNumbers: [ANN], visit: 'v-9' },
        ],
      ]) {
        expect([query, ids(await reader.find({ ...query, ...page }))]).toEqual([query, ['read']]);
      }
      expect(ids(await reader.find({ subjectNumbers: [BINH], actor: 'counter.binh', ...page }))).toEqual([]);
      expect(ids(await reader.find({ actor, visit: 'v-1', ...page }))).toEqual([]);
      expect((await verify(audit.database)).said).toEqual([]);
    });

    it('with how many requests an entry stands for', async () => {
      const { log, reader, audit } = await open();
      const often = { outcome: 'REFUSED', codes: ['TOO_MANY_REQUESTS'], times: 7 } as const;
      await log.write(record([], { request: 'often', ...often }));
      const { found } = await reader.find({ actor: 'counter.hanh', first: 10, after: null });
      expect(found.map(({ operation }) => operation)).toMatchObject([{ request: 'often', ...often }]);
      expect((await verify(audit.database)).said).toEqual([]);
    });

    it('page by page, each going on where the last one ended', async () => {
      const { log, reader } = await open();
      await Promise.all(Array.from({ length: 7 }, (_, place) => log.write(record([ANN], { request: String(place) }))));
      const seen: string[] = [];
      let after: AuditFound['key'] | null = null;
      for (let pages = 0; pages < 4; pages++) {
        const page = await reader.find({ subjectNumbers: [ANN], first: 3, after });
        seen.push(...ids(page));
        after = page.found.at(-1)?.key ?? null;
        if (!page.more) break;
      }
      expect(seen).toHaveLength(7);
      expect(new Set(seen).size).toBe(7);
    });

    it('by the person themself later, where the law says so', async () => {
      let now = NOON;
      const { log, reader } = await open({ now: () => now, delays: [{ role: 'auditor', days: 30 }] });
      await log.write(record([ANN], { request: 'officer' }));
      const sought = [{ what: 'ACCESSES', subject: hashSubject(ANN) }] as const;
      await log.write(record([], { request: 'auditor', role: 'auditor', sought }));
      const query = { subjectNumbers: [ANN], first: 10, after: null, forSubject: true };
      expect(ids(await reader.find(query))).toEqual(['officer']);
      expect(ids(await reader.find({ ...query, forSubject: false }))).toEqual(['auditor', 'officer']);
      now += 31 * DAY_MS;
      expect(ids(await reader.find(query))).toEqual(['auditor', 'officer']);
    });

    it('later only where role and purpose both are those that the law means, and from the day on which it is over', async () => {
      let now = NOON;
      const delays = [
        { role: 'auditor', purpose: 'AUDIT', days: 30 },
        { purpose: 'SUPERVISION', days: 10 },
      ] as const;
      const { log, reader } = await open({ now: () => now, delays });
      for (const [role, purpose] of [
        ...(['AUDIT', 'RECEPTION'] as const).map((one) => ['auditor', one] as const),
        ...(['AUDIT', 'SUPERVISION'] as const).map((one) => ['leader', one] as const),
      ]) {
        await log.write(record([ANN], { request: `${role} ${purpose}`, role, purpose }));
      }
      const query = { subjectNumbers: [ANN], first: 10, after: null, forSubject: true };
      const shown = async (after: number) => {
        now = NOON + after;
        return ids(await reader.find(query)).toSorted();
      };
      const soon = ['auditor RECEPTION', 'leader AUDIT'];
      expect(await shown(10 * DAY_MS - 1)).toEqual(soon);
      expect(await shown(10 * DAY_MS)).toEqual([...soon, 'leader SUPERVISION']);
      expect(await shown(30 * DAY_MS - 1)).toEqual([...soon, 'leader SUPERVISION']);
      expect(await shown(30 * DAY_MS)).toEqual(['auditor AUDIT', ...soon, 'leader SUPERVISION']);
    });

    it('with the tie that says most, in whatever order an operation has them', async () => {
      const { log, reader } = await open();
      const old = '012345678';
      for (const [one, other] of [
        ['VISIT', 'MATCH'],
        ['MATCH', 'VISIT'],
        ['NAMED', 'DOSSIER'],
        ['DOSSIER', 'NAMED'],
      ] as const) {
        const subjects = [
          { number: ANN, relation: one, dossier: null },
          { number: old, relation: other, dossier: null },
        ];
        await log.write({ ...record([], { request: `${one} ${other}` }), subjects, personal: true });
      }
      // Looked for by one number, and shown under another.
      const sought = [{ what: 'PERSON', subject: hashSubject(old) }] as const;
      await log.write(record([ANN], { request: 'sought', sought }));
      const { found } = await reader.find({ subjectNumbers: [ANN, old], first: 10, after: null });
      expect(found.map(({ operation, subject }) => [operation.request, subject?.relation])).toEqual([
        ['sought', 'DOSSIER'],
        ['DOSSIER NAMED', 'DOSSIER'],
        ['NAMED DOSSIER', 'DOSSIER'],
        ['MATCH VISIT', 'VISIT'],
        ['VISIT MATCH', 'VISIT'],
      ]);
    });

    it('that fits all that is asked for, also what was no more than looked for', async () => {
      const { log, reader } = await open();
      await log.write(record([ANN], { request: 'a', visit: 'v-1', dossier: 'H41-1' }));
      const sought = [{ what: 'ACCESSES', visit: 'v-9', dossier: 'H41-9' }] as const;
      await log.write(record([ANN], { request: 'b', visit: 'v-2', dossier: 'H41-2', sought }));
      await log.write(record([ANN], { request: 'event', kind: 'EVENT', visit: 'v-3', dossier: null }));
      const of = async (query: Partial<AuditQuery>) => ids(await reader.find({ ...query, first: 10, after: null }));
      const subjectNumbers = [ANN];
      expect(await of({ subjectNumbers })).toEqual(['event', 'b', 'a']);
      for (const [query, fitting] of [
        [{ visit: 'v-1' }, ['a']],
        [{ visit: 'v-9' }, ['b']],
        [{ visit: 'v-3' }, ['event']],
        [{ dossier: 'H41-1' }, ['a']],
        [{ dossier: 'H41-9' }, ['b']],
        [{ visit: 'v-1', dossier: 'H41-2' }, []],
      ] as const) {
        expect([query, await of({ subjectNumbers, ...query })]).toEqual([query, fitting]);
        expect([query, await of(query)]).toEqual([query, fitting]);
      }
      expect(await of({ subjectNumbers: [BINH], visit: 'v-1' })).toEqual([]);
    });

    it('newest first under whatever number, and no more than there is', async () => {
      let now = NOON;
      const { log, reader } = await open({ now: () => now });
      for (const [request, number] of [
        ['a', ANN],
        ['b', BINH],
        ['c', ANN],
      ] as const) {
        now += 1_000;
        await log.write(record([number], { request }));
      }
      const page = await reader.find({ subjectNumbers: [ANN, BINH], first: 3, after: null });
      expect([ids(page), page.more]).toEqual([['c', 'b', 'a'], false]);
    });

    it('of each hub that wrote at the same instant, page by page', async () => {
      const hubs = [await open({ now: () => NOON }), await open({ now: () => NOON })];
      for (const [at, { log }] of hubs.entries()) {
        for (const turn of [1, 2]) await log.write(record([ANN], { request: `${at} ${turn}` }));
      }
      const seen: string[] = [];
      let after: AuditFound['key'] | null = null;
      for (let pages = 0; pages < 6; pages++) {
        const page = await (hubs[0] as OpenedLog).reader.find({ subjectNumbers: [ANN], first: 1, after });
        seen.push(...ids(page));
        after = page.found.at(-1)?.key ?? null;
        if (!page.more) break;
      }
      expect(seen.toSorted()).toEqual(['0 1', '0 2', '1 1', '1 2']);
      // Within each of them newest first.
      for (const hub of ['0', '1']) {
        expect(seen.filter((one) => one.startsWith(hub))).toEqual([`${hub} 2`, `${hub} 1`]);
      }
    });

    it('also behind many that do not fit', async () => {
      const { log, reader } = await open();
      await log.write(record([], { request: 'rare', actor: 'commune.binh', visit: 'v-1' }));
      await Promise.all(Array.from({ length: 420 }, () => log.write(record([], { request: 'often', visit: 'v-1' }))));
      const page = { first: 10, after: null };
      expect(ids(await reader.find({ visit: 'v-1', actor: 'commune.binh', ...page }))).toEqual(['rare']);
    });

    it('says that it cannot be read where it cannot, and wants to know what is sought', async () => {
      const { reader, audit } = await open();
      const page = { first: 10, after: null };
      await expect(reader.find(page)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      await audit.database.knex.schema.renameTable('audit_group', 'audit_elsewhere');
      await expect(reader.find({ actor: 'counter.hanh', ...page, after: [NOON, 'a chain', 1] })).rejects.toMatchObject({
        ...{ code: 'AUDIT_UNAVAILABLE', message: 'the access log cannot be read at the moment' },
      });
      await audit.database.knex.schema.renameTable('audit_elsewhere', 'audit_group');
    });
  });
}
