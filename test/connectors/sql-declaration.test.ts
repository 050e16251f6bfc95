import { describe, expect, it } from 'vitest';
import { likePattern } from '../../connectors/sql/search.ts';
import { usedJoins } from '../../connectors/sql/tables.ts';
import { type SqlEntitySpec, sql } from '../../connectors/sql.ts';

const SPEC: SqlEntitySpec = {
  type: 'Parcel',
  identity: ['id'],
  table: 'DC_THUADAT as parcel',
  joins: [
    { table: 'DC_QUYENSUDUNGDAT as right', on: [['right.THUADATID', 'parcel.THUADATID']] },
    { table: 'DC_CANHAN as person', on: [['person.CANHANID', 'right.CANHANID']] },
  ],
  fields: { id: { from: ['parcel.THUADATID'], read: String } },
  lookups: { holder: { anyOf: ['person.SODDCN', 'person.SOCMND'] } },
};

describe('a declaration of SQL tables', () => {
  const faults: readonly [what: string, spec: Partial<SqlEntitySpec>, told: RegExp][] = [
    [
      'a column without its table',
      { fields: { id: { from: ['THUADATID'], read: String } } },
      /Parcel: field id.*alias/,
    ],
    ['an unknown table', { lookups: { by: { by: 'parcl.XAID' } } }, /Parcel: lookup by.*no table parcl/],
    ['a quote in a name', { lookups: { by: { by: 'parcel.X`' } } }, /expected alias.COLUMN/],
    ['one name for two tables', { joins: [{ table: 'X as parcel', on: [['parcel.A', 'parcel.B']] }] }, /two tables/],
    ['a join to nothing', { joins: [{ table: 'X as x', on: [] }] }, /the join of x needs pairs/],
    ['a join before what it names', { joins: [...(SPEC.joins ?? [])].reverse() }, /no table right/],
    ['an identity that is no field', { identity: ['code'] }, /identity names code/],
    [
      'a batch beyond one statement',
      { lookups: { by: { by: 'parcel.A', batchSize: 5_000 } } },
      /batchSize from 1 to 1000/,
    ],
    ['a batch of none', { lookups: { by: { by: 'parcel.A', batchSize: 0 } } }, /batchSize/],
    ['a lookup without columns', { lookups: { by: { anyOf: [] } } }, /neither by nor anyOf/],
    ['an unknown table in a search', { search: { name: { like: ['owner.HOTEN'] } } }, /search name.*no table owner/],
  ];
  for (const [what, spec, told] of faults) {
    it(`is refused for ${what}, naming it`, () => {
      expect(() => sql({ url: 'DATABASE_URL' }).entity({ ...SPEC, ...spec })).toThrow(told);
    });
  }

  it('is taken when it is right, and says what the system can do', () => {
    const source = sql({ url: 'DATABASE_URL' });
    const parcel = source.entity(SPEC);
    expect(source.capabilities({ parcel })).toEqual({
      protocol: 'sql',
      search: false,
      batchSizes: { 'parcel.holder': 1000 },
    });
    expect(source.settings?.DATABASE_URL?.secret).toBe(true);
  });
});

describe('joins of a statement', () => {
  const { joins = [] } = SPEC;

  it('are only those that lead to a named column', () => {
    expect(usedJoins(joins, ['parcel.XAID'], [])).toEqual([]);
    expect(usedJoins(joins, ['right.LOAI'], []).map(({ table }) => table.alias)).toEqual(['right']);
    expect(usedJoins(joins, ['person.HOTEN'], []).map(({ kind }) => kind)).toEqual(['left', 'left']);
  });

  it('are inner on the way to a column that must match, so that SQLite starts from its index', () => {
    expect(usedJoins(joins, ['parcel.XAID'], ['person.SODDCN']).map(({ kind }) => kind)).toEqual(['inner', 'inner']);
  });
});

describe('the pattern of a name search', () => {
  it('fits every spelling of the name and nothing that differs in a consonant', () => {
    expect(likePattern('Nguyễn Ái')).toBe('%n%g___n%_%_%');
    expect(likePattern('Đỗ')).toBe('%_%_%');
    expect(likePattern('Đỗ', 'several')).toBe('%_%_%');
    expect(likePattern('hoa', 'several')).toBe('%h%_%_%');
    expect(likePattern("50%_'\\")).toBe('%5%0%');
  });

  it('leaves open what a system makes of a consonant with a mark', () => {
    expect(likePattern('Rčăm')).toBe('%r%_%m%');
  });

  it('is none for a text without letters', () => {
    for (const text of ['', ' ', '%', '\u0301', '。']) expect(likePattern(text)).toBeUndefined();
  });
});
