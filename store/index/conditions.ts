import type { Binding } from '../../drivers/database.ts';
import type { DossierFilter } from '../dossier-index.ts';
import { places } from '../many-rows.ts';

/** A piece of SQL with what stands for its placeholders. */
export interface Fragment {
  readonly sql: string;
  readonly bindings: readonly Binding[];
}

export function fragment(sql: string, ...bindings: readonly Binding[]): Fragment {
  return { sql, bindings };
}

/** Fragments side by side. */
export function joined(fragments: readonly Fragment[], between: string): Fragment {
  return {
    sql: fragments.map(({ sql }) => sql).join(between),
    bindings: fragments.flatMap(({ bindings }) => bindings),
  };
}

/**
 * One way into the dossiers: an index that one part of the filter narrows. `d` is the dossier, `e` the list by which it
 * was entered.
 */
export interface Entrance {
  readonly index: string;
  /** A table of (value, code, received_at); null: an index of `dossier` itself. */
  readonly list: string | null;
  /** What the index narrows by, on the columns of `list` or of `dossier`, without alias. */
  readonly narrow: Fragment;
  /** The part of the filter that it is. */
  readonly part: keyof DossierFilter;
  /** By which columns its entries are ordered after the narrowing; null where by none in particular. */
  readonly ordered: 'received_at' | 'due_at' | null;
  /** The same dossier may be entered several times. */
  readonly repeats: boolean;
}

/**
 * Whether a part of the filter leaves deleted dossiers out by itself: nothing is said of those any more, and no list has
 * them. Then indexes answer alone, where otherwise every row would have to be looked at.
 */
export function leavesOutDeleted({ unmapped = false, status, overdue, ...others }: DossierFilter): boolean {
  if (overdue === true || (status !== undefined && !unmapped)) return true;
  const { sector, agency, agencies, procedure, applicantNumbers, channel, dueFrom, dueTo, words = [] } = others;
  const parts = [sector, agency, agencies, procedure, applicantNumbers, channel, dueFrom, dueTo, words[0]];
  return parts.some((part) => part !== undefined);
}

/** What a dossier has to be, as conditions on `dossier d`, each with the part of the filter that it is. */
export function conditionsOf(filter: DossierFilter): ReadonlyMap<keyof DossierFilter, Fragment> {
  const conditions = new Map<keyof DossierFilter, Fragment>();
  const { status, unmapped = false, sector, applicantNumbers, words, overdue, today } = filter;
  const { receivedFrom, receivedTo, dueFrom, dueTo } = filter;
  if (status !== undefined || unmapped) conditions.set('status', statusOf('d.', status ?? [], unmapped));
  if (sector !== undefined) conditions.set('sector', listed('dossier_sector', fragment('e.sector = ?', sector)));
  for (const [part, column] of [
    ['agency', 'agency_code'],
    ['procedure', 'procedure_code'],
    ['channel', 'channel'],
  ] as const) {
    const value = filter[part];
    if (value !== undefined) conditions.set(part, fragment(`d.${column} = ?`, value));
  }
  if (filter.agencies !== undefined) conditions.set('agencies', oneOf('d.agency_code', filter.agencies));
  if (applicantNumbers !== undefined) {
    conditions.set('applicantNumbers', listed('dossier_number', oneOf('e.number', applicantNumbers)));
  }
  if (receivedFrom !== undefined) conditions.set('receivedFrom', fragment('d.received_at >= ?', receivedFrom));
  if (receivedTo !== undefined) conditions.set('receivedTo', fragment('d.received_at < ?', receivedTo));
  if (dueFrom !== undefined) conditions.set('dueFrom', fragment('d.due_at >= ?', dueFrom));
  if (dueTo !== undefined) conditions.set('dueTo', fragment('d.due_at < ?', dueTo));
  if (overdue !== undefined) conditions.set('overdue', overdueOf('d.', overdue, today));
  if (words !== undefined) {
    const each = wordsOf('e.', words).map((word) => listed('dossier_word', word));
    if (each.length > 0) conditions.set('words', joined(each, ' and '));
  }
  return conditions;
}

