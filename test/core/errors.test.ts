import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode, extensionsOf, HubError } from '../../core/errors.ts';

test.each(Object.keys(ERRORS) as ErrorCode[])(
  '%s is as retryable as its table says, unless a case says otherwise',
  (code) => {
    const { retryable } = ERRORS[code];
    expect(new HubError(code, 'x').retryable).toBe(retryable);
    expect(new HubError(code, 'x', { retryable: !retryable }).retryable).toBe(!retryable);
  },
);

test('a client sees code, sector, field and whether to ask again, and nothing else', () => {
  const error = new HubError('SOURCE_MALFORMED', 'land: expected a date', {
    sector: 'land',
    field: 'NGAYSINH',
    retryAfterMs: 500,
    cause: new Error('select * from DC_CANHAN at 10.0.0.7'),
  });
  expect(extensionsOf(error)).toEqual({
    code: 'SOURCE_MALFORMED',
    sector: 'land',
    field: 'NGAYSINH',
    retryable: false,
  });
  expect(JSON.stringify(extensionsOf(error))).not.toContain('10.0.0.7');
});

test('what is not known is left out of the extensions, not told as null', () => {
  expect(Object.keys(extensionsOf(new HubError('BAD_USER_INPUT', 'x')))).toEqual(['code', 'retryable']);
});

test('a failure is told with its sector once, and keeps all else', () => {
  const cause = new Error('refused');
  const bare = new HubError('SOURCE_UNAVAILABLE', 'no answer', {
    field: 'X',
    retryable: false,
    retryAfterMs: 9,
    cause,
  });
  const named = bare.inSector('land');
  expect(named).toMatchObject({ code: 'SOURCE_UNAVAILABLE', sector: 'land', field: 'X', retryable: false });
  expect(named).toMatchObject({ retryAfterMs: 9, cause, stack: bare.stack, message: 'land: no answer' });
  expect(named.inSector('one-stop')).toBe(named);
});

test('an error without a cause has no cause, so that a log does not show one', () => {
  expect('cause' in new HubError('INTERNAL', 'x')).toBe(false);
});
