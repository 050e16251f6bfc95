import { type Agencies, loadAgencies } from './agencies.ts';
import { type Holidays, loadHolidays } from './holidays.ts';
import { loadPlaces, type Places } from './places.ts';
import { loadProcedures, type Procedures } from './procedures.ts';
import { CatalogueError, type CatalogueFault } from './table.ts';

export type { Agencies, Agency } from './agencies.ts';
export type { Holiday, Holidays } from './holidays.ts';
export type { Place, Places } from './places.ts';
export type { Procedure, Procedures } from './procedures.ts';
export { CatalogueError, type CatalogueFault } from './table.ts';

/** What the authorities publish and the hub looks up: each row with the days on which it holds. */
export interface Catalogues {
  readonly procedures: Procedures;
  readonly agencies: Agencies;
  readonly places: Places;
  readonly holidays: Holidays;
}

/**
 * Reads and checks all catalogues. Called once at the start; a few thousand rows take milliseconds.
 *
 * @param directory where procedures.csv, agencies.csv, places.csv and holidays.csv lie
 * @throws CatalogueError with every fault of every file: duplicate codes on overlapping days, unknown parents, bad dates
 */
export function loadCatalogues(directory: string): Catalogues {
  const faults: CatalogueFault[] = [];
  const catalogues: Catalogues = {
    procedures: loadProcedures(directory, faults),
    agencies: loadAgencies(directory, faults),
    places: loadPlaces(directory, faults),
    holidays: loadHolidays(directory, faults),
  };
  if (faults.length > 0) {
    faults.sort((left, right) => left.file.localeCompare(right.file) || left.line - right.line);
    throw new CatalogueError(faults);
  }
  return catalogues;
}
