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

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-20T00:00:00+07:00');
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
