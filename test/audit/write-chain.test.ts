import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chain, type ChainOptions, createChain, dayOf, dayOfChain } from '../../audit/chain.ts';
import type { AuditDatabase } from '../../audit/database.ts';
import { keyId } from '../../audit/keys.ts';
import { prepare } from '../../audit/lines.ts';
import { openMemoryAudit } from './memory-audit.ts';
import { DAY_MS, entriesOf, hashSubject, KEYS, NOON, record, verify } from './support.ts';

let audit: AuditDatabase;
let time: number;
let warnings: string[];

beforeEach(async () => {
  audit = await openMemoryAudit();
  time = NOON;
  warnings = [];
});

afterEach(() => audit.close());

function open(change: Partial<ChainOptions> = {}): Chain {
  return createChain({
    ...{ audit, keys: KEYS, instance: 'motcua', timeoutMs: 1_000, now: () => time },
    warn: (message) => void warnings.push(message),
    ...change,
  });
}

const one = (numbers: readonly string[] = []) => prepare(record(numbers), hashSubject);
const plain = (count = 1) => ({ records: Array.from({ length: count }, () => one()), plain: count, missed: null });
const chains = () => audit.database.query('select * from audit_chain order by opened_at, chain');
const groups = () => audit.database.query('select * from audit_group order by chain, first_seq');

/** A database of which each commit is first asked what becomes of it. */
function between(fate: (commit: () => Promise<void>) => Promise<void>): AuditDatabase {
  return { ...audit, commit: (statements) => fate(() => audit.commit(statements)) };
}

describe('A chain', () => {
  it('opens with the first group, goes on, and closes', async () => {
    const chain = open();
    const first = await chain.write({ records: [one(['001085004213']), one()], plain: 1, missed: null });
    time += 1_000;
    const second = await chain.write({ ...plain(), missed: 7 });
    time += 1_000;
    const end = await chain.end();
    expect([first.seq, second.seq, end?.seq]).toEqual([4, 6, 7]);
    expect([first.at, second.at, end?.at]).toEqual([NOON, NOON + 1_000, NOON + 2_000]);
    expect(first).toMatchObject({
      key: keyId(KEYS.publicKey),
      chain: expect.stringMatching(/^motcua-[0-9a-f]{8}\/2026-11-20$/),
    });
    const entries = await entriesOf(audit);
    expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      ...[
        [1, 'OPEN'],
        [2, 'OPERATION'],
        [3, 'SUBJECT'],
        [4, 'OPERATION'],
      ],
      ...[
        [5, 'GAP'],
        [6, 'OPERATION'],
        [7, 'CLOSE'],
      ],
    ]);
    expect(entries[4]).toMatchObject({ chain: first.chain, missed: 7, at: NOON + 1_000 });
    expect(entries[0]).toMatchObject({ chain: first.chain, key: KEYS.publicKey, after: null });
    expect(await groups()).toMatchObject([
      { first_seq: 1, last_seq: 4, hash: first.hash, signature: first.signature },
      { first_seq: 5, last_seq: 6, hash: second.hash },
      { first_seq: 7, last_seq: 7, hash: end?.hash },
    ]);
    expect(await chains()).toMatchObject([
      { chain: first.chain, instance: 'motcua', day: '2026-11-20', closed: 1, last_seq: 7, last_hash: end?.hash },
    ]);
    expect((await verify(audit.database, { now: time, everySignature: true })).said).toEqual([]);
  });

  it('is closed once, and another is opened after it', async () => {
    const chain = open();
    expect(await chain.end()).toBeNull();
    await chain.write(plain());
    const end = await chain.end();
    expect(await chain.end()).toBeNull();
    time += DAY_MS;
    await chain.write(plain());
    expect((await chains()).at(-1)?.after_head).toBe(`${end?.chain} ${end?.seq} ${end?.hash}`);
  });

  it('is over with its day in Việt Nam', async () => {
    const chain = open();
    expect(chain.isOver()).toBe(false);
    await chain.write(plain());
    expect(chain.isOver()).toBe(false);
    time = Date.parse('2026-11-20T23:59:59.999+07:00');
    expect(chain.isOver()).toBe(false);
    time += 1;
    expect(chain.isOver()).toBe(true);
    await chain.end();
    expect(chain.isOver()).toBe(false);
    expect([dayOf(time - 1), dayOf(time), dayOfChain('motcua-1/2026-11-21')]).toEqual([
      '2026-11-20',
      '2026-11-21',
      '2026-11-21',
    ]);
  });

  it('never lets time run backwards', async () => {
    const chain = open();
    await chain.write(plain());
    time -= 60_000;
    expect((await chain.write(plain())).at).toBe(NOON);
    expect((await chain.end())?.at).toBe(NOON);
  });

  it('follows the one that its instance wrote before, whatever another wrote', async () => {
    const before = open();
    await before.write(plain());
    time += 1;
    const last = await before.write(plain());
    time += 1;
    await open({ instance: 'another' }).write(plain());
    time += DAY_MS;
    await open().write(plain());
    const found = await chains();
    expect(found.map(({ instance, after_head }) => [instance, after_head])).toEqual([
      ['motcua', null],
      ['another', null],
      ['motcua', `${last.chain} ${last.seq} ${last.hash}`],
    ]);
  });

  it('follows one that was removed by the head that it left', async () => {
    const { chain } = await open().write(plain());
    await audit.database.knex('audit_group').delete();
    time += DAY_MS;
    await open().write(plain());
    expect((await chains()).at(-1)?.after_head).toBe(`${chain} 0 `);
    await audit.database.knex('audit_group').delete();
    const removed = { removed_head: JSON.stringify({ chain, seq: 9, at: time, hash: 'abc', key: '', signature: '' }) };
    await audit.database.knex('audit_chain').update(removed);
    time += DAY_MS;
    await open().write(plain());
    expect((await chains()).at(-1)?.after_head).toMatch(/^motcua-[0-9a-f]{8}\/2026-11-21 9 abc$/);
  });
});

