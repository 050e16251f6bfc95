import type { EntityDeclaration, OpenContext } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import { nameMatcher } from '../../core/names.ts';
import type { CallOptions, ReadRequest, Row, SearchAnswer, SearchRequest, Source } from '../../core/source.ts';
import { canonicalKey } from '../deal.ts';
import type { FileEntity, FileOptions } from '../file.ts';
import { nameOf, textOf } from '../setting-name.ts';
import { openDrop } from './drop.ts';
import { openFolder, readDropped } from './folder.ts';
import { type FileIndex, loadTable } from './table.ts';

export const MAX_BYTES = 256 * 1024 * 1024;
export const MAX_ROWS = 1_000_000;
/** Rows searched before others get a turn. */
const SEARCH_STEP = 5_000;

/** Reads nothing until the first call. */
export function openFile(context: OpenContext, options: FileOptions): Source {
  const { entities } = context;
  const { maxBytes = MAX_BYTES, maxRows = MAX_ROWS, format } = options;
  const { pattern, latest = 'name', stableMs = 2_000, lookMs = 5_000, staleMs } = options;
  const directory = textOf(context.settings, nameOf(options.directory));
  const table = { format, maxRows, warn: context.warn, ...planOf(entities) };
  const drop = openDrop(
    openFolder({ directory, pattern, latest, stableMs }),
    {
      load: (file) => readDropped(directory, file, (chunks) => loadTable(file, chunks, table)),
      warn: context.warn,
      latest,
      maxBytes,
    },
    { lookMs, staleMs },
  );

  const entityOf = (name: string): FileEntity => {
    // The factory that made the entity put its specification there.
    const spec = entities[name]?.binding as FileEntity | undefined;
    if (spec === undefined) throw new HubError('INTERNAL', `the source has no entity ${name}`);
    return spec;
  };

  async function read({ entity, lookup, keys, fields }: ReadRequest, { signal }: CallOptions) {
    const how = entityOf(entity).lookups[lookup];
    if (how === undefined) throw new HubError('INTERNAL', `${entity} has no lookup ${lookup}`);
    const table = await drop.table(signal);
    const index = `${entity}.${lookup}`;
    return keys.map((key) => table.rowsOf(index, canonicalKey(key, how.normaliseKey), fields));
  }

  async function search({ entity, criteria, fields, limit }: SearchRequest, { signal }: CallOptions) {
    const { search: how = {} } = entityOf(entity);
    const table = await drop.table(signal);
    const tests = Object.entries(criteria).flatMap(([name, text]) => {
      const columns = [how[name] ?? []].flat();
      return columns.length === 0 ? [] : [{ columns, matches: nameMatcher(text) }];
    });
    // A criterion that cannot be tried leaves too much in; with none that can, everything would be.
    if (tests.length === 0) throw new HubError('INTERNAL', `${entity} cannot be searched that way`);
    const columns = tests.flatMap((test) => test.columns);
    const rows: Row[] = [];
    for (let place = 0; place < table.size && rows.length <= limit; place += 1) {
      if (place % SEARCH_STEP === SEARCH_STEP - 1) {
        await new Promise(setImmediate);
        signal.throwIfAborted();
      }
      const row = table.rowAt(place, columns);
      const found = tests.every(({ columns, matches }) =>
        columns.some((column) => typeof row[column] === 'string' && matches(row[column])),
      );
      if (found) rows.push(table.rowAt(place, fields));
    }
    return { rows: rows.slice(0, limit), more: rows.length > limit } satisfies SearchAnswer;
  }

  return {
    read,
    ...(Object.values(entities).some((entity) => entity.searchable === true) && { search }),
    check: ({ signal }) => drop.check(signal),
    close: async () => drop.close(),
  };
}

/** Columns that are kept, and the indexes, of all entities of the drop together. */
function planOf(entities: OpenContext['entities']): { wanted: readonly string[]; indexes: Map<string, FileIndex> } {
  const wanted = new Set<string>();
  const indexes = new Map<string, FileIndex>();
  for (const [name, entity] of Object.entries<EntityDeclaration>(entities)) {
    const spec = entity.binding as FileEntity;
    for (const column of columnsOf(spec)) wanted.add(column);
    for (const [lookup, index] of Object.entries(spec.lookups)) indexes.set(`${name}.${lookup}`, index);
  }
  return { wanted: [...wanted], indexes };
}

/** Every column an entity reads. Names with `#` are the connector's own. */
export function columnsOf({ fields, lookups, search = {} }: FileEntity): readonly string[] {
  const named = [
    ...Object.values(fields).flatMap(({ from }) => from),
    ...Object.values(lookups).flatMap(({ keys, needs = [] }) => (typeof keys === 'function' ? needs : keys)),
    ...Object.values(search).flat(),
  ];
  return [...new Set(named)].filter((name) => !name.startsWith('#'));
}
