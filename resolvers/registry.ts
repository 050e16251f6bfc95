import type { Catalogues } from '../catalogues/catalogue.ts';
import type { OpenSector } from '../core/open-sector.ts';
import type { Seal } from '../core/seal.ts';
import type { NumberPairs } from '../store/number-pairs.ts';

/** What the resolvers answer from: the sectors as declared, the catalogues, and the seal of ids and cursors. */
export interface Registry {
  readonly sectors: readonly OpenSector[];
  readonly catalogues: Catalogues;
  readonly seal: Seal;
  /** Numbers that systems said are one person's, remembered. */
  readonly numberPairs: NumberPairs;
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
}
