import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { signHead } from '../../audit/keys.ts';
import { chainLine } from '../../audit/lines.ts';
import { verifyLog } from '../../audit/verify.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type BuiltChain, buildChain, sealed } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { DAY_MS, KEYS, NOON } from './support.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000001/2026-11-21'];

let audit: AuditDatabase;
let first: BuiltChain;
let second: BuiltChain;

beforeEach(async () => {
  audit = await openMemoryAudit();
  first = await buildChain([['open', 1], ['close']], { chain: FIRST });
  const { seq, hash } = first.heads[1] as AuditHead;
  second = await buildChain([['open'], [0]], {
    chain: SECOND,
    after: `${FIRST} ${seq} ${hash}`,
    openedAt: NOON + DAY_MS,
  });
  for (const one of [first, second]) await store(audit, one);
});

afterEach(() => audit.close());

type Options = Partial<Parameters<typeof verifyLog>[0]>;

/** @param exported heads by chain; null: none is compared */
async function verify(
  exported: Readonly<Record<string, readonly (AuditHead | null)[]>> | null = all(),
  options: Options = {},
) {
  const said: string[] = [];
  const heads = exported && {
    chains: Object.keys(exported),
    async *of(chain: string) {
      yield* exported[chain] ?? [];
    },
  };
  const counts = await verifyLog({
    ...{ database: audit.database, heads, retentionDays: 30, now: () => NOON + 2 * DAY_MS },
    report: (level, text) => said.push(`${level}: ${text}`),
    ...options,
  });
  return { ...counts, said };
}

const all = () => ({ [FIRST]: first.heads, [SECOND]: second.heads });
const run = (sql: string, ...bindings: (string | number | null)[]) => audit.database.knex.raw(sql, bindings as never[]);

/** The first chain's entries are gone, and this is left of them. */
async function remove(head: Partial<AuditHead> | null, at = NOON + 31 * DAY_MS): Promise<void> {
  await run('delete from audit_group where chain = ?', FIRST);
  const text = head === null ? null : JSON.stringify({ ...first.heads[1], ...head });
  await run('update audit_chain set removed_at = ?, removed_head = ? where chain = ?', at, text, FIRST);
}

const LATE = { now: () => NOON + 31 * DAY_MS };

describe('A log', () => {
  it('is read chain by chain, all of it or some days', async () => {
    expect(await verify()).toEqual({ chains: 2, entries: 6, said: [] });
    expect(await verify(null)).toEqual({ chains: 2, entries: 6, said: [] });
    expect((await verify({ ...all(), [FIRST]: [...first.heads, ...first.heads] })).said).toEqual([]);
    expect(await verify(all(), { to: '2026-11-20' })).toEqual({ chains: 1, entries: 4, said: [] });
    expect(await verify(all(), { from: '2026-11-21' })).toEqual({ chains: 1, entries: 2, said: [] });
    expect(await verify(all(), { from: '2026-11-20', to: '2026-11-21' })).toMatchObject({ chains: 2 });
    expect(await verify(all(), { from: '2026-11-22' })).toEqual({ chains: 0, entries: 0, said: [] });
  });

  it('may be checked signature by signature', async () => {
    await run(`update audit_group set signature = 'AAAA' where chain = ? and first_seq = 1`, FIRST);
    expect((await verify(null)).said).toEqual([]);
    expect((await verify(null, { everySignature: true })).said).toEqual([
      `broken: chain ${FIRST}: the signature at 3 does not hold`,
    ]);
  });

  it('is unproven where nothing was exported', async () => {
    expect((await verify({})).said).toEqual([
      `unproven: chain ${FIRST}: 4 entries beyond no exported head are unproven`,
      `unproven: chain ${SECOND}: 2 entries beyond no exported head are unproven`,
    ]);
  });
});

describe('A chain that was not closed', () => {
  it('is open on its day, and unproven on any other', async () => {
    const exported = { [FIRST]: first.heads };
    const levelAt = async (time: string) => {
      const { said } = await verify(exported, { now: () => Date.parse(time) });
      return said.map((text) => text.replace(/: .*/, ''));
    };
    expect(await levelAt('2026-11-20T23:58:59+07:00')).toEqual(['unproven']);
    expect(await levelAt('2026-11-20T23:59:00+07:00')).toEqual(['open']);
    expect(await levelAt('2026-11-21T23:59:59+07:00')).toEqual(['open']);
    expect(await levelAt('2026-11-22T00:00:00+07:00')).toEqual(['unproven']);
  });
});

