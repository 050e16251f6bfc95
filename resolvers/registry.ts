import type { Catalogues } from '../catalogues/catalogue.ts';
import type { AuditReader } from '../core/audit.ts';
import type { OpenSector } from '../core/open-sector.ts';
import type { Seal } from '../core/seal.ts';
import type { CaptureStatus } from '../store/capture-status.ts';
import type { DossierIndex } from '../store/dossier-index.ts';
import type { NumberPairs } from '../store/number-pairs.ts';
import type { Visits } from '../store/visits.ts';
import type { SyncDesk } from '../streams/deliver/desk.ts';
import type { Feed } from '../streams/feed.ts';
import type { AccessDesk } from './access-desk.ts';

/** What the resolvers answer from: the sectors as declared, the catalogues, and the seal of ids and cursors. */
export interface Registry {
  readonly sectors: readonly OpenSector[];
  readonly catalogues: Catalogues;
  readonly seal: Seal;
  /** Numbers that systems said are one person's, remembered. */
  readonly numberPairs: NumberPairs;
  /** Dossiers as the stream of changes brought them here. */
  readonly index: DossierIndex;
  /** Events as they come, for subscribers. */
  readonly feed: Feed;
  /** How each way of capture fares. */
  readonly captureStatus: CaptureStatus;
  /** Deliveries to the portal: how they stand, and what people do about them. */
  readonly sync?: SyncDesk | undefined;
  /** Opens the access of every operation. */
  readonly access: AccessDesk;
  readonly visits: Visits;
  /** Reads the access log. */
  readonly audit: AuditReader;
  /** UTC milliseconds; a test may hold it still. */
  readonly now: () => number;
  readonly limits: Limits;
}

export interface Limits {
  /** Most calls to sector systems in one operation. */
  readonly callsPerOperation: number;
  /** Most records in one answer. */
  readonly recordsPerOperation: number;
  /** Most people one system may bring to one search. */
  readonly searchHits: number;
  /** Milliseconds that capture of a system may be behind before answers name the system as missing. */
  readonly indexStaleMs: number;
}
