import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { openIndexer } from '../../audit/indexer.ts';
import { signHead } from '../../audit/keys.ts';
import { removeOldChains } from '../../audit/retain.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type BuiltChain, buildChain, forger } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { DAY_MS, KEYS, NOON } from './support.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000001/2026-11-21'];
const MONTH = 30 * DAY_MS;

let audit: AuditDatabase;
let refused: string[];

beforeEach(async () => {
  audit = await openMemoryAudit();
  refused = [];
});

afterEach(() => audit.close());

const run = (sql: string, ...bindings: (string | number | null)[]) => audit.database.knex.raw(sql, bindings as never[]);

async function rowsIn(table: string, chain = FIRST): Promise<number> {
  const [row] = await audit.database.query(`select count(*) as n from ${table} where chain = ?`, [chain]);
  return Number(row?.n);
}

function remove(at: number, { retentionDays = 30, through = audit } = {}): Promise<readonly string[]> {
  const refuse = (chain: string, reason: string) => void refused.push(`${chain} ${reason}`);
  return removeOldChains(through, { retentionDays, now: () => at, refuse });
}

async function begin(plan: Parameters<typeof buildChain>[0], options: Parameters<typeof buildChain>[1] = {}) {
  const built = await buildChain(plan, { chain: FIRST, ...options });
  await store(audit, built);
  return { built, end: built.heads.at(-1) as AuditHead };
}

/** A chain whose end was written on the day after. */
async function endingNextDay(): Promise<AuditHead> {
  const { end } = await begin([['open'], [0]]);
  const at = NOON + DAY_MS;
  const signature = signHead(KEYS.signing, { ...end, at });
  await run('update audit_group set at = ?, signature = ? where first_seq = 2', at, signature);
  return { ...end, at, signature };
}

async function index(): Promise<void> {
  const indexer = openIndexer(audit);
  await indexer.catchUp();
  await indexer.close();
}

/** What is left of the first chain behind each commit: rows of the index, then groups. */
async function leftBehindEach(change: (commit: number) => Promise<unknown> = async () => {}) {
  const left: string[] = [];
  const through: AuditDatabase = {
    ...audit,
    async commit(statements) {
      await audit.commit(statements);
      left.push(`${await rowsIn('audit_index')} ${await rowsIn('audit_group')}`);
      await change(left.length);
    },
  };
  expect(await remove(NOON + MONTH + DAY_MS, { through })).toEqual([FIRST]);
  return left;
}

describe('What is removed of the access log', () => {
  it('goes a part at a time, first what would find it, each part for itself', async () => {
    await begin([['open'], ...Array.from({ length: 45 }, () => Array<number>(30).fill(0)), ['close']]);
    await begin([['open'], [0]], { chain: SECOND, openedAt: NOON + DAY_MS });
    await index();
    const [others, groups] = [await rowsIn('audit_index', SECOND), await rowsIn('audit_group', SECOND)];
    expect(await leftBehindEach()).toEqual([
      ...['2700 47', '1700 47', '700 47', '0 47'],
      ...['0 27', '0 7', '0 0'],
      ...['0 0', '0 0'],
    ]);
    expect([await rowsIn('audit_index', SECOND), await rowsIn('audit_group', SECOND)]).toEqual([others, groups]);
    expect([await rowsIn('audit_indexed'), await rowsIn('audit_indexed', SECOND)]).toEqual([0, 1]);
  });

  it('goes in parts that are full, and no further than there is', async () => {
    await begin([['open'], ...Array.from({ length: 18 }, () => [0]), ['close']]);
    expect(await leftBehindEach()).toEqual(['0 20', '0 20', '0 0', '0 0', '0 0', '0 0']);
  });

  it('leaves nothing that another process indexed meanwhile', async () => {
    await begin([['open'], [0], ['close']]);
    await index();
    const left = await leftBehindEach(async (commit) => {
      // Behind the first of the groups' commits.
      if (commit !== 3) return;
      await run(`insert into audit_index values ('a', 'x', 1, ?, 2)`, FIRST);
      await run('insert into audit_indexed values (?, 2, 0)', FIRST);
    });
    expect(left).toEqual(['2 3', '0 3', '0 0', '0 0', '0 0']);
    expect(await rowsIn('audit_indexed')).toBe(0);
  });

  it('is marked before the first of it goes, with the time and its last head, and no longer once it is gone', async () => {
    const { end } = await begin([['open'], [0], ['close']]);
    const marks: unknown[] = [];
    await leftBehindEach(async () => {
      const [row] = await audit.database.query('select removing, removed_at, removed_head from audit_chain');
      marks.push([row?.removing, row?.removed_at, JSON.parse(String(row?.removed_head))]);
    });
    const at = NOON + MONTH + DAY_MS;
    expect(marks).toEqual([...Array(4).fill([1, at, end]), [0, at, end]]);
  });
});