describe('A chain that is missing', () => {
  it('is not one that was begun meanwhile', async () => {
    const begun = await buildChain([['open']], { chain: 'lequy-00000001/2026-11-21', openedAt: NOON + DAY_MS });
    let isBegun = false;
    const database: AuditDatabase['database'] = {
      ...audit.database,
      query: async (sql, bindings) => {
        if (sql.includes('select chain from audit_group') && !isBegun) {
          isBegun = true;
          await store(audit, begun);
        }
        return audit.database.query(sql, bindings);
      },
    };
    expect((await verify(all(), { database })).said).toEqual([]);
    expect(isBegun).toBe(true);
  });

  it('is not one that was closed while it was read', async () => {
    const closed = await buildChain([['open'], [0], ['close']], {
      ...{ chain: SECOND, after: second.stored.after, openedAt: NOON + DAY_MS },
    });
    let isClosed = false;
    const database: AuditDatabase['database'] = {
      ...audit.database,
      query: async (sql, bindings) => {
        // Its list entry has been read by now, and its entries have not.
        if (/from audit_group\s+where/.test(sql) && bindings?.[0] === SECOND && !isClosed) {
          isClosed = true;
          for (const table of ['audit_chain', 'audit_group']) await run(`delete from ${table} where chain = ?`, SECOND);
          await store(audit, closed);
        }
        return audit.database.query(sql, bindings);
      },
    };
    const exported = { [FIRST]: first.heads, [SECOND]: closed.heads };
    expect((await verify(exported, { database })).said).toEqual([]);
    expect(isClosed).toBe(true);
  });

  it('is known by its entries', async () => {
    await run('delete from audit_chain where chain = ?', SECOND);
    expect((await verify(null)).said).toEqual([`broken: chain ${SECOND} has entries and is not listed`]);
    expect((await verify(null, { to: '2026-11-20' })).said).toEqual([]);
  });

  it('is known by its heads, and by the chain that came after it', async () => {
    for (const table of ['audit_chain', 'audit_group']) await run(`delete from ${table} where chain = ?`, FIRST);
    expect((await verify()).said).toEqual([
      `broken: chain ${FIRST} is missing, after which ${SECOND} was opened`,
      `broken: chain ${FIRST} is missing, of which heads were exported`,
    ]);
    expect((await verify(all(), { from: '2026-11-21' })).said).toEqual([
      `broken: chain ${FIRST} is missing, after which ${SECOND} was opened`,
    ]);
  });
});

