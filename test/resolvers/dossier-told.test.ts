import { afterEach, describe, expect, test } from 'vitest';
import { loggedCode } from '../../resolvers/dossiers.ts';
import { openDossierHouse } from './dossier-house.ts';
import { NOW } from './small-house.ts';
import {
  BEHIND,
  CODE,
  closeHouse,
  counter,
  dossier,
  land,
  NEVER,
  open,
  people,
  received,
  STALE,
  status,
  worked,
} from './told-dossiers.ts';

afterEach(closeHouse);

describe('What a dossier tells', () => {
  test('names its procedure and the agency in charge as the catalogues do, and as it states them where they know none', async () => {
    const known = { ...received, agencyCode: '000.00.03.H41' };
    const fields = 'procedure { code title } agency { code title }';
    const { found } = await dossier([counter([known])], fields);
    expect(found).toEqual({
      procedure: { code: '1.012790', title: expect.any(String) },
      agency: { code: 'H41.03', title: expect.any(String) },
    });
    await closeHouse();
    const unknown = { ...received, procedureCode: '9.999999', procedureTitle: 'Thủ tục lạ', agencyCode: 'X99' };
    expect((await dossier([counter([unknown])], fields)).found).toEqual({
      procedure: { code: '9.999999', title: 'Thủ tục lạ' },
      agency: { code: 'X99', title: null },
    });
    await closeHouse();
    const { procedureCode: _, ...silent } = received;
    expect((await dossier([counter([silent])], fields)).found).toEqual({ procedure: null, agency: null });
  });

  test('has the status of every system that works on it in its own words, the latest first', async () => {
    const own = { ...received, status: { ...status('new', 2), title: 'Mới nhận' } };
    const { found } = await dossier(
      [counter([own]), land([worked])],
      'sourceStatus { sector code title occurredAt } sectors',
    );
    expect(found).toEqual({
      sourceStatus: [
        { sector: 'land', code: '20', title: null, occurredAt: '1970-01-01T07:00:00.002+07:00' },
        { sector: 'one-stop', code: 'new', title: 'Mới nhận', occurredAt: '1970-01-01T07:00:00.001+07:00' },
      ],
      sectors: ['one-stop', 'land'],
    });
  });

  test('says whether it is in time', async () => {
    const late = { ...received, dueAt: NOW - 86_400_000 };
    expect((await dossier([counter([late])], 'timeliness')).found).toEqual({ timeliness: 'OVERDUE' });
  });

  test('says of a status that cannot be read which system is missing', async () => {
    const faults = [{ field: 'status', reason: 'expected a status' }] as const;
    const { status: _, ...silent } = received;
    const told = [counter([{ code: CODE, view: silent, faults }])];
    const { found, errors } = await dossier(told, 'sectors status missing { sector code retryable }');
    const gap = { sector: 'one-stop', code: 'SOURCE_MALFORMED' };
    expect(found).toEqual({ sectors: ['one-stop'], status: null, missing: [{ ...gap, retryable: false }] });
    expect(errors).toMatchObject([gap]);
  });

  test('has no applicant where nothing of one can be read, and what can be where something can', async () => {
    const fault = (field: string) => ({ field, reason: 'expected text' });
    const { applicantNumbers, ...silent } = received;
    const ask = (view: object, ...fields: readonly string[]) => {
      const told = { code: CODE, view: { ...view, code: CODE }, faults: fields.map(fault) };
      return dossier([counter([told as Parameters<typeof counter>[0][number]])], 'applicant { kind name }');
    };
    const none = await ask(silent, 'applicantKind', 'applicantName', 'applicantNumbers');
    expect(none.found).toEqual({ applicant: null });
    expect(none.errors).toMatchObject([{ code: 'SOURCE_MALFORMED', field: 'applicantKind' }]);
    for (const left of ['applicantName', 'applicantNumbers'] as const) {
      await closeHouse();
      const others = ['applicantKind', 'applicantName', 'applicantNumbers'].filter((one) => one !== left);
      const said = left === 'applicantName' ? { applicantName: 'Nguyễn Văn Ái' } : { applicantNumbers };
      const { found } = await ask({ ...silent, ...said }, ...others);
      expect(found.applicant).toEqual({ kind: null, name: left === 'applicantName' ? 'Nguyễn Văn Ái' : null });
    }
  });

  test('is as old as what the counter knows, where another system that holds it knows it for longer', async () => {
    const told = [counter([received], { currentUntil: NOW - 20_000 }), land([worked], { currentUntil: NOW - 10_000 })];
    expect((await dossier(told, 'asOf')).found).toEqual({ asOf: '2026-11-19T23:59:40+07:00' });
  });

  test('misses a system that has not been heard since any other last told of it', async () => {
    const told = [
      counter([{ code: CODE, view: received, recordedAt: NOW - 30_000 }]),
      { ...land([{ code: CODE, view: worked, recordedAt: NOW - 5_000 }]), sector: 'civil-status' },
      land([], { currentUntil: NOW - 10_000 }),
    ];
    expect((await dossier(told, 'missing { sector code }')).found).toEqual({
      missing: [{ sector: 'land', code: 'INDEX_STALE' }],
    });
  });

  test('misses the counter where another system works on what it has not told of', async () => {
    const { found } = await dossier([counter([], BEHIND), land([worked])], 'missing { sector code retryable }');
    expect(found).toEqual({ missing: [STALE('one-stop')] });
  });

  test('misses a system that holds it though the catalogue names another for its procedure', async () => {
    const other = { ...land([worked], BEHIND), sector: 'civil-status' };
    const { found } = await dossier([counter([received]), land([worked]), other], 'missing { sector code retryable }');
    expect(found).toEqual({ missing: [STALE('civil-status')] });
  });

  test('is told by a system that holds it, whether or not it has told of all others and of what came after', async () => {
    const unsure = [counter([received], NEVER), land([worked], NEVER)];
    const { found, errors } = await dossier(unsure, 'status sectors');
    expect([found, errors]).toEqual([{ status: 'PROCESSING', sectors: ['one-stop', 'land'] }, []]);
    await closeHouse();
    const earlier = [counter([received], { currentUntil: NOW - 1_000 }), land([worked])];
    expect((await dossier(earlier, 'missing { sector }')).found).toEqual({ missing: [] });
  });
});

