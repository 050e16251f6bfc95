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
  const mapSound = compile(fields);

  function mapEach(row: Row): Mapped {
    const mapped: Record<string, unknown> = {};
    for (const [name, field] of fields) {
      try {
        mapped[name] = field.read(...field.from.map((own) => given(row[own])));
      } catch (error) {
        mapped[name] = faultOf(error, sector, entity.type, name, field);
      }
    }
    return mapped;
  }

  return {
    from,
    map(row) {
      try {
        return mapSound(row);
      } catch {
        // One of the fields is at fault: which one is found by reading each alone.
        return mapEach(row);
      }
    },
  };
}

/**
 * Writes the mapper of these fields out as a function of its own: `{ id: read0(given(row["parcel.ID"])), … }`. A loop
 * that serves all entities meets rows of every shape, and the engine then looks every name up anew: three times the
 * time, in what every value of every answer goes through. The names are the declarations', quoted as JSON.
 */
function compile(fields: readonly (readonly [name: string, field: Field])[]): (row: Row) => Mapped {
  const readers = fields.map((_, place) => `read${place}`);
  const members = fields.map(([name, { from }], place) => {
    const values = from.map((own) => `given(row[${JSON.stringify(own)}])`);
    return `${JSON.stringify(name)}: ${readers[place]}(${values.join(', ')})`;
  });
  const create = new Function('given', ...readers, `return (row) => ({ ${members.join(', ')} });`);
  return create(given, ...fields.map(([, field]) => field.read)) as (row: Row) => Mapped;
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
