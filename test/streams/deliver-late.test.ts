import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PortalDossier } from '../../core/portal.ts';
import { type StrictPortal, SWALLOWED } from './deliver-portal.ts';
import { codeOf, idle, onBothStores, reception, type Stage, until } from './deliver-stage.ts';

onBothStores('a call whose answer never came', (open) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });
  afterEach(() => stage.close());

  const CODE = codeOf(1);
  const timeoutMs = 900;
  /** A portal to which the first update comes late, shortly before the time for its answer is over. */
  const lateFor = (arrived: () => void): StrictPortal => {
    let late = false;
    return {
      ...stage.portal,
      sendDossiers: async (request, options) => {
        const [dossier] = request.dossiers as readonly [PortalDossier];
        if (!request.update || late) return stage.portal.sendDossiers(request, options);
        late = true;
        setTimeout(() => {
          stage.portal.dossiers.set(dossier.MaHoSo, dossier);
          arrived();
        }, timeoutMs - 200);
        return SWALLOWED;
      },
    };
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
});
