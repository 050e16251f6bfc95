import type { Database, DatabaseRow } from '../../drivers/database.ts';
import type { DossierFilter, DossierOrder, IndexKey, IndexPage, IndexPageRequest } from '../dossier-index.ts';
import {
  conditionsOf,
  type Entrance,
  entrancesOf,
  type Fragment,
  fragment,
  joined,
  leavesOutDeleted,
} from './conditions.ts';

/** Up to this many entries of an index are read whole and sorted; with more, the list is walked in its order. */
export const MOST_SORTED = 10_000;
/** A count has nothing to sort and no order to walk in: it is worth its while to look further for the smallest index. */
const COUNT_REACH = 10;

interface Ordering {
  readonly column: 'received_at' | 'due_at' | 'changed_at';
  readonly descending: boolean;
  /** The index in this order when no part of the filter has one of its own. */
  readonly index: string;
}

const ORDERINGS: Readonly<Record<DossierOrder, Ordering>> = {
  RECEIVED_DESC: { column: 'received_at', descending: true, index: 'dossier_received' },
  RECEIVED_ASC: { column: 'received_at', descending: false, index: 'dossier_received' },
  DUE_ASC: { column: 'due_at', descending: false, index: 'dossier_due' },
  CHANGED_DESC: { column: 'changed_at', descending: true, index: 'dossier_changed' },
};

/**
 * One page of a list. A part of the filter that few dossiers answer to is entered by its own index and what it holds is
 * sorted; when every part is common, an index in the order wanted is walked from the key on, which meets matches soon.
 * Either costs the same on the last page as on the first.
 */
export async function readPage(
  database: Database,
  request: IndexPageRequest,
  mostSorted = MOST_SORTED,
): Promise<IndexPage> {
  const { filter, first, after } = request;
  const ordering = ORDERINGS[request.order];
  const conditions = conditionsOf(filter);
  const { entrance, isRare } = await chooseEntrance(database, filter, conditions, ordering, mostSorted);
  const read = async (span: Span, limit: number): Promise<DatabaseRow[]> => {
    const { sql, bindings } = pageStatement(database, filter, conditions, ordering, { entrance, isRare, span, limit });
    return database.query(sql, bindings);
  };
  const rows: DatabaseRow[] = [];
  const isNullKey = after !== null && after[0] === null;
  if (!isNullKey) rows.push(...(await read({ nulls: false, after }, first + 1)));
  const mayBeNull =
    ordering.column === 'due_at' && !['dueFrom', 'dueTo'].some((part) => conditions.has(part as 'dueTo'));
  if (rows.length <= first && mayBeNull && filter.overdue !== true) {
    rows.push(...(await read({ nulls: true, after: isNullKey ? after : null }, first + 1 - rows.length)));
  }
  const places = rows.slice(0, first).map(({ code, place }) => ({
    code: String(code),
    key: [place === null ? null : Number(place), String(code)] as const,
  }));
  return { places, more: rows.length > first };
}

/** How many dossiers answer to a filter, counted no further than `most`. */
export async function countMatches(
  database: Database,
  filter: DossierFilter,
  most: number,
  mostSorted = MOST_SORTED,
): Promise<number> {
  const conditions = conditionsOf(filter);
  const choice = await chooseEntrance(database, filter, conditions, null, mostSorted * COUNT_REACH);
  const { entrance, isRare } = choice;
  const isAll = conditions.size === 1 && (filter.words?.length ?? 0) <= 1;
  // A list that is all of the filter needs no look at the dossiers.
  const isAlone = isAll && entrance !== null && entrance.list !== null && (isRare || !entrance.repeats);
  const from = isAlone ? codesOf(entrance) : fromOf(database, choice, null);
  const where = isAlone ? fragment('1 = 1') : whereOf(filter, conditions, choice);
  const sql = `select count(*) as matches from (select 1 from ${from.sql} where ${where.sql} limit ?) counted`;
  const [row] = await database.query(sql, [...from.bindings, ...where.bindings, most]);
  return Number(row?.matches);
}

interface Choice {
  readonly entrance: Entrance | null;
  /** Read whole and sorted, instead of walked in its order. */
  readonly isRare: boolean;
}

/** @param ordering null where no order is wanted */
async function chooseEntrance(
  database: Database,
  filter: DossierFilter,
  conditions: ReadonlyMap<keyof DossierFilter, Fragment>,
  ordering: Ordering | null,
  mostSorted: number,
): Promise<Choice> {
  const entrances = entrancesOf(filter);
  const inOrder =
    entrances.find(({ ordered, repeats }) => (ordering === null ? !repeats : ordered === ordering.column)) ?? null;
  // When the whole filter is one part and its index is in order, there is nothing to weigh.
  const isAll =
    conditions.size === 1 && filter.words === undefined && entrances.every(({ part }) => part === inOrder?.part);
  if (entrances.length === 0 || (inOrder !== null && isAll)) return { entrance: inOrder, isRare: false };
  const sizes = await sizesOf(database, entrances, mostSorted + 1);
  const fewest = Math.min(...sizes);
  if (fewest <= mostSorted) return { entrance: entrances[sizes.indexOf(fewest)] as Entrance, isRare: true };
  // Numbers of one applicant are few in truth, and no other index is in any relation to them.
  const [widest] = entrances;
  if (inOrder === null && widest?.part === 'applicantNumbers') return { entrance: widest, isRare: true };
  return { entrance: inOrder, isRare: false };
}

