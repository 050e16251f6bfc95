import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chainsBefore } from '../../audit/chain-before.ts';
import type { AuditDatabase } from '../../audit/database.ts';
import { chainLine } from '../../audit/lines.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type BuiltChain, buildChain, type Part, sealed } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { NOON } from './support.ts';

const OPEN: readonly (readonly Part[])[] = [['open'], [0]];
const CLOSED: readonly (readonly Part[])[] = [...OPEN, ['close']];

let audit: AuditDatabase;

beforeEach(async () => {
  audit = await openMemoryAudit();
});

afterEach(() => audit.close());

const run = (sql: string, ...bindings: (string | number | null)[]) => audit.database.knex.raw(sql, bindings as never[]);
const found = (instance = 'motcua') => chainsBefore(audit, instance);
const nameOf = (number: number) => `motcua-${String(number).padStart(8, '0')}/2026-11-20`;

/** A chain of the instance, opened so many seconds after noon. */
async function chain(number: number, plan = OPEN): Promise<BuiltChain & { readonly end: string }> {
  const built = await buildChain(plan, { chain: nameOf(number), openedAt: NOON + number * 1_000 });
  await store(audit, built);
  return { ...built, end: endOf(built) };
}

function endOf({ heads }: BuiltChain): string {
  const { chain: name, seq, hash } = heads.at(-1) as AuditHead;
  return `${name} ${seq} ${hash}`;
}

/** One that tells of these ends when it is opened, in its first group or behind it. */
async function telling(number: number, ends: readonly string[], isLate = false): Promise<string> {
  const built = await buildChain([['open']], { chain: nameOf(number), openedAt: NOON + number * 1_000 });
  const [opening] = built.groups as [BuiltChain['groups'][number]];
  const gaps = ends.map((end, place) =>
    chainLine({ ...{ seq: place + 2, at: opening.at, kind: 'GAP', missed: null, end }, chain: nameOf(number) }),
  );
  const lines = isLate ? opening.lines : [...opening.lines, ...gaps];
  const late = { ...opening, firstSeq: 2, lastSeq: ends.length + 1, lines: gaps };
  const groups = [{ ...opening, lastSeq: lines.length, lines }, ...(isLate ? [late] : [])];
  const close = chainLine({ seq: ends.length + 2, at: opening.at, kind: 'CLOSE', chain: nameOf(number) });
  const end = { ...opening, firstSeq: ends.length + 2, lastSeq: ends.length + 2, lines: [close] };
  const whole = await sealed({ ...built.stored, closed: true }, [...groups, end]);
  await store(audit, whole);
  return endOf(whole);
}

describe('What a chain that is opened says of those before it', () => {
  it('is nothing where there is none, or only of another instance', async () => {
    expect(await found()).toEqual({ head: null, missing: [] });
    await chain(1);
    expect(await found('lequy')).toEqual({ head: null, missing: [] });
  });

  it('is the end of the one that was opened last, and of none that was closed', async () => {
    const last = await chain(2, CLOSED);
    await chain(1, CLOSED);
    expect(await found()).toEqual({ head: last.end, missing: [] });
    // Of several at one instant the last by name.
    const beside = await chain(3, CLOSED);
    await run('update audit_chain set opened_at = ?', NOON);
    expect((await found()).head).toBe(beside.end);
  });

  it('is found by two questions where all were closed, which are nearly all', async () => {
    for (const number of [1, 2, 3]) await chain(number, CLOSED);
    const asked: string[] = [];
    const { database } = audit;
    const query: AuditDatabase['database']['query'] = (sql, ...rest) => {
      asked.push(sql);
      return database.query(sql, ...rest);
    };
    await chainsBefore({ ...audit, database: { ...database, query } }, 'motcua');
    expect(asked).toHaveLength(2);
  });

  it('is each end that is missing, until one has told of it as it was opened', async () => {
    const [one, other] = [await chain(1), await chain(2)];
    const last = await chain(3, CLOSED);
    expect(await found()).toEqual({ head: last.end, missing: [other.end, one.end] });
    await telling(4, [other.end]);
    expect((await found()).missing).toEqual([one.end]);
    const late = await telling(5, [one.end], true);
    expect(await found()).toEqual({ head: late, missing: [one.end] });
    const whole = await telling(6, [one.end, other.end]);
    expect(await found()).toEqual({ head: whole, missing: [] });
  });

  it('is a new end where the one that was told of went on', async () => {
    const one = await chain(1);
    await telling(2, [one.end]);
    expect((await found()).missing).toEqual([]);
    await run('update audit_group set hash = ? where chain = ? and first_seq = 2', 'ab', nameOf(1));
    expect((await found()).missing).toEqual([`${nameOf(1)} 2 ab`]);
  });

  it('is believed of lines alone that tell of an end', async () => {
    const one = await chain(1);
    await telling(2, [one.end]);
    await run(`update audit_group set entries = replace(entries, '"GAP"', '"OPEN"') where chain = ?`, nameOf(2));
    expect((await found()).missing).toEqual([one.end]);
    await run(`update audit_group set entries = 'no line' where chain = ?`, nameOf(2));
    expect((await found()).missing).toEqual([one.end]);
  });

  it('is nothing of one that was removed without an end, but where it is the last', async () => {
    const { heads } = await chain(1);
    const { seq, hash } = heads.at(-1) as AuditHead;
    await run('delete from audit_group');
    await run('update audit_chain set removed_at = 1, removed_head = ?', JSON.stringify(heads.at(-1)));
    const head = `${nameOf(1)} ${seq} ${hash}`;
    expect(await found()).toEqual({ head, missing: [head] });
    const last = await chain(2);
    expect(await found()).toEqual({ head: last.end, missing: [last.end] });
    // Of which nothing is left.
    await run('delete from audit_group');
    expect(await found()).toEqual({ head: `${nameOf(2)} 0 `, missing: [`${nameOf(2)} 0 `] });
  });

  it('is nothing of one that was closed while it was looked for', async () => {
    const one = await chain(1);
    const other = await chain(2);
    const { database } = audit;
    const between: AuditDatabase = {
      ...audit,
      database: {
        ...database,
        async query(sql, ...rest) {
          if (sql.includes('where closed = 1'))
            await run('update audit_chain set closed = 1 where chain = ?', nameOf(1));
          return database.query(sql, ...rest);
        },
      },
    };
    expect(await chainsBefore(between, 'motcua')).toEqual({ head: other.end, missing: [other.end] });
    expect(one.end).not.toBe(other.end);
  });

  it('is found among the last fifty', async () => {
    const old = await chain(0);
    for (let number = 1; number < 50; number++) await chain(number, CLOSED);
    expect((await found()).missing).toEqual([old.end]);
    await chain(50, CLOSED);
    expect((await found()).missing).toEqual([]);
  });

  it('is known from openings that tell of fifty ends', async () => {
    const ends = [];
    for (let number = 1; number <= 49; number++) ends.push((await chain(number)).end);
    await telling(50, ends);
    expect((await found()).missing).toEqual([]);
  });
});
