import type { AccessPolicy } from '../core/access.ts';
import type { AuditEntry, AuditFound, AuditQuery, AuditReader, Sought, SubjectEntry } from '../core/audit.ts';
import { HubError } from '../core/errors.ts';
import { DAY_MS } from '../core/time.ts';
import type { Binding, DatabaseRow } from '../drivers/database.ts';
import type { AuditDatabase } from './database.ts';
import { type Indexer, wordOf } from './indexer.ts';
import { parseLine } from './lines.ts';

export interface ReaderOptions {
  readonly audit: AuditDatabase;
  readonly indexer: Indexer;
  readonly hashSubject: (number: string) => string;
  /** What the person themself is shown only later. */
  readonly delays: AccessPolicy['delays'];
  /** UTC milliseconds. */
  readonly now: () => number;
}

type Place = AuditFound['key'];
/** How entries are looked up, and what the index calls it. */
type Entrance = { readonly kind: 's' | 'd' | 'v' | 'a'; readonly words: readonly string[] };

/** Rows of the index read at a time, and in all, before a question is called too wide. */
const ROWS_AT_ONCE = 200;
const MOST_ROWS = 10_000;

export function createReader({ audit, indexer, hashSubject, delays, now }: ReaderOptions): AuditReader {
  return {
    hashSubject,
    async find(request) {
      const hashes = (request.subjectNumbers ?? []).map(hashSubject);
      const entrance = entranceOf(request, hashes);
      await readable(indexer.catchUp());
      const groups = createGroups(audit);
      const found: AuditFound[] = [];
      const shown = request.after === null ? null : await readable(groups.entryAt(request.after));
      let from: Place | null = request.after;
      let looked = 0;
      while (found.length <= request.first) {
        const places = await readable(nextPlaces(audit, entrance, { ...request, after: from }));
        for (const place of places) {
          const entry = await readable(groups.entryAt(place));
          if (entry === null || !fits(entry, request, hashes) || isDelayed(entry)) continue;
          const before = found.at(-1) ?? shown;
          if (before !== null && isSameOperation(before, entry)) {
            if (found.length > 0) found.splice(-1, 1, closer(before, entry));
            continue;
          }
          found.push(entry);
          if (found.length > request.first) break;
        }
        looked += places.length;
        from = places.at(-1) ?? null;
        if (places.length < ROWS_AT_ONCE) break;
        if (looked >= MOST_ROWS && found.length <= request.first) {
          throw new HubError('BUDGET_EXCEEDED', 'too many entries would have to be looked through; ask for less time');
        }
      }
      return { found: found.slice(0, request.first), more: found.length > request.first };

      function isDelayed({ operation }: AuditFound): boolean {
        if (request.forSubject !== true) return false;
        return delays.some(
          ({ purpose, role, days }) =>
            (purpose === undefined || purpose === operation.purpose) &&
            (role === undefined || role === operation.role) &&
            operation.at > now() - days * DAY_MS,
        );
      }
    },
  };
}

/** A person who stands in one answer under several numbers was looked at once. */
function isSameOperation(one: AuditFound, other: AuditFound): boolean {
  return one.key[1] === other.key[1] && one.operation.seq === other.operation.seq;
}

/** What says more of how the person is tied to the purpose, at the place behind which the next page begins. */
function closer(one: AuditFound, other: AuditFound): AuditFound {
  const isBeside = one.subject === null || ['NAMED', 'MATCH'].includes(one.subject.relation);
  return { ...(isBeside ? other : one), key: other.key };
}

async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new HubError('AUDIT_UNAVAILABLE', 'the access log cannot be read at the moment', { cause });
  }
}

/** The narrowest way in; the rest is looked at in what it finds. */
function entranceOf({ visit, dossier, actor }: AuditQuery, hashes: readonly string[]): Entrance {
  if (hashes.length > 0) return { kind: 's', words: hashes };
  if (visit !== undefined) return { kind: 'v', words: [wordOf(visit)] };
  if (dossier !== undefined) return { kind: 'd', words: [wordOf(dossier)] };
  if (actor !== undefined) return { kind: 'a', words: [wordOf(actor)] };
  throw new HubError('BAD_USER_INPUT', 'expected at least one of subject, actor, dossier, visit');
}

