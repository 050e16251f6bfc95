import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { newestChain } from '../../audit/subject-keys.ts';
import { verifyLog } from '../../audit/verify.ts';
import { buildChain } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { DAY_MS, KEYS, NOON } from './support.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000001/2026-11-21'];

let audit: AuditDatabase;

beforeEach(async () => {
  audit = await openMemoryAudit();
  await store(audit, await buildChain([['open', 1], ['close']], { chain: FIRST }));
  await store(audit, await buildChain([['open'], [0]], { chain: SECOND, openedAt: NOON + DAY_MS }));
});

afterEach(() => audit.close());

const run = (sql: string, ...bindings: (string | number)[]) => audit.database.knex.raw(sql, bindings);

async function said(options: Partial<Parameters<typeof verifyLog>[0]> = {}): Promise<readonly string[]> {
  const told: string[] = [];
  await verifyLog({
    ...{ database: audit.database, heads: null, retentionDays: 30, now: () => NOON + 2 * DAY_MS },
    report: (level, text) => told.push(`${level}: ${text}`),
    ...options,
  });
  return told;
}

describe('The subject key', () => {
  const other = `broken: chain ${SECOND} has another subject key than ${FIRST} before it`;
  const swap = () => run(`update audit_chain set subject_key = 'another' where chain = ?`, FIRST);

  it('is the same in all chains, but where a change is known', async () => {
    await swap();
    expect(await said()).toContain(other);
    expect(await said({ newSubjectKey: ['2026-11-20'] })).toContain(other);
    expect(await said({ newSubjectKey: ['2026-11-21'] })).not.toContain(other);
    expect(await said({ from: '2026-11-21' })).toContain(other);
    expect(await said({ to: '2026-11-20' })).not.toContain(other);
  });

  it('is known of the chain that was opened last', async () => {
    expect(await newestChain(audit.database)).toEqual({ chain: SECOND, subjectKey: KEYS.subjectKeyId });
    await run('delete from audit_chain');
    expect(await newestChain(audit.database)).toBeNull();
  });

  it('is compared in the order in which chains were opened, of however many', async () => {
    for (let place = 0; place < 600; place++) {
      const name = `motcua-${String(place + 10_000_000)}/2026-11-19`;
      await run(
        `insert into audit_chain (chain, instance, day, public_key, subject_key, opened_at) values (?, 'motcua', '', '', 'old', ?)`,
        ...[name, NOON - DAY_MS - (place % 2)],
      );
    }
    expect(await said({ to: '2026-11-20', from: '2026-11-20' })).toEqual([
      `broken: chain ${FIRST} has another subject key than motcua-10000598/2026-11-19 before it`,
    ]);
  });
});
