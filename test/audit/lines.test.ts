import { describe, expect, it } from 'vitest';
import { chainLine, linesOf, parseLine, prepare, readLine } from '../../audit/lines.ts';
import type { AuditRecord } from '../../core/audit.ts';
import { hashSubject, NOON, record } from './support.ts';

const HOA = '001085004213';
/** What has to be escaped, or looks as if it had to. */
const TEXTS = ['', 'a"b', 'a\\b', 'a\nb', '\u007f', '\u0000', '\ud800', 'Hồ sơ', '🙂', '~!#[]^ ', '\u2028', '</'];

/** What stands in the log for it, from the third place on. */
function written(one: AuditRecord): readonly string[] {
  return linesOf(prepare(one, hashSubject), 3, NOON);
}

/** An operation as whoever reads the log writes it again. */
function canonical({ operation, subjects }: AuditRecord): string {
  const { kind, request, actor, client, role, unit, purpose, dossier, visit, op } = operation;
  const { fields, systems, outcome, codes, sought, times } = operation;
  const who = { kind, request, actor, client, role, unit, purpose, dossier, visit, op, fields };
  const came = { systems, outcome, codes, subjects: subjects.length, sought, times };
  return JSON.stringify({ v: 1, seq: 3, at: NOON, ...who, ...came });
}

describe('A line of the access log', () => {
  it('is the JSON of its operation, whatever texts stand in it', () => {
    for (const text of TEXTS) {
      const operation = {
        ...{ request: text, actor: text, client: text, unit: text, dossier: text, visit: text },
        ...{ op: { hash: text, name: text, type: 'query' as const }, fields: [text, text], systems: [text] },
        codes: [text],
      };
      const one = record([], operation);
      expect(written(one)).toEqual([canonical(one)]);
      expect(parseLine(canonical(one))).toEqual(JSON.parse(canonical(one)));
    }
  });

  it('says what is not known as null, what was looked for and how many it stands for', () => {
    const nothing = { purpose: null, dossier: null, visit: null };
    for (const operation of [
      {},
      { times: 7 },
      { sought: [] },
      { sought: [{ what: 'ACCESSES', to: 2, from: 1, visit: 'v', dossier: 'd', actor: 'a', subject: 's', unit: 'u' }] },
    ] as Partial<AuditRecord['operation']>[]) {
      const one = record([], { ...nothing, ...operation });
      const [line = ''] = written(one);
      expect(JSON.parse(line)).toEqual(JSON.parse(canonical(one)));
      expect(parseLine(line)).toEqual(JSON.parse(line));
    }
  });

  it('has what was looked for in one order, and nothing else of it', () => {
    const one = {
      to: 2,
      from: 1,
      unit: 'u',
      visit: 'v',
      dossier: 'd',
      actor: 'a',
      subject: 's',
      what: 'ACCESSES',
    } as const;
    const sought = [{ ...one, more: 'x' }];
    expect(written(record([], { sought }))[0]).toContain(
      ',"sought":[{"what":"ACCESSES","subject":"s","actor":"a","dossier":"d","visit":"v","unit":"u","from":1,"to":2}]}',
    );
  });

  it('is the same for each operation of one document, and another for another', () => {
    const op = { hash: 'a', name: null, type: 'query' as const };
    const fields = ['Citizen.fullName'];
    const other = { op: { ...op, hash: 'b' }, fields: ['Citizen.id'] };
    for (const one of [record([], { op, fields }), record([], other), record([], { op, fields })]) {
      expect(written(one)).toEqual([canonical(one)]);
    }
  });

  it('of a person comes behind the operation, at the next place, and points to it', () => {
    const one = record([HOA, HOA]);
    const subjects = [
      { number: HOA, relation: 'DOSSIER', dossier: null },
      { number: '012345678', relation: 'NAMED', dossier: 'a "b"' },
    ] as const;
    const lines = written({ ...one, subjects });
    expect(lines.slice(1)).toEqual(
      subjects.map(({ number, relation, dossier }, place) =>
        JSON.stringify({
          ...{ v: 1, seq: 4 + place, at: NOON, kind: 'SUBJECT', of: 3 },
          ...{ subject: hashSubject(number), relation, dossier },
        }),
      ),
    );
    for (const line of lines) expect(parseLine(line)).toEqual(JSON.parse(line));
  });

  it('is counted with about as many characters as it has', () => {
    for (const one of [record(), record([HOA, HOA]), record([], { request: 'x'.repeat(10_000) })]) {
      const characters = written(one).join('').length;
      const { size } = prepare(one, hashSubject);
      expect(Math.abs(size - characters)).toBeLessThan(40 * written(one).length);
    }
  });

  it('of the chain itself has what belongs to its kind', () => {
    const place = { seq: 2, at: NOON, chain: 'motcua-1/2026-11-20' } as const;
    const v = '{"v":1,"seq":2,"at":1795150800000,';
    for (const [entry, line] of [
      [
        { ...place, kind: 'OPEN', key: 'k', after: null, subjectKey: 's' },
        '"kind":"OPEN","chain":"motcua-1/2026-11-20","key":"k","after":null,"subjectKey":"s"}',
      ],
      [{ ...place, kind: 'CLOSE' }, '"kind":"CLOSE","chain":"motcua-1/2026-11-20"}'],
      [{ ...place, kind: 'GAP', missed: 0 }, '"kind":"GAP","chain":"motcua-1/2026-11-20","missed":0}'],
      [
        { ...place, kind: 'GAP', missed: null, end: 'e' },
        '"kind":"GAP","chain":"motcua-1/2026-11-20","missed":null,"end":"e"}',
      ],
    ] as const) {
      expect(chainLine(entry)).toBe(v + line);
      expect(parseLine(v + line)).toEqual({ v: 1, ...entry });
    }
  });
});

