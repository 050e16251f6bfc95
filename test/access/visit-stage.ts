import { afterAll, beforeAll, beforeEach, inject, it } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { createNumberPairs } from '../../store/number-pairs.ts';
import { createVisits } from '../../store/visits.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import { seal } from '../resolvers/small-house.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor, BINH, HOA, STRANGER } from './stage.ts';

export const HOA_OLD = '011985421';
/** Two people held it. */
export const SHARED_OLD = '012345678';
/** Her system states both of her numbers, and nothing is remembered of them. */
export const CHAU = '001190002222';
export const CHAU_OLD = '013333333';
export const NOBODY = '001085999999';
export const MINUTE_MS = 60_000;
/** All handed in by Hoà at the commune H41.58, but those of somebody else, which came last. */
const codeOf = (serial: number): string => `H41.58.01-261122-000${serial}`;
export const OLD = codeOf(1);
export const JUST = codeOf(2);
export const NEW = codeOf(3);
export const UNDATED = codeOf(4);
export const OTHERS = codeOf(5);
export const CHAUS = codeOf(6);
/** They state an old number alone. */
export const CHAUS_BY_OLD = codeOf(7);
export const BY_SHARED_OLD = codeOf(8);
export const ENTERPRISE = '0100233488';
export const ENTERPRISES = codeOf(9);

export const counter = actor({ id: 'counter.binh', unit: 'H41.58.01' });
export const colleague = actor({ id: 'counter.chi', unit: 'H41.58.01' });
export const neighbour = actor({ id: 'counter.dung', unit: 'H41.50.01' });
export const leaderOf = (unit: string) =>
  actor({ id: `leader.${unit}`, role: 'leader', client: 'steering-board', unit });

export const citizen = (number: string): string => `citizen(id: "${number}")`;

const service = inject('mariadb');
const missing = 'missing' in service ? service.missing : null;
export const STORES = ['SQLite', `MariaDB${missing === null ? '' : ` (skipped: ${missing})`}`] as const;

/** Opened before the tests of a group; no visit of one test is there in the next. */
export interface VisitStage {
  readonly house: DossierHouse;
  readonly desk: SmallDesk;
  /** Skips where there is no server. */
  readonly test: ReturnType<typeof it.skipIf>;
  /** A visit in which these were asked for. @returns its id */
  received(who: typeof counter, ...asked: readonly string[]): Promise<string>;
}

/** @param kind of STORES */
export function useVisitStage(kind: string): VisitStage {
  const isSqlite = kind === 'SQLite';
  const isSkipped = !isSqlite && missing !== null;
  let opened: Awaited<ReturnType<typeof openVisitStage>> | undefined;
  let drop = async (): Promise<void> => {};
  const current = () => {
    if (opened === undefined) throw new Error('Asked for before it was opened');
    return opened;
  };

  beforeAll(async () => {
    if (isSkipped) return;
    const own = isSqlite ? undefined : await ownDatabase(service);
    drop = own?.drop ?? drop;
    opened = await openVisitStage(own?.url);
  }, 30_000);
  afterAll(async () => {
    await opened?.house.close();
    await drop();
  });
  beforeEach(async () => {
    for (const table of ['visit', 'visit_subject', 'visit_officer']) {
      await opened?.house.store.database.knex(table).delete();
    }
  });
  return {
    get house() {
      return current().house;
    },
    get desk() {
      return current().desk;
    },
    test: it.skipIf(isSkipped),
    async received(who, ...asked) {
      const { desk } = current();
      const { data } = await desk.ask(who, 'mutation { openVisit { id } }');
      const visit: string = data.openVisit.id;
      for (const question of asked) {
        await desk.ask(who, `{ ${question} { __typename } }`, { purpose: 'RECEPTION', visit });
      }
      return visit;
    },
  };
}

/** Visits, index and pairs of numbers all in one store. @param storeUrl SQLite when absent */
async function openVisitStage(storeUrl?: string): Promise<{ readonly house: DossierHouse; readonly desk: SmallDesk }> {
  const now = Date.now();
  const house = await openDossierHouse(
    [
      {
        ...{ sector: 'civil-status', rank: 1, searchable: true },
        people: [
          { numbers: [HOA, HOA_OLD], name: 'Nguyễn Văn Hoà', birthDate: '1985-03-14' },
          { numbers: [BINH], name: 'Nguyễn Văn Bình', birthDate: '1990-01-02' },
          { numbers: [CHAU, CHAU_OLD], name: 'Lê Thị Châu', birthDate: '1990-05-06' },
        ],
      },
    ],
    [
      {
        ...{ sector: 'one-stop', role: 'reception' },
        dossiers: [
          view(OLD, HOA, now - 60 * MINUTE_MS),
          // By a clock that is behind, or that counts whole minutes.
          view(JUST, HOA, now - 0.5 * MINUTE_MS),
          view(NEW, HOA, now + 5 * MINUTE_MS),
          view(UNDATED, HOA, null),
          view(OTHERS, STRANGER, now + 5 * MINUTE_MS),
          view(CHAUS, CHAU, now + 5 * MINUTE_MS),
          view(CHAUS_BY_OLD, CHAU_OLD, now + 5 * MINUTE_MS),
          view(BY_SHARED_OLD, SHARED_OLD, now + 5 * MINUTE_MS),
          view(ENTERPRISES, ENTERPRISE, now + 5 * MINUTE_MS),
        ],
      },
    ],
    storeUrl === undefined ? {} : { storeUrl },
  );
  const { database } = house.store;
  const numberPairs = createNumberPairs(database, seal);
  for (const pair of [
    [HOA, HOA_OLD],
    [BINH, SHARED_OLD],
    [STRANGER, SHARED_OLD],
  ]) {
    await numberPairs.remember(pair, { sector: 'population', at: now });
  }
  const visits = createVisits(database, { atOnce: 2, perDay: 5 });
  return { house, desk: openSmallDesk({ ...house, registry: { ...house.registry, numberPairs, visits } }) };
}

export function view(code: string, applicant: string, receivedAt: number | null): DossierView {
  return { code, agencyCode: 'H41.58', applicantNumbers: [applicant], applicantName: 'Ai đó', receivedAt };
}
