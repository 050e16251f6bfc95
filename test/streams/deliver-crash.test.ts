import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PROGRESS_CHUNK } from '../../core/portal.ts';
import { type StrictPortal, SWALLOWED } from './deliver-portal.ts';
import { at, codeOf, idle, onBothStores, reception, type Stage, step, until } from './deliver-stage.ts';
import { stoppable } from './stoppable-database.ts';

const STEPS = PROGRESS_CHUNK + 2;

onBothStores('delivery through crashes and doubles', (open) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });
  afterEach(() => stage.close());

  const CODE = codeOf(1);
  const steps = Array.from({ length: STEPS }, (_, place) => step({ at: at('2026-10-08T08:00:00') + place * 60_000 }));
  const everythingOnce = (codes: readonly string[]) => {
    expect(stage.portal.doubled()).toBe(0);
    expect(stage.portal.dossiers.size).toBe(codes.length);
    expect(stage.portal.steps).toHaveLength(codes.length * STEPS);
  };

  it.each(['create', 'progress'] as const)(
    'doubles nothing when it dies after the portal took a %s and before the ledger knows',
    async (kind) => {
      await stage.put(CODE, reception(CODE, { steps }));
      await stage.mortal((die) => deadAfter(stage.portal, kind, die), 400);
      await idle(stage.deliverer({ settings: { LEASE_MS: 400 } }));
      everythingOnce([CODE]);
      expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', known_revision: 1 });
    },
  );

  it('doubles nothing when it dies after the portal took the progress of a later version', async () => {
    await stage.put(CODE, reception(CODE, { steps: steps.slice(0, 3) }));
    const first = stage.deliverer();
    await idle(first);
    await first.close();
    await stage.put(CODE, reception(CODE, { steps }));
    await stage.mortal((die) => deadAfter(stage.portal, 'progress', die), 400);
    await idle(stage.deliverer({ settings: { LEASE_MS: 400 } }));
    everythingOnce([CODE]);
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', known_revision: 2 });
  });

  it('loses nothing when it dies before the portal took anything', async () => {
    await stage.put(CODE, reception(CODE, { steps }));
    const dying = (die: () => void): StrictPortal => ({
      ...stage.portal,
      sendDossiers: () => {
        die();
        return new Promise(() => {});
      },
    });
    await stage.mortal(dying, 400);
    await idle(stage.deliverer({ settings: { LEASE_MS: 400 } }));
    everythingOnce([CODE]);
  });

  it('doubles nothing when two deliverers work on one store while answers are swallowed', async () => {
    const codes = Array.from({ length: 60 }, (_, place) => codeOf(place + 1));
    for (const code of codes) await stage.put(code, reception(code, { steps }));
    let calls = 0;
    stage.portal.after = ({ kind }) => {
      if (kind === 'lookUp') return null;
      calls += 1;
      return calls % 7 === 0 ? SWALLOWED : null;
    };
    stage.portal.before = async () => {
      await delay(2);
      return null;
    };
    const [one, other] = [stage.deliverer(), stage.deliverer()];
    await idle(one, 18_000);
    await idle(other);
    everythingOnce(codes);
    const holders = await stage.database.knex('delivery').where({ state: 'acknowledged' });
    expect(holders).toHaveLength(60);
  });

  it('sends nothing and writes nothing when it was stopped past the end of its claim and then goes on', async () => {
    await stage.put(CODE, reception(CODE, { steps }));
    const database = stoppable(stage.database, async () => {
      const [sending] = await stage.database.knex('portal_call').where({ kind: 'progress', state: 'submitted' });
      return sending !== undefined;
    });
    let sentByStopped = 0;
    const portal: StrictPortal = {
      ...stage.portal,
      sendProgress: (request, options) => {
        sentByStopped += 1;
        return stage.portal.sendProgress(request, options);
      },
    };
    stage.deliverer({ database, portal, settings: { LEASE_MS: 300 } });
    await until(database.isStopped);
    await idle(stage.deliverer({ settings: { LEASE_MS: 2_000 } }));
    const before = await stage.row(CODE);
    database.goOn();
    await delay(300);
    expect(sentByStopped).toBe(0);
    everythingOnce([CODE]);
    expect(await stage.row(CODE)).toEqual(before);
  });

  it('hands a dossier to one worker at a time, and grows its fence with each', async () => {
    await stage.put(CODE, reception(CODE, { steps }));
    let inside = 0;
    let most = 0;
    stage.portal.before = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await delay(20);
      inside -= 1;
      return null;
    };
    const deliverers = [stage.deliverer(), stage.deliverer(), stage.deliverer()];
    for (let version = 0; version < 3; version++) {
      await stage.put(CODE, reception(CODE, { steps, summary: `Lần ${version}` }));
      for (const one of deliverers) one.kick();
      await delay(60);
    }
    for (const one of deliverers) await idle(one);
    expect(most).toBe(1);
    const row = await stage.row(CODE);
    expect(row).toMatchObject({ state: 'acknowledged', known_revision: 4 });
    expect(Number(row.fence)).toBeGreaterThan(1);
    expect(stage.portal.dossiers.get(CODE)?.TrichYeuHoSo).toBe('Lần 2');
  });

  it('delivers all that waited, once, when the portal was away and answered wrongly at random', async () => {
    const codes = Array.from({ length: 20 }, (_, place) => codeOf(place + 1));
    for (const code of codes) await stage.put(code, reception(code, { steps }));
    const random = sequence(20261120);
    stage.portal.before = () => (random() < 0.1 ? { outcome: 'unsent', reason: '503', retryAfterMs: 20 } : null);
    stage.portal.after = () => (random() < 0.1 ? SWALLOWED : null);
    await idle(stage.deliverer({ settings: { PORTAL_TIMEOUT_MS: 200 } }), 18_000);
    everythingOnce(codes);
  });
});

/** The portal as a process sees it that dies right after one of its calls was taken. */
function deadAfter(portal: StrictPortal, kind: 'create' | 'progress', died: () => void): StrictPortal {
  const never = new Promise<never>(() => {});
  return {
    ...portal,
    sendDossiers: async (request, options) => {
      const reply = await portal.sendDossiers(request, options);
      if (kind !== 'create') return reply;
      died();
      return never;
    },
    sendProgress: async (request, options) => {
      const reply = await portal.sendProgress(request, options);
      if (kind !== 'progress') return reply;
      died();
      return never;
    },
  };
}

/** Numbers from 0 to 1 that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
