import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { openIndexer } from '../../audit/indexer.ts';
import { removeOldChains } from '../../audit/retain.ts';
import { verifyLog } from '../../audit/verify.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type BuiltChain, buildChain } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { DAY_MS, NOON } from './support.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000001/2026-11-21'];
const now = () => NOON + 31 * DAY_MS;
const retention = { retentionDays: 30, now, refuse: () => {} };

let audit: AuditDatabase;
let chains: readonly [BuiltChain, BuiltChain];

/** The first of them is old enough to go, and longer than what is read at once. */
beforeEach(async () => {
  audit = await openMemoryAudit();
  const first = await buildChain([['open'], ...Array.from({ length: 45 }, () => [1]), ['close']], { chain: FIRST });
  const { seq, hash } = first.heads.at(-1) as AuditHead;
  const after = `${FIRST} ${seq} ${hash}`;
  chains = [first, await buildChain([['open'], [0]], { chain: SECOND, after, openedAt: NOON + DAY_MS })];
  for (const one of chains) await store(audit, one);
  const indexer = openIndexer(audit);
  await indexer.catchUp();
  await indexer.close();
});

afterEach(() => audit.close());

/**
 * Verifies while something happens.
 *
 * @param between called before each question to the database, with how many were asked before
 */
async function verify(between: (asked: number) => Promise<void>) {
  const said: string[] = [];
  let asked = 0;
  await verifyLog({
    database: {
      ...audit.database,
      query: async (sql, bindings) => {
        await between(asked);
        asked += 1;
        return audit.database.query(sql, bindings);
      },
    },
    heads: {
      chains: [FIRST, SECOND],
      async *of(chain: string) {
        yield* chains.find(({ stored }) => stored.chain === chain)?.heads ?? [];
      },
    },
    ...{ retentionDays: 30, now, report: (level, text) => said.push(`${level}: ${text}`) },
  });
  return { said, asked };
}

/** A removal that does one step, which is a commit, whenever it is told to. */
function stepwise(): () => Promise<void> {
  let permit = Promise.withResolvers<void>();
  let arrived = Promise.withResolvers<void>();
  let isOver = false;
  const commit: AuditDatabase['commit'] = async (statements) => {
    arrived.resolve();
    await permit.promise;
    permit = Promise.withResolvers();
    await audit.commit(statements);
  };
  removeOldChains({ ...audit, commit }, retention).finally(() => {
    isOver = true;
    arrived.resolve();
  });
  return async () => {
    await arrived.promise;
    if (isOver) return;
    arrived = Promise.withResolvers();
    permit.resolve();
    await arrived.promise;
  };
}

describe('An honest log that is verified while old chains are removed', () => {
  it('is whole, wherever the removal comes in between', async () => {
    const { asked, said } = await verify(async () => {});
    expect(said).toEqual([]);
    for (let place = 0; place < asked; place++) {
      const one = await verify(async (before) => {
        if (before === place) await removeOldChains(audit, retention);
      });
      expect(one.said, `removed before question ${place}`).toEqual([]);
      await putBack();
    }
  });

  it('is whole at each step of the removal, which goes on beside it', async () => {
    const { asked } = await verify(async () => {});
    for (let place = 0; place < asked; place++) {
      let step: (() => Promise<void>) | undefined;
      const goOn = async () => {
        step ??= stepwise();
        await step();
      };
      const { said } = await verify((before) => (before >= place ? goOn() : Promise.resolve()));
      expect(
        said.filter((text) => !/^note: .* is being removed/.test(text)),
        `from question ${place} on`,
      ).toEqual([]);
      for (let left = 0; left < 12; left++) await goOn();
      await putBack();
    }
  });

  it('is broken all the same where entries are missing that nobody removed in time', async () => {
    const { said } = await verify(async (asked) => {
      if (asked === 2) await audit.database.knex.raw('delete from audit_group where chain = ?', [FIRST]);
    });
    expect(said).toContain(`broken: chain ${FIRST} has no entries`);
  });
});

/** Everything as it was before. */
async function putBack(): Promise<void> {
  for (const table of ['audit_chain', 'audit_group', 'audit_index', 'audit_indexed']) {
    await audit.database.knex.raw(`delete from ${table}`);
  }
  for (const one of chains) await store(audit, one);
  const indexer = openIndexer(audit);
  await indexer.catchUp();
  await indexer.close();
}
