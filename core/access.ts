import type { RecordHolder } from './declaration.ts';

/**
 * Who may see what, for which purpose. Words used throughout: an *actor* is whoever a token speaks for; a *grant* lets actors of one
 * role or client see some classes of data of some sectors within some units for some purposes; *evidence* is what makes a purpose believable: an
 * open visit, a dossier, or being the person oneself. What no grant allows is refused.
 */
export const ROLES = ['counter', 'leader', 'auditor', 'admin', 'citizen', 'app', 'portal'] as const;
/** `app`: another system that asks for itself. `portal`: the public service portal. The others are people. */
export type Role = (typeof ROLES)[number];

/**
 * PUBLIC: catalogues, registers anyone may read. COURSE: how a dossier stands, nobody named. OPERATIONAL: the state of the hub, of
 * systems and deliveries. PERSONAL: says something about a person. SENSITIVE: personal data that the law guards more (ethnicity, disputes). AUDIT: who looked.
 */
export const DATA_CLASSES = ['PUBLIC', 'COURSE', 'OPERATIONAL', 'PERSONAL', 'SENSITIVE', 'AUDIT'] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

/** Whether it says something about a person, and so needs a purpose. */
export function isPersonal(data: DataClass): boolean {
  return data === 'PERSONAL' || data === 'SENSITIVE';
}

export const ACTIONS = ['READ', 'OPERATE', 'INTROSPECT'] as const;
/** OPERATE: every mutation. INTROSPECT: reading the schema. */
export type Action = (typeof ACTIONS)[number];

export const PURPOSES = ['RECEPTION', 'PROCESSING', 'SUPERVISION', 'SELF', 'AUDIT'] as const;
/**
 * RECEPTION: somebody stands at the counter and no dossier exists yet. PROCESSING: work on one dossier. SUPERVISION: watching over work; never personal data.
 * SELF: a citizen and their own data. AUDIT: reading the access log.
 */
export type PurposeCode = (typeof PURPOSES)[number];

/** Whoever a checked token speaks for. Made by the identity room, read everywhere, changed nowhere. */
export interface Actor {
  /** The account: `sub` of the token. For a system that asks for itself, its client id. */
  readonly id: string;
  readonly role: Role;
  /** The registered application through which the actor asks: `client_id`. */
  readonly client: string;
  /** True where the application acts for the person through token exchange (`act`). */
  readonly delegated: boolean;
  /** Identifier of the actor's agency in the newer order, such as H41.58.01; null for citizens and most systems. */
  readonly unit: string | null;
  /** A citizen's own personal number; null for everybody else. Never logged. */
  readonly personalNumber: string | null;
  /** UTC milliseconds: nothing is answered under this token from then on. */
  readonly expiresAt: number;
}

/** One question to `can`. */
export type Resource =
  /** A field of the schema, before any data is known: class and sector alone decide. */
  | { readonly kind: 'field'; readonly sector: string; readonly data: DataClass }
  /** A person, by every number known of them at this point; one for each way in which systems state them. */
  | {
      readonly kind: 'person';
      readonly sector: string;
      readonly data: DataClass;
      readonly people: readonly RecordHolder[];
    }
  /** A record of a sector, by the people it is about; `key` where it was asked for by an exact identifier of its own. */
  | {
      readonly kind: 'record';
      readonly sector: string;
      readonly data: DataClass;
      readonly people: readonly RecordHolder[];
      readonly key: string | null;
    }
  /** A dossier: its course by its units, what it says of people by its applicant and parties. */
  | { readonly kind: 'dossier'; readonly data: DataClass; readonly dossier: DossierFacts }
  /** Something of the hub itself: a mutation, the access log, the visits. */
  | { readonly kind: 'hub'; readonly data: DataClass; readonly unit: string | null };