async function nextPlaces(
  { database }: AuditDatabase,
  { kind, words }: Entrance,
  { from, to, after }: Pick<AuditQuery, 'from' | 'to' | 'after'>,
): Promise<readonly Place[]> {
  const conditions = ['kind = ?', 'word = ?'];
  const bindings: Binding[] = [];
  if (from !== undefined) {
    conditions.push('at >= ?');
    bindings.push(from);
  }
  if (to !== undefined) {
    conditions.push('at < ?');
    bindings.push(to);
  }
  if (after !== null) {
    const [at, chain, seq] = after;
    conditions.push('at <= ? and (at < ? or chain < ? or (chain = ? and seq < ?))');
    bindings.push(at, at, chain, chain, seq);
  }
  const sql = `select at, chain, seq from audit_index where ${conditions.join(' and ')}
    order by at desc, chain desc, seq desc limit ${ROWS_AT_ONCE}`;
  const pages = await Promise.all(words.map((word) => database.query(sql, [kind, word, ...bindings])));
  return pages
    .flat()
    .map(({ at, chain, seq }): Place => [Number(at), String(chain), Number(seq)])
    .sort((one, other) => -comparePlaces(one, other))
    .slice(0, ROWS_AT_ONCE);
}

function comparePlaces(one: Place, other: Place): number {
  if (one[0] !== other[0]) return one[0] - other[0];
  if (one[1] !== other[1]) return one[1] < other[1] ? -1 : 1;
  return one[2] - other[2];
}

/** Reads entries by place; a group is read once for all that are wanted of it. */
function createGroups({ database }: AuditDatabase) {
  const sql =
    'select first_seq, last_seq, entries from audit_group where chain = ? and first_seq <= ? order by first_seq desc limit 1';
  let latest: { readonly chain: string; readonly row: DatabaseRow; readonly lines: readonly string[] } | undefined;

  async function lineAt(chain: string, seq: number): Promise<AuditEntry | null> {
    const isInLatest =
      latest?.chain === chain && Number(latest.row.first_seq) <= seq && Number(latest.row.last_seq) >= seq;
    if (!isInLatest) {
      const [row] = await database.query(sql, [chain, seq]);
      latest = row && { chain, row, lines: String(row.entries).split('\n') };
    }
    const line = latest?.lines[seq - Number(latest.row.first_seq)];
    return line === undefined ? null : parseLine(line);
  }

  return {
    /** Null where it was removed meanwhile, or is no entry: `audit verify` says what happened to it. */
    async entryAt(key: Place): Promise<AuditFound | null> {
      const [, chain, seq] = key;
      const entry = await lineAt(chain, seq);
      const subject: SubjectEntry | null = entry?.kind === 'SUBJECT' ? entry : null;
      const operation = subject === null ? entry : await lineAt(chain, subject.of);
      return operation?.kind === 'OPERATION' || operation?.kind === 'EVENT' ? { key, operation, subject } : null;
    },
  };
}

function fits({ operation, subject }: AuditFound, request: AuditQuery, hashes: readonly string[]): boolean {
  const { actor, dossier, visit } = request;
  const { sought = [] } = operation;
  const looksFor = (is: (one: Sought) => boolean): boolean => sought.some(is);
  if (hashes.length > 0) {
    const isShown = subject !== null && hashes.includes(subject.subject);
    if (!isShown && !looksFor((one) => hashes.includes(one.subject ?? ''))) return false;
  }
  if (actor !== undefined && operation.actor !== actor && !looksFor((one) => one.actor === actor)) return false;
  if (visit !== undefined && operation.visit !== visit && !looksFor((one) => one.visit === visit)) return false;
  const isFor = dossier === undefined || [operation.dossier, subject?.dossier].includes(dossier);
  return isFor || looksFor((one) => one.dossier === dossier);
}
