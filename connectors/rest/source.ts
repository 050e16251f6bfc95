import type { ChangePosition, ListChangesAnswer, ListChangesRequest } from '../../core/changes.ts';
import type { EntityDeclaration, Field, OpenContext } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { Answer, CallOptions, ReadRequest, Row, SearchAnswer, SearchRequest, Source } from '../../core/source.ts';
import { openHttp } from '../../drivers/http.ts';
import { textOf } from '../setting-name.ts';
import { malformed } from './answer.ts';
import type { RestAuth } from './auth.ts';
import { judged, openClient, type RestTalk } from './client.ts';
import { canonical, compileKeys, compileRow, type RestEntity, recordsAt } from './entity.ts';
import { compilePath } from './paths.ts';
import type { RestRequest } from './request.ts';

/** What is peculiar to a system's way of talking, whatever is asked. */
export interface RestTraits extends RestTalk {
  /** Largest answer, in bytes. Standard: 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Most connections. Standard: as many as calls at a time, and two for signing in and checking. */
  readonly connections?: number | undefined;
  /** Asked by health checks, once signed in. Standard: whether anything answers at the base URL. */
  readonly probe?: RestRequest | undefined;
}

export interface RestParts extends RestTraits {
  readonly url: string;
  readonly auth?: RestAuth | undefined;
}

const MOST_BYTES = 16 * 1024 * 1024;

/** Connects to nothing until the first call. */
export function openRest(context: OpenContext, parts: RestParts): Source {
  const { settings, entities, warn } = context;
  const concurrency = typeof settings.CONCURRENCY === 'number' ? settings.CONCURRENCY : 8;
  const http = openHttp({
    baseUrl: textOf(settings, parts.url),
    maxBytes: parts.maxBytes ?? MOST_BYTES,
    connections: parts.connections ?? concurrency + 2,
  });
  const client = openClient(http, { auth: parts.auth, settings, talk: parts });
  const specs = new Map(Object.entries(entities).map(([name, entity]) => [name, compileEntity(specOf(entity))]));

  function entityOf(name: string): CompiledEntity {
    const entity = specs.get(name);
    if (entity === undefined) throw new HubError('INTERNAL', `the source has no entity ${name}`);
    return entity;
  }

  async function read(asking: ReadRequest, { caller, signal }: CallOptions): Promise<readonly Answer[]> {
    const { entity, lookup, keys, fields } = asking;
    const { spec, lookups, readerOf } = entityOf(entity);
    const how = lookups.get(lookup);
    if (how === undefined) throw new HubError('INTERNAL', `${spec.type} has no lookup ${lookup}`);
    const { request, absent = [], rows, normaliseKey } = how.spec;
    const question = asked(() => request(keys, caller, settings));
    const answer = await client.ask(question, { caller, signal, absent });
    if (answer.absent) return keys.map(() => null);
    const records = recordsAt(answer.body, rows, how.rows);
    const wanted = keys.map((key) => canonical(key, normaliseKey));
    const dealt = deal(records, { wanted, keysOf: how.keys, read: readerOf(fields), place: rows });
    if (dealt.fault !== undefined) warn(`${spec.type}: ${dealt.fault.message}`, { records: dealt.faulty });
    return dealt.answers;
  }

  async function search(
    { entity, criteria, fields, limit }: SearchRequest,
    options: CallOptions,
  ): Promise<SearchAnswer> {
    const { caller, signal } = options;
    const { spec, readerOf } = entityOf(entity);
    if (spec.search === undefined) throw new HubError('INTERNAL', `${spec.type} cannot be searched`);
    const { request, rows, more, most = Number.POSITIVE_INFINITY } = spec.search;
    const asking = Math.min(more === undefined ? limit + 1 : limit, most);
    const question = asked(() => request(criteria, asking, caller, settings));
    const answer = await client.ask(question, { caller, signal, absent: [] });
    const records = recordsAt(answer.body, rows, compilePath(rows));
    const readRow = readerOf(fields);
    const said = more === undefined ? undefined : judged(answer.body, more);
    return {
      rows: records.slice(0, limit).map((record) => readRow(demandRecord(record, rows))),
      // A system that gives no more than `most` and says nothing may hold more.
      more: records.length > limit || (said ?? (asking <= limit && records.length >= asking)),
    };
  }

  async function listChanges(
    { entity, fields, after, limit }: ListChangesRequest,
    options: CallOptions,
  ): Promise<ListChangesAnswer> {
    const { caller, signal } = options;
    const { spec, readerOf } = entityOf(entity);
    if (spec.changes === undefined)
      throw new HubError('INTERNAL', `${spec.type} does not say how its changes are listed`);
    const { request, rows, more, place, most = limit } = spec.changes;
    const asking = Math.min(limit, most);
    const question = asked(() => request(after, asking, caller, settings));
    const answer = await client.ask(question, { caller, signal, absent: [] });
    const records = recordsAt(answer.body, rows, compilePath(rows));
    const readRow = readerOf([...new Set([...fields, ...place.from])]);
    let position = after ?? { at: 0, code: '' };
    return {
      rows: records.map((record) => {
        const row = readRow(demandRecord(record, rows));
        position = placeOf(row, place) ?? position;
        return { row, position };
      }),
      more: more === undefined ? records.length >= asking : judged(answer.body, more),
      clock: answer.date,
    };
  }

  return {
    read,
    ...(Object.values(entities).some((entity) => entity.listsChanges === true) && { listChanges }),
    ...(Object.values(entities).some((entity) => entity.searchable === true) && { search }),
    check: ({ caller, signal }) => client.check(parts.probe, { caller, signal }),
    close: () => http.close(),
  };
}