describe('What is no entry in its canonical form', () => {
  const [operation = '', subject = ''] = written(record([HOA], { sought: [{ what: 'ACCESSES', actor: 'a' }] }));
  const gap = chainLine({ seq: 2, at: NOON, kind: 'GAP', chain: 'c', missed: null, end: 'e' });

  /** The line with some of its members changed, put as they came. */
  function changed(line: string, change: Readonly<Record<string, unknown>>): string {
    return JSON.stringify({ ...JSON.parse(line), ...change });
  }

  it('has no place or no time', () => {
    for (const line of [
      ...['', 'null', '7', '"text"', '[]', '{', `${operation}}`],
      ...[{ seq: '3' }, { seq: 3.5 }, { seq: null }, { at: '1' }, { at: 0.5 }, { at: undefined }].map((change) =>
        changed(operation, change),
      ),
    ]) {
      expect([line, readLine(line), parseLine(line)]).toEqual([line, null, null]);
    }
    expect(readLine('{"seq":1,"at":2}')).toEqual({ seq: 1, at: 2 });
  });

  it('is of another version or kind, or has other members, or in another order', () => {
    const { request, actor, ...others } = JSON.parse(operation);
    const lines = [
      ...[{ v: 2 }, { v: '1' }, { kind: 'constructor' }, { kind: '__proto__' }, { kind: 'SUBJECT' }].map((change) =>
        changed(operation, change),
      ),
      ...[{ more: 1 }, { actor: undefined }, { times: 2 }].map((change) => changed(operation, change)),
      JSON.stringify({ ...others, request, actor }),
      changed(subject, { kind: 'GAP' }),
      changed(gap, { kind: 'OPEN' }),
      changed(gap, { kind: 'CLOSE' }),
      changed(operation, { kind: 'EVENT', sought: undefined, times: 2 }),
    ];
    for (const line of lines) expect([line, parseLine(line)]).toEqual([line, null]);
    expect(parseLine(changed(operation, { kind: 'EVENT' }))).not.toBeNull();
    expect(parseLine(changed(operation, { sought: undefined, times: 2 }))).not.toBeNull();
  });

  it('looked for something that is no list of things', () => {
    for (const sought of [7, 'a', null, {}, [7], [null], ['a'], [{ what: 'ACCESSES' }, null]]) {
      const line = changed(operation, { sought });
      expect([line, parseLine(line)]).toEqual([line, null]);
    }
    expect(parseLine(changed(operation, { sought: [] }))).not.toBeNull();
  });

  it('tells of an end that is no text, or counts what it says nobody knows', () => {
    for (const change of [{ end: 7 }, { end: null }, { missed: 0 }, { missed: 3 }]) {
      const line = changed(gap, change);
      expect([line, parseLine(line)]).toEqual([line, null]);
    }
    expect(parseLine(gap)).not.toBeNull();
  });

  it('says the same with other characters', () => {
    const spaced = operation.replace('"seq":', '"seq": ');
    const escaped = operation.replace('Người', 'Ng\\u01b0ời');
    const twice = operation.replace('"v":1,', '"v":1,"v":1,');
    expect(escaped).not.toBe(operation);
    for (const line of [spaced, escaped, twice, ` ${operation}`, operation.replace('"seq":3', '"seq":3.0')]) {
      expect([line, parseLine(line)]).toEqual([line, null]);
      expect(readLine(line)).toEqual(JSON.parse(operation));
    }
  });
});
