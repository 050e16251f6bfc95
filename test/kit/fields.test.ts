import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Field } from '../../core/declaration.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import * as fields from '../../kit/fields.ts';

const LEGACY = {
  encodingFrom: 'BANGMA',
  encodings: { UNICODE: 'unicode', TCVN3: 'tcvn3', VNI: 'vni', 3: 'viqr' },
} as const;
const STATUSES = { new: 2, 10: 10 } as const;

const READERS: Readonly<Record<string, Field>> = {
  text: fields.text('X'),
  code: fields.code('X'),
  integer: fields.integer('X'),
  decimal: fields.decimal('X'),
  partialDate: fields.partialDate('X', ['yyyy-MM-dd', 'dd/MM/yyyy', 'MM/yyyy', 'yyyy']),
  dateTime: fields.dateTime('X', ['dd/MM/yyyy HH:mm:ss', 'yyyy-MM-dd HH:mm:ss']),
  choice: fields.choice('X', { 1: 'MALE', 0: 'FEMALE', Nữ: 'FEMALE' }),
  status: fields.status('X', STATUSES),
};

describe.each(Object.entries(READERS))('%s', (_, { read }) => {
  test.each([[null], [undefined], [''], ['   '], ['\t\n'], ['\u00a0']])('of %j is null: not known', (nothing) => {
    expect(read(nothing)).toBeNull();
  });

  test.each([[{}], [[]], [['1']], [true], [new Date(0)], [Symbol('x')]])('of %o is a fault', (value) => {
    expect(() => read(value)).toThrow(FaultyValue);
  });

  test('of anything is a value, null or a FaultyValue, never another error', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), (value) => {
        try {
          expect(read(value)).not.toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(FaultyValue);
        }
      }),
    );
  });
});

describe('text', () => {
  test.each([
    ['  Nguyễn Văn A\u00a0', 'Nguyễn Văn A'],
    ['Nguye\u0302\u0303n', 'Nguyễn'],
    ['\ufeffLê Anh', 'Lê Anh'],
    ['A  B', 'A  B'],
    [42, '42'],
  ])('%j is read as %j', (raw, expected) => {
    expect(fields.text('X').read(raw)).toBe(expected);
  });

  test('of a number too long for a float keeps its digits', () => {
    expect(fields.text('X').read(9007199254740993n)).toBe('9007199254740993');
    expect(fields.integer('X').read(12n)).toBe(12);
  });

  test('of a row in an older encoding is decoded by what the row says', () => {
    const { from, read } = fields.text('HOTEN', { legacy: LEGACY });
    expect(from).toEqual(['HOTEN', 'BANGMA']);
    // By the published charts: ễ is D4 in TCVN3 and "eã" in VNI, đ is AE and ñ.
    expect(read('NguyÔn V¨n §øc', 'TCVN3')).toBe('Nguyễn Văn Đức');
    expect(read('Nguyeãn Vaên Ñöùc', 'VNI')).toBe('Nguyễn Văn Đức');
    expect(read('Nguye^~n Va(n', 3)).toBe('Nguyễn Văn');
    expect(read('Nguyễn Văn Đức', 'UNICODE')).toBe('Nguyễn Văn Đức');
  });

  test('of a row whose encoding nobody declared is a fault, not a guess', () => {
    const { read } = fields.text('HOTEN', { legacy: LEGACY });
    for (const noted of ['VIETWARE', null, undefined, 'tcvn3']) {
      expect(() => read('NguyÔn', noted)).toThrow('expected a declared encoding of the row');
    }
  });

  test('that is not there needs no encoding', () => {
    expect(fields.text('HOTEN', { legacy: LEGACY }).read(null, 'VIETWARE')).toBeNull();
  });

  test('in Unicode that is noted as TCVN3 is a fault, since decoding it would spoil it', () => {
    expect(() => fields.text('HOTEN', { legacy: LEGACY }).read('Nguyễn', 'TCVN3')).toThrow(FaultyValue);
  });

  test('noted as something every object has is a FaultyValue like any other unknown encoding', () => {
    expect(() => fields.text('HOTEN', { legacy: LEGACY }).read('Nguyễn', 'constructor')).toThrow(FaultyValue);
  });
});

