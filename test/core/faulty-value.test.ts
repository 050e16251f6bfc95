import { expect, test } from 'vitest';
import { FaultyValue, shapeOf } from '../../core/faulty-value.ts';

test('a fault says what is expected and the shape of what came', () => {
  const fault = new FaultyValue('a year', shapeOf('12345'));
  expect(fault.message).toBe('expected a year, came 5 digits');
  expect(fault).toBeInstanceOf(Error);
});

test.each([
  ['', 'empty text'],
  ['  ', 'blank text'],
  ['7', '1 digit'],
  ['Nguyễn Văn A', 'text of 12 characters'],
  ['12/3', 'text of 4 characters with 3 digits'],
  [null, 'nothing'],
  [undefined, 'nothing'],
  [12, 'a number'],
  [Number.NaN, 'a number that is not finite'],
  [[], 'a list'],
  [new Date(0), 'a date object'],
  [{}, 'an object'],
])('the shape of %o is told without its content', (value, shape) => {
  expect(shapeOf(value)).toBe(shape);
});
