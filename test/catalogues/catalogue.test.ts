import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agencyCode } from '../../catalogues/agencies.ts';
import { CatalogueError, loadCatalogues } from '../../catalogues/catalogue.ts';

const shipped = join(import.meta.dirname, '../../catalogues');
const { procedures, agencies, places, holidays } = loadCatalogues(shipped);

describe('procedures', () => {
  test('a procedure is found by its short and its long code', () => {
    const found = procedures.byCode('1.012790');
    expect(found?.sector).toBe('land');
    expect(procedures.byCode('1.012790.000.00.00.H41')).toBe(found);
    expect(procedures.byCode('1.0127')).toBeNull();
  });

  test('a procedure holds to its last day and its successor from the next', () => {
    expect(procedures.byCode('1.012790', '2025-06-30')).not.toBeNull();
    expect(procedures.byCode('1.012790', '2025-07-01')).toBeNull();
    expect(procedures.inForce('1.002255', '2026-01-01')?.code).toBe('1.013833');
    expect(procedures.inForce('1.004964', '2026-01-01')).toBeNull();
  });

  test('every sector of the hub has procedures, and the one-stop software has its own', () => {
    const sectors = new Set(procedures.all().map(({ sector }) => sector));
    expect(sectors).toEqual(new Set(['land', 'civil-status', 'business-registration', null]));
    expect(procedures.all().length).toBeGreaterThanOrEqual(60);
  });
});

describe('agencies', () => {
  test('a unit is found by either order of its identifier', () => {
    for (const agency of agencies.all()) {
      expect(agencies.byCode(agency.code)).toBe(agency);
      expect(agencies.byCode(agency.oldCode ?? '')).toBe(agency);
    }
    expect(agencies.byCode('H41.99')).toBeNull();
    expect(agencies.byCode('H41.31', '2026-01-01')).toBeNull();
  });

  test.each([
    ['000.00.06.H56', 'H56.06'],
    ['013.05.50.H15', 'H15.50.05.13'],
    ['H15.50.05.13', 'H15.50.05.13'],
    ['000.00.00.H41', 'H41'],
    ['h41.50', 'H41.50'],
    ['41.50', null],
  ])('%s in the newer order is %s', (code, expected) => {
    expect(agencyCode(code)).toBe(expected);
  });

  test('every commune in force has its one-stop centre', () => {
    const communes = agencies.all().filter(({ level, validTo }) => level === 'commune' && validTo === null);
    expect(communes).toHaveLength(20);
    for (const { code } of communes) expect(agencies.byCode(`${code}.01`)?.level).toBe('one-stop');
  });
});

describe('places', () => {
  test('one code is another territory after 1 July 2025', () => {
    expect(places.byCode('00004', '2025-06-30')?.title).toBe('Phường Trúc Bạch');
    expect(places.byCode('00004', '2025-07-01')?.title).toBe('Phường Ba Đình');
    expect(places.byCode('4', '2025-07-01')).toBeNull();
  });

  test('a split commune names all its successors, and they name it', () => {
    const split = places.byCode('33082', '2025-01-01');
    if (split === null) throw new Error('33082 is missing');
    const heirs = places.successorsOf(split);
    expect(heirs.map(({ code }) => code)).toEqual(['33079', '33073']);
    for (const heir of heirs) expect(places.predecessorsOf(heir)).toContain(split);
  });
});

test('holidays and exchanged Saturdays are told apart, and other days are not listed', () => {
  expect(holidays.on('2026-02-16')?.kind).toBe('holiday');
  expect(holidays.on('2025-04-26')?.kind).toBe('working');
  expect(holidays.on('2026-03-03')).toBeNull();
  expect(holidays.years()).toEqual([2025, 2026, 2027]);
});

describe('faults', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'catalogues-'));
    cpSync(shipped, directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const append = (file: string, line: string) => {
    const path = join(directory, file);
    writeFileSync(path, `${readFileSync(path, 'utf8')}${line}\n`);
    return readFileSync(path, 'utf8').trimEnd().split('\n').length;
  };
  const faults = () => {
    try {
      loadCatalogues(directory);
      return [];
    } catch (error) {
      if (error instanceof CatalogueError) return error.faults;
      throw error;
    }
  };

  test('all are told at once, by file and line', () => {
    const holiday = append('holidays.csv', '2026-02-30,holiday,Sai');
    const place = append('places.csv', '33001,Phường Sai,commune,99,2025-07-01,,');
    const agency = append('agencies.csv', 'H41.98,Sở Sai,department,H42,,2020-01-01,2019-01-01');
    const procedure = append('procedures.csv', '1.004194,Sai,Sai,,commune,8,2025-01-01,,');
    expect(faults().map(({ file, line }) => `${file}:${line}`)).toEqual([
      `agencies.csv:${agency}`,
      `agencies.csv:${agency}`,
      `holidays.csv:${holiday}`,
      `places.csv:${place}`,
      `places.csv:${place}`,
      `procedures.csv:${procedure}`,
    ]);
  });

  test.each([
    ['places.csv', '4,Phường Sai,commune,01,2025-07-01,,', /leading zeros/],
    ['places.csv', '33200,Xã Sai,commune,97,2004-01-01,2025-06-30,33201', /successors/],
    ['places.csv', '33200,Xã Sai,commune,97,2004-01-01,2025-06-30,', /successors/],
    ['procedures.csv', '9.000001,Sai,Sai,,commune,8,2025-01-01,2025-02-01,9.999999', /there is no 9.999999/],
    ['procedures.csv', '9.000001,Sai,Sai,Land,commune,0,2025-01-01,,', /sector|duration/],
    ['agencies.csv', 'H41.98,Sở Sai,department', /expected 7 cells, came 3/],
    ['holidays.csv', '2026-02-16,holiday,Tết', /listed twice/],
    ['holidays.csv', '2026-02-21,off,Tết', /kind/],
  ])('%s with the line %j is refused', (file, line, message) => {
    append(file, line);
    expect(
      faults()
        .map(({ fault }) => fault)
        .join('\n'),
    ).toMatch(message);
  });

  test('a missing file and a wrong header are faults, not crashes', () => {
    rmSync(join(directory, 'holidays.csv'));
    writeFileSync(join(directory, 'agencies.csv'), 'code,name\n');
    expect(
      faults()
        .filter(({ line }) => line <= 1)
        .map(({ file }) => file),
    ).toEqual(['agencies.csv', 'holidays.csv']);
  });
});
