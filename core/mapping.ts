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
  const plan: [name: string, field: Field][] = [];
  for (const [name, field] of Object.entries(entity.fields)) if (names.has(name)) plan.push([name, field]);
  const from = [...new Set(plan.flatMap(([, field]) => field.from))];

  return {
    from,
    map(row) {
      const mapped: Record<string, unknown> = {};
      for (const [name, field] of plan) {
        try {
          mapped[name] = readField(field, row);
        } catch (error) {
          mapped[name] = faultOf(error, sector, entity.type, name, field);
        }
      }
      return mapped;
    },
  };
}

function readField(field: Field, row: Row): unknown {
  const { from, read } = field;
  // Nearly every field is read from one; spreading for them would be most of the mapper's work.
  if (from.length === 1) return read(given(row[from[0] as string]));
  return read(...from.map((name) => given(row[name])));
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
