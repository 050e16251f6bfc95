import type { ChangesDeclaration } from './changes.ts';
import type { SettingsSpec } from './setting.ts';
import type { Capabilities, Key, Source } from './source.ts';

/**
 * What a sector says about itself: typed data, checked whole before anything opens. A sector's folder default-exports
 * `(kit) => kit.sector({ … })`; the factories of the kit make these shapes.
 *
 * Words used throughout: a *source* is one system behind one protocol; an *entity* is a kind of record in a source that
 * becomes one GraphQL type; a *field* says how one API field is read from the source; a *lookup* is one way to ask an
 * entity for records by key; a *link* fills a GraphQL field by a lookup.
 */
export interface SectorDeclaration {
  /** Vietnamese name of the sector. */
  readonly title: string;
  readonly settings: SettingsSpec;
  readonly sources: Readonly<Record<string, SourceDeclaration>>;
  readonly entities: Readonly<Record<string, EntityDeclaration>>;
  /** Fields of Query, by name. */
  readonly queries: Readonly<Record<string, QueryDeclaration | readonly QueryDeclaration[]>>;
  /** Fields of any type, as `Type.field`. Several links may serve one field: their lists are joined. */
  readonly links: Readonly<Record<string, LinkDeclaration | readonly LinkDeclaration[]>>;
  /** How the sector states who a person is; several where several of its systems hold people. */
  readonly identity: readonly IdentityDeclaration[];
  /** How the sector sees dossiers, where it does. */
  readonly dossiers?: DossierDeclaration | undefined;
}

/** Everything a source may need to open. Opening connects to nothing; the first read does. */
export interface OpenContext {
  readonly sector: string;
  /** Values of the sector's settings spec. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The entities that name this source, by their names. */
  readonly entities: Readonly<Record<string, EntityDeclaration>>;
  /** Where a recoverable fault is told, such as one bad row of a file. No personal data. */
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface SourceDeclaration {
  readonly protocol: string;
  /** Settings the source needs; they join the sector's own. */
  readonly settings?: SettingsSpec | undefined;
  readonly capabilities: (entities: Readonly<Record<string, EntityDeclaration>>) => Capabilities;
  readonly open: (context: OpenContext) => Source;
}

/** @typeParam B what the entity's protocol needs to know about it, such as a table; only its connector reads it. */
export interface EntityDeclaration<B = unknown> {
  /** Name of the source in `sources`; set by the source's factory when the sector is put together. */
  readonly source: SourceDeclaration;
  /** GraphQL type the records become. */
  readonly type: string;
  /** API fields whose values together tell one record from another. */
  readonly identity: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  readonly lookups: Readonly<Record<string, Lookup>>;
  /** Fields the protocol's search takes, when the system can search this entity. */
  readonly searchable?: boolean | undefined;
  /** True where the entity says how the system lists what changed. */
  readonly listsChanges?: boolean | undefined;
  readonly binding: B;
}

export interface Lookup<B = unknown> {
  /** Most keys in one call. */
  readonly batchSize: number;
  /** Most rows the system gives for one key; as many means that there may be more, and the list says so. */
  readonly limitPerKey?: number | undefined;
  /** What the protocol needs to know: columns, a path, an operation. */
  readonly binding: B;
}

/**
 * One field: which of the source's own fields it is read from, and how their raw values become the API's value.
 * `read` throws FaultyValue for what cannot be; the mapper turns that into SOURCE_MALFORMED with sector and field.
 */
export interface Field<T = unknown> {
  readonly from: readonly string[];
  readonly read: (...raw: readonly unknown[]) => T;
}

/**
 * A GraphQL field of Query answered by one lookup. Several may serve one field, where a record can be asked for in
 * several ways or is kept in several systems: those whose `key` is not null are asked, and the record found answers.
 */
export interface QueryDeclaration {
  readonly to: string;
  readonly by: string;
  /**
   * @returns null where this way does not apply to the arguments
   * @throws FaultyValue for arguments that cannot be; it is told as BAD_USER_INPUT
   */
  readonly key: (args: Readonly<Record<string, unknown>>) => Key | null;
  /**
   * Field of the record that says whom it is about, a list of RecordHolder. Demanded where the field of Query holds personal
   * data: without it nobody could judge whether the record may be shown.
   */
  readonly holders?: string | undefined;
}

/** A GraphQL field of a type answered by a lookup with keys taken from the parent. */
export interface LinkDeclaration {
  /** Entity of this sector, or `Citizen`: then each key is one person's number or numbers. */
  readonly to: string;
  readonly by?: string | undefined;
  /**
   * Fields of the parent that `keys` reads (they are read along even where the query did not ask for them).
   * On Citizen: `personalNumbers` waits for the identity wave; `fullName` and `birthDate` may be named too.
   */
  readonly needs: readonly string[];
  readonly keys: (parent: Readonly<Record<string, unknown>>) => readonly Key[];
  readonly list: boolean;
  /** Where set, the link's value is this field of the record instead of the record. */
  readonly pick?: string | undefined;
  /**
   * On Citizen: field of the record that says whose it is, a list of RecordHolder. Nine-digit numbers were issued twice,
   * so a record found by one is left out when it is another's, and the list fails when nobody can tell. On other types:
   * whom the record names, for the access log.
   */
  readonly holders?: string | undefined;
  /**
   * On Citizen: field of the record that lists numbers the system says are one person's. They are remembered and join
   * records from then on: for systems that cannot be asked who someone is.
   */
  readonly states?: string | undefined;
  /** Most calls the link may make in one operation; demanded where the lookup takes one key a call. */
  readonly budget?: number | undefined;
}

/** Whose a record is, as its system states it. */
export interface RecordHolder {
  readonly personalNumbers: readonly string[];
  readonly birthDate: string | null;
  /** Speaks where the system states no birth date: another name under a nine-digit number may be another person. */
  readonly fullName?: string | null | undefined;
}

/** An entity whose fields are those of a statement: personalNumbers, fullName, birthDate, gender. */
export interface IdentityDeclaration {
  readonly entity: string;
  /** Lookup by personal number of either kind. */
  readonly by: string;
  /** Smaller comes first when a name is shown. Unique over all sectors. */
  readonly rank: number;
}

/**
 * How a sector sees dossiers. `reception`: it owns what was agreed at the counter. `course`: it owns the processing and
 * the result. Which field belongs to whom stands in core/dossier.ts.
 */
export interface DossierDeclaration {
  readonly entity: string;
  readonly role: 'reception' | 'course';
  readonly byCode: string;
  /** Lookup by applicant's number (personal or enterprise); only where dossiers are born. */
  readonly byApplicant?: string | undefined;
  /** Lists that the system keeps apart from the dossier, such as its steps. */
  readonly parts?: Readonly<Partial<Record<DossierListField, DossierPart>>> | undefined;
  /** How changes are captured, by names of the declaration's own. None: the sector's dossiers do not reach the index. */
  readonly changes?: Readonly<Record<string, ChangesDeclaration>> | undefined;
}

export type DossierListField = 'steps' | 'results' | 'supplementRequests' | 'fees' | 'parties' | 'papers';

export interface DossierPart {
  readonly entity: string;
  /** Lookup by dossier code. */
  readonly by: string;
  /** Where set, the list is this field of the one record instead of the records themselves. */
  readonly pick?: string | undefined;
}
