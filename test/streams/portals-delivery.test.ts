import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningPortal, start } from '../../stand-ins/portal/index.ts';
import { openPortal } from '../../streams/portals/open-portal.ts';
import { at, codeOf, idle, onBothStores, reception, type Stage, stated, step } from './deliver-stage.ts';
import { TIMEOUT_MS } from './portal-subject.ts';

const CODES = Array.from({ length: 24 }, (_, index) => codeOf(index + 1));

onBothStores('delivery through the portal’s own protocols', (open) => {
  let stage: Stage;
  let standIn: RunningPortal;
  let directory = '';
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'portal-delivery-'));
    standIn = await start({ directory });
    stage = await open();
  });
  afterEach(async () => {
    await stage.close();
    await standIn.close();
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['session', '/mapi/g'],
    ['rest', '/SynsTTHCC'],
  ] as const)(
    'brings every dossier and step over %s once, though answers are lost in every way',
    async (protocol, root) => {
      const { URL = '', USERNAME = '', PASSWORD = '' } = standIn.settings;
      const portal = openPortal({
        PORTAL_URL: URL,
        PORTAL_PROTOCOL: protocol,
        PORTAL_USERNAME: USERNAME,
        PORTAL_PASSWORD: PASSWORD,
        PORTAL_TIMEOUT_MS: TIMEOUT_MS,
        PORTAL_CONCURRENCY: 8,
      });
      const taken = { taken: true, times: 1 } as const;
      standIn.faults({ mode: 'hang', ...taken, path: `${root}/DongBoHoSoMC` });
      standIn.faults({ mode: 'down', ...taken, path: `${root}/CapNhatTienDoHoSoMC` });
      standIn.faults({ mode: 'error', status: 503, times: 1, path: `${root}/TraCuuHoSo` });
      for (const code of CODES) await stage.put(code, reception(code));
      const deliverer = stage.deliverer({ portal });
      await idle(deliverer);

      standIn.expireSessions();
      standIn.faults({ mode: 'html', ...taken, path: `${root}/DongBoHoSoMC` });
      standIn.faults({ mode: 'truncate', times: 1, path: `${root}/CapNhatTienDoHoSoMC` });
      standIn.faults({ mode: 'error', status: 429, retryAfter: 1, times: 1, path: `${root}/TraCuuHoSo` });
      const returned = step({ at: at('2026-10-13T09:00:00'), status: stated(10) });
      for (const code of CODES) {
        const before = reception(code);
        await stage.put(code, { ...before, status: stated(10), steps: [...(before.steps ?? []), returned] });
      }
      deliverer.kick();
      await idle(deliverer);
      await portal.close();

      const rows = await stage.database.knex('delivery').select('code', 'state');
      expect(rows.filter(({ state }) => state !== 'acknowledged')).toEqual([]);
      expect(standIn.summary()).toEqual({ dossiers: 24, steps: 72, doubledSteps: 0, byStatus: { 10: 24 } });
      expect(standIn.dossiers().map(({ steps }) => steps.map(({ TrangThai }) => TrangThai))).toEqual(
        CODES.map(() => ['2', '9', '10']),
      );
    },
  );
});
