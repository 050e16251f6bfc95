import type { DossierView } from './dossier.ts';
import type { SettingsSpec } from './setting.ts';
import type { CallOptions, Row } from './source.ts';

/**
 * How a sector's changes are captured: typed data in its declaration, made by the factories of the kit. A way that
 * follows the system by itself (files, topic, binlog, change table) brings a ChangeFeed; the others are done by asking
 * the source (`poll`, `follow`) or by being told (`push`).
 */
export type ChangesDeclaration = PollChanges | FollowChanges | PushChanges | FeedChanges;

/** What a way sees and what it cannot, as data: `sectors` shows it, and the suite of the ways holds it to be true. */
export interface ChangeCapability {
  /** Notices that a dossier was deleted. */
  readonly deletes: boolean;
  /** Hands over changes of one dossier in the order in which they happened. */
  readonly order: boolean;
  /** Hands over every state a dossier went through, also those between two looks. */
  readonly intermediate: boolean;
  /** Brings what was there before the hub came. */
  readonly initial: boolean;
  /** Loses nothing of a transaction that commits long after its rows were stamped. */
  readonly lateCommits: boolean;
}

interface Way {
  readonly capability: ChangeCapability;
  readonly settings?: SettingsSpec | undefined;
}

/**
 * Asks the dossier entity's source what changed since a place, looking back; and slides over everything the source
 * lists, page by page, to find what was missed and what is gone. The source must implement `listChanges`.
 */
export interface PollChanges extends Way {
  readonly way: 'poll';
}

/** Asks by code for every dossier that the counter says is this sector's, until its course has ended. */
export interface FollowChanges extends Way {
  readonly way: 'follow';
}

/** The system calls the hub. Calls are deltas: what they leave out is read from the system, or kept as it was. */
export interface PushChanges extends Way {
  readonly way: 'push';
  /** Path below `/callbacks/{sector}/` → how its body is read. */
  readonly routes: Readonly<Record<string, CallbackRoute>>;
  /** Setting that holds the shared secret, and the member of the body it comes in. */
  readonly secret: { readonly setting: string; readonly member: string };
  /** The answer in the system's own protocol. */
  readonly answer: (outcome: 'accepted' | 'refused', message: string) => unknown;
}

export interface CallbackRoute {
  /** @throws FaultyValue for a body that cannot be */
  readonly read: (body: Readonly<Record<string, unknown>>) => CallbackDelta;
}

export interface CallbackDelta {
  readonly code: string;
  /** When it happened, UTC milliseconds. */
  readonly occurredAt: number | null;
  /** What the call says of the dossier; fields it does not mention are absent. Lists add to what is known. */
  readonly view: Partial<DossierView>;
}

/** A connector that follows the system by itself. */
export interface FeedChanges extends Way {
  readonly way: 'files' | 'topic' | 'binlog' | 'change-table';
  readonly open: (context: FeedContext) => ChangeFeed;
  /** Statements that a person has to run in the system's database before this way works; `triggers` prints them. */
  readonly script?: ((dialect: 'mysql' | 'sqlite') => string) | undefined;
}

export interface FeedContext {
  readonly sector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface ChangeFeed {
  /**
   * Follows the system from a position (null: the beginning, with everything that is there) until the signal aborts.
   * The next batch is read when the handler has resolved; its position is then safe. Rejects when it cannot go on.
   */
  run(position: string | null, handle: (batch: ChangeBatch) => Promise<void>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface ChangeBatch {
  readonly observations: readonly Observation[];
  /** Where to go on after this batch. */
  readonly position: string;
  /** True when the feed has caught up: nothing that it could see is waiting. */
  readonly caughtUp: boolean;
  /** Where it has caught up, when it asked how far it had to come: what was there then was seen. UTC milliseconds. */
  readonly asOf?: number | undefined;
}

export type Observation =
  /** A whole record as the dossier entity's fields read it. */
  | { readonly kind: 'row'; readonly row: Row; readonly occurredAt: number | null; readonly place: string }
  /** This dossier changed or went: how it is now has to be read by its code. */
  | { readonly kind: 'touched'; readonly code: string; readonly occurredAt: number | null; readonly place: string }
  | { readonly kind: 'gone'; readonly code: string; readonly occurredAt: number | null; readonly place: string }
  /** Something that cannot be read: kept in quarantine under its place. */
  | { readonly kind: 'faulty'; readonly place: string; readonly reason: string }
  /** A whole snapshot ended: what it did not name is gone, within the guard against mass deletion. */
  | { readonly kind: 'whole'; readonly codes: ReadonlySet<string>; readonly place: string };

/** A place in the list of a source's dossiers by time of change, then code. */
export interface ChangePosition {
  /** As the source stamps it, UTC milliseconds. */
  readonly at: number;
  /** Dossiers of this code and before were seen at that instant; empty: none was. */
  readonly code: string;
}

export interface ListChangesRequest {
  readonly entity: string;
  readonly fields: readonly string[];
  /** Only what comes after it; null: from the beginning. */
  readonly after: ChangePosition | null;
  readonly limit: number;
}

export interface ListChangesAnswer {
  /** In the order of (time, code). */
  readonly rows: readonly { readonly row: Row; readonly position: ChangePosition }[];
  readonly more: boolean;
  /** What the source's own clock says, UTC milliseconds; null where it does not tell. */
  readonly clock: number | null;
}

/** Implemented by sources that can list what changed; an entity says how in its binding. */
export type ListChanges = (request: ListChangesRequest, options: CallOptions) => Promise<ListChangesAnswer>;
