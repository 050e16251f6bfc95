import type { EntityDeclaration, Field } from './declaration.ts';
import { HubError } from './errors.ts';
import { FaultyValue } from './faulty-value.ts';
import type { Row } from './source.ts';

/** A row of a source turned into the API's object: only the fields asked for; a field that cannot be is a HubError. */
export type Mapped = Readonly<Record<string, unknown>>;

export interface Mapper {
  /** The source's own names of all fields that are read. */
  readonly from: readonly string[];
  map(row: Row): Mapped;
}

/**
 * Makes the mapper of one entity for one choice of fields. A faulty value costs its own field, never the record: the
 * field's value becomes a HubError, which GraphQL reports at that field's path.
 */
export function createMapper(sector: string, entity: EntityDeclaration, names: ReadonlySet<string>): Mapper {
  const fields = Object.entries(entity.fields).filter(([name]) => names.has(name));
  const from = [...new Set(fields.flatMap(([, field]) => field.from))];
  const plan = fields.map(([name, field]) => ({ name, field, read: readerOf(field) }));
  // Copied for each row: an object that has all its keys from the start is made several times faster than one that grows.
  const blank: Record<string, unknown> = Object.fromEntries(fields.map(([name]) => [name, null]));

  return {
    from,
    map(row) {
      const mapped = { ...blank };
      for (const { name, field, read } of plan) {
        try {
          mapped[name] = read(row);
        } catch (error) {
          mapped[name] = faultOf(error, sector, entity.type, name, field);
        }
      }
      return mapped;
    },
  };
}

/** Nearly every field is read from one or two; spreading for them would be most of the mapper's work. */
function readerOf({ from, read }: Field): (row: Row) => unknown {
  const [first = '', second = ''] = from;
  if (from.length === 1) return (row) => read(given(row[first]));
  if (from.length === 2) return (row) => read(given(row[first]), given(row[second]));
  return (row) => read(...from.map((name) => given(row[name])));
}

/** A connector that could not even find a value says so in its place. */
function given(raw: unknown): unknown {
  if (raw instanceof FaultyValue) throw raw;
  return raw;
}

function faultOf(error: unknown, sector: string, type: string, name: string, field: Field): HubError {
  const why = error instanceof FaultyValue ? error.message : 'its value cannot be read';
  const own = field.from.join(', ');
  return new HubError('SOURCE_MALFORMED', `${sector}: ${type}.${name} (${own}): ${why}`, {
    sector,
    field: own,
    cause: error,
  });
}
