import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PortalDossier } from '../../core/portal.ts';
import { type StrictPortal, SWALLOWED } from './deliver-portal.ts';
import { codeOf, idle, onBothStores, reception, type Stage, until } from './deliver-stage.ts';
import { stoppable } from './stoppable-database.ts';

const HOUR_MS = 3_600_000;

onBothStores('a call whose answer never came', (open) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });
  afterEach(() => stage.close());

  const CODE = codeOf(1);
  const timeoutMs = 900;
  /** A portal to which the first update comes at the last moment: as the time for its answer is over. */
  const lateFor = (arrived: () => void): StrictPortal => {
    let late = false;
    return {
      ...stage.portal,
      sendDossiers: async (request, options) => {
        const [dossier] = request.dossiers as readonly [PortalDossier];
        if (!request.update || late) return stage.portal.sendDossiers(request, options);
        late = true;
        options.signal.addEventListener('abort', () => {
          stage.portal.dossiers.set(dossier.MaHoSo, dossier);
          arrived();
        });
        return SWALLOWED;
      },
    };
  };

  const swallowFirst = () => {
    let first = true;
    stage.portal.before = ({ kind }) => {
      if (kind !== 'progress' || !first) return null;
      first = false;
      return SWALLOWED;
    };
  };
  /** That progress was sent again only once the first call could no longer arrive. */
  const expectInTurn = () => {
    const [lost, again] = stage.portal.calls.filter(({ kind }) => kind === 'progress');
    expect(lost?.givenUpAt).toBeLessThanOrEqual(again?.at ?? 0);
    expect(stage.portal.steps).toHaveLength(2);
  };

  it('does not overwrite what was sent after it, when it arrives after all', async () => {
    await stage.put(CODE, reception(CODE));
    let arrived = false;
    const portal = lateFor(() => {
      arrived = true;
    });
    const deliverer = stage.deliverer({ portal, settings: { PORTAL_TIMEOUT_MS: timeoutMs } });
    await idle(deliverer);
    await stage.put(CODE, reception(CODE, { summary: 'Lần hai' }));
    await until(async () => (await stage.database.knex('portal_call').where({ state: 'unknown' })).length === 1);
    await stage.put(CODE, reception(CODE, { summary: 'Lần ba' }));
    await idle(deliverer);
    await until(() => arrived);
    await delay(50);
    expect(await stage.row(CODE)).toMatchObject({ state: 'acknowledged', known_revision: 3 });
    expect(stage.portal.dossiers.get(CODE)?.TrichYeuHoSo).toBe('Lần ba');
  });

  it('is waited for by the clock that all hubs share, so that one whose clock is ahead delays nobody', async () => {
    await stage.put(CODE, reception(CODE));
    swallowFirst();
    const ahead = stage.deliverer({ now: () => Date.now() + HOUR_MS });
    await until(() => stage.portal.calls.some(({ kind }) => kind === 'progress'));
    await ahead.close();
    await idle(stage.deliverer());
    expect(stage.portal.steps).toHaveLength(2);
  });

  it('is waited for too where the clock of who sent it was behind', async () => {
    await stage.put(CODE, reception(CODE));
    swallowFirst();
    await idle(stage.deliverer({ now: () => Date.now() - HOUR_MS, settings: { PORTAL_TIMEOUT_MS: 600 } }));
    expectInTurn();
  });

  it('ends with the time that others wait for it, however long the store took to write it', async () => {
    await stage.put(CODE, reception(CODE));
    swallowFirst();
    const database = stoppable(stage.database, async () => {
      const [sending] = await stage.database.knex('portal_call').where({ kind: 'progress', state: 'submitted' });
      return sending !== undefined;
    });
    const deliverer = stage.deliverer({ database, settings: { PORTAL_TIMEOUT_MS: 1_500 } });
    await until(database.isStopped);
    await delay(500);
    database.goOn();
    await idle(deliverer);
    expectInTurn();
  });
});
