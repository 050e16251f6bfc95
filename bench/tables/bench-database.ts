import type { SqlOptions, SqlSource } from '../../connectors/sql.ts';
import { HubError } from '../../core/errors.ts';
import type { Row, Source } from '../../core/source.ts';
import type { Kit } from '../../kit/index.ts';
import { loadMemory } from './memory.ts';

/**
 * `kit.sql`, only that a URL `memory:///path` reads the tables of that SQLite file into Maps and answers from them: a
 * source that costs next to nothing, so that what is measured is the hub.
 */
export function benchDatabase(kit: Kit, options: SqlOptions): SqlSource {
  const database = kit.sql(options);
  const source: SqlSource = {
    ...database,
    settings: {
      [options.url]: kit.settings.url({
        description: 'Database of the system, or memory:///path to a SQLite file that is read whole',
        protocols: ['mysql', 'mariadb', 'sqlite', 'memory'],
      }),
    },
    open: (context) => {
      const url = String(context.settings[options.url]);
      if (!url.startsWith('memory://')) return database.open(context);
      return openMemorySource(url.slice('memory://'.length), context.sector as 'land' | 'one-stop');
    },
    entity: (spec) => ({ ...database.entity(spec), source }),
  };
  return source;
}

const NOTHING: readonly Row[] = [];

function openMemorySource(path: string, system: 'land' | 'one-stop'): Source {
  const indexes = loadMemory(path, system, 'aliased');
  return {
    read: async ({ entity, lookup, keys }) => {
      const index = indexes.get(`${entity}.${lookup}`);
      if (index === undefined) throw new HubError('INTERNAL', `the bench holds no ${entity}.${lookup} in memory`);
      return keys.map((key) => index.get(key as string) ?? NOTHING);
    },
    check: async () => {},
    close: async () => {},
  };
}
