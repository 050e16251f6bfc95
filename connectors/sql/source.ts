import type { ListChangesAnswer, ListChangesRequest } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import type {
  Answer,
  CallOptions,
  Key,
  ReadRequest,
  Row,
  SearchAnswer,
  SearchRequest,
  Source,
} from '../../core/source.ts';
import { type Database, type DatabaseRow, openDatabase } from '../../drivers/database.ts';
import type { SqlEntity } from '../sql.ts';
import { listSqlChanges } from './changes.ts';
import { createPlan, MOST_ROWS, type SqlPlan } from './plan.ts';
import { searchStatement } from './search.ts';
import { aliasOf, joinsOf, tableOf } from './tables.ts';

/** Plans a source keeps. They are as many as clients ask different fields, and clients are not ours. */
const MOST_PLANS = 500;

export function openSqlSource(
  url: string,
  entities: Readonly<Record<string, SqlEntity>>,
  connections: number | undefined,
): Source {
  const database = openDatabase(url, { connections, readOnly: true });
  const planOf = planCache(database, entities);

  const hubError = (error: unknown, signal: AbortSignal): HubError => faultOf(database, entities, error, signal);

  const read = async (request: ReadRequest, { signal }: CallOptions): Promise<readonly Answer[]> => {
    const { keys } = request;
    if (keys.length === 0) return [];
    const plan = planOf(request);
    let asked = keys;
    for (const highest of [0xff, 0x7f, 0]) {
      try {
        const { sql, bindings } = plan.statement(asked);
        return answersOf(plan, keys, await database.query(sql, bindings, { signal }));
      } catch (error) {
        if (signal.aborted || database.faultOf(error).kind !== 'text' || highest === 0) throw hubError(error, signal);
        // A column of an old encoding refuses the whole statement for one key it could never hold, so those go.
        asked = keys.filter((key) => writtenWithin(key, highest));
        if (asked.length === 0) break;
      }
    }
    return keys.map(() => []);
  };
  const search = async (request: SearchRequest, { signal }: CallOptions): Promise<SearchAnswer> => {
    const entity = entityOf(entities, request.entity);
    checkFields(entity, undefined, request.fields);
    const statement = searchStatement(database.knex, entity, request);
    if (statement === undefined) throw new HubError('BAD_USER_INPUT', 'the search needs a name to look for');
    const rows = await database.query(statement.sql, statement.bindings, { signal }).catch((error: unknown) => {
      throw hubError(error, signal);
    });
    return { rows: rows.slice(0, request.limit), more: rows.length > request.limit };
  };
  const listChanges = async (request: ListChangesRequest, { signal }: CallOptions): Promise<ListChangesAnswer> => {
    const entity = entityOf(entities, request.entity);
    checkFields(entity, undefined, request.fields);
    return listSqlChanges(database, entity, { ...request, signal }).catch((error: unknown) => {
      throw hubError(error, signal);
    });
  };
  return {
    read,
    ...(Object.values(entities).some((entity) => entity.listsChanges === true) && { listChanges }),
    ...(Object.values(entities).some((entity) => entity.searchable === true) && { search }),
    check: async ({ signal }) => {
      await database.query(database.traits.ping, [], { signal }).catch((error: unknown) => {
        throw hubError(error, signal);
      });
    },
    close: database.close,
  };
}

function planCache(database: Database, entities: Readonly<Record<string, SqlEntity>>) {
  const plans = new Map<string, SqlPlan>();
  return ({ entity: name, lookup: by, fields }: ReadRequest): SqlPlan => {
    const id = `${name}\n${by}\n${fields.join('\n')}`;
    const known = plans.get(id);
    if (known !== undefined) return known;
    const entity = entityOf(entities, name);
    const lookup = entity.lookups[by];
    if (lookup === undefined) throw new HubError('INTERNAL', `${entity.type} has no lookup ${by}`);
    checkFields(entity, by, fields);
    const made = createPlan(database.knex, entity, lookup.binding, fields, lookup.batchSize);
    if (plans.size >= MOST_PLANS) plans.delete(plans.keys().next().value ?? '');
    plans.set(id, made);
    return made;
  };
}

function entityOf(entities: Readonly<Record<string, SqlEntity>>, name: string): SqlEntity {
  const entity = entities[name];
  if (entity === undefined) throw new HubError('INTERNAL', `the source has no entity ${name}`);
  return entity;
}

/** Fields come from the declaration, through the resolvers; this guards the one place where names become SQL. */
function checkFields(entity: SqlEntity, by: string | undefined, fields: readonly string[]): void {
  const lookup = by === undefined ? undefined : entity.lookups[by]?.binding;
  const aliases = [entity.binding.table, ...joinsOf(entity, lookup).map(({ table }) => table)];
  const known = new Set(aliases.map((text) => tableOf(text).alias));
  const wrong = fields.find((field) => !/^[^\s.`?]+\.[^.`?]+$/.test(field) || !known.has(aliasOf(field)));
  if (wrong !== undefined) {
    throw new HubError('SOURCE_MALFORMED', 'a field is asked for that no table of the declaration has', {
      field: wrong,
    });
  }
}

