import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DossierView } from '../../core/dossier.ts';
import { type DossierEvent, eventId, toLogRecord, topicOf } from '../../core/event.ts';
import type { EventLog } from '../../core/event-log.ts';
import { createCaptureStatus } from '../../store/capture-status.ts';
import { createDossierIndex } from '../../store/dossier-index.ts';
import { openStore, type Store } from '../../store/store.ts';
import { applyBatch } from '../../streams/project/apply.ts';
import {
  catalogues,
  type DossierSystem,
  type HouseOptions,
  NOW,
  openHouse,
  type SmallHouse,
  type System,
  seal,
} from './small-house.ts';

/** What the hub was told of one sector's dossiers, and how far its capture has come. */
export interface ToldSector extends DossierSystem {
  readonly dossiers?: readonly Told[];
  /** UTC milliseconds; null: not everything was seen once. Up to date when absent. */
  readonly currentUntil?: number | null;
}

/** A view as its system holds it, or an event of which what is not said is filled in; `view: null` deletes. */
export type Told = DossierView | (Partial<DossierEvent> & Pick<DossierEvent, 'code' | 'view'>);

export interface DossierHouse extends SmallHouse {
  readonly store: Store;
  /** Projects further changes of a sector's dossiers, in their order. */
  tell(sector: string, ...told: readonly Told[]): Promise<void>;
  close(): Promise<void>;
}

interface DossierHouseOptions extends Omit<HouseOptions, 'dossiers' | 'index' | 'captureStatus'> {
  /** Of its store: an empty database of the test's own. SQLite when absent. */
  readonly storeUrl?: string;
}

/** A small house whose index is a real one, filled by the projection of events. */
export async function openDossierHouse(
  people: readonly System[],
  told: readonly ToldSector[],
  { storeUrl, ...options }: DossierHouseOptions = {},
): Promise<DossierHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-index-'));
  const store = await openStore(storeUrl ?? `sqlite://${join(directory, 'hub.sqlite')}`, { seal });
  const { database } = store;
  const roles = new Map(told.map(({ sector, role }) => [sector, role]));
  const versions = new Map<string, number>();
  let offset = 0;

  const tell = async (sector: string, ...changes: readonly Told[]): Promise<void> => {
    const records = changes.map((change) => {
      const key = `${sector} ${change.code}`;
      const version = (versions.get(key) ?? 0) + 1;
      versions.set(key, version);
      const record = toLogRecord(eventOf(sector, version, change));
      return { ...record, offset: offset++, appendedAt: NOW };
    });
    await applyBatch(
      sector,
      { topic: topicOf(sector), partition: 0, records },
      {
        ...{ database, log: NO_LOG, context: { roles, catalogues }, now: () => NOW },
        ...{ warn: refuse, consumer: 'project', isReplay: false },
      },
    );
  };

  for (const { sector, dossiers = [], currentUntil = NOW } of told) {
    await tell(sector, ...dossiers);
    await database.knex('capture_way').insert({ sector, way: 'poll', current_until: currentUntil, updated_at: NOW });
  }
  const house = openHouse(people, {
    ...options,
    ...{ dossiers: told, index: createDossierIndex(database), captureStatus: createCaptureStatus(database) },
  });
  return {
    ...house,
    store,
    tell,
    async close() {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function eventOf(sector: string, version: number, told: Told): DossierEvent {
  const given: Partial<DossierEvent> = 'view' in told ? told : { view: told };
  const { code } = told;
  const view = given.view == null ? null : { ...given.view, code };
  return {
    ...{ id: eventId(sector, code, version), sector, code, version, change: view === null ? 'delete' : 'upsert' },
    ...{ occurredAt: NOW, recordedAt: NOW, sourcePosition: null, way: 'poll', faults: [] },
    ...given,
    view,
  };
}

/** Sound events reach no dead letters. */
const NO_LOG = { append: refuse } as unknown as EventLog;

function refuse(): never {
  throw new Error('An event of the test was put aside');
}