/** What access needs to know of a dossier, from the index. */
export interface DossierFacts {
  readonly code: string;
  /** Agencies it belongs to, in the newer order: the one in charge, and the receiving one where the code names it. */
  readonly units: readonly string[];
  /**
   * Applicant and parties, each with the numbers remembered to be theirs and nobody else's; personal numbers and enterprise codes,
   * and no other words.
   */
  readonly people: readonly RecordHolder[];
  /** Which of their numbers are remembered alone, each with the number for which it is: that is the one that the dossier states. */
  readonly remembered?: ReadonlyMap<string, string> | undefined;
}

/** An open visit of this actor, as it stands now. */
export interface VisitFacts {
  readonly id: string;
  /** Words of people, see `wordsInVisit`, and keys of records, that were asked for by exact identifier in it. */
  readonly subjects: ReadonlySet<string>;
}

/** Why the actor asks, with what makes it believable. */
export interface StatedPurpose {
  readonly code: PurposeCode | null;
  readonly dossier: DossierFacts | null;
  readonly visit: VisitFacts | null;
}

/** How a subject is tied to the purpose; stands in the access log. */
export type Relation = 'SELF' | 'VISIT' | 'DOSSIER' | 'NAMED' | 'MATCH' | 'NONE';

export type Decision =
  | { readonly allowed: true; readonly relation: Relation }
  | { readonly allowed: false; readonly code: 'FORBIDDEN' | 'PURPOSE_REQUIRED'; readonly why: RefusalReason };

/** For the access log and the tests; what leaves the hub is the code and a fixed message. */
export type RefusalReason =
  | 'NO_GRANT'
  | 'PURPOSE_MISSING'
  | 'LOG_PURPOSE_MISSING'
  | 'PURPOSE_NOT_GRANTED'
  | 'VISIT_MISSING'
  | 'DOSSIER_MISSING'
  | 'NOT_A_SUBJECT'
  | 'OTHER_UNIT'
  | 'NOT_SELF';

/** The one place where access is decided. Pure: the same question always gets the same answer. */
export type Can = (actor: Actor, action: Action, resource: Resource, purpose: StatedPurpose) => Decision;

/** The grants file, read and checked. */
export interface AccessPolicy {
  readonly version: 1;
  readonly grants: readonly Grant[];
  readonly clients: ReadonlyMap<string, Client>;
  readonly visits: { readonly minutes: number; readonly subjects: number };
  /** Accesses of these purposes or roles are shown to the person themself only after so many days. */
  readonly delays: readonly { readonly purpose?: PurposeCode; readonly role?: Role; readonly days: number }[];
}

export interface Grant {
  /** What people call it in messages and tests. */
  readonly name: string;
  /** Exactly one of the two. */
  readonly role?: Role;
  readonly client?: string;
  readonly actions: readonly Action[];
  /** Folder names of sectors, `hub` for the shared schema, or `*`. */
  readonly sectors: readonly string[];
  readonly data: readonly DataClass[];
  /** `own`: the actor's agency and below; `all`; or agencies, each with all below it. Holds for COURSE, PERSONAL and SENSITIVE of dossiers, and for hub resources with a unit. */
  readonly units: 'own' | 'all' | readonly string[];
  readonly purposes: readonly PurposeCode[];
}

/** A registered application. An unknown `client_id` is refused, however good its token is. */
export interface Client {
  readonly id: string;
  readonly title: string;
  /** Roles that may come through it. */
  readonly roles: readonly Role[];
  /** `required`: only tokens bound to the certificate of the connection (mutual TLS). */
  readonly certificate: 'none' | 'required';
  /** Operations a minute and at once; the settings' where absent. */
  readonly perMinute?: number;
  readonly atOnce?: number;
  /** Only registered operations, whatever the setting says. */
  readonly registeredOnly?: boolean;
}

/** X-Purpose, X-Dossier and X-Visit, checked for their form alone. */
export interface StatedHeaders {
  /** SELF for a citizen who said nothing. */
  readonly purpose: PurposeCode | null;
  readonly dossier: string | null;
  readonly visit: string | null;
}
