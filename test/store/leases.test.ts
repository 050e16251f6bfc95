import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { assertHeld, createLeases, type Lease, LeaseLost } from '../../store/leases.ts';
import { openStore, type Store } from '../../store/store.ts';
import { inTransaction } from '../../store/transaction.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const LEASE_MS = 1_500;

describe.each(['SQLite', `MariaDB${reason}`])('A lease, on %s', (kind) => {
  const isSqlite = kind === 'SQLite';
  const test = it.skipIf(!isSqlite && 'missing' in service);
  const held: Lease[] = [];
  let store: Store;
  let drop = async (): Promise<void> => {};

  beforeAll(async () => {
    if (!isSqlite && 'missing' in service) return;
    const own = isSqlite ? { url: 'sqlite::memory:', drop } : await ownDatabase(service);
    drop = own.drop;
    store = await openStore(own.url, { seal: createSeal(new Uint8Array(32)) });
  });

  afterAll(async () => {
    await Promise.all(held.map((lease) => lease.release()));
    await store?.close();
    await drop();
  });

  const take = async (name: string, holder = 'one', leaseMs = LEASE_MS): Promise<Lease | null> => {
    const lease = await createLeases(store.database, { holder, leaseMs }).acquire(name);
    if (lease !== null) held.push(lease);
    return lease;
  };
  const write = (lease: Lease) => inTransaction(store.database, (trx) => assertHeld(trx, lease));

  test('is held by one at a time, for as long as that one renews it', async () => {
    const lease = await take('renewed');
    expect(lease).not.toBeNull();
    for (let tried = 0; tried < 3; tried++) {
      expect(await take('renewed', 'two')).toBeNull();
      await delay(LEASE_MS / 2);
    }
    expect(lease?.lost.aborted).toBe(false);
    await lease?.release();
    expect((await take('renewed', 'two'))?.fence).toBe((lease?.fence ?? 0) + 1);
    expect(lease?.lost.aborted).toBe(true);
  });

  test('is given to one of many that ask at the same time', async () => {
    const leases = await Promise.all(Array.from({ length: 8 }, (_, index) => take('rush', `holder-${index}`)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  test('is over here before it is over for others, when it cannot be renewed', async () => {
    const lease = await take('unrenewed');
    const lostAt = new Promise<number>((resolve) =>
      lease?.lost.addEventListener('abort', () => resolve(performance.now())),
    );
    // Somebody else's word in the table is what a renewal finds that comes too late.
    await store.database.knex('lease').where('name', 'unrenewed').update({ fence: 77 });
    const takenAt = (async () => {
      while ((await take('unrenewed', 'two')) === null) await delay(5);
      return performance.now();
    })();
    expect(await lostAt).toBeLessThan(await takenAt);
  });

  test('that another one has taken meanwhile lets nothing more be written', async () => {
    const stale = (await take('fenced')) as Lease;
    await write(stale);
    // As if this process had been stopped past its lease.
    await store.database.knex('lease').where('name', 'fenced').update({ until: 0 });
    const next = (await take('fenced', 'two')) as Lease;
    await expect(write(stale)).rejects.toThrow(LeaseLost);
    await write(next);
    expect(await stale.renew()).toBe(false);
    expect(stale.lost.aborted).toBe(true);
    // What the stale one does at its end takes nothing from the next.
    await stale.release();
    expect(await take('fenced', 'three')).toBeNull();
  });
});
