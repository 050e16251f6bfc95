import { describe, expect, test } from 'vitest';
import { DOSSIER_OWNERS } from '../../core/dossier.ts';
import {
  allSteps,
  ownedValue,
  type SeenView,
  statedStatuses,
  statusSummary,
  timelinessOf,
} from '../../core/dossier-merge.ts';
import { HubError } from '../../core/errors.ts';
import { NOW, openHouse } from '../resolvers/small-house.ts';

const HOUR = 3_600_000;
const failure = new HubError('SOURCE_TIMEOUT', 'land: late', { sector: 'land' });
const reception = (view: SeenView['view']): SeenView => ({
  sector: 'one-stop',
  role: 'reception',
  view,
  failure: null,
});
const course = (view: SeenView['view'], sector = 'land'): SeenView => ({ sector, role: 'course', view, failure: null });
const failed = (role: SeenView['role']): SeenView => ({ sector: 'land', role, view: null, failure });
const status = (code: string, number: 2 | 4 | 9 | 10 | null = null) => ({ code, number, title: null });

describe('the owner of a field', () => {
  test('speaks, and the other is not heard, even when the owner says nothing', () => {
    const seen = [reception({ dueAt: null, finishedAt: 1 }), course({ dueAt: 5, finishedAt: 2 })];
    expect(ownedValue(seen, 'dueAt')).toBeNull();
    expect(ownedValue(seen, 'finishedAt')).toBe(2);
  });

  test('is the other where the first does not hold the dossier', () => {
    expect(ownedValue([reception(null), course({ dueAt: 5 })], 'dueAt')).toBe(5);
    expect(ownedValue([reception({ finishedAt: 7 }), course(null)], 'finishedAt')).toBe(7);
  });

  test('that could not be asked is an error, and the other’s word is not shown as its own', () => {
    expect(ownedValue([failed('reception'), course({ dueAt: 5 })], 'dueAt')).toBe(failure);
    expect(ownedValue([reception({ finishedAt: 7 }), failed('course')], 'finishedAt')).toBe(failure);
    expect(ownedValue([reception({ dueAt: 7 }), failed('course')], 'dueAt')).toBe(7);
  });

  test('whose value cannot be read is an error at that field', () => {
    expect(ownedValue([reception({ dueAt: failure }), course({ dueAt: 5 })], 'dueAt')).toBe(failure);
  });

  test('is nobody where nobody holds the field', () => {
    expect(ownedValue([reception({}), course({})], 'dueAt')).toBeNull();
    expect(ownedValue([], 'dueAt')).toBeNull();
  });

  test('is the same in whatever order the systems answered', () => {
    const seen = [
      reception({ dueAt: 1, finishedAt: 1, results: [] }),
      course({ dueAt: 2, finishedAt: 2, results: [1] }),
    ];
    for (const [field, owners] of Object.entries(DOSSIER_OWNERS)) {
      if (typeof owners === 'string') continue;
      const name = field as 'dueAt';
      expect(ownedValue(seen, name)).toEqual(ownedValue([...seen].reverse(), name));
    }
  });
});