describe('A chain of the access log', () => {
  it('goes from the instant on at which its last entry is old enough', async () => {
    const { at } = await endingNextDay();
    expect(await remove(at + MONTH - 1)).toEqual([]);
    expect(await remove(at + MONTH)).toEqual([FIRST]);
    expect(refused).toEqual([]);
  });

  it('stays all of the day that it is called by', async () => {
    await begin([['open'], ['close']]);
    const end = Date.parse('2026-11-21T00:00:00+07:00') + MONTH;
    expect(await remove(end - 1)).toEqual([]);
    expect(await remove(end)).toEqual([FIRST]);
    // That it is too young is nothing to be told of.
    expect(refused).toEqual([]);
  });

  it('that was never closed goes two days after its last entry, and not before', async () => {
    const { end } = await begin([['open'], [0]]);
    expect(await remove(end.at + 2 * DAY_MS - 1, { retentionDays: 0 })).toEqual([]);
    expect(await remove(end.at + 2 * DAY_MS, { retentionDays: 0 })).toEqual([FIRST]);
    await begin([['open'], ['close']], { chain: SECOND, openedAt: NOON + DAY_MS });
    expect(await remove(NOON + 2 * DAY_MS, { retentionDays: 0 })).toEqual([SECOND]);
    expect(refused).toEqual([]);
  });

  it('of which nothing is left is passed over', async () => {
    await begin([['open'], ['close']]);
    await run('delete from audit_group');
    expect([await remove(NOON + 2 * MONTH), refused]).toEqual([[], []]);
  });

  it('stays where somebody else signed its end, or it is called by a day that is not over', async () => {
    await begin([['open'], ['close']], { signing: forger });
    await run('update audit_chain set public_key = ?', KEYS.publicKey);
    expect([await remove(NOON + 2 * MONTH), refused]).toEqual([[], [`${FIRST} UNPROVEN`]]);
    refused = [];
    const later = 'motcua-00000001/2027-01-20';
    await begin([['open'], ['close']], { chain: later });
    await run('delete from audit_chain where chain = ?', FIRST);
    await run('update audit_chain set day = ?', '2026-11-20');
    expect([await remove(NOON + 2 * MONTH), refused]).toEqual([[], [`${later} UNPROVEN`]]);
    expect(await rowsIn('audit_group', later)).toBe(2);
  });

  it('whose removal was begun stays where its own end does not say that it may go', async () => {
    const { end } = await begin([['open'], [0], ['close']]);
    const other = { ...end, chain: SECOND, signature: signHead(KEYS.signing, { ...end, chain: SECOND }) };
    const text = JSON.stringify(end);
    const at = NOON + MONTH + DAY_MS;
    for (const [removedAt, head] of [
      [null, text],
      [at, null],
      [at, '{}'],
      [at, JSON.stringify(other)],
      [at, JSON.stringify({ ...end, at: end.at - DAY_MS })],
    ] as const) {
      refused = [];
      await run('update audit_chain set removing = 1, removed_at = ?, removed_head = ?', removedAt, head);
      expect([head, await remove(at), refused]).toEqual([head, [], [`${FIRST} UNPROVEN`]]);
      expect(await rowsIn('audit_group')).toBe(3);
    }
    await run('update audit_chain set removed_at = ?, removed_head = ?', at, text);
    expect(await remove(at)).toEqual([FIRST]);
    expect(await rowsIn('audit_group')).toBe(0);
  });

  it('whose removal was begun waits where it is too young by now, by its end or by the day that it is called by', async () => {
    const young = [[], [`${FIRST} TOO_YOUNG`]];
    const end = await endingNextDay();
    await run('update audit_chain set removing = 1, removed_at = 1, removed_head = ?', JSON.stringify(end));
    expect([await remove(end.at + MONTH - 1), refused]).toEqual(young);
    expect(await remove(end.at + MONTH)).toEqual([FIRST]);
    refused = [];
    for (const table of ['audit_chain', 'audit_group']) await run(`delete from ${table}`);
    const { end: last } = await begin([['open'], ['close']]);
    await run('update audit_chain set removing = 1, removed_at = 1, removed_head = ?', JSON.stringify(last));
    expect([await remove(last.at + MONTH), refused]).toEqual(young);
    expect(await rowsIn('audit_group')).toBe(2);
  });

  it('that was removed is not removed again', async () => {
    const { built } = await begin([['open'], ['close']]);
    expect(await remove(NOON + 2 * MONTH)).toEqual([FIRST]);
    // Put back by somebody: `audit verify` says so.
    await run('delete from audit_chain');
    await store(audit, built as BuiltChain);
    await run('update audit_chain set removed_at = ?', NOON);
    expect(await remove(NOON + 2 * MONTH)).toEqual([]);
    expect(await rowsIn('audit_group')).toBe(2);
  });
});
