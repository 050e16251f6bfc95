import type { DossierView } from '../../core/dossier.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { FaultyRecord } from '../../store/quarantine.ts';

/** What a way of capture saw of one dossier, ready to be recorded. Times are UTC milliseconds. */
export type Sighting = WholeSighting | SameSighting | DeltaSighting | GoneSighting | FaultySighting;

/** The whole record, its lists included. */
export interface WholeSighting {
  readonly kind: 'whole';
  readonly code: string;
  /** Fields of a view; a HubError stands for one that could not be read. */
  readonly fields: Mapped;
  readonly rowHash: string;
  /** Stamp by which the source lists it; absent: stays as it was. */
  readonly sourceAt?: number | undefined;
  readonly followAt?: number | undefined;
  /** When the way says that it happened. */
  readonly occurredAt: number | null;
  readonly place: string;
}

/** Seen, readable, and no other than before. */
export interface SameSighting {
  readonly kind: 'same';
  readonly code: string;
  /** Given where they are other than before. */
  readonly sourceAt?: number | undefined;
  readonly followAt?: number | undefined;
}

/** What happened, without the rest of the record. */
export interface DeltaSighting {
  readonly kind: 'delta';
  readonly code: string;
  readonly occurredAt: number | null;
  readonly view: Partial<DossierView>;
  readonly place: string;
  readonly followAt?: undefined;
}

export interface GoneSighting {
  readonly kind: 'gone';
  readonly code: string;
  readonly occurredAt: number | null;
  readonly place: string;
  readonly followAt?: number | undefined;
}

/** Changes nothing; is kept in quarantine until it can be read. */
export interface FaultySighting extends FaultyRecord {
  readonly kind: 'faulty';
  readonly followAt?: number | undefined;
}
