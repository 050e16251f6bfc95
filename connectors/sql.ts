import type { EntityDeclaration, Field, Lookup, SourceDeclaration } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import { urlSetting } from '../core/setting.ts';
import { ANY_BATCH_SIZE } from '../core/source.ts';
import type { SourceZone } from '../core/time.ts';
import { openSqlSource } from './sql/source.ts';
import { checkSqlEntity } from './sql/tables.ts';

/**
 * A sector's system behind SQL: MySQL, MariaDB, or a SQLite file. The hub only reads, and needs no more than the right
 * to select.
 *
 * A column is always written `alias.COLUMN`, and so are the names in a row. A value is what the database shows: dates and
 * decimals are text, zero dates stay `0000-00-00`, integers beyond 2^53 are text.
 *
 * ```ts
 * const registry = kit.sql({ url: 'DATABASE_URL' });
 * registry.entity({
 *   type: 'LandParcel',
 *   identity: ['id'],
 *   table: 'DC_THUADAT as parcel',
 *   joins: [
 *     { table: 'DC_QUYENSUDUNGDAT as right', on: [['right.THUADATID', 'parcel.THUADATID']] },
 *     { table: 'DC_CANHAN as person', on: [['person.CANHANID', 'right.CANHANID']] },
 *   ],
 *   where: { 'parcel.ISLASTEST': 1 },
 *   fields: { id: text('parcel.THUADATID'), area: decimal('parcel.DIENTICH') },
 *   lookups: {
 *     position: { by: ['parcel.XAID', 'parcel.SOHIEUTOBANDO', 'parcel.SOTHUTUTHUA'] },
 *     holder: { anyOf: ['person.SODDCN', 'person.SOCMND'] },
 *   },
 * });
 * ```
 */
export function sql(options: SqlOptions): SqlSource {
  const source: SqlSource = {
    protocol: 'sql',
    settings: {
      [options.url]: urlSetting({
        description: 'Database of the system: mysql://user:password@host:port/name or sqlite:///absolute/path',
        protocols: ['mysql', 'mariadb', 'sqlite'],
        secret: true,
        ...(options.standard !== undefined && { standard: options.standard }),
      }),
    },
    capabilities: (entities) => ({
      protocol: 'sql',
      search: Object.values(entities).some((entity) => entity.searchable === true),
      batchSizes: Object.fromEntries(
        Object.entries(entities).flatMap(([entity, { lookups }]) =>
          Object.entries(lookups).map(([lookup, { batchSize }]) => [`${entity}.${lookup}`, batchSize]),
        ),
      ),
    }),
    open: (context) => {
      const url = context.settings[options.url];
      if (typeof url !== 'string') throw new HubError('INTERNAL', `the setting ${options.url} is not set`);
      return openSqlSource(url, context.entities as Readonly<Record<string, SqlEntity>>, options.connections);
    },
    entity: (spec) => {
      const { type, identity, fields, table, joins = [], where = {}, search, changes, lookups } = spec;
      const binding: SqlBinding = { table, joins, where, search, changes };
      const entity: SqlEntity = {
        source,
        type,
        identity,
        fields,
        searchable: search !== undefined,
        listsChanges: changes !== undefined,
        binding,
        lookups: Object.fromEntries(
          Object.entries(lookups).map(([name, { batchSize = ANY_BATCH_SIZE, ...lookup }]) => [
            name,
            { batchSize, binding: lookup },
          ]),
        ),
      };
      checkSqlEntity(entity);
      return entity;
    },
  };
  return source;
}

export interface SqlOptions {
  /** Name of the setting that holds the database's URL. */
  readonly url: string;
  /** The setting's standard value, where there is one. */
  readonly standard?: string | undefined;
  /** Most connections held to the server; 10 if not said. */
  readonly connections?: number | undefined;
}

export interface SqlSource extends SourceDeclaration {
  /** Throws an Error naming the fault when a column names no table, or a batch would not fit one statement. */
  entity(spec: SqlEntitySpec): SqlEntity;
}

export interface SqlEntitySpec {
  readonly type: string;
  readonly identity: readonly string[];
  /** `TABLE as alias`, or a table that is its own alias. */
  readonly table: string;
  /** Each is used only when a column that is read, looked up or demanded by `where` names its alias. */
  readonly joins?: readonly SqlJoin[] | undefined;
  readonly where?: SqlWhere | undefined;
  readonly fields: Readonly<Record<string, Field>>;
  readonly lookups: Readonly<Record<string, SqlLookupSpec>>;
  readonly search?: Readonly<Record<string, SqlCriterion>> | undefined;
  /** Where a record says when it was last changed; the hub then asks again and again for what changed. */
  readonly changes?: SqlChanges | undefined;
}

/** How records are listed by the time of their last change. An index on (time, key) is what makes it cheap. */
export interface SqlChanges {
  /** Column of the stamp. It has to change with every change of the record. */
  readonly time: string;
  /** How the stamp is written; texts in this form have the order of the times. */
  readonly format: 'yyyy-MM-dd HH:mm:ss' | 'yyyyMMddHHmmss';
  /** Standard Asia/Ho_Chi_Minh. */
  readonly zone?: SourceZone | undefined;
  /** Column of the dossier code, which tells records of one moment apart. */
  readonly key: string;
}

export interface SqlJoin {
  readonly table: string;
  /** Pairs of columns that are equal; the first of each belongs to this table. */
  readonly on: readonly (readonly [string, string])[];
  /** `left` if not said: a record without a partner stays. */
  readonly kind?: 'left' | 'inner' | undefined;
}

/** Column → the value it must have; a list: one of them; null: it must be null. */
export type SqlWhere = Readonly<Record<string, string | number | null | readonly (string | number)[]>>;

export type SqlLookupSpec = SqlLookup & {
  /** Most keys in one statement; as many as ANY_BATCH_SIZE if not said. */
  readonly batchSize?: number | undefined;
};

export type SqlLookup = (
  | {
      /** The columns that together are the key, in the key's order. */
      readonly by: string | readonly string[];
      readonly anyOf?: undefined;
    }
  | {
      /** Columns of which each may hold the key. */
      readonly anyOf: readonly string[];
      readonly by?: undefined;
    }
) & {
  readonly joins?: readonly SqlJoin[] | undefined;
  readonly where?: SqlWhere | undefined;
  /** Columns, each perhaps with ` desc`. */
  readonly orderBy?: readonly string[] | undefined;
  /** Only the first of a key's records, by `orderBy`: the latest, for example. The rest is left out in silence. */
  readonly limitPerKey?: number | undefined;
};

/** How one criterion of a search is put to the system. A criterion that is not declared narrows nothing. */
export type SqlCriterion =
  | {
      /** Columns of which one must be like the text. More is found than was meant: the hub compares exactly. */
      readonly like: readonly string[];
      /** `several`: a letter with its marks takes several characters, as in VNI, VIQR or decomposed Unicode. */
      readonly letters?: 'one' | 'several' | undefined;
    }
  | {
      readonly columns: readonly string[];
      /** The texts of which one must stand in a column; undefined: cannot be told, do not narrow. */
      readonly exact: (text: string) => readonly string[] | undefined;
    };

export interface SqlBinding {
  readonly table: string;
  readonly joins: readonly SqlJoin[];
  readonly where: SqlWhere;
  readonly search: Readonly<Record<string, SqlCriterion>> | undefined;
  readonly changes: SqlChanges | undefined;
}

export type SqlEntity = EntityDeclaration<SqlBinding> & {
  readonly lookups: Readonly<Record<string, Lookup<SqlLookup>>>;
};
