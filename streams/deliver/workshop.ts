import type { Catalogues } from '../../catalogues/catalogue.ts';
import type { Portal, PortalDossier, PortalStep } from '../../core/portal.ts';
import type { Database } from '../../drivers/database.ts';
import type { DeliveryLedger } from '../../store/delivery-ledger.ts';
import type { DeliveryQueue } from '../../store/delivery-queue.ts';
import type { CaptureProgress } from '../../store/dossier-index.ts';
import type { SectorRoles, StoredView } from './facts.ts';
import type { PortalGate } from './gate.ts';
import type { WantedContent } from './judge.ts';
import type { DeliveryMode } from './modes.ts';

/** What bringing one dossier to the portal needs. */
export interface Workshop {
  readonly database: Database;
  readonly queue: DeliveryQueue;
  readonly ledger: DeliveryLedger;
  readonly portal: Portal;
  readonly gate: PortalGate;
  readonly catalogues: Catalogues;
  readonly roles: SectorRoles;
  /** How far each sector's capture has come. */
  readonly progress: () => Promise<ReadonlyMap<string, CaptureProgress>>;
  readonly views: (code: string) => Promise<readonly StoredView[]>;
  /** As it is set now. */
  readonly modeFor: (scope: { readonly agency: string; readonly procedure: string }) => Promise<DeliveryMode>;
  readonly standardMode: DeliveryMode;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** A dossier as it ought to be at the portal. */
export interface Wanted extends WantedContent {
  readonly code: string;
  readonly revision: number;
  /** On whose behalf it is sent, in the portal's order of identifier. */
  readonly agency: string;
  readonly dossier: PortalDossier;
  readonly steps: readonly PortalStep[];
}