describe('code', () => {
  test.each([
    ['0042', '0042'],
    [' 00.12 ', '00.12'],
    [42, '42'],
  ])('%j keeps what it has: %j', (raw, expected) => {
    expect(fields.code('X').read(raw)).toBe(expected);
  });

  test.each([1.5, 2 ** 53, Number.NaN, 1e21])('%d, which lost digits or is no code, is refused', (raw) => {
    expect(() => fields.code('X').read(raw)).toThrow(FaultyValue);
  });
});

describe('integer', () => {
  test.each([
    ['42', 42],
    [' -7 ', -7],
    ['007', 7],
    [3, 3],
    [0, 0],
  ])('%j is %d', (raw, expected) => {
    expect(fields.integer('X').read(raw)).toBe(expected);
  });

  test.each(['4.2', '1e3', '0x1F', '4 2', '٣', '9007199254740993', 4.2, Number.POSITIVE_INFINITY])(
    '%j is refused',
    (raw) => {
      expect(() => fields.integer('X').read(raw)).toThrow(FaultyValue);
    },
  );
});

describe('decimal', () => {
  test('keeps every digit, in the convention that is declared', () => {
    expect(fields.decimal('X').read('85.30')).toBe('85.30');
    expect(fields.decimal('X', { convention: 'comma' }).read('1.234,50')).toBe('1234.50');
    expect(fields.decimal('X').read(0)).toBe('0');
  });

  test('of the other convention is refused and never a thousand times as much', () => {
    expect(() => fields.decimal('X', { convention: 'comma' }).read('85.30')).toThrow(FaultyValue);
    expect(() => fields.decimal('X').read('85,30')).toThrow(FaultyValue);
  });
});

describe('partialDate', () => {
  const { read } = READERS.partialDate as Field;

  test.each([
    ['12/07/1958', '1958-07-12'],
    ['07/1958', '1958-07'],
    ['1958', '1958'],
    [1958, '1958'],
    ['00/00/1958', '1958'],
  ])('%j is %j, as precise as it is known', (raw, expected) => {
    expect(read(raw)).toBe(expected);
  });

  test.each(['0000-00-00', '0000-00-00 00:00:00', '0000-00-00T00:00:00', '0000-00-00 00:00:00.000', '00/00/0000'])(
    '%j is null: a zero date says nothing',
    (raw) => {
      expect(read(raw)).toBeNull();
    },
  );

  test.each(['31/02/1958', '12/13/1958', '12/00/1958', '1958-7-12T00:00:00', '12/07/58', '0958', 'sau 1958'])(
    '%j, which cannot be, is refused',
    (raw) => {
      expect(() => read(raw)).toThrow(FaultyValue);
    },
  );
});

describe('dateTime', () => {
  const AT = Date.UTC(2026, 9, 5, 1, 30, 15);

  test('takes the first of its formats that fits', () => {
    const { read } = READERS.dateTime as Field;
    expect(read('05/10/2026 08:30:15')).toBe(AT);
    expect(read('2026-10-05 08:30:15')).toBe(AT);
  });

  test('takes a text without a zone for Vietnamese time unless the source declares another', () => {
    expect(fields.dateTime('X', 'yyyy-MM-dd HH:mm:ss').read('2026-10-05 08:30:15')).toBe(AT);
    expect(fields.dateTime('X', 'yyyy-MM-dd HH:mm:ss', 'UTC').read('2026-10-05 01:30:15')).toBe(AT);
  });

  test.each(['0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00.000000'])('%j is null', (raw) => {
    expect(fields.dateTime('X', 'yyyy-MM-dd HH:mm:ss').read(raw)).toBeNull();
  });

  test.each(['31/02/2026 08:30:15', '05/10/2026 24:00:00', '2026-10-05T08:30:15Z', 1_759_628_615_000])(
    '%j, which cannot be or is of another format, is refused',
    (raw) => {
      expect(() => (READERS.dateTime as Field).read(raw)).toThrow(FaultyValue);
    },
  );

  // "Zero dates are null" holds for one way of writing them only.
  test.each([
    ['00/00/0000 00:00:00', 'dd/MM/yyyy HH:mm:ss'],
    ['00/00/0000', 'dd/MM/yyyy HH:mm:ss'],
    ['00000000000000', 'yyyyMMddHHmmss'],
    ['0000-00-00 00:00', 'yyyy-MM-dd HH:mm:ss'],
    ['0000-00-00T00:00:00Z', 'rfc3339'],
  ] as const)('%j as %s is null as well', (raw, format) => {
    expect(fields.dateTime('X', format).read(raw)).toBeNull();
  });
});

