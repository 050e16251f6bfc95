import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntityDeclaration, Field } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import { createMapper } from '../../core/mapping.ts';
import * as fields from '../../kit/fields.ts';

function entityOf(declared: Readonly<Record<string, Field>>): EntityDeclaration {
  const source = { protocol: 'test', capabilities: unused, open: unused };
  return { source, type: 'Person', identity: ['number'], fields: declared, lookups: {}, binding: null };
}

function unused(): never {
  throw new Error('A mapper opens no source');
}

const PERSON = entityOf({
  number: fields.personalNumbers(['SODDCN', 'SOCMND']),
  name: fields.text('HOTEN'),
  birthDate: fields.partialDate('NGAYSINH', ['dd/MM/yyyy']),
  area: fields.decimal('DIENTICH'),
  count: fields.integer('SOLUONG'),
  gender: fields.choice('GIOITINH', { 1: 'MALE', 0: 'FEMALE' }),
  at: fields.dateTime('LUC', 'dd/MM/yyyy HH:mm:ss'),
  status: fields.status('TRANGTHAI', { 10: 2 }),
  people: fields.list('NGUOI', (one) => fields.readText(one.ten)),
  shout: fields.derived(['HOTEN'], (raw) => (raw as string).toUpperCase()),
});
const ALL = new Set(Object.keys(PERSON.fields));
const GOOD = {
  SODDCN: '001085004213',
  SOCMND: '012345678',
  HOTEN: 'Nguyễn Văn Ái',
  NGAYSINH: '12/07/1985',
  DIENTICH: '85.30',
  SOLUONG: 3,
  GIOITINH: 1,
  LUC: '05/10/2026 08:30:15',
  TRANGTHAI: '10',
  NGUOI: { ten: 'Lê Anh' },
};

const anything = fc.oneof(
  fc.anything(),
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[\d/: .-]{1,30}$/),
  fc.constantFrom('31/02/1985', '000000000000', '0000-00-00', '1e9', 'constructor', '__proto__', ' 001085004213 '),
);

test('only the fields asked for are read, and only their columns are named, each once', () => {
  const mapper = createMapper('land', PERSON, new Set(['name', 'shout', 'number', 'unheard-of']));
  expect(mapper.from).toEqual(['SODDCN', 'SOCMND', 'HOTEN']);
  expect(mapper.map(GOOD)).toEqual({
    number: ['001085004213', '012345678'],
    name: 'Nguyễn Văn Ái',
    shout: 'NGUYỄN VĂN ÁI',
  });
});

test('a value that cannot be costs its own field and no other', () => {
  const mapper = createMapper('land', PERSON, ALL);
  const good = mapper.map(GOOD);
  const columns = Object.keys(GOOD);
  fc.assert(
    fc.property(fc.constantFrom(...columns), anything, (column, value) => {
      const mapped = mapper.map({ ...GOOD, [column]: value });
      expect(Object.keys(mapped)).toEqual(Object.keys(good));
      for (const [name, field] of Object.entries(PERSON.fields)) {
        if (!field.from.includes(column)) expect(mapped[name]).toEqual(good[name]);
        else if (mapped[name] instanceof Error) expect(mapped[name]).toBeInstanceOf(HubError);
      }
    }),
    { numRuns: 500 },
  );
});

describe('the message of a fault', () => {
  const mapper = createMapper('land', PERSON, ALL);

  test('names sector, type, field and column, so that an engineer knows where to look', () => {
    const { birthDate } = mapper.map({ ...GOOD, NGAYSINH: '31/02/1985' });
    expect(birthDate).toMatchObject({ code: 'SOURCE_MALFORMED', sector: 'land', field: 'NGAYSINH', retryable: false });
    expect((birthDate as Error).message).toBe(
      'land: Person.birthDate (NGAYSINH): expected a date that exists, came text of 10 characters with 8 digits',
    );
  });

  test('never holds the value, whatever it was', () => {
    const secret = fc.stringMatching(/^[A-Za-z]{6,12}\d{4,15}$/);
    const disguised = secret.chain((one) =>
      fc.constantFrom<readonly [string, unknown]>(
        [one, one],
        [one, { name: one }],
        [one, [one]],
        [one, [{ ten: [one] }]],
        [one, new Error(one)],
      ),
    );
    fc.assert(
      fc.property(disguised, fc.constantFrom(...Object.keys(GOOD)), ([word, value], column) => {
        for (const mapped of Object.values(mapper.map({ ...GOOD, [column]: value }))) {
          if (mapped instanceof HubError) expect(mapped.message).not.toContain(word);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('says nothing of what a reader threw in its own words, which go to the log as the cause', () => {
    const careless = entityOf({
      name: fields.derived(['HOTEN'], (raw) => {
        throw new TypeError(`cannot use ${String(raw)}`);
      }),
    });
    const { name } = createMapper('land', careless, new Set(['name'])).map(GOOD);
    expect((name as Error).message).toBe('land: Person.name (HOTEN): its value cannot be read');
    expect((name as Error).cause).toBeInstanceOf(TypeError);
  });
});

test('a value that the connector could not even find is a fault of the fields read from it', () => {
  const mapper = createMapper('land', PERSON, new Set(['number', 'name']));
  const mapped = mapper.map({ ...GOOD, SOCMND: new FaultyValue('one element', 'two') });
  expect(mapped.name).toBe('Nguyễn Văn Ái');
  expect(mapped.number).toMatchObject({ code: 'SOURCE_MALFORMED', field: 'SODDCN, SOCMND' });
  expect((mapped.number as Error).message).toMatch(/: expected one element, came two$/);
});

test('a field read from nothing is made without a value', () => {
  const household = entityOf({ kind: fields.derived([], () => 'HOUSEHOLD') });
  expect(createMapper('land', household, new Set(['kind'])).map({})).toEqual({ kind: 'HOUSEHOLD' });
});
