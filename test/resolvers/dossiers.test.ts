import { afterEach, describe, expect, test } from 'vitest';
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
  received,
  STALE,
  worked,
} from './told-dossiers.ts';

afterEach(closeHouse);

describe('A dossier by its code', () => {
  test('is one, whoever holds it; one that nobody holds is null; and no system is asked', async () => {
    const opened = await open([counter([received]), land([worked])]);
    const { data, errors } = await opened.ask(
      `{ a: dossier(code: " ${CODE} ") { status sectors missing { code } } b: dossier(code: "H41-2") { code } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ a: { status: 'PROCESSING', sectors: ['one-stop', 'land'], missing: [] }, b: null });
    expect(opened.calls).toEqual([]);
  });

  test('is found as its system writes it, and in capitals where nobody writes it so', async () => {
    const odd = { ...received, code: 'h41/0003' };
    const opened = await open([counter([received, odd])]);
    const { data, errors } = await opened.ask(
      '{ odd: dossier(code: "h41/0003") { code } typed: dossier(code: "h41-1") { code } }',
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ odd: { code: 'h41/0003' }, typed: { code: CODE } });
  });

  test('is refused where it can be no code', async () => {
    for (const code of ['', 'H41 1', 'H41:1', '<script>', 'x'.repeat(65)]) {
      const { errors } = await (await open([counter([received])])).ask(`{ dossier(code: "${code}") { code } }`);
      expect(errors).toMatchObject([
        { code: 'BAD_USER_INPUT', message: 'code: expected a dossier code such as H41.12-261008-0003' },
      ]);
      await closeHouse();
    }
  });

  test('is found under its applicant’s number however that was typed', async () => {
    const typed = { ...received, applicantNumbers: ['001 085 004 213'] };
    const opened = await open([counter([typed])]);
    const { data } = await opened.ask(
      '{ citizen(id: "001085004213") { dossiers { nodes { code } missing { code } } } }',
    );
    expect(data.citizen.dossiers).toEqual({ nodes: [{ code: CODE }], missing: [] });
  });

  test('is what its owners say, field by field', async () => {
    const { found } = await dossier(
      [
        counter([{ ...received, dueAt: 5, finishedAt: 6, summary: 'Đo đạc lại', returnMethod: 'POST' }]),
        land([{ ...worked, dueAt: 7, finishedAt: 8, returnMethod: 'COUNTER' }]),
      ],
      'dueAt finishedAt summary returnMethod',
    );
    expect(found).toEqual({
      dueAt: '1970-01-01T07:00:00.005+07:00',
      finishedAt: '1970-01-01T07:00:00.008+07:00',
      summary: 'Đo đạc lại',
      returnMethod: 'POST',
    });
  });

  test('tells the papers handed in with it', async () => {
    const paper = { code: 'TP01', title: 'Đơn đề nghị', fileName: 'don.pdf', digitised: true };
    const { found } = await dossier([counter([{ ...received, papers: [paper] }])], 'papers { code title digitised }');
    expect(found.papers).toEqual([{ code: 'TP01', title: 'Đơn đề nghị', digitised: true }]);
  });

  test('has the steps of all systems in the order of time', async () => {
    const step = (content: string, at: number) => ({
      ...{ officer: null, position: null, unit: null, content, at, dueAt: null, status: null },
    });
    const { found } = await dossier(
      [
        counter([{ ...received, steps: [step('nhận', 1), step('trả', 9)] }]),
        land([{ ...worked, steps: [step('đo', 5)] }]),
      ],
      'steps { content sector }',
    );
    expect(found.steps).toEqual([
      { content: 'nhận', sector: 'one-stop' },
      { content: 'đo', sector: 'land' },
      { content: 'trả', sector: 'one-stop' },
    ]);
  });

  test('leads to the applicant, also where the number is written in groups', async () => {
    const { found } = await dossier(
      [counter([{ ...received, applicantNumbers: ['001 085 004 213'] }])],
      'applicant { citizen { fullName } }',
    );
    expect(found.applicant.citizen).toEqual({ fullName: 'Nguyễn Văn Ái' });
  });
});

describe('A dossier that was deleted', () => {
  const gone = { code: CODE, view: null };

  test('everywhere is null', async () => {
    const { found, errors } = await dossier([counter([received, gone]), land([worked, gone])], 'code');
    expect([found, errors]).toEqual([null, []]);
  });

  test('in one system is what the others hold', async () => {
    const { found } = await dossier([counter([received, gone]), land([worked])], 'sectors status receivedAt');
    expect(found).toEqual({ sectors: ['land'], status: 'PROCESSING', receivedAt: null });
  });

  test('is in no list of the applicant', async () => {
    const { data } = await (await open([counter([received, gone])])).ask(
      '{ citizen(id: "001085004213") { dossiers { totalCount nodes { code } } } }',
    );
    expect(data.citizen.dossiers).toEqual({ totalCount: 0, nodes: [] });
  });
});

describe('How old what is told may be', () => {
  test('is said by asOf: the oldest of the systems that hold the dossier or ought to', async () => {
    const early = { code: CODE, view: received, recordedAt: NOW - 40_000 };
    const told = [counter([early], { currentUntil: NOW - 1_000 }), land([], { currentUntil: NOW - 30_000 })];
    const { found } = await dossier(
      [...told, { ...land([], BEHIND), sector: 'civil-status' }],
      'asOf missing { sector }',
    );
    expect(found).toEqual({ asOf: '2026-11-19T23:59:30+07:00', missing: [] });
  });

  test('of a sector that is behind is shown with the last that is known', async () => {
    const { found, errors } = await dossier(
      [counter([received]), land([worked], BEHIND)],
      'status receivedAt asOf missing { sector code retryable }',
    );
    expect(errors).toEqual([]);
    expect(found).toEqual({
      status: 'PROCESSING',
      receivedAt: '1970-01-01T07:00:00.001+07:00',
      asOf: '2026-11-19T23:00:00+07:00',
      missing: [STALE('land')],
    });
  });

  test('of a sector that was not asked since the dossier became known says that it may know more', async () => {
    const { found } = await dossier(
      [counter([received]), land([], { currentUntil: NOW - 1 })],
      'status missing { sector code retryable }',
    );
    expect(found).toEqual({ status: 'ACCEPTED', missing: [STALE('land')] });
  });

  test('of one that was never wholly seen is an error for what is its own: nobody can say that it says nothing', async () => {
    const { found, errors } = await dossier(
      [counter([{ ...received, finishedAt: 9 }]), land([], NEVER)],
      'receivedAt status finishedAt steps { content } sectors asOf missing { sector code retryable }',
    );
    expect(found).toEqual({
      receivedAt: '1970-01-01T07:00:00.001+07:00',
      status: null,
      finishedAt: null,
      steps: null,
      sectors: null,
      asOf: null,
      missing: [STALE('land')],
    });
    expect(errors.map(({ code, sector, retryable }) => ({ sector, code, retryable }))).toEqual(
      Array(4).fill(STALE('land')),
    );
  });

  test('of one that was never wholly seen does not matter where another works on it, or where it has deleted it', async () => {
    const unknown = { ...received, procedureCode: '9.999999' };
    const { found, errors } = await dossier(
      [counter([unknown]), land([worked]), { ...land([], NEVER), sector: 'civil-status' }],
      'status missing { sector }',
    );
    expect([found, errors]).toEqual([{ status: 'PROCESSING', missing: [] }, []]);
    await closeHouse();
    const gone = await dossier([counter([received]), land([worked, { code: CODE, view: null }], NEVER)], 'status');
    expect([gone.found, gone.errors]).toEqual([{ status: 'ACCEPTED' }, []]);
  });

  test('matters in every sector where the catalogue does not know who works on it', async () => {
    const unknown = { ...received, procedureCode: '9.999999' };
    const { found } = await dossier([counter([unknown]), land([], BEHIND)], 'missing { sector code retryable }');
    expect(found.missing).toEqual([STALE('land')]);
  });

  test.each([
    ['behind', BEHIND],
    ['not wholly seen', NEVER],
  ])(
    'makes a dossier that nobody is known to hold an error while a system is %s, and not a false null',
    async (_, lag) => {
      const { found, errors } = await dossier([counter([]), land([], lag)], 'code');
      expect(found).toBeNull();
      expect(errors).toMatchObject([STALE('land')]);
    },
  );
});

describe('A value that could not be read', () => {
  const faults = [{ field: 'dueAt', reason: 'expected a time' }];

  test('is the older one, and the system is named as missing', async () => {
    const { found, errors } = await dossier(
      [counter([{ code: CODE, view: { ...received, dueAt: 5 }, faults }])],
      'dueAt missing { sector code retryable }',
    );
    expect(errors).toEqual([]);
    expect(found).toEqual({
      dueAt: '1970-01-01T07:00:00.005+07:00',
      missing: [{ sector: 'one-stop', code: 'SOURCE_MALFORMED', retryable: false }],
    });
  });

  test('and never was is an error, and not another system’s word', async () => {
    const { found, errors } = await dossier(
      [counter([{ code: CODE, view: received, faults }]), land([{ ...worked, dueAt: 7 }])],
      'dueAt receivedAt',
    );
    expect(found).toEqual({ dueAt: null, receivedAt: '1970-01-01T07:00:00.001+07:00' });
    expect(errors).toMatchObject([
      {
        ...{ code: 'SOURCE_MALFORMED', sector: 'one-stop', field: 'dueAt' },
        message: 'one-stop: Dossier.dueAt: expected a time',
      },
    ]);
  });
});

describe('The history of a dossier', () => {
  test('tells every event that reached the hub, oldest first, whatever the system does not hold any more', async () => {
    const opened = await open([counter([received]), land([{ code: CODE, view: worked, recordedAt: NOW + 1_000 }])]);
    await opened.tell('land', {
      ...{ code: CODE, change: 'step', occurredAt: NOW + 1_000, recordedAt: NOW + 2_000 },
      view: { ...worked, status: { code: '35', number: null, title: 'Chờ đo' } },
    });
    await opened.tell('land', { code: CODE, view: null, occurredAt: NOW + 3_000, recordedAt: NOW + 3_000 });
    const { data, errors } = await opened.ask(
      `{ dossier(code: "${CODE}") { history { id sector version change way occurredAt recordedAt status sourceStatusCode sourceStatusTitle } } }`,
    );
    expect(errors).toEqual([]);
    expect(data.dossier.history).toMatchObject([
      { id: 'one-stop:H41-1:1', change: 'UPSERT', status: 'ACCEPTED', sourceStatusCode: 'new', way: 'poll' },
      { id: 'land:H41-1:1', version: 1, change: 'UPSERT', status: 'PROCESSING' },
      {
        ...{ id: 'land:H41-1:2', version: 2, change: 'STEP', status: null, sourceStatusCode: '35' },
        ...{ sourceStatusTitle: 'Chờ đo', occurredAt: '2026-11-20T00:00:01+07:00' },
        recordedAt: '2026-11-20T00:00:02+07:00',
      },
      { id: 'land:H41-1:3', sector: 'land', change: 'DELETE', status: null, sourceStatusCode: null },
    ]);
  });
});

describe('The hub’s own store out of reach', () => {
  test('costs what is read from it, with an error that says whose fault it is and nothing else', async () => {
    const opened = await open([counter([received])]);
    await opened.store.close();
    const { data, errors } = await opened.ask(
      `{ dossier(code: "${CODE}") { code } citizen(id: "001085004213") { fullName dossiers { totalCount } } }`,
    );
    expect(data).toEqual({ dossier: null, citizen: { fullName: 'Nguyễn Văn Ái', dossiers: null } });
    expect(errors).toHaveLength(2);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
      expect(error.message).toBe('The hub’s own store could not be read or written');
    }
  });
});