describe('The chain before', () => {
  const moved = `broken: chain ${FIRST} is not at 4 what it was when ${SECOND} was opened`;

  it('is what it was when the next one was opened', async () => {
    await run(`update audit_group set hash = ? where chain = ? and first_seq = 4`, '0'.repeat(64), FIRST);
    expect((await verify(null)).said).toContain(moved);
    await run('delete from audit_group where chain = ? and first_seq = 4', FIRST);
    expect((await verify(null)).said).toContain(moved);
  });

  it('is what it was there as long as its entries are left, though it is said to be on its way out', async () => {
    const { seq, hash } = first.heads[0] as AuditHead;
    // Opened while the process before was still running, which wrote more since.
    await run('update audit_chain set after_head = ? where chain = ?', `${FIRST} ${seq} ${hash}`, SECOND);
    const text = JSON.stringify(first.heads[1]);
    await run(
      'update audit_chain set removing = 1, removed_at = ?, removed_head = ? where chain = ?',
      ...[NOON + 31 * DAY_MS, text, FIRST],
    );
    const moved = `broken: chain ${FIRST} is not at ${seq} what it was when ${SECOND} was opened`;
    expect((await verify(null, LATE)).said).not.toContain(moved);
    await run('update audit_group set hash = ? where chain = ? and first_seq = 1', '0'.repeat(64), FIRST);
    expect((await verify(null, LATE)).said).toContain(moved);
  });

  it('had ended when the next one was opened, but for what a clock is set back by', async () => {
    const end = (first.heads[1] as AuditHead).at;
    const reopen = async (openedAt: number) => {
      for (const table of ['audit_chain', 'audit_group']) await run(`delete from ${table} where chain = ?`, SECOND);
      const { seq, hash } = first.heads[1] as AuditHead;
      const after = `${FIRST} ${seq} ${hash}`;
      await store(audit, await buildChain([['open']], { chain: FIRST.replace('1/', '2/'), after, openedAt }));
      const { said } = await verify(null);
      await run('delete from audit_chain where after_head is not null');
      await run('delete from audit_group where chain <> ?', FIRST);
      return said;
    };
    expect(await reopen(end - 60_000)).toEqual([]);
    expect(await reopen(end - 60_001)).toEqual([
      `broken: chain ${FIRST.replace('1/', '2/')} was opened before the end of ${FIRST}, after which it comes`,
    ]);
  });

  it('may have been removed, and left the head that the next one names, or a later one', async () => {
    await remove({});
    expect((await verify(null, LATE)).said).toEqual([]);
    await remove({ hash: '0'.repeat(64) });
    expect((await verify(null, LATE)).said).toContain(moved);
    await remove({ hash: '0'.repeat(64), seq: 5 });
    expect((await verify(null, LATE)).said).not.toContain(moved);
    await remove({ hash: '0'.repeat(64), seq: 3 });
    expect((await verify(null, LATE)).said).toContain(moved);
  });
});

describe('The ends that a chain names', () => {
  /** A third chain that names the end of the first so many times, and a last end that is none. */
  async function naming(times: number): Promise<readonly string[]> {
    const chain = 'motcua-00000002/2026-11-21';
    const { stored, groups } = await buildChain([['open']], { chain, openedAt: NOON + DAY_MS });
    const [opening] = groups as [BuiltChain['groups'][number]];
    const { seq, hash } = first.heads[1] as AuditHead;
    const ends = [...Array.from({ length: times }, () => `${FIRST} ${seq} ${hash}`), `${FIRST} ${seq} another`];
    const gaps = ends.map((end, place) =>
      chainLine({ ...{ seq: place + 2, at: opening.at, kind: 'GAP', chain, missed: null }, end }),
    );
    await store(
      audit,
      await sealed(stored, [{ ...opening, lastSeq: ends.length + 1, lines: [...opening.lines, ...gaps] }]),
    );
    const { said } = await verify(null);
    return said.map((text) => text.replaceAll(chain, 'C'));
  }

  it('are looked at up to the thousandth', async () => {
    expect(await naming(999)).toEqual([`broken: chain ${FIRST} is not at 4 what it was when C was opened`]);
  });

  it('are counted beyond it: that nobody looked at them is told', async () => {
    expect(await naming(1_001)).toEqual([
      'unproven: chain C names 1002 ends of other chains, of which the last 2 were not looked at',
    ]);
  });
});

