import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  choiceSetting,
  integerSetting,
  readSettings,
  type Setting,
  SettingsFault,
  textSetting,
  urlSetting,
} from '../../core/setting.ts';

const SPEC = {
  URL: urlSetting({ description: 'Where the system is', protocols: ['mysql', 'sqlite'], secret: true }),
  TIMEOUT_MS: integerSetting({ description: 'Deadline', unit: 'milliseconds', standard: 5000, least: 1, most: 60_000 }),
  MODE: choiceSetting({ description: 'How', choices: ['quick', 'careful'], standard: 'careful' }),
  NAME: textSetting({ description: 'Name', standard: '' }),
};

describe('reading', () => {
  test('values stand under their names, with the prefix taken away', () => {
    const faults: string[] = [];
    const environment = {
      SECTOR_LAND_URL: 'mysql://127.0.0.1/land',
      SECTOR_LAND_TIMEOUT_MS: '250',
      URL: 'sqlite:///elsewhere',
      MODE: 'quick',
    };
    expect(readSettings(SPEC, environment, faults, 'SECTOR_LAND_')).toEqual({
      URL: 'mysql://127.0.0.1/land',
      TIMEOUT_MS: 250,
      MODE: 'careful',
      NAME: '',
    });
    expect(faults).toEqual([]);
  });

  test('an empty text is a setting that is not set', () => {
    const faults: string[] = [];
    expect(readSettings(SPEC, { URL: '', TIMEOUT_MS: '' }, faults)).toMatchObject({ TIMEOUT_MS: 5000 });
    expect(faults).toEqual(['URL is not set: Where the system is']);
  });

  test('all faults are told at once, in the order of the spec', () => {
    const faults: string[] = [];
    const values = readSettings(SPEC, { URL: 'ftp://host', TIMEOUT_MS: '0', MODE: 'Quick' }, faults, '');
    expect(faults).toEqual([
      'URL: expected a URL starting with mysql:// or sqlite://; what came is not shown',
      'TIMEOUT_MS: expected a whole number from 1 to 60000; came "0"',
      'MODE: expected one of quick, careful; came "Quick"',
    ]);
    expect(values).toEqual({ NAME: '' });
    expect(new SettingsFault(faults).message.split('\n')).toHaveLength(4);
  });

  test('a secret is never shown, even when its parser repeats it', () => {
    const careful: Setting<string> = {
      description: 'Key',
      secret: true,
      parse: () => {
        throw new Error('expected 64 digits');
      },
    };
    const faults: string[] = [];
    readSettings({ KEY: careful }, { KEY: 'hunter2' }, faults);
    expect(faults.join()).not.toContain('hunter2');
  });

  test.each([
    ['http://u:bimat@h/', 'http://…@h/'],
    ['u:bimat@h', '…@h'],
    ['http://u:bi/mat@h:80/heads', 'http://…@h:80/heads'],
    ['http://u:bi@mat@h', 'http://…@h'],
    ['http://u:bi?mat@h', 'http://…'],
    ['http://u:a@bi#mat@h', 'http://…'],
    ['http://h/heads?key=bimat', 'http://h/heads?…'],
    ['h/heads#bimat', 'h/heads#…'],
    [`http://u:bimat${'x'.repeat(100)}@h`, 'http://…@h'],
  ])('of an address that is refused neither account nor query is shown: %s', (text, shown) => {
    const faults: string[] = [];
    readSettings({ HEADS: urlSetting({ description: 'Where', protocols: ['https'] }) }, { HEADS: text }, faults);
    expect(faults).toEqual([`HEADS: expected a URL starting with https://; came ${JSON.stringify(shown)}`]);
  });

  test('a fault shows at most 80 characters of what came', () => {
    const faults: string[] = [];
    readSettings({ MODE: SPEC.MODE }, { MODE: 'x'.repeat(10_000) }, faults);
    expect(faults[0]?.length).toBeLessThan(200);
  });
});

describe('whole numbers', () => {
  const { parse } = SPEC.TIMEOUT_MS;

  test('every whole number between the bounds is read, both included', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), (value) => parse(String(value)) === value));
  });

  test.each(['0', '60001', '1.0', '1e3', '0x10', ' 5', '5 ', '+5', '٣', '1_000', '9007199254740993', 'NaN', '-1'])(
    '%j is refused',
    (text) => {
      expect(() => parse(text)).toThrow('expected a whole number from 1 to 60000');
    },
  );

  test('a number too long for a float is refused where no upper bound is named', () => {
    expect(() => integerSetting({ description: '' }).parse('9007199254740993')).toThrow();
  });

  test('a fault says the lower bound alone where no upper one is named', () => {
    const { parse } = integerSetting({ description: '', least: 30 });
    for (const text of ['29', '9007199254740993']) {
      expect(() => parse(text)).toThrow(/^expected a whole number of at least 30$/);
    }
  });
});

describe('addresses', () => {
  test.each(['mysql://user:secret@127.0.0.1:3306/land', 'sqlite:///var/lib/land.db'])('%s is taken as it is', (url) => {
    expect(SPEC.URL.parse(url)).toBe(url);
  });

  test.each(['127.0.0.1:3306', 'http://127.0.0.1', 'mysql', '', ' '])('%j is refused', (url) => {
    expect(() => SPEC.URL.parse(url)).toThrow('expected a URL starting with mysql:// or sqlite://');
  });

  // The fault promises `mysql://`; without the slashes there is no host, which only the driver would find out.
  test('an address without its slashes is refused', () => {
    expect(() => SPEC.URL.parse('mysql:land')).toThrow();
  });
});

test('a choice is one of its texts, exactly', () => {
  expect(SPEC.MODE.parse('quick')).toBe('quick');
  for (const text of ['QUICK', 'quick ', 'constructor', '']) expect(() => SPEC.MODE.parse(text)).toThrow();
});