describe('A group that may not have been written', () => {
  const gone = new Error('the connection is gone');

  it('is found where it was, with all that was logged by it', async () => {
    let isLost = true;
    const lossy = between(async (commit) => {
      await commit();
      if (isLost) throw gone;
    });
    const chain = open({ audit: lossy });
    expect(await chain.recover()).toBeNull();
    await expect(chain.write({ ...plain(2), missed: 3 })).rejects.toThrow('gone');
    const [written] = await groups();
    expect(await chain.recover()).toMatchObject({ head: { seq: 4, hash: written?.hash }, logged: 5 });
    expect(await chain.recover()).toBeNull();
    isLost = false;
    expect((await chain.write(plain())).seq).toBe(5);
    expect(warnings).toEqual([]);
  });

  it('is written anew where it was not', async () => {
    let isAway = true;
    const chain = open({ audit: between((commit) => (isAway ? Promise.reject(gone) : commit())) });
    await expect(chain.write(plain())).rejects.toThrow('gone');
    expect(await chain.recover()).toBeNull();
    isAway = false;
    expect((await chain.write(plain())).seq).toBe(2);
    isAway = true;
    await expect(chain.write(plain())).rejects.toThrow('gone');
    await expect(chain.write(plain(3))).rejects.toThrow('gone');
    expect(await chain.recover()).toBeNull();
    isAway = false;
    expect((await chain.write(plain())).seq).toBe(3);
    expect(warnings).toEqual([]);
    expect((await verify(audit.database, { now: time })).said).toEqual([]);
  });

  it('is found among several that were tried', async () => {
    let tries = 0;
    const chain = open({
      audit: between(async (commit) => {
        tries += 1;
        if (tries === 2) await commit();
        if (tries < 4) throw gone;
        await commit();
      }),
    });
    for (const count of [1, 2, 3]) await expect(chain.write(plain(count))).rejects.toThrow('gone');
    expect(await chain.recover()).toMatchObject({ head: { seq: 3 }, logged: 2 });
    expect((await chain.write(plain())).seq).toBe(4);
  });

  it.each([
    ['the day before', [true, false], '2026-11-20'],
    ['the day after', [false, true], '2026-11-21'],
    // Then the one before stays without an end: no other may take its name.
    ['both', [true, true], '2026-11-21'],
  ])('is found where it opens the chain of %s', async (_, arrived, day) => {
    const arrives = [...arrived];
    const chain = open({
      audit: between(async (commit) => {
        const isLast = arrives.length === 0;
        if (arrives.shift() || isLast) await commit();
        if (!isLast) throw gone;
      }),
    });
    time = Date.parse('2026-11-20T23:59:59+07:00');
    await expect(chain.write({ ...plain(), missed: 0 })).rejects.toThrow('gone');
    time += 2_000;
    await expect(chain.write({ ...plain(), missed: 1 })).rejects.toThrow('gone');
    const found = await chain.recover();
    expect(dayOfChain(found?.head.chain ?? '')).toBe(day);
    if (chain.isOver()) await chain.end();
    expect(dayOfChain((await chain.write(plain())).chain)).toBe('2026-11-21');
    expect(warnings).toEqual([]);
    expect((await verify(audit.database, { now: time })).said).toEqual([]);
  });

  it('ends the chain where the end was written', async () => {
    let isLost = false;
    const chain = open({
      audit: between(async (commit) => {
        await commit();
        if (isLost) throw gone;
      }),
    });
    await chain.write(plain());
    isLost = true;
    await expect(chain.end()).rejects.toThrow('gone');
    expect(await chain.recover()).toMatchObject({ head: { seq: 3 }, logged: 0 });
    expect(await chain.end()).toBeNull();
  });

  it('is given up after its time', async () => {
    const chain = open({ timeoutMs: 20, audit: between(() => new Promise(() => {})) });
    await expect(chain.write(plain())).rejects.toThrow();
  });

  it('makes way for a new chain where somebody else wrote into this one', async () => {
    let isAway = false;
    const chain = open({ audit: between((commit) => (isAway ? Promise.reject(gone) : commit())) });
    const { chain: name } = await chain.write(plain());
    isAway = true;
    await expect(chain.write(plain())).rejects.toThrow('gone');
    await audit.database.knex('audit_group').update({ hash: 'somebody else' });
    expect(await chain.recover()).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(/that it did not write; it goes on in a new chain$/)]);
    isAway = false;
    expect(await chain.recover()).toBeNull();
    const { chain: next, seq } = await chain.write(plain());
    expect([next === name, seq]).toEqual([false, 2]);
  });
});