async function sizesOf({ query }: Database, entrances: readonly Entrance[], most: number): Promise<readonly number[]> {
  const counts = entrances.map(({ list, index, narrow }, place) => ({
    sql: `(select count(*) from (select 1 from ${list ?? 'dossier'} where ${narrow.sql} limit ${most}) ${index}_${place}) as size_${place}`,
    bindings: narrow.bindings,
  }));
  const { sql, bindings } = joined(counts, ', ');
  const [row] = await query(`select ${sql}`, bindings);
  return entrances.map((_, place) => Number(row?.[`size_${place}`]));
}

/** A stretch of the list: with or without a value to order by, behind a key. */
interface Span {
  readonly nulls: boolean;
  readonly after: IndexKey | null;
}

function pageStatement(
  database: Database,
  filter: DossierFilter,
  conditions: ReadonlyMap<keyof DossierFilter, Fragment>,
  ordering: Ordering,
  { entrance, isRare, span, limit }: Choice & { readonly span: Span; readonly limit: number },
): Fragment {
  const choice = { entrance, isRare };
  const from = fromOf(database, choice, ordering.index);
  const spans = walkedBy(choice);
  // A list that is walked brings the order's columns itself; those of the dossier would have to be fetched first.
  const alias = spans.length > 0 ? 'e' : 'd';
  const column = `${alias}.${ordering.column}`;
  const direction = ordering.descending ? 'desc' : 'asc';
  if (ordering.column === 'due_at') spans.push(fragment(`${column} is ${span.nulls ? '' : 'not '}null`));
  if (span.after !== null) spans.push(behind(span.after, column, `${alias}.code`, ordering.descending, span.nulls));
  const where = whereOf(filter, conditions, choice, spans);
  const order = span.nulls ? `${alias}.code ${direction}` : `${column} ${direction}, ${alias}.code ${direction}`;
  return fragment(
    `select d.code as code, d.${ordering.column} as place from ${from.sql} where ${where.sql} order by ${order} limit ?`,
    ...from.bindings,
    ...where.bindings,
    limit,
  );
}

/** Not `(a, b) > (?, ?)`: MariaDB reads the whole table for that. */
function behind(
  [value, code]: IndexKey,
  column: string,
  codeColumn: string,
  descending: boolean,
  nulls: boolean,
): Fragment {
  const sign = descending ? '<' : '>';
  if (nulls) return fragment(`${codeColumn} ${sign} ?`, code);
  return fragment(`${column} ${sign}= ? and (${column} ${sign} ? or ${codeColumn} ${sign} ?)`, value, value, code);
}

function whereOf(
  filter: DossierFilter,
  conditions: ReadonlyMap<keyof DossierFilter, Fragment>,
  choice: Choice,
  spans: readonly Fragment[] = walkedBy(choice),
): Fragment {
  const held = leavesOutDeleted(filter) ? [] : [fragment('d.deleted = 0')];
  // Whoever comes from a list is on it; of words there are several, each of them a list.
  const sure = choice.entrance !== null && choice.entrance.list !== null ? choice.entrance.part : null;
  const asked = [...conditions].flatMap(([part, condition]) => (part === sure && part !== 'words' ? [] : [condition]));
  const all = [...held, ...spans, ...asked];
  return all.length === 0 ? fragment('1 = 1') : joined(all, ' and ');
}

/** The tables in the order in which they are to be read. Left to itself, an optimiser without statistics errs in it. */
function fromOf({ traits }: Database, { entrance, isRare }: Choice, orderIndex: string | null): Fragment {
  const isMysql = traits.name === 'mysql';
  const by = (index: string): string => (isMysql ? `force index (${index})` : `indexed by ${index}`);
  if (entrance === null || entrance.list === null) {
    const own = entrance?.index ?? orderIndex;
    return fragment(own === null ? 'dossier d' : `dossier d ${by(own)}`);
  }
  const { list, index } = entrance;
  const join = `${isMysql ? 'straight_join' : 'cross join'} dossier d on d.code = e.code`;
  if (!isRare) return fragment(`${list} e ${by(index)} ${join}`);
  const codes = codesOf(entrance);
  return fragment(`${codes.sql} ${join}`, ...codes.bindings);
}

function codesOf({ list, narrow, repeats }: Entrance): Fragment {
  return fragment(`(select ${repeats ? 'distinct ' : ''}code from ${list} where ${narrow.sql}) e`, ...narrow.bindings);
}

/** What narrows a list that is walked; one that is read whole has been narrowed before. */
function walkedBy({ entrance, isRare }: Choice): Fragment[] {
  if (entrance === null || entrance.list === null || isRare) return [];
  const { list, narrow } = entrance;
  const column = list.replace('dossier_', '');
  return [{ sql: narrow.sql.replaceAll(new RegExp(`\\b${column}\\b`, 'g'), `e.${column}`), bindings: narrow.bindings }];
}
