import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `yes`, `F` for FORBIDDEN, `P` for PURPOSE_REQUIRED. */
export type Cell = 'yes' | 'F' | 'P';

/** matrix.csv: what is meant, of every field of the schema and everybody who asks under the demo's grants. */
export interface Matrix {
  /** Such as `counter PROCESSING`: who asks and for what. */
  readonly columns: readonly string[];
  readonly places: readonly string[];
  of(place: string, column: string): Cell;
}

export function readMatrix(): Matrix {
  const [header = '', ...lines] = readFileSync(join(import.meta.dirname, 'matrix.csv'), 'utf8')
    .trim()
    .split('\n');
  const columns = header.split(',').slice(1);
  const rows = new Map<string, readonly string[]>();
  for (const [place = '', ...cells] of lines.map((line) => line.split(','))) {
    if (rows.has(place)) throw new Error(`${place} has two lines`);
    rows.set(place, cells);
  }
  return {
    columns,
    places: [...rows.keys()],
    of(place, column) {
      const cell = rows.get(place)?.[columns.indexOf(column)];
      if (cell !== 'yes' && cell !== 'F' && cell !== 'P') throw new Error(`${place} × ${column}: ${cell} is no cell`);
      return cell;
    },
  };
}
