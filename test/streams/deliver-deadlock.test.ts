import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import type { Knex } from '../../drivers/database.ts';
import { type Claim, type ClaimedWork, createDeliveryQueue, type DeliveryQueue } from '../../store/delivery-queue.ts';
import { openStore, type Store } from '../../store/store.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { codeOf } from './deliver-stage.ts';

const service = inject('mariadb');
const missing = 'missing' in service;

describe.skipIf(missing)(`a delivery written on MariaDB${missing ? ` (${service.missing})` : ''}`, () => {
  const CODE = codeOf(1);
  let store: Store;
  let drop: () => Promise<void>;
  let queue: DeliveryQueue;
  beforeEach(async () => {
    if ('missing' in service) return;
    const own = await ownDatabase(service);
    drop = own.drop;
    store = await openStore(own.url, { seal: createSeal(Buffer.alloc(32, 7)) });
    queue = createDeliveryQueue(store.database, { holder: 'test', leaseMs: 5_000, now: Date.now });
    await store.database.knex('delivery').insert({
      ...{ code: CODE, wanted_revision: 1, wanted_at: 0, known_revision: 0, state: 'pending' },
      ...{ attempts: 0, next_try_at: 0, claimed_until: 0, fence: 0 },
    });
  });
  afterEach(async () => {
    await store.close();
    await drop();
  });

  const claimOne = async (): Promise<Claim> => {
    const [claim] = await queue.claim(1);
    if (claim === undefined) throw new Error('It is due');
    return claim;
  };
  const mode = (agency: string) => ({ agency_code: agency, procedure_code: '*', mode: 'send', set_at: 0 });
  /** Another transaction that waits for the dossier, has written far more, and so wins. */
  const outdone = (): {
    readonly work: ClaimedWork;
    readonly times: () => number;
    readonly won: () => Promise<void>;
  } => {
    let times = 0;
    let won: Promise<void> = Promise.resolve();
    const lock = async (trx: Knex.Transaction): Promise<void> => {
      await trx('delivery_mode').insert(mode('first'));
      await trx('delivery_mode').insert(Array.from({ length: 200 }, () => mode(randomUUID())));
    };
    const work: ClaimedWork = async (batch) => {
      times += 1;
      if (times > 1) return;
      const trx = await batch.statements();
      const other = await store.database.knex.transaction();
      await lock(other);
      won = other('delivery')
        .where({ code: CODE })
        .update({ reason: 'seen' })
        .then(async () => {
          await other.commit();
        });
      won.catch(() => {});
      await trx('delivery_mode').insert(mode('first'));
    };
    return { work, times: () => times, won: () => won };
  };

  it('is written again when it lost against another transaction', async () => {
    const claim = await claimOne();
    const { work, times, won } = outdone();
    await queue.write(claim, work);
    await won();
    expect(times()).toBe(2);
  });

  it('is let go again when it lost against another transaction', async () => {
    const claim = await claimOne();
    const { work, times, won } = outdone();
    await queue.finish(claim, { to: 'acknowledged', revision: 1 }, [work]);
    await won();
    expect(times()).toBe(2);
    const [row] = await store.database.knex('delivery').where({ code: CODE });
    expect(row).toMatchObject({ state: 'acknowledged', claimed_by: null });
  });

  it('sees what others have committed since its transaction began', async () => {
    const claim = await claimOne();
    const seen: number[] = [];
    await queue.write(claim, async (batch) => {
      const trx = await batch.statements();
      seen.push((await trx('delivery_mode')).length);
      await store.database.knex('delivery_mode').insert(mode('first'));
      seen.push((await trx('delivery_mode')).length);
    });
    expect(seen).toEqual([0, 1]);
  });
});
