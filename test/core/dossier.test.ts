import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DOSSIER_OWNERS,
  DOSSIER_STATUSES,
  type DossierStatusNumber,
  dossierStatus,
  timeliness,
} from '../../core/dossier.ts';

const numbers = DOSSIER_STATUSES.map(({ number }) => number);
const TODAY = '2026-11-20';

test('the ten statuses are those of the portal, in its order', () => {
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const number of numbers) expect(dossierStatus(number).number).toBe(number);
  expect(new Set(DOSSIER_STATUSES.map(({ name }) => name)).size).toBe(10);
});

describe('whether a dossier is in time', () => {
  test.each<[string, DossierStatusNumber | null, string | null, string | null, string | null]>([
    ['finished a day before is early', 9, '2026-11-10', '2026-11-09', 'EARLY'],
    ['finished on the day is on time', 9, '2026-11-10', '2026-11-10', 'ON_TIME'],
    ['finished a day after is late', 10, '2026-11-10', '2026-11-11', 'LATE'],
    ['finishing counts, whatever the status says', 4, '2026-11-10', '2026-11-09', 'EARLY'],
    ['a status nobody mapped is judged by its dates', null, '2026-11-10', '2026-11-11', 'LATE'],
    ['due today is not overdue', 4, TODAY, null, 'PENDING'],
    ['due tomorrow is pending', 4, '2026-11-21', null, 'PENDING'],
    ['due yesterday is overdue', 4, '2026-11-19', null, 'OVERDUE'],
    ['overdue, though nobody mapped the status', null, '2026-11-19', null, 'OVERDUE'],
    ['waiting for a supplement stops the clock', 5, '2020-01-01', null, 'PENDING'],
    ['withdrawn is withdrawn, however late', 7, '2020-01-01', '2026-01-01', 'WITHDRAWN'],
    ['withdrawn without a due date is withdrawn', 7, null, null, 'WITHDRAWN'],
    ['without a due date nothing is late', 4, null, null, 'NO_DUE_DATE'],
    ['finished without a due date has none', 10, null, '2026-01-01', 'NO_DUE_DATE'],
    ['completed, but nobody says when, cannot be judged', 9, '2020-01-01', null, null],
    ['returned, but nobody says when it was finished, cannot be judged', 10, '2030-01-01', null, null],
  ])('%s', (_, status, due, finished, expected) => {
    expect(timeliness(status, { due, finished, today: TODAY })).toBe(expected);
  });

  test('a dossier that is finished is never pending or overdue, and one that is not is never late', () => {
    const date = fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10));
    const maybe = fc.option(date, { nil: null });
    fc.assert(
      fc.property(fc.constantFrom(...numbers, null), maybe, maybe, date, (status, due, finished, today) => {
        const judged = timeliness(status, { due, finished, today });
        if (finished !== null) expect(judged).not.toBeOneOf(['PENDING', 'OVERDUE']);
        else expect(judged).not.toBeOneOf(['EARLY', 'ON_TIME', 'LATE']);
      }),
    );
  });
});

describe('who owns what', () => {
  test('every field with one owner names reception and course, each once', () => {
    for (const owners of Object.values(DOSSIER_OWNERS)) {
      if (typeof owners !== 'string') expect([...owners].sort()).toEqual(['course', 'reception']);
    }
  });

  test('what was agreed at the counter is the reception’s, the result is the course’s', () => {
    expect(DOSSIER_OWNERS.receivedAt[0]).toBe('reception');
    expect(DOSSIER_OWNERS.dueAt[0]).toBe('reception');
    expect(DOSSIER_OWNERS.returnedAt[0]).toBe('reception');
    expect(DOSSIER_OWNERS.finishedAt[0]).toBe('course');
    expect(DOSSIER_OWNERS.results[0]).toBe('course');
    expect(DOSSIER_OWNERS.status).toBe('latest');
    expect(DOSSIER_OWNERS.steps).toBe('everyone');
  });
});
