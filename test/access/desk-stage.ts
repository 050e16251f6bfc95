import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { createVisits } from '../../store/visits.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor, BINH, HOA, STRANGER } from './stage.ts';

export const HOA_OLD = '011985421';
/** Of the commune H41.58, handed in by Hoà, with Bình as a party. */
export const OWN = 'H41.58.01-261119-0007';
export const STRANGE = 'H41.58.01-261119-0008';
export const AWAY = 'H41.50.01-261119-0001';

export const counter = actor({ id: 'counter.binh', unit: 'H41.58.01' });
export const leader = actor({ id: 'leader.minh', role: 'leader', client: 'steering-board', unit: 'H41' });
export const admin = actor({ id: 'admin.quan', role: 'admin', client: 'operations', unit: null });
export const citizen = actor({
  ...{ id: 'hoa', role: 'citizen', client: 'citizen-app', unit: null },
  personalNumber: HOA,
});
export const PROCESSING = { purpose: 'PROCESSING', dossier: OWN } as const;
export const name = (id: string): string => `{ citizen(id: "${id}") { fullName } }`;

/** Each test opens its own. */
const MANY_VISITS = { atOnce: 1_000, perDay: 1_000 };

/** A desk over two people and three dossiers, with visits. */
export interface DeskStage {
  readonly desk: SmallDesk;
  readonly house: DossierHouse;
  openVisit(): Promise<string>;
  /** A visit in which these were asked. */
  received(...asked: readonly string[]): Promise<{ readonly purpose: 'RECEPTION'; readonly visit: string }>;
  /** Number, relation and dossier of whom an operation showed. */
  shownIn(place?: number): readonly unknown[] | undefined;
  /** What was logged and asked so far. */
  forget(): void;
}

/** One for the tests of a file: opened before them, and told to forget before each. */
export function useDeskStage(): DeskStage {
  let stage: DeskStage;
  beforeAll(async () => {
    stage = await openDeskStage();
  }, 30_000);
  afterAll(() => stage.house.close());
  beforeEach(() => stage.forget());
  return {
    get desk() {
      return stage.desk;
    },
    get house() {
      return stage.house;
    },
    openVisit: () => stage.openVisit(),
    received: (...asked) => stage.received(...asked),
    shownIn: (place) => stage.shownIn(place),
    forget: () => stage.forget(),
  };
}

export async function openDeskStage(): Promise<DeskStage> {
  const house = await openDossierHouse(
    [
      {
        ...{ sector: 'civil-status', rank: 1, searchable: true },
        people: [
          { numbers: [HOA, HOA_OLD], name: 'Nguyễn Văn Hoà', birthDate: '1985-03-14', gender: 'MALE' },
          { numbers: [BINH], name: 'Nguyễn Văn Hoà Bình', birthDate: '1990-01-02' },
        ],
      },
    ],
    [
      {
        ...{ sector: 'one-stop', role: 'reception' },
        dossiers: [
          { ...view(OWN, 'H41.58', HOA), parties: [{ role: 'Vợ', name: 'Bình', personalNumbers: [BINH] }] },
          view(STRANGE, 'H41.58', STRANGER),
          view(AWAY, 'H41.50', STRANGER),
        ],
      },
    ],
    { pairs: [[HOA, HOA_OLD]] },
  );
  const registry = { ...house.registry, visits: createVisits(house.store.database, MANY_VISITS) };
  const desk = openSmallDesk({ ...house, registry });
  const openVisit = async (): Promise<string> =>
    (await desk.ask(counter, 'mutation { openVisit { id } }')).data.openVisit.id;
  const forget = (): void => {
    desk.logged.length = 0;
    house.calls.length = 0;
  };
  return {
    ...{ desk, house, openVisit, forget },
    async received(...asked) {
      const said = { purpose: 'RECEPTION', visit: await openVisit() } as const;
      for (const query of asked) await desk.ask(counter, query, said);
      forget();
      return said;
    },
    shownIn: (place = 0) =>
      desk.logged[place]?.subjects.map(({ number, relation, dossier }) => [number, relation, dossier]),
  };
}

function view(code: string, agencyCode: string, applicant: string): DossierView {
  return {
    ...{ code, agencyCode, applicantNumbers: [applicant], applicantName: 'Ai đó', summary: 'Khai sinh' },
    status: { code: 's4', title: 'Đang xử lý', number: 4 },
  };
}