/** Every index by which some part of the filter can be entered. */
export function entrancesOf(filter: DossierFilter): readonly Entrance[] {
  const { status, unmapped = false, sector, agency, procedure, applicantNumbers, overdue, today, words = [] } = filter;
  const { agencies, receivedFrom, receivedTo, dueFrom, dueTo } = filter;
  const entrances: Entrance[] = [];
  const add = (entrance: Omit<Entrance, 'list' | 'repeats'> & Partial<Entrance>): void => {
    entrances.push({ list: null, repeats: false, ...entrance });
  };
  if (applicantNumbers !== undefined) {
    const [list, part, narrow] = ['dossier_number', 'applicantNumbers', oneOf('number', applicantNumbers)] as const;
    const isOne = applicantNumbers.length === 1;
    add({
      list,
      part,
      narrow,
      index: 'dossier_number_received',
      ordered: isOne ? 'received_at' : null,
      repeats: !isOne,
    });
  }
  wordsOf('', words).forEach((narrow, place) => {
    const isLast = place === words.length - 1;
    const ordered = isLast ? null : ('received_at' as const);
    add({ list: 'dossier_word', index: 'dossier_word_received', part: 'words', narrow, ordered, repeats: isLast });
  });
  if (procedure !== undefined) {
    const narrow = fragment('procedure_code = ?', procedure);
    add({ index: 'dossier_procedure', part: 'procedure', narrow, ordered: 'received_at' });
  }
  if (agency !== undefined) {
    add({
      index: 'dossier_agency',
      part: 'agency',
      narrow: fragment('agency_code = ?', agency),
      ordered: 'received_at',
    });
  }
  if (agencies !== undefined) {
    const ordered = agencies.length === 1 ? ('received_at' as const) : null;
    add({ index: 'dossier_agency', part: 'agencies', narrow: oneOf('agency_code', agencies), ordered });
  }
  if (overdue === true) {
    add({ index: 'dossier_running', part: 'overdue', narrow: overdueOf('', true, today), ordered: 'due_at' });
  }
  if (status !== undefined || unmapped) {
    const isOne = (status?.length ?? 0) + Number(unmapped) === 1;
    const narrow = statusOf('', status ?? [], unmapped);
    add({ index: 'dossier_status', part: 'status', narrow, ordered: isOne ? 'received_at' : null });
    // What is being worked on is asked for by its due date, and all that has long ended lies before it in that order.
    if (isOne) add({ index: 'dossier_status_due', part: 'status', narrow, ordered: 'due_at' });
  }
  if (sector !== undefined) {
    const narrow = fragment('sector = ?', sector);
    add({ list: 'dossier_sector', index: 'dossier_sector_received', part: 'sector', narrow, ordered: 'received_at' });
  }
  for (const [column, index, part, from, to] of [
    ['received_at', 'dossier_received', 'receivedFrom', receivedFrom, receivedTo],
    ['due_at', 'dossier_due', 'dueFrom', dueFrom, dueTo],
  ] as const) {
    const bounds: Fragment[] = [];
    if (from !== undefined) bounds.push(fragment(`${column} >= ?`, from));
    if (to !== undefined) bounds.push(fragment(`${column} < ?`, to));
    if (bounds.length > 0) add({ index, part, narrow: joined(bounds, ' and '), ordered: column });
  }
  return entrances;
}

const NEVER = fragment('1 = 0');

function oneOf(column: string, values: readonly (string | number)[]): Fragment {
  return values.length === 0 ? NEVER : fragment(`${column} in (${places(values.length)})`, ...values);
}

/** With a limit, since MariaDB would first collect whatever the list holds for anybody, instead of looking for this one. */
function listed(list: string, narrow: Fragment): Fragment {
  const sql = `(select 1 from ${list} e where e.code = d.code and ${narrow.sql} limit 1) = 1`;
  return fragment(sql, ...narrow.bindings);
}

function statusOf(alias: string, status: readonly number[], unmapped: boolean): Fragment {
  const column = `${alias}status_number`;
  if (!unmapped) return status.length === 1 ? fragment(`${column} = ?`, ...status) : oneOf(column, status);
  if (status.length === 0) return fragment(`${column} is null`);
  return fragment(`(${column} is null or ${column} in (${places(status.length)}))`, ...status);
}

function overdueOf(alias: string, overdue: boolean, today: number | undefined): Fragment {
  if (today === undefined) throw new Error('A filter by overdue needs the beginning of the present day');
  return overdue
    ? fragment(`${alias}running = 1 and ${alias}due_at < ?`, today)
    : fragment(`(${alias}running = 0 or ${alias}due_at is null or ${alias}due_at >= ?)`, today);
}

/** The last word may be unfinished; `\u{10ffff}` sorts behind all that may follow. */
function wordsOf(alias: string, words: readonly string[]): readonly Fragment[] {
  return words.map((word, place) =>
    place < words.length - 1
      ? fragment(`${alias}word = ?`, word)
      : fragment(`${alias}word >= ? and ${alias}word < ?`, word, `${word}\u{10ffff}`),
  );
}
