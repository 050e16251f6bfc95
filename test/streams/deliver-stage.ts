import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, inject } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { DossierStep, DossierView, StatedStatus } from '../../core/dossier.ts';
import { type DossierStatusNumber, dossierStatus } from '../../core/dossier.ts';
import type { FieldFault } from '../../core/event.ts';
import { createSeal } from '../../core/seal.ts';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { openStore, type Store } from '../../store/store.ts';
import { createDeliverer, type Deliverer, type DelivererOptions } from '../../streams/deliver.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { skipByName } from '../support/missing.ts';
import { type StrictPortal, strictPortal } from './deliver-portal.ts';

export const catalogues = loadCatalogues(`${import.meta.dirname}/../../catalogues`);
export const NOW = Date.parse('2026-11-20T08:00:00+07:00');
export const SECTORS = [
  { id: 'one-stop', role: 'reception' },
  { id: 'land', role: 'course' },
] as const;

export function stated(number: DossierStatusNumber | null, code = String(number)): StatedStatus {
  return { code, title: number === null ? null : dossierStatus(number).title, number };
}

export function at(text: string): number {
  return Date.parse(`${text}+07:00`);
}

export function codeOf(sequence: number): string {
  return `H41.12-261008-${String(sequence).padStart(4, '0')}`;
}

export function step(change: Partial<DossierStep> & { at: number | null }): DossierStep {
  return { officer: 'Cán bộ', position: null, unit: null, content: 'Xử lý', dueAt: null, status: stated(4), ...change };
}

/** What the counter holds of a finished dossier, in order in every respect. */
export function reception(code: string, change: Partial<DossierView> = {}): DossierView {
  return {
    code,
    procedureCode: '1.012790',
    agencyCode: 'H41.07.01',
    applicantKind: 'CITIZEN',
    applicantName: 'Nguyễn Thị Hoa',
    applicantNumbers: ['001085004213'],
    channel: 'COUNTER',
    status: stated(9),
    statusAt: at('2026-10-12T16:00:00'),
    receivedAt: at('2026-10-08T08:12:44'),
    dueAt: at('2026-10-20T17:00:00'),
    finishedAt: at('2026-10-12T16:00:00'),
    steps: [
      step({ at: at('2026-10-08T08:12:44'), status: stated(2) }),
      step({ at: at('2026-10-12T16:00:00'), status: stated(9) }),
    ],
    ...change,
  };
}

export interface Stage {
  readonly database: Database;
  readonly portal: StrictPortal;
  readonly warnings: string[];
  /** Writes a dossier as projection would, one version further. Null: deleted. */
  put(code: string, view: DossierView | null, options?: { sector?: string; faults?: FieldFault[] }): Promise<void>;
  /** A deliverer of its own, started. */
  deliverer(
    change?: Partial<Omit<DelivererOptions, 'settings'>> & { settings?: Partial<DelivererOptions['settings']> },
  ): Deliverer;
  /** A deliverer that is killed when its portal says so: from then on nothing of it is written anywhere. */
  mortal(portal: (die: () => void) => StrictPortal, leaseMs: number): Promise<void>;
  /** The dossier's row in the queue. */
  // biome-ignore lint/suspicious/noExplicitAny: columns as they come
  row(code: string): Promise<any>;
  close(): Promise<void>;
}

export const SETTINGS: DelivererOptions['settings'] = {
  LEASE_MS: 5_000,
  PORTAL_MODE: 'send',
  PORTAL_TIMEOUT_MS: 300,
  PORTAL_CALLS_PER_SECOND: 10_000,
  PORTAL_CONCURRENCY: 8,
  RECONCILE_INTERVAL_MS: 3_600_000,
};

/** Runs a suite on a SQLite file and on MariaDB. Its tests share one store, which is empty when each begins. */
export function onBothStores(title: string, suite: (open: () => Promise<Stage>) => void): void {
  const on = (place: () => Promise<{ url: string; drop(): Promise<void> }>): void => {
    let opened: { readonly store: Store; readonly url: string; readonly drop: () => Promise<void> } | undefined;
    suite(async () => {
      if (opened === undefined) {
        const { url, drop } = await place();
        opened = { url, drop, store: await openStore(url, { seal: createSeal(Buffer.alloc(32, 7)) }) };
      }
      return openStage(opened.store, opened.url);
    });
    afterAll(async () => {
      await opened?.store.close();
      await opened?.drop();
    });
  };
  describe(`${title}, on SQLite`, () => {
    on(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'deliver-'));
      const drop = () => rm(folder, { recursive: true, force: true });
      return { url: `sqlite://${join(folder, 'hub.sqlite')}`, drop };
    });
  });
  const service = inject('mariadb');
  if ('missing' in service) skipByName(`${title}, on MariaDB`, service);
  else describe(`${title}, on MariaDB`, () => on(() => ownDatabase(service)));
}

