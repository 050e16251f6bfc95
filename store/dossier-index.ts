import type { DossierView } from '../core/dossier.ts';
import type { ChangeKind, FieldFault } from '../core/event.ts';
import type { Database } from '../drivers/database.ts';
import { countMatches, readPage } from './index/page.ts';
import { readByNumbers, readHistory, readProgress, readViews } from './index/reads.ts';

/** What the hub knows of dossiers from the stream of changes: current views, history, and lists by what people filter by. */
export interface DossierIndex {
  /** For each code, in order, what each sector's system holds of it; empty where the index does not know the code. */
  views(codes: readonly string[]): Promise<readonly (readonly IndexedView[])[]>;
  /**
   * Dossiers handed in under any of these numbers, newest first, deleted ones left out.
   *
   * @param agencies only those of which one of these is in charge, codes as they were stated; null: all
   */
  byNumbers(
    numbers: readonly string[],
    limit: number,
    agencies?: readonly string[] | null,
  ): Promise<readonly IndexedPlace[]>;
  /** One page. Costs the same however deep in the list it begins. */
  page(request: IndexPageRequest): Promise<IndexPage>;
  /** How many match, counted up to `most` and no further. */
  count(filter: DossierFilter, most: number): Promise<number>;
  /** For each code, in order, every event that reached the hub, oldest first; of more than 1,000 the latest. */
  history(codes: readonly string[]): Promise<readonly (readonly IndexedEvent[])[]>;
  /** How far each sector's capture has come; kept for a moment, so that asking often costs nothing. */
  progress(): Promise<ReadonlyMap<string, CaptureProgress>>;
}

export interface IndexedView {
  readonly sector: string;
  readonly version: number;
  readonly deleted: boolean;
  /** Null when deleted. */
  readonly view: DossierView | null;
  /** Fields whose value is older than the view, since the system's newer one could not be read. */
  readonly faults: readonly FieldFault[];
  /** UTC milliseconds. */
  readonly recordedAt: number;
}

/** Where a dossier stands in a list: enough to order, page and check whose it is. */
export interface IndexedPlace {
  readonly code: string;
  /** 0 where nobody says. */
  readonly receivedAt: number;
  readonly applicantName: string | null;
  /** As the dossier states them. */
  readonly applicantNumbers: readonly string[];
}

export interface DossierFilter {
  /** Numbers of the ten; `unmapped` asks for dossiers whose latest status is none of them. */
  readonly status?: readonly number[] | undefined;
  readonly unmapped?: boolean | undefined;
  /** Dossiers that this sector's system holds. */
  readonly sector?: string | undefined;
  readonly agency?: string | undefined;
  /** Codes of which one is that of the agency in charge, in every order in which it may be stated; none: nothing matches. */
  readonly agencies?: readonly string[] | undefined;
  readonly procedure?: string | undefined;
  /** Numbers of one applicant. */
  readonly applicantNumbers?: readonly string[] | undefined;
  readonly channel?: string | undefined;
  /** UTC milliseconds, included. */
  readonly receivedFrom?: number | undefined;
  /** UTC milliseconds, not included. */
  readonly receivedTo?: number | undefined;
  readonly dueFrom?: number | undefined;
  readonly dueTo?: number | undefined;
  /** True: running, and due before the day that begins at `today`. False: all others. */
  readonly overdue?: boolean | undefined;
  /** UTC milliseconds at which the present day began in Vietnam; needed by `overdue`. */
  readonly today?: number | undefined;
  /** Folded words as indexWords gives them, each of which the applicant's name or the code must have; the last may be unfinished. */
  readonly words?: readonly string[] | undefined;
}

export const DOSSIER_ORDERS = ['RECEIVED_DESC', 'RECEIVED_ASC', 'DUE_ASC', 'CHANGED_DESC'] as const;
export type DossierOrder = (typeof DOSSIER_ORDERS)[number];

/** The sort key of the last dossier of the page before: the column ordered by, then the code. */
export type IndexKey = readonly [value: number | null, code: string];

export interface IndexPageRequest {
  readonly filter: DossierFilter;
  readonly order: DossierOrder;
  readonly first: number;
  readonly after: IndexKey | null;
}

export interface IndexPage {
  readonly places: readonly { readonly code: string; readonly key: IndexKey }[];
  readonly more: boolean;
}

export interface IndexedEvent {
  readonly id: string;
  /** Place in the feed of all events; grows with every one. */
  readonly seq: number;
  readonly sector: string;
  readonly code: string;
  readonly version: number;
  readonly change: ChangeKind;
  readonly way: string;
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly statusNumber: number | null;
  readonly statusCode: string | null;
  readonly statusTitle: string | null;
}

export interface CaptureProgress {
  /** Every change until then is in the hub, UTC milliseconds; null before the first full pass. */
  readonly currentUntil: number | null;
  readonly failingSince: number | null;
}

/** How long what is known of capture's progress is kept. */
const PROGRESS_MS = 500;

/**
 * Reads the tables that projection writes; any process can, and none of it needs a system to be up.
 *
 * @param options.mostSorted up to how many entries of an index are sorted for a page, instead of walking the list
 */
export function createDossierIndex(
  database: Database,
  { mostSorted }: { readonly mostSorted?: number | undefined } = {},
): DossierIndex {
  let progress: Promise<ReadonlyMap<string, CaptureProgress>> | undefined;
  let readAt = 0;
  return {
    views: (codes) => readViews(database, codes),
    byNumbers: (numbers, limit, agencies = null) => readByNumbers(database, numbers, { limit, agencies }),
    page: (request) => readPage(database, request, mostSorted),
    count: (filter, most) => countMatches(database, filter, most, mostSorted),
    history: (codes) => readHistory(database, codes),
    progress: () => {
      if (progress === undefined || performance.now() - readAt > PROGRESS_MS) {
        readAt = performance.now();
        const reading = readProgress(database);
        progress = reading;
        // A failure is told to those who wait for it, and not kept.
        reading.catch(() => {
          if (progress === reading) progress = undefined;
        });
      }
      return progress;
    },
  };
}