type CompiledEntity = ReturnType<typeof compileEntity>;

function compileEntity(spec: RestEntity) {
  const readers = new Map<string, ReturnType<typeof compileRow>>();
  return {
    spec,
    lookups: new Map(
      Object.entries(spec.lookups).map(([name, lookup]) => [
        name,
        { spec: lookup, rows: compilePath(lookup.rows), keys: compileKeys(lookup) },
      ]),
    ),
    /** There are as many choices of fields as operations ask for; a few hundred are kept. */
    readerOf(fields: readonly string[]) {
      const choice = fields.join('\n');
      const known = readers.get(choice);
      if (known !== undefined) return known;
      if (readers.size >= MOST_READERS) readers.clear();
      const reader = compileRow(fields, spec.always ?? []);
      readers.set(choice, reader);
      return reader;
    },
  };
}

const MOST_READERS = 256;

/** The factory that made the entity put its specification there. */
function specOf(entity: EntityDeclaration): RestEntity {
  return entity.binding as RestEntity;
}

/** A key that no request can be made of, such as half a surrogate pair, is the asker's fault. */
function asked(make: () => RestRequest): RestRequest {
  try {
    return make();
  } catch (cause) {
    throw new HubError('BAD_USER_INPUT', 'what was asked for cannot be put into a question to the system', { cause });
  }
}

interface Deal {
  readonly wanted: readonly string[];
  readonly keysOf: (record: Readonly<Record<string, unknown>>) => readonly string[];
  readonly read: (record: Readonly<Record<string, unknown>>) => Row;
  readonly place: string;
}

/**
 * Hands records to the keys they state: in whatever order they came, one to several keys, and none that nobody asked
 * for. A record that states no key might be anyone's: a key without other records is then malformed and not empty.
 */
function deal(
  records: readonly unknown[],
  { wanted, keysOf, read, place }: Deal,
): { answers: readonly Answer[]; fault: HubError | undefined; faulty: number } {
  const rowsByKey = new Map<string, Row[]>(wanted.map((key) => [key, []]));
  let fault: HubError | undefined;
  let faulty = 0;
  for (const item of records) {
    try {
      const record = demandRecord(item, place);
      const lists = [...new Set(keysOf(record))].map((key) => rowsByKey.get(key)).filter((list) => list !== undefined);
      if (lists.length === 0) continue;
      const row = read(record);
      for (const list of lists) list.push(row);
    } catch (error) {
      faulty += 1;
      fault ??= error instanceof HubError ? error : malformed('a record that states its key', error, place);
    }
  }
  const answers = wanted.map((key): Answer => {
    const rows = rowsByKey.get(key) ?? [];
    return rows.length === 0 && fault !== undefined ? fault : rows;
  });
  return { answers, fault, faulty };
}

/** Null for a record whose place cannot be read: it then stands where the one before it does. */
function placeOf(row: Row, place: Field<ChangePosition>): ChangePosition | null {
  try {
    return place.read(...place.from.map((path) => row[path]));
  } catch {
    return null;
  }
}

function demandRecord(item: unknown, place: string): Readonly<Record<string, unknown>> {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) throw malformed('a record', item, place);
  return item as Readonly<Record<string, unknown>>;
}
