/** A value that can stand for a placeholder. Objects never can: some drivers would expand them into SQL. */
export type Binding = string | number | bigint | null | Uint8Array;

/**
 * A row by column name. Dates and times are the text the database shows, decimals and integers beyond 2^53 are text,
 * binary columns are Uint8Array. MySQL gives every 64-bit integer as text, and with it COUNT and SUM.
 */
export type DatabaseRow = Record<string, unknown>;

/** What differs between databases, as data. */
export interface DatabaseTraits {
  readonly name: 'sqlite' | 'mysql';
  /** Placeholders one statement may hold. */
  readonly mostBindings: number;
  /** Whether `for update skip locked` exists; where not, there is one writer and no need. */
  readonly skipLocked: boolean;
  /** Whether an aborted statement stops; where not, it runs inside this process and blocks until its end. */
  readonly cancels: boolean;
  /** A statement that proves the database answers. */
  readonly ping: string;
}

/** Why a statement failed, told without the driver's words: those hold hosts, SQL and values. */
export interface DatabaseFault {
  /**
   * `schema`: a table or column is not there or the statement does not fit it; `text`: a value has letters that the
   * column it is compared with cannot hold; `unreachable`: all that may pass.
   */
  readonly kind: 'schema' | 'text' | 'unreachable';
  /** The column or table the database named, as it wrote it. */
  readonly name?: string | undefined;
}

export interface QueryOptions {
  /** Aborting it stops the statement, frees its connection and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a driver file gives; everything but knex. */
export interface DatabaseEngine {
  readonly traits: DatabaseTraits;
  /**
   * Runs one statement past knex's builder and pool: for statements compiled once and run often.
   * Never part of a transaction of `knex`. On a SQLite file it reads what is committed and cannot write.
   */
  query(sql: string, bindings?: readonly Binding[], options?: QueryOptions): Promise<DatabaseRow[]>;
  /** Sorts an error of `query` or `knex`. */
  faultOf(error: unknown): DatabaseFault;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Most connections to a server. */
  readonly connections?: number | undefined;
  /** Most milliseconds a connection may take to open. */
  readonly connectMs?: number | undefined;
  /** SQLite: never writes, never creates the file, and notices when another file takes its place. */
  readonly readOnly?: boolean | undefined;
  /** SQLite: most milliseconds to wait, without blocking, while another process holds the file. */
  readonly busyMs?: number | undefined;
  /** SQLite: every commit waits until the disk has it; otherwise a machine that loses its power may lose the last ones. */
  readonly durable?: boolean | undefined;
}
