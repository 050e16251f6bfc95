import { describe, expect, it } from 'vitest';
import { type IndexRow, rowsOf, wordOf } from '../../audit/indexer.ts';
import { chainLine, linesOf, prepare } from '../../audit/lines.ts';
import type { AuditRecord } from '../../core/audit.ts';
import { hashSubject, NOON, record } from './support.ts';

const HOA = '001085004213';
const BINH = '001190000123';
const CHAIN = 'motcua-00000001/2026-11-20';
const PLAIN = { actor: 'counter.hanh', dossier: null, visit: null };

/** Kind, word and place of each row that an operation at the second place has. */
function rowsFor(one: AuditRecord, change: (line: string) => string = (line) => line): readonly unknown[] {
  const lines = linesOf(prepare(one, hashSubject), 2, NOON).map(change);
  return told(rowsOf(lines, CHAIN));
}

function told(rows: readonly IndexRow[]): readonly unknown[] {
  for (const [, , at, chain] of rows) expect([at, chain]).toEqual([NOON, CHAIN]);
  return rows.map(([kind, word, , , seq]) => [kind, word, seq]);
}

describe('What an entry is found by', () => {
  it('is its actor, visit and dossier, whatever happened', () => {
    for (const kind of ['OPERATION', 'EVENT'] as const) {
      expect(rowsFor(record([], { kind, actor: 'a', visit: 'v', dossier: 'd' }))).toEqual([
        ['a', 'a', 2],
        ['v', 'v', 2],
        ['d', 'd', 2],
      ]);
    }
    expect(rowsFor(record([], PLAIN))).toEqual([['a', 'counter.hanh', 2]]);
    expect(rowsFor(record([], { actor: '', visit: '', dossier: '' }))).toEqual([]);
  });

  it('is each person that it shows, and their dossier where it is another', () => {
    const shown = {
      ...record([], { ...PLAIN, dossier: 'd-1' }),
      subjects: [
        { number: HOA, relation: 'DOSSIER', dossier: 'd-1' },
        { number: BINH, relation: 'NAMED', dossier: 'd-2' },
        { number: BINH, relation: 'NAMED', dossier: null },
      ],
    } as const;
    expect(rowsFor(shown)).toEqual([
      ['a', 'counter.hanh', 2],
      ['d', 'd-1', 2],
      ['s', hashSubject(HOA), 3],
      ['s', hashSubject(BINH), 4],
      ['d', 'd-2', 4],
      ['s', hashSubject(BINH), 5],
    ]);
    // Of a group whose first line is unreadable.
    expect(rowsFor(shown, (line) => line.replace('"kind":"OPERATION"', '"kind":"NONE"'))).toEqual([
      ['s', hashSubject(HOA), 3],
      ['d', 'd-1', 3],
      ['s', hashSubject(BINH), 4],
      ['d', 'd-2', 4],
      ['s', hashSubject(BINH), 5],
    ]);
  });

  it('is nothing of the chain itself, or of what cannot be read', () => {
    const lines = [
      chainLine({ seq: 1, at: NOON, kind: 'OPEN', chain: CHAIN, key: 'k', after: null, subjectKey: 's' }),
      chainLine({ seq: 2, at: NOON, kind: 'GAP', chain: CHAIN, missed: 1 }),
      ...['', 'null', '{"kind":"OPERATION","actor":"a"}'],
    ];
    expect(rowsOf(lines, CHAIN)).toEqual([]);
  });

  it('is everything that was looked for, each word once', () => {
    const sought = [
      { what: 'ACCESSES', subject: 's-1', actor: 'a-1', dossier: 'd-1', visit: 'v-1' },
      { what: 'ACCESSES', subject: 's-1', actor: 'a-1', dossier: 'd-1', visit: 'v-1' },
      // Stated as well.
      { what: 'ACCESSES', actor: 'auditor.lan', dossier: 'd-0', visit: 'v-0' },
      // The same word of another kind.
      { what: 'ACCESSES', subject: 'd-0', actor: 'v-0', dossier: 'auditor.lan', visit: 's-1' },
      { what: 'ACCESSES', subject: '', actor: '', dossier: '', visit: '' },
      { what: 'DOSSIERS', unit: 'H41' },
    ] as const;
    expect(rowsFor(record([], { actor: 'auditor.lan', dossier: 'd-0', visit: 'v-0', sought }))).toEqual([
      ...[
        ['a', 'auditor.lan', 2],
        ['v', 'v-0', 2],
        ['d', 'd-0', 2],
      ],
      ...[
        ['s', 's-1', 2],
        ['a', 'a-1', 2],
        ['d', 'd-1', 2],
        ['v', 'v-1', 2],
      ],
      ...[
        ['s', 'd-0', 2],
        ['a', 'v-0', 2],
        ['d', 'auditor.lan', 2],
        ['v', 's-1', 2],
      ],
    ]);
  });

  it('is once what differs only where the index cannot tell it', () => {
    const sought = [
      { what: 'ACCESSES', dossier: 'd ' },
      { what: 'ACCESSES', dossier: 'x' },
      { what: 'ACCESSES', dossier: 'x ' },
    ] as const;
    expect(rowsFor(record([], { ...PLAIN, dossier: 'd', sought }))).toEqual([
      ['a', 'counter.hanh', 2],
      ['d', 'd', 2],
      ['d', 'x', 2],
    ]);
  });

  it('is what can be read of what was looked for, whatever stands there', () => {
    const actor = ['a', 'counter.hanh', 2];
    for (const [sought, rows] of [
      [null, []],
      ['text', []],
      [{ subject: 's' }, []],
      [[null, 7, { subject: 7, actor: ['a'] }, { subject: 's', visit: null }], [['s', 's', 2]]],
    ] as const) {
      const found = rowsFor(record([], PLAIN), (line) => JSON.stringify({ ...JSON.parse(line), sought }));
      expect([sought, found]).toEqual([sought, [actor, ...rows]]);
    }
  });
});

describe('A word of the index', () => {
  it('is what every database keeps apart: 160 characters, no half letter, no blank at the end', () => {
    expect(wordOf('x'.repeat(161))).toBe('x'.repeat(160));
    expect(wordOf(`${'x'.repeat(159)}🙂`)).toBe(`${'x'.repeat(159)}\ufffd`);
    expect(wordOf(`${'x'.repeat(158)}  y`)).toBe('x'.repeat(158));
    expect(wordOf(' \ud800 a \t')).toBe(' \ufffd a');
  });
});
