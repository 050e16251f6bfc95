import { foldName } from '../../core/names.ts';
import type { SearchRequest } from '../../core/source.ts';
import type { Binding, Knex } from '../../drivers/database.ts';
import type { SqlCriterion, SqlEntity } from '../sql.ts';
import { demandedBy, selectFrom, whereHolds } from './plan.ts';
import { aliasOf, identityColumns, usedJoins } from './tables.ts';

/** Longer names are cut: what is found only grows. */
const MOST_LETTERS = 120;

/**
 * The statement of a search, which brings one row more than the limit when there are more.
 *
 * @returns undefined when no criterion can be put to the system
 */
export function searchStatement(
  knex: Knex,
  entity: SqlEntity,
  request: SearchRequest,
): { sql: string; bindings: readonly Binding[] } | undefined {
  const { criteria, fields, limit } = request;
  const { joins, where, search = {} } = entity.binding;
  const narrowings = Object.entries(criteria).flatMap(([name, text]) => {
    const criterion = search[name];
    return criterion === undefined ? [] : (narrowing(criterion, text) ?? []);
  });
  if (narrowings.length === 0) return undefined;
  const named = [...narrowings.flatMap(({ columns }) => columns), ...Object.keys(where)];
  const oneTable = narrowings.filter(({ columns }) => new Set(columns.map(aliasOf)).size === 1);
  const demanded = [...oneTable.flatMap(({ columns }) => columns), ...demandedBy(where)];
  const repeats = usedJoins(joins, [...fields, ...named], demanded).length > 0;
  const columns = [...new Set(repeats || fields.length === 0 ? [...fields, ...identityColumns(entity)] : fields)];
  const query = selectFrom(knex, entity, usedJoins(joins, [...columns, ...named], demanded), columns);
  // Found twice through a join, a record would use up the limit.
  if (repeats) query.distinct();
  for (const { columns: either, condition } of narrowings) {
    query.where((clause) => {
      for (const column of either) clause.orWhere((one) => condition(one, column));
    });
  }
  const native = whereHolds(query, where)
    .limit(limit + 1)
    .toSQL()
    .toNative();
  return { sql: native.sql, bindings: native.bindings as readonly Binding[] };
}

interface Narrowing {
  readonly columns: readonly string[];
  readonly condition: (query: Knex.QueryBuilder, column: string) => void;
}

function narrowing(criterion: SqlCriterion, text: string): Narrowing | undefined {
  if ('like' in criterion) {
    const pattern = likePattern(text, criterion.letters);
    if (pattern === undefined) return undefined;
    // Some collations tell upper from lower case; a pattern between wildcards cannot use an index anyway.
    return {
      columns: criterion.like,
      condition: (query, column) => query.whereRaw('lower(??) like ?', [column, pattern]),
    };
  }
  const values = criterion.exact(text);
  if (values === undefined) return undefined;
  return { columns: criterion.columns, condition: (query, column) => query.whereIn(column, values) };
}

/**
 * A LIKE pattern that every spelling of a name fits, whatever the system's collation and whether it holds Unicode or one
 * of the old encodings, of which the database knows nothing: a letter that can carry marks may be any character, words
 * may have others between them, and an apostrophe may follow a word's first letter (H'Hen). It holds letters, digits
 * and wildcards only, so there is nothing to escape.
 *
 * `likePattern('Nguyễn Ái') === '%n%g___n%_%_%'`
 *
 * @returns undefined for a text without letters
 */
export function likePattern(text: string, letters: 'one' | 'several' = 'one'): string | undefined {
  // Consonants with marks occur in minority names (Č, Ñ); what the system makes of them is open.
  const open = text
    .slice(0, MOST_LETTERS)
    .normalize('NFD')
    .replace(/[bcf-hj-np-tv-xz]\p{Mn}+/giu, '%');
  const any = letters === 'one' ? '_' : '_%';
  let pattern = '%';
  let first = true;
  for (const letter of foldName(open)) {
    const isLetter = /[a-z0-9]/.test(letter);
    pattern += isLetter ? (/[aeiouyd]/.test(letter) ? any : letter) : '%';
    if (first && isLetter) pattern += '%';
    first = !isLetter;
  }
  const whole = `${pattern}%`.replace(/%{2,}/g, '%');
  return whole === '%' ? undefined : whole;
}
