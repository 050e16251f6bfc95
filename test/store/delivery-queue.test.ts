import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { createDeliveryLedger, type PortalCallEntry } from '../../store/delivery-ledger.ts';
import { type Claim, ClaimLost, createDeliveryQueue, type DeliveryQueue } from '../../store/delivery-queue.ts';
import { openStore, type Store } from '../../store/store.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { skipByName } from '../support/missing.ts';

const service = inject('mariadb');
const LEASE_MS = 300;
const CODES = ['H-1', 'H-2', 'H-3', 'H-4'];

function queueOn(name: string, place: () => Promise<{ url: string; drop: () => Promise<unknown> }>): void {
  describe(`the queue of deliveries, on ${name}`, () => {
    let store: Store;
    let drop: () => Promise<unknown>;
    let queue: DeliveryQueue;
    let other: DeliveryQueue;
    beforeEach(async () => {
      const own = await place();
      drop = own.drop;
      store = await openStore(own.url, { seal: createSeal(Buffer.alloc(32, 7)) });
      queue = createDeliveryQueue(store.database, { holder: 'one', leaseMs: LEASE_MS, now: Date.now });
      other = createDeliveryQueue(store.database, { holder: 'other', leaseMs: LEASE_MS, now: Date.now });
      await store.database.knex('delivery').insert(
        CODES.map((code) => ({
          ...{ code, wanted_revision: 2, wanted_at: 0, known_revision: 0, state: 'pending' },
          ...{ attempts: 0, next_try_at: 0, claimed_until: 0, fence: 0 },
        })),
      );
    });
    afterEach(async () => {
      await store.close();
      await drop();
    });

    const statesOf = async (): Promise<unknown[]> =>
      (await store.database.knex('delivery').orderBy('code')).map(
        ({ state, claimed_by: by }) => `${state} ${by ?? ''}`,
      );

    it('lets several go at once, each in its own way', async () => {
      const [first, second, third, fourth] = (await queue.claim(4)) as [Claim, Claim, Claim, Claim];
      const reason = { code: 'MISSING_IDENTITY', text: 'Thiếu số định danh' };
      await Promise.all([
        queue.finish(first, { to: 'acknowledged', revision: 2 }),
        // A newer revision came since this one was looked at.
        queue.finish(second, { to: 'acknowledged', revision: 1 }),
        queue.finish(third, { to: 'held', revision: 2, reason }),
        queue.write(fourth),
      ]);
      expect(await statesOf()).toEqual(['acknowledged ', 'pending ', 'held ', 'pending one']);
      const rows = await store.database.knex('delivery').orderBy('code');
      expect(rows.map((row) => Number(row.known_revision))).toEqual([2, 1, 0, 0]);
      expect(rows.map((row) => row.reason_code)).toEqual([null, null, reason.code, null]);
      expect(rows.map((row) => row.held_since !== null)).toEqual([false, false, true, false]);
    });

    it('writes nothing of a dossier whose claim was lost, and everything of those beside it', async () => {
      const ledger = createDeliveryLedger(store.database, { now: Date.now });
      const [first, second] = (await queue.claim(2)) as [Claim, Claim];
      await delay(LEASE_MS + 50);
      await queue.write(second);
      // The first one's time is over: the other has it now.
      expect((await other.claim(1)).map(({ code, fence }) => [code, fence])).toEqual([[first.code, first.fence + 1]]);
      const [lost, kept] = await Promise.allSettled([
        queue.write(first, ledger.submitted(callOf(first.code))),
        queue.write(second, ledger.submitted(callOf(second.code))),
      ]);
      expect(lost).toMatchObject({ status: 'rejected', reason: expect.any(ClaimLost) });
      expect(kept).toMatchObject({ status: 'fulfilled' });
      expect(await store.database.knex('portal_call').pluck('code')).toEqual([second.code]);
    });

    it('writes of many dossiers what the ledger then says of each', async () => {
      const ledger = createDeliveryLedger(store.database, { now: Date.now });
      const claims = await queue.claim(3);
      await Promise.all(claims.map((claim) => queue.write(claim, ledger.submitted(callOf(claim.code)))));
      const open = await Promise.all(claims.map(({ code }) => ledger.knownOf(code)));
      expect(open.map((known) => [known.copy, known.open.map(({ hash }) => hash), [...known.uncertain]])).toEqual(
        claims.map(({ code }) => [null, [`hash of ${code}`], []]),
      );
      const [first, second, third] = claims as [Claim, Claim, Claim];
      const steps = [{ key: '20261122080000|2', hash: 'step' }];
      const progress: PortalCallEntry = {
        ...callOf(first.code),
        key: `${first.code}:2#0`,
        kind: 'progress',
        digests: null,
        steps,
      };
      await Promise.all([
        queue.write(
          first,
          ledger.settled(callOf(first.code), { state: 'accepted', receipt: 'R1' }),
          ledger.submitted(progress),
        ),
        queue.finish(second, { to: 'pending', at: Date.now(), attempts: 1 }, [
          ledger.settled(callOf(second.code), { state: 'unknown', reason: 'timeout' }),
        ]),
        queue.finish(third, { to: 'pending', at: Date.now(), attempts: 1 }, [
          ledger.settled(callOf(third.code), { state: 'unsent', reason: 'refused connection' }),
        ]),
      ]);
      const known = await Promise.all(claims.map(({ code }) => ledger.knownOf(code)));
      expect(known.map(({ copy }) => copy?.hash ?? null)).toEqual([`hash of ${first.code}`, null, null]);
      expect(known.map(({ uncertain }) => [...uncertain])).toEqual([[steps[0]?.key], [], []]);
      expect(known.map((one) => one.open.map(({ kind }) => kind))).toEqual([['progress'], ['create'], []]);
      await queue.finish(first, { to: 'acknowledged', revision: 2 }, [
        ledger.settled(progress, { state: 'refused', reason: 'code 5' }),
      ]);
      expect((await ledger.knownOf(first.code)).uncertain.size).toBe(0);
    });

    it('counts the tries of a call under the same key', async () => {
      const ledger = createDeliveryLedger(store.database, { now: Date.now });
      const [claim] = (await queue.claim(1)) as [Claim];
      for (const _ of [1, 2, 3]) await queue.write(claim, ledger.submitted(callOf(claim.code)));
      const [call] = await store.database.knex('portal_call');
      expect(call).toMatchObject({ call_key: `${claim.code}:2`, state: 'submitted', answered_at: null });
      expect(Number(call.tries)).toBe(3);
    });
  });
}

function callOf(code: string): PortalCallEntry {
  return {
    ...{ key: `${code}:2`, code, kind: 'create', revision: 2, hash: `hash of ${code}` },
    ...{ digests: { MaHoSo: code }, steps: [] },
  };
}

queueOn('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'queue-'));
  return { url: `sqlite://${folder}/hub.db`, drop: () => rm(folder, { recursive: true }) };
});
if ('missing' in service) skipByName('the queue of deliveries, on MariaDB', service);
else queueOn('MariaDB', () => ownDatabase(service));