describe('the status', () => {
  test('is the latest to occur, whoever states it', () => {
    const early = reception({ status: status('done', 10), statusAt: 9 * HOUR });
    const late = course({ status: status('20', 4), statusAt: 10 * HOUR });
    expect(statusSummary([early, late])).toMatchObject({ status: 'PROCESSING', statusNumber: 4 });
    expect(statedStatuses([early, late]).map(({ sector }) => sector)).toEqual(['land', 'one-stop']);
  });

  test('at the same moment is that of the system working on it', () => {
    const seen = [
      reception({ status: status('done', 10), statusAt: 1 }),
      course({ status: status('70', 9), statusAt: 1 }),
    ];
    for (const order of [seen, [...seen].reverse()]) expect(statusSummary(order)).toMatchObject({ statusNumber: 9 });
  });

  test('that nobody mapped is shown in its own words and no older one takes its place', () => {
    const seen = [
      reception({ status: status('new', 2), statusAt: 1 }),
      course({ status: { code: '35', title: 'Đang chờ thuế', number: null }, statusAt: 2 }),
    ];
    expect(statusSummary(seen)).toEqual({ status: null, statusNumber: null, statusTitle: 'Đang chờ thuế' });
  });

  test('without a title is titled by its code', () => {
    expect(statusSummary([course({ status: status('35'), statusAt: 2 })])).toMatchObject({ statusTitle: '35' });
  });

  test.each([
    ['a system that could not be asked', failed('course')],
    ['a status that cannot be read', course({ status: failure, statusAt: 1 })],
    ['a time that cannot be read', course({ status: status('20', 4), statusAt: failure })],
  ])('is an error with %s, since it may be the latest', (_, other) => {
    expect(statusSummary([reception({ status: status('new', 2), statusAt: 1 }), other])).toBe(failure);
  });

  test('is nothing where nobody states one', () => {
    expect(statusSummary([reception({}), course(null)])).toEqual({
      status: null,
      statusNumber: null,
      statusTitle: null,
    });
  });

  // A status of which nobody knows when it came to be may well be the latest; it is put before everything else.
  test('of an unknown time is not taken for the oldest', () => {
    const seen = [
      reception({ status: status('new', 2), statusAt: 1 }),
      course({ status: status('70', 9), statusAt: null }),
    ];
    expect(statusSummary(seen)).not.toMatchObject({ statusNumber: 2 });
  });
});

describe('whether it was in time', () => {
  const judge = (views: readonly SeenView[], number: 4 | 9 | null = 4) =>
    timelinessOf(views, { status: null, statusNumber: number, statusTitle: null }, NOW);

  test('compares Vietnamese dates: a minute before midnight is still the day before', () => {
    const due = NOW + 10 * HOUR;
    expect(judge([reception({ dueAt: due }), course({ finishedAt: NOW - 60_000 })])).toBe('EARLY');
    expect(judge([reception({ dueAt: due }), course({ finishedAt: NOW + 23 * HOUR })])).toBe('ON_TIME');
    expect(judge([reception({ dueAt: due }), course({ finishedAt: NOW + 24 * HOUR })])).toBe('LATE');
    expect(judge([reception({ dueAt: NOW - 1 }), course({ finishedAt: null })])).toBe('OVERDUE');
    expect(judge([reception({ dueAt: NOW + 1 }), course({ finishedAt: null })])).toBe('PENDING');
  });

  test('takes the due date of the reception and the end of the course', () => {
    const seen = [
      reception({ dueAt: NOW, finishedAt: NOW - 99 * HOUR }),
      course({ dueAt: 0, finishedAt: NOW + 99 * HOUR }),
    ];
    expect(judge(seen)).toBe('LATE');
  });

  test('is an error where a date it needs could not be read', () => {
    expect(judge([reception({ dueAt: failure }), course({})])).toBe(failure);
    expect(judge([reception({ dueAt: NOW }), course({ finishedAt: failure })])).toBe(failure);
  });
});

describe('the steps', () => {
  const step = (content: string, at: unknown, of: unknown = null) => ({ content, at, status: of });

  test('of all systems stand in the order of time, each with its sector', () => {
    const seen = [
      reception({ steps: [step('nhận', 1), step('trả', 9)] }),
      course({ steps: [step('xử lý', 5, status('20', 4)), step('lạ', 6, status('35'))] }),
    ];
    expect(allSteps(seen)).toMatchObject([
      { content: 'nhận', sector: 'one-stop', status: null },
      { content: 'xử lý', sector: 'land', status: 'PROCESSING' },
      { content: 'lạ', sector: 'land', status: null },
      { content: 'trả', sector: 'one-stop' },
    ]);
  });

  test('are an error where a system’s could not be read, and never only the others’', () => {
    expect(allSteps([reception({ steps: [step('nhận', 1)] }), failed('course')])).toBe(failure);
    expect(allSteps([reception({ steps: [step('nhận', 1)] }), course({ steps: failure })])).toBe(failure);
  });

  test('keep a step whose status cannot be read, with the error at that status', () => {
    expect(allSteps([course({ steps: [step('x', 1, failure)] })])).toMatchObject([{ content: 'x', status: failure }]);
  });
});