describe('A code as it may stand in the access log', () => {
  test('is one that units issue, whoever holds it, or one that a system holds, and nothing else that was typed', async () => {
    const opened = await open([counter([received, { ...received, code: 'nguyen.van.ai' }])]);
    const logged = (text: string) => loggedCode(opened.operation(), text);
    expect(await logged(' h41.12-261101-0001 ')).toBe('H41.12-261101-0001');
    expect(await logged(CODE)).toBe(CODE);
    expect(await logged('nguyen.van.ai')).toBe('nguyen.van.ai');
    expect(await logged('tran.thi.binh')).toBeNull();
    for (const typed of ['001085004213', 'Trần Thị Bình']) {
      await expect(logged(typed)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('What an answer may hold', () => {
  const bounded = async (recordsPerOperation: number, query: string) => {
    const other = { ...received, code: 'H41-2' };
    const opened = await openDossierHouse(people, [counter([received, other]), land([worked])], {
      limits: { recordsPerOperation },
    });
    const { errors } = await opened.ask(query);
    await opened.close();
    return errors.map(({ code }) => code);
  };

  test.each([
    ['each event of a history', 2, `{ dossier(code: "${CODE}") { history { version } } }`],
    ['each dossier of a list', 2, '{ dossiers { nodes { code } } }'],
    ['each dossier of a person, and the person', 3, '{ citizen(id: "001085004213") { dossiers { nodes { code } } } }'],
  ])('counts %s', async (_, records, query) => {
    expect(await bounded(records, query)).toEqual([]);
    expect(await bounded(records - 1, query)).toEqual(['BUDGET_EXCEEDED']);
  });
});