const TABLES = [
  ...(['dossier_event', 'dossier_view', 'dossier', 'delivery', 'portal_call', 'portal_copy', 'portal_step'] as const),
  ...(['delivery_mode', 'shadow_difference'] as const),
];

function openStage({ database }: Store, url: string): Stage {
  const portal = strictPortal();
  const warnings: string[] = [];
  const deliverers: Deliverer[] = [];
  let holders = 0;
  return {
    database,
    portal,
    warnings,
    put: (code, view, { sector = 'one-stop', faults = [] } = {}) =>
      putDossier(database, code, { view, sector, faults }),
    deliverer: ({ settings = {}, ...change } = {}) => {
      holders += 1;
      const made = createDeliverer({
        ...{ database, portal, catalogues, sectors: SECTORS, holder: `test-${holders}`, now: Date.now },
        warn: (message) => void warnings.push(message),
        ...change,
        settings: { ...SETTINGS, ...settings },
      });
      deliverers.push(made);
      made.start();
      return made;
    },
    mortal: async (makePortal, leaseMs) => {
      const own = openDatabase(url);
      let die = () => {};
      const dead = new Promise<void>((resolve) => {
        die = resolve;
      });
      const portal = makePortal(() => {
        void own.close();
        die();
      });
      const made = createDeliverer({
        ...{ database: own, portal, catalogues, sectors: SECTORS, holder: 'mortal', now: Date.now, warn: () => {} },
        settings: { ...SETTINGS, LEASE_MS: leaseMs },
      });
      deliverers.push(made);
      made.start();
      await dead;
    },
    row: async (code) => {
      const [row] = await database.knex('delivery').where({ code });
      return (
        row && { ...row, known_revision: Number(row.known_revision), wanted_revision: Number(row.wanted_revision) }
      );
    },
    close: async () => {
      await Promise.all(deliverers.map((one) => one.close()));
      for (const table of TABLES) await database.knex(table).delete();
    },
  };
}

async function putDossier(
  { knex }: Database,
  code: string,
  { view, sector, faults }: { view: DossierView | null; sector: string; faults: FieldFault[] },
): Promise<void> {
  await knex.transaction(async (transaction) => {
    const now = Date.now();
    const [old] = await transaction('dossier_view').where({ code, sector });
    const version = Number(old?.version ?? 0) + 1;
    const texts = { view: view && JSON.stringify(view), faults: faults.length > 0 ? JSON.stringify(faults) : null };
    await transaction('dossier_view')
      .insert({ code, sector, version, deleted: view === null, ...texts, recorded_at: now, seen_at: now })
      .onConflict(['code', 'sector'])
      .merge();
    const [{ seq = 0 } = {}] = await transaction('dossier_event').max({ seq: 'seq' });
    await transaction('dossier_event').insert({
      ...{
        seq: Number(seq) + 1,
        sector,
        code,
        version,
        change_kind: view === null ? 'deleted' : 'changed',
        way: 'test',
      },
      ...{ occurred_at: now, recorded_at: now, applied_at: now, replayed: false, ...texts },
    });
    const views = await transaction('dossier_view').where({ code });
    const revision = views.reduce((sum, one) => sum + Number(one.version), 0);
    const status = view?.status?.number ?? null;
    await transaction('dossier')
      .insert({
        ...{ code, procedure_code: view?.procedureCode ?? null, agency_code: view?.agencyCode ?? null },
        ...{ procedure_sector: 'land', status_number: status, received_at: view?.receivedAt ?? 0, running: false },
        ...{ ended_at: status === 9 || status === 10 ? (view?.statusAt ?? now) : null },
        ...{ deleted: views.every((one) => Number(one.deleted) === 1), sectors: sector, revision, changed_at: now },
      })
      .onConflict('code')
      .merge();
    await transaction('delivery')
      .insert({
        ...{ code, wanted_revision: revision, wanted_at: now, known_revision: 0, state: 'pending' },
        ...{ attempts: 0, next_try_at: now, claimed_until: 0, fence: 0 },
      })
      .onConflict('code')
      .merge({ wanted_revision: revision, state: 'pending', next_try_at: now });
  });
}

/** Waits, boundedly, until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 8_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('It did not come to hold in time');
    await delay(10);
  }
}

export async function idle(deliverer: Deliverer, ms = 10_000): Promise<void> {
  const late = delay(ms, 'late', { ref: false });
  if ((await Promise.race([deliverer.idle(), late])) === 'late') throw new Error('Deliveries did not come to an end');
}