describe('asked through the API', () => {
  const DOSSIER = {
    code: 'H41-1',
    procedureCode: '1.012790',
    keys: ['001085004213'],
    applicantNumbers: ['001085004213'],
  };
  const received = { ...DOSSIER, receivedAt: 1, status: status('new', 2), statusAt: 1 };
  const person = { numbers: ['001085004213', '012345678'], name: 'Nguyễn Văn Ái', birthDate: '1985' };
  const people = [{ sector: 'one-stop', rank: 10, people: [person] }];

  test('a dossier is one, whoever holds it; one that nobody holds is null', async () => {
    const house = openHouse(people, [
      { sector: 'one-stop', role: 'reception', dossiers: [received] },
      { sector: 'land', role: 'course', dossiers: [{ code: 'H41-1', status: status('20', 4), statusAt: 2 }] },
    ]);
    const { data, errors } = await house.ask(
      '{ a: dossier(code: " H41-1 ") { status sectors } b: dossier(code: "H41-2") { code } }',
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ a: { status: 'PROCESSING', sectors: ['one-stop', 'land'] }, b: null });
  });

  test('a dossier that nobody found is an error while a system is down', async () => {
    const house = openHouse(people, [
      { sector: 'one-stop', role: 'reception', dossiers: [] },
      { sector: 'land', role: 'course', dossiers: [], down: true },
    ]);
    const { data, errors } = await house.ask('{ dossier(code: "H41-1") { code } }');
    expect(data).toEqual({ dossier: null });
    expect(errors).toMatchObject([{ code: 'SOURCE_UNAVAILABLE', sector: 'land' }]);
  });

  test('a sector that is down costs what is its own, and is named as missing', async () => {
    const house = openHouse(people, [
      { sector: 'one-stop', role: 'reception', dossiers: [received] },
      { sector: 'land', role: 'course', dossiers: [], down: true },
    ]);
    const { data, errors } = await house.ask(
      '{ dossier(code: "H41-1") { receivedAt status finishedAt steps { content } sectors missing { sector code retryable } } }',
    );
    expect(data.dossier).toEqual({
      receivedAt: '1970-01-01T07:00:00.001+07:00',
      status: null,
      finishedAt: null,
      steps: null,
      sectors: null,
      missing: [{ sector: 'land', code: 'SOURCE_UNAVAILABLE', retryable: true }],
    });
    expect(errors).toHaveLength(4);
  });

  test('the system working on a dossier is not asked for what is the reception’s', async () => {
    const house = openHouse(people, [
      { sector: 'one-stop', role: 'reception', dossiers: [received] },
      { sector: 'land', role: 'course', dossiers: [] },
    ]);
    await house.ask('{ dossier(code: "H41-1") { receivedAt dueAt channel procedure { title } } }');
    expect(house.calls.map(({ place }) => place)).toEqual(['one-stop.dossier.code']);
  });

  test('dossiers of a person come newest first, those of another holder of the old number left out', async () => {
    const other = {
      code: 'H41-9',
      keys: ['012345678'],
      applicantNumbers: ['012345678'],
      applicantName: 'Trần Thị Bình',
    };
    const same = {
      code: 'H41-2',
      keys: ['012345678'],
      applicantNumbers: ['012345678'],
      applicantName: 'NGUYEN VAN AI',
      receivedAt: 5,
    };
    const house = openHouse(people, [{ sector: 'one-stop', role: 'reception', dossiers: [received, other, same] }]);
    const { data } = await house.ask(
      '{ citizen(id: "001085004213") { dossiers { nodes { code } totalCount missing { code } } } }',
    );
    expect(data.citizen.dossiers).toEqual({
      nodes: [{ code: 'H41-2' }, { code: 'H41-1' }],
      totalCount: null,
      missing: [{ code: 'AMBIGUOUS' }],
    });
  });

  describe('what went wrong once', () => {
    // Found under the new number and under the old one, the same view is kept twice.
    test('a dossier found under two of a person’s numbers is seen once by its system', async () => {
      const twice = { ...received, keys: ['001085004213', '012345678'] };
      const house = openHouse(people, [{ sector: 'one-stop', role: 'reception', dossiers: [twice] }]);
      const { data } = await house.ask('{ citizen(id: "001085004213") { dossiers { nodes { sectors } } } }');
      expect(data.citizen.dossiers.nodes).toEqual([{ sectors: ['one-stop'] }]);
    });

    // Steps kept apart are read by the fields asked for, and without `at` they all sort to the front.
    test('steps stand in the order of time also when nobody asks for the time', async () => {
      const steps = [{ dossier: 'H41-1', id: '1', content: 'xử lý', at: 5, status: null }];
      const house = openHouse(people, [
        {
          sector: 'one-stop',
          role: 'reception',
          dossiers: [{ ...received, steps: [{ content: 'nhận', at: 1, status: null }] }],
        },
        { sector: 'land', role: 'course', dossiers: [{ code: 'H41-1' }], steps },
      ]);
      const { data } = await house.ask('{ dossier(code: "H41-1") { steps { content } } }');
      expect(data.dossier.steps).toEqual([{ content: 'nhận' }, { content: 'xử lý' }]);
    });

    test('a dossier that a system holds twice under one code is AMBIGUOUS, never the first', async () => {
      const house = openHouse(people, [
        { sector: 'one-stop', role: 'reception', dossiers: [received, { ...received, dueAt: 9 }] },
      ]);
      const { errors } = await house.ask('{ dossier(code: "H41-1") { dueAt } }');
      expect(errors).toMatchObject([{ code: 'AMBIGUOUS' }]);
    });

    test('a system whose status cannot be read is an error or a gap in sourceStatus, not left out', async () => {
      const unread = { code: 'H41-1', status: failure, statusAt: 2 };
      const house = openHouse(people, [
        { sector: 'one-stop', role: 'reception', dossiers: [received] },
        { sector: 'land', role: 'course', dossiers: [unread] },
      ]);
      const { data, errors } = await house.ask(
        '{ dossier(code: "H41-1") { sourceStatus { sector } missing { sector } } }',
      );
      expect(errors.length + data.dossier.missing.length).toBeGreaterThan(0);
    });

    test('a cursor of one person’s dossiers does not open in another’s', async () => {
      const other = { numbers: ['001085004220'], name: 'B' };
      const house = openHouse(
        [{ sector: 'one-stop', rank: 10, people: [person, other] }],
        [{ sector: 'one-stop', role: 'reception', dossiers: [received, { ...received, code: 'H41-2' }] }],
      );
      const ask = (id: string, after: string | null) =>
        house.ask(
          'query ($id: ID!, $after: String) { citizen(id: $id) { dossiers(first: 1, after: $after) { pageInfo { endCursor } } } }',
          { id, after },
        );
      const { data } = await ask('001085004213', null);
      const { errors } = await ask('001085004220', data.citizen.dossiers.pageInfo.endCursor);
      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    });

    test('an applicant’s number written in groups is read before it is asked for', async () => {
      const grouped = { ...received, applicantNumbers: ['001 085 004 213'] };
      const house = openHouse(people, [{ sector: 'one-stop', role: 'reception', dossiers: [grouped] }]);
      const { data } = await house.ask('{ dossier(code: "H41-1") { applicant { citizen { fullName } } } }');
      expect(data.dossier.applicant.citizen).toEqual({ fullName: 'Nguyễn Văn Ái' });
    });

    test('a gap is named once, however many dossiers it is about', async () => {
      const others = [1, 2, 3].map((one) => ({
        code: `H41-9${one}`,
        keys: ['012345678'],
        applicantNumbers: ['012345678'],
      }));
      const house = openHouse(people, [{ sector: 'one-stop', role: 'reception', dossiers: others }]);
      const { data } = await house.ask('{ citizen(id: "001085004213") { dossiers { missing { sector code } } } }');
      expect(data.citizen.dossiers.missing).toEqual([{ sector: 'one-stop', code: 'AMBIGUOUS' }]);
    });
  });
});
