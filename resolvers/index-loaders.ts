import { HubError } from '../core/errors.ts';
import type { CaptureProgress, IndexedEvent, IndexedPlace, IndexedView } from '../store/dossier-index.ts';
import type { OperationAccess } from './access.ts';
import { createLoader } from './loader.ts';
import type { Registry } from './registry.ts';

/** The index of dossiers as one operation reads it: what is asked for in the same moment is read together, and once. */
export interface IndexLoaders {
  /** What each sector's system holds of a dossier, deleted views included. */
  views(code: string): Promise<readonly IndexedView[]>;
  history(code: string): Promise<readonly IndexedEvent[]>;
  /** The dossiers handed in under any of these numbers that the operation may see; `more` where one applicant has more than the hub lists. */
  handedInBy(numbers: readonly string[]): Promise<HandedIn>;
  /** How far each sector's capture has come, by its folder. */
  progress(): Promise<ReadonlyMap<string, CaptureProgress>>;
}

export interface HandedIn {
  readonly places: readonly IndexedPlace[];
  readonly more: boolean;
}

/** Dossiers in one statement. */
const MOST_CODES = 500;
/** Applicants in one statement. */
const MOST_APPLICANTS = 100;
/** Dossiers of one applicant that are held against each other; a bank or a developer has more. */
export const MOST_HANDED_IN = 5_000;

export function createIndexLoaders(
  { index }: Pick<Registry, 'index'>,
  access: Pick<OperationAccess, 'asked' | 'unitsSeen'>,
): IndexLoaders {
  const ask = <T>(reading: Promise<T>): Promise<T> => {
    access.asked('index');
    return fromStore(reading);
  };
  const views = createLoader((codes: readonly string[]) => ask(index.views(codes)), {
    maxBatchSize: MOST_CODES,
  });
  const history = createLoader((codes: readonly string[]) => ask(index.history(codes)), {
    maxBatchSize: MOST_CODES,
  });
  const handedIn = createLoader(
    (applicants: readonly (readonly string[])[]) => ask(findHandedIn(index, applicants, access.unitsSeen())),
    { maxBatchSize: MOST_APPLICANTS, keyOf: (numbers) => numbers.join(' ') },
  );
  let progress: ReturnType<IndexLoaders['progress']> | undefined;
  return {
    views,
    history,
    handedInBy: async (numbers) => (numbers.length === 0 ? { places: [], more: false } : handedIn(numbers)),
    progress() {
      progress ??= fromStore(index.progress());
      return progress;
    },
  };
}

async function findHandedIn(
  index: Registry['index'],
  applicants: readonly (readonly string[])[],
  agencies: readonly string[] | null,
): Promise<readonly HandedIn[]> {
  const ask = async (numbers: readonly string[]): Promise<HandedIn> => {
    const places = await index.byNumbers(numbers, MOST_HANDED_IN + 1, agencies);
    return { places: places.slice(0, MOST_HANDED_IN), more: places.length > MOST_HANDED_IN };
  };
  const [only] = applicants;
  if (applicants.length === 1 && only !== undefined) return [await ask(only)];
  const together = await ask([...new Set(applicants.flat())]);
  // One with very many dossiers must not push out those of the others.
  if (together.more) return Promise.all(applicants.map(ask));
  return applicants.map((numbers) => ({
    places: together.places.filter((place) => place.applicantNumbers.some((number) => numbers.includes(number))),
    more: false,
  }));
}

/** @throws HubError STORE_UNAVAILABLE, whatever the database said */
export async function fromStore<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new HubError('STORE_UNAVAILABLE', 'The hub’s own store could not be read or written', { cause: error });
  }
}