describe('A chain that was removed', () => {
  const of = (text: string) => `broken: chain ${FIRST} ${text}`;

  it('counts no entries, and is believed after its time', async () => {
    await remove({});
    expect(await verify(all(), LATE)).toEqual({ chains: 2, entries: 2, said: [] });
  });

  it('is not believed before its time, by its own word or by the clock', async () => {
    await remove({}, NOON + 30 * DAY_MS + 2_000);
    expect((await verify(all(), LATE)).said).toEqual([of('was removed before its time')]);
    await remove({}, NOON + 30 * DAY_MS);
    expect((await verify(all(), LATE)).said).toEqual([of('was removed before its time')]);
    await remove({});
    expect((await verify(all(), { now: () => NOON + 30 * DAY_MS })).said).toEqual([of('was removed before its time')]);
    await run('update audit_chain set removed_at = null where chain = ?', FIRST);
    expect((await verify(all(), LATE)).said).toEqual([of('was removed before its time')]);
  });

  it('is as old as the head that was signed, and exported, whatever day it is called by', async () => {
    const young = [of('was removed before its time')];
    const end = first.heads[1] as AuditHead;
    const at = NOON + 2 * DAY_MS;
    const text = { chain: FIRST, seq: end.seq, at, hash: end.hash };
    const head = { ...end, at, signature: signHead(KEYS.signing, text) };
    await remove(head);
    expect((await verify(null, { ...LATE, to: '2026-11-20' })).said).toEqual(young);
    await remove({});
    expect((await verify({ ...all(), [FIRST]: [head] }, LATE)).said).toEqual(young);
    expect((await verify(all(), LATE)).said).toEqual([]);
  });

  it('may be on its way out', async () => {
    await remove({});
    await run('update audit_chain set removing = 1 where chain = ?', FIRST);
    expect((await verify(all(), LATE)).said).toEqual([
      `note: chain ${FIRST} is being removed; where that was interrupted, \`audit retain\` goes on`,
    ]);
    expect((await verify(all())).said).toContain(of('was removed before its time'));
  });

  it('leaves a signed head of its own', async () => {
    const unsigned = of('was removed without a signed last head');
    const later = { ...LATE, from: '2026-11-20', to: '2026-11-20' };
    for (const head of [
      null,
      second.heads[1] as AuditHead,
      { hash: '0'.repeat(64) },
      { chain: SECOND },
      { signature: 'AAAA' },
      { seq: 3 },
      // The text that was signed is the same.
      { seq: '4' as unknown as number },
      { at: String(first.heads[1]?.at) as unknown as number },
      { key: 7 as unknown as string },
    ]) {
      await remove(head);
      expect((await verify(all(), later)).said).toEqual([unsigned]);
    }
    await run(`update audit_chain set removed_head = '{' where chain = ?`, FIRST);
    expect((await verify(all(), later)).said).toEqual([unsigned]);
    for (const odd of [
      '{"hash":"a"}',
      '{"signature":"a"}',
      '{"hash":1,"signature":"a"}',
      '{"hash":"a","signature":1}',
      '7',
    ]) {
      await run('update audit_chain set removed_head = ? where chain = ?', odd, FIRST);
      expect((await verify(all(), later)).said).toEqual([unsigned]);
    }
  });

  it('leaves no entries', async () => {
    await run(
      'update audit_chain set removed_at = ?, removed_head = ? where chain = ?',
      NOON + 31 * DAY_MS,
      JSON.stringify(first.heads[1]),
      FIRST,
    );
    expect((await verify(all(), LATE)).said).toEqual([of('is listed as removed and has entries')]);
  });

  it('leaves the end at which it was closed', async () => {
    await remove({});
    await run('update audit_chain set last_seq = 5 where chain = ?', FIRST);
    expect((await verify(all(), LATE)).said).toEqual([of('was removed at 4, and closed at 5')]);
    await run('update audit_chain set closed = 0 where chain = ?', FIRST);
    expect((await verify(all(), LATE)).said).toEqual([]);
  });

  it('is held against what was exported of it', async () => {
    await remove({});
    const [early, end] = first.heads as [AuditHead, AuditHead];
    const with_ = (...heads: (AuditHead | null)[]) => ({ [FIRST]: heads, [SECOND]: second.heads });
    const said = async (exported: ReturnType<typeof with_>) => (await verify(exported, LATE)).said;
    expect(await said(with_())).toEqual([`unproven: chain ${FIRST} was removed, and no exported head speaks of it`]);
    expect(await said(with_(null))).toEqual([
      `unproven: chain ${FIRST} was removed, and no exported head speaks of it`,
    ]);
    expect(await said(with_(early))).toEqual([`unproven: chain ${FIRST} was removed beyond its last exported head`]);
    expect(await said(with_(early, end, null))).toEqual([]);
    expect(await said(with_(early, { ...end, hash: '0'.repeat(64) }))).toEqual([
      of('was removed with another end than was exported'),
    ]);
    expect(await said(with_(early, { ...end, seq: 5 }))).toEqual([of('was removed at 4, an exported head says 5')]);
    // A start sends again what the log says by then.
    const beyond = [early, { ...end, seq: 5 }, early, end];
    expect(await said(with_(...beyond))).toEqual([of('was removed at 4, an exported head says 5')]);
    expect(await said(with_(early, { ...end, hash: '0'.repeat(64) }, end))).toEqual([
      of('was removed with another end than was exported'),
    ]);
  });
});