describe('choice', () => {
  const { read } = READERS.choice as Field;

  test.each([
    ['1', 'MALE'],
    [0, 'FEMALE'],
    [' Nữ ', 'FEMALE'],
    ['Nu\u031b\u0303', 'FEMALE'],
  ])('%j is %s', (raw, expected) => {
    expect(read(raw)).toBe(expected);
  });

  test.each(['2', 'nữ', 'constructor', '__proto__', 'toString'])('%j is refused: never a guess', (raw) => {
    expect(() => read(raw)).toThrow('expected one of');
  });

  test('a value that means no is told from nothing', () => {
    expect(fields.choice('X', { Y: true, N: false }).read('N')).toBe(false);
  });
});

describe('personalNumbers', () => {
  const { read } = fields.personalNumbers(['A', 'B']);
  const restored = fields.personalNumbers(['A', 'B'], { restoreZeros: true });

  test('those that are not there are left out, and one written twice is one', () => {
    expect(read('001085004213', null)).toEqual(['001085004213']);
    expect(read('', undefined)).toEqual([]);
    expect(read('001 085 004 213', '001085004213')).toEqual(['001085004213']);
    expect(read(['001085004213', '012345678'], '012345678')).toEqual(['001085004213', '012345678']);
  });

  test.each([[1085004213], ['1085004213'], ['000000000'], ['12345678.0'], ['không có'], [{}]])(
    '%j is a fault, even beside a number that is right',
    (faulty) => {
      expect(() => read('001085004213', faulty)).toThrow(FaultyValue);
    },
  );

  test('what a spreadsheet took is given back only where that is declared', () => {
    expect(restored.read('1085004213.0', 12345678)).toEqual(['001085004213', '012345678']);
    expect(() => restored.read('1.08500E+11')).toThrow(FaultyValue);
    expect(() => restored.read('4213')).toThrow(FaultyValue);
  });
});

describe('status', () => {
  const titled = fields.status('X', STATUSES, { titleFrom: 'TEN', titles: { new: 'Đã tiếp nhận' } });

  test('is told in the system’s own words, with the number it is mapped to', () => {
    expect(titled.from).toEqual(['X', 'TEN']);
    expect(titled.read('new', 'Mới')).toEqual({ code: 'new', title: 'Mới', number: 2 });
    expect(titled.read('new', null)).toEqual({ code: 'new', title: 'Đã tiếp nhận', number: 2 });
    expect(titled.read(10, null)).toEqual({ code: '10', title: null, number: 10 });
  });

  test('that nobody mapped stays shown, and is no guess', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (code) => {
        fc.pre(code.trim() !== '' && !Object.hasOwn(STATUSES, code.trim().normalize('NFC')));
        expect(fields.status('X', STATUSES).read(code)).toEqual({
          code: code.trim().normalize('NFC'),
          title: null,
          number: null,
        });
      }),
    );
    expect(fields.status('X', STATUSES).read('constructor')).toMatchObject({ code: 'constructor', number: null });
  });

  test('is titled by the code as it is read, without the blanks around it', () => {
    expect(titled.read(' new ', null)).toMatchObject({ code: 'new', title: 'Đã tiếp nhận' });
  });

  test('that has the name of something every object has has no title', () => {
    expect(titled.read('constructor', null)).toMatchObject({ title: null });
  });
});

describe('list', () => {
  const { read } = fields.list('X', (one) => fields.readText(one.ten));

  test.each([
    [{ ten: 'A' }, ['A']],
    [
      [{ ten: 'A' }, { ten: 'B' }],
      ['A', 'B'],
    ],
    [[], []],
    [null, []],
    [undefined, []],
    ['', []],
    ['  ', []],
    [{}, [null]],
  ])('%j is %j: one object where a list is meant is a list of one', (raw, expected) => {
    expect(read(raw)).toEqual(expected);
  });

  test.each([['A'], [['A']], [[null]], [42], [[{ ten: 'A' }, 7]], [{ ten: {} }]])('%j is a fault', (raw) => {
    expect(() => read(raw)).toThrow(FaultyValue);
  });

  test('a list inside a list is no record', () => {
    expect(() => read([[{ ten: 'A' }]])).toThrow(FaultyValue);
  });
});

test('derived reads from as many columns as it names, in their order', () => {
  const { from, read } = fields.derived(['A', 'B'], (a, b) => [a, b]);
  expect(from).toEqual(['A', 'B']);
  expect(read(1, 2)).toEqual([1, 2]);
});
