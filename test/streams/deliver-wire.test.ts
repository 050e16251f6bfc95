import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Portal } from '../../core/portal.ts';
import { type RunningPortal, start } from '../../stand-ins/portal/index.ts';
import { openPortal } from '../../streams/portals/open-portal.ts';
import { at, codeOf, idle, onBothStores, reception, SETTINGS, type Stage, stated, step } from './deliver-stage.ts';

onBothStores('delivery over the wire', (open) => {
  let stage: Stage;
  let folder: string;
  let running: RunningPortal;
  let portal: Portal;
  beforeEach(async () => {
    stage = await open();
    folder = await mkdtemp(join(tmpdir(), 'portal-'));
    running = await start({ directory: folder });
  });
  afterEach(async () => {
    await stage.close();
    await portal.close();
    await running.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['session', 'rest'] as const)(
    '%s: creates, updates and compares as the portal takes it',
    async (protocol) => {
      const { URL: url = '', USERNAME = '', PASSWORD = '' } = running.settings;
      portal = openPortal({
        ...{ PORTAL_URL: url, PORTAL_PROTOCOL: protocol, PORTAL_USERNAME: USERNAME, PORTAL_PASSWORD: PASSWORD },
        ...{ PORTAL_TIMEOUT_MS: 2_000, PORTAL_CONCURRENCY: SETTINGS.PORTAL_CONCURRENCY },
      });
      const codes = Array.from({ length: 10 }, (_, place) => codeOf(place + 1));
      const steps = Array.from({ length: 12 }, (_, place) => step({ at: at('2026-10-08T08:00:00') + place * 60_000 }));
      for (const code of codes) await stage.put(code, reception(code, { steps }));
      const deliverer = stage.deliverer({ portal, settings: { PORTAL_TIMEOUT_MS: 2_000 } });
      await idle(deliverer);
      for (const code of codes) await stage.put(code, reception(code, { steps, status: stated(10) }));
      await idle(deliverer);
      const summary = (await (await fetch(`${url}/__stand-in/summary`)).json()) as Record<string, unknown>;
      expect(summary).toMatchObject({ dossiers: 10, steps: 120, doubledSteps: 0 });
      expect(await deliverer.reconcileAll()).toMatchObject({
        compared: 10,
        repaired: 0,
        missingSteps: 0,
        otherSender: 0,
      });
      expect(await stage.database.knex('delivery').where({ state: 'acknowledged' })).toHaveLength(10);
    },
  );
});
