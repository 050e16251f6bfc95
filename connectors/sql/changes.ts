import type { ChangePosition, ListChangesAnswer, ListChangesRequest } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import { parseInstant, VIETNAM_OFFSET_MS } from '../../core/time.ts';
import type { Binding, Database, DatabaseRow, Knex } from '../../drivers/database.ts';
import type { SqlChanges, SqlEntity } from '../sql.ts';
import { demandedBy, selectFrom, whereHolds } from './plan.ts';
import { usedJoins } from './tables.ts';

/**
 * One page of an entity's records by (time of change, key). Records without a stamp, with a zero one or with one that
 * sorts behind all times come first, as if stamped 0: a page of changes passes them over, a walk through everything does
 * not. A stamp that cannot be read stands where its text sorts. Stamps finer than a millisecond are cut.
 */
export async function listSqlChanges(
  database: Database,
  entity: SqlEntity,
  request: ListChangesRequest & { readonly signal: AbortSignal },
): Promise<ListChangesAnswer> {
  const { after, limit, signal } = request;
  const { changes } = entity.binding;
  if (changes === undefined) throw new HubError('INTERNAL', `${entity.type} does not say how its changes are listed`);
  const clock = await clockOf(database, signal);
  const ask = async (narrow: (query: Knex.QueryBuilder) => Knex.QueryBuilder, most: number) => {
    const { sql, bindings } = narrow(select(database.knex, entity, changes, request.fields))
      .limit(most)
      .toSQL()
      .toNative();
    return database.query(sql, bindings as readonly Binding[], { signal });
  };
  const { time, key } = changes;
  const isUnstamped = after === null || after.at <= 0;
  const rows: DatabaseRow[] = [];
  if (isUnstamped) {
    // One question each: of all three together databases make a walk through the whole table.
    const conditions: readonly ((query: Knex.QueryBuilder) => Knex.QueryBuilder)[] = [
      (query) => query.whereNull(time),
      (query) => query.where(time, '<', written(EARLIEST, changes)),
      (query) => query.where(time, '>', written(LATEST, changes)),
    ];
    // Written so that no index on the key can serve it, which would be that walk again.
    const code = database.knex.raw("coalesce(??, '')", [key]);
    const parts = [];
    for (const condition of conditions) {
      const narrow = (query: Knex.QueryBuilder) =>
        (after === null ? condition(query) : condition(query).where(code, '>', after.code)).orderBy(code);
      parts.push(await ask(narrow, limit + 1));
    }
    rows.push(...inOrderOf(key, parts).slice(0, limit + 1));
  }
  const unstamped = rows.length;
  if (rows.length <= limit) {
    const from = isUnstamped ? { at: EARLIEST, code: '' } : after;
    const at = written(from.at, changes);
    rows.push(
      ...(await ask(
        (query) =>
          query
            .where(time, '>=', at)
            .where(time, '<=', written(LATEST, changes))
            .where((or) => or.where(time, '>', at).orWhere(key, '>', from.code))
            .orderBy([time, key]),
        limit + 1 - rows.length,
      )),
    );
  }
  const page = rows.slice(0, limit);
  let position: ChangePosition = isUnstamped ? { at: 0, code: '' } : after;
  return {
    rows: page.map((row, index) => {
      position = {
        at: index < unstamped ? 0 : (stampOf(row[time], changes) ?? position.at),
        code: String(row[key] ?? ''),
      };
      return { row, position };
    }),
    more: rows.length > limit,
    clock,
  };
}

/** The database's own order stays where it can: the hub's might be another. */
function inOrderOf(key: string, parts: readonly (readonly DatabaseRow[])[]): readonly DatabaseRow[] {
  const [only = [], ...others] = parts.filter(({ length }) => length > 0);
  if (others.length === 0) return only;
  const code = (row: DatabaseRow): string => String(row[key] ?? '');
  return [only, ...others].flat().sort((left, right) => (code(left) < code(right) ? -1 : 1));
}

/** A second after 1970 began: nothing in a register was changed before, and systems write that for nothing. */
const EARLIEST = 1_000;
const LATEST = Date.UTC(9999, 11, 30);

function select(knex: Knex, entity: SqlEntity, changes: SqlChanges, fields: readonly string[]): Knex.QueryBuilder {
  const { joins, where } = entity.binding;
  const columns = [...new Set([...fields, changes.time, changes.key])];
  const used = usedJoins(joins, [...columns, ...Object.keys(where)], demandedBy(where));
  return whereHolds(selectFrom(knex, entity, used, columns), where);
}

/** The time as the system writes it; milliseconds only where there are any. */
function written(at: number, { format, zone }: SqlChanges): string {
  const shown = new Date(at + (zone === 'UTC' ? 0 : VIETNAM_OFFSET_MS)).toISOString();
  const text = `${shown.slice(0, 10)} ${shown.slice(11, 19)}`;
  if (format === 'yyyyMMddHHmmss') return text.replace(/\D/g, '');
  return at % 1_000 === 0 ? text : `${text}.${shown.slice(20, 23)}`;
}

function stampOf(
  raw: unknown,
  { format, zone = 'Asia/Ho_Chi_Minh' }: Pick<SqlChanges, 'format' | 'zone'>,
): number | null {
  try {
    return parseInstant(String(raw), { format, zone });
  } catch {
    return null;
  }
}

/** The database's own clock, UTC milliseconds: another machine's would not agree with its stamps. */
async function clockOf(database: Database, signal: AbortSignal): Promise<number | null> {
  const now = database.traits.name === 'mysql' ? 'utc_timestamp(3)' : "strftime('%Y-%m-%d %H:%M:%f', 'now')";
  const [row] = await database.query(`select ${now} as clock`, [], { signal });
  return stampOf(row?.clock, { format: 'yyyy-MM-dd HH:mm:ss', zone: 'UTC' });
}