/**
 * Hands each row to the key it was found by. Databases compare laxly (case, marks, trailing spaces, '42' and '0042' in a
 * column of numbers), keys of different people do not: only a row whose key columns show the very text is the key's.
 */
function answersOf(plan: SqlPlan, keys: readonly Key[], rows: readonly DatabaseRow[]): readonly Answer[] {
  if (rows.length > MOST_ROWS) throw new HubError('SOURCE_MALFORMED', `more than ${MOST_ROWS} rows for one question`);
  const { keyColumns, repeats, identity, limitPerKey = MOST_ROWS } = plan;
  const distinct = repeats ? withoutRepeats(rows, identity) : rows;
  const [column] = keyColumns[0] ?? [];
  const [only] = keys;
  if (keys.length === 1 && typeof only === 'string' && keyColumns.length === 1 && column !== undefined) {
    // By far the most frequent question.
    return [distinct.filter((row) => textOf(row[column]) === only).slice(0, limitPerKey)];
  }
  const places = new Map<string, number>();
  const answers: Row[][] = [];
  for (const [index, key] of keys.entries()) {
    places.set(typeof key === 'string' ? key : joined(key), index);
    answers.push([]);
  }
  for (const row of distinct) {
    for (const columns of keyColumns) {
      const key = keyOf(row, columns);
      const place = key === undefined ? undefined : places.get(key);
      const rowsOfKey = place === undefined ? undefined : answers[place];
      // A row may hold the same key in two columns.
      if (rowsOfKey === undefined || rowsOfKey.length >= limitPerKey || rowsOfKey.at(-1) === row) continue;
      rowsOfKey.push(row);
    }
  }
  return answers;
}

function writtenWithin(key: Key, highest: number): boolean {
  const text = typeof key === 'string' ? key : key.join('');
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > highest) return false;
  return true;
}

function keyOf(row: DatabaseRow, columns: readonly string[]): string | undefined {
  const [column] = columns;
  if (columns.length === 1 && column !== undefined) return textOf(row[column]);
  const parts = columns.map((each) => textOf(row[each]));
  return parts.some((part) => part === undefined) ? undefined : joined(parts as string[]);
}

/** Parts joined so that no two lists of parts look alike. */
function joined(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
}

/** A null holds no key, not even the empty one. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'number' ? String(value) : undefined;
}

/** Only rows of one record can be the same row, and few records have two: whole rows are compared for those alone. */
function withoutRepeats(rows: readonly DatabaseRow[], identity: readonly string[]): readonly DatabaseRow[] {
  if (rows.length < 2) return rows;
  const [column = ''] = identity;
  const firstOf = new Map<unknown, DatabaseRow>();
  const seen = new Set<string>();
  return rows.filter((row) => {
    const own = row[column];
    const isPlain = identity.length === 1 && typeof own !== 'object';
    const record = isPlain ? own : JSON.stringify(identity.map((each) => row[each]));
    const first = firstOf.get(record);
    if (first === undefined) {
      firstOf.set(record, row);
      return true;
    }
    seen.add(JSON.stringify(first));
    return seen.size < seen.add(JSON.stringify(row)).size;
  });
}

function faultOf(
  database: Database,
  entities: Readonly<Record<string, SqlEntity>>,
  error: unknown,
  signal: AbortSignal,
): HubError {
  if (error instanceof HubError) return error;
  if (signal.aborted)
    return new HubError('SOURCE_TIMEOUT', 'the database was not waited for any longer', { cause: error });
  const { kind, name } = database.faultOf(error);
  if (kind !== 'schema') return new HubError('SOURCE_UNAVAILABLE', 'the database does not answer', { cause: error });
  const field = name === undefined ? undefined : declaredName(entities, name);
  return new HubError('SOURCE_MALFORMED', 'the database has other tables or columns than declared', {
    field,
    cause: error,
  });
}

/** The table or column in question, if the declaration knows it; what a database says else is not for showing. */
function declaredName(entities: Readonly<Record<string, SqlEntity>>, name: string): string | undefined {
  const table = name.slice(name.lastIndexOf('.') + 1);
  for (const entity of Object.values(entities)) {
    const lookups = Object.values(entity.lookups).map(({ binding }) => binding);
    const joins = lookups.flatMap((lookup) => joinsOf(entity, lookup));
    const columns = [
      ...Object.values(entity.fields).flatMap(({ from }) => from),
      ...lookups.flatMap(({ by, anyOf }) => [by ?? anyOf ?? []].flat()),
      ...joins.flatMap(({ on }) => on.flat()),
      ...Object.keys(entity.binding.where),
      ...(entity.binding.changes === undefined ? [] : [entity.binding.changes.time, entity.binding.changes.key]),
    ];
    if (columns.includes(name)) return name;
    const tables = [
      entity.binding.table,
      ...entity.binding.joins.map((join) => join.table),
      ...joins.map((join) => join.table),
    ];
    if (tables.some((text) => tableOf(text).name === table)) return table;
  }
  return undefined;
}
