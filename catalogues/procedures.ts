import { type CatalogueFault, readTable } from './table.ts';
import { type Validity, Versions, validityOf } from './versions.ts';

export const PROCEDURE_LEVELS = ['province', 'district', 'commune'] as const;

/** A procedure (thủ tục hành chính) citizens and enterprises hand in dossiers for. */
export interface Procedure extends Validity {
  /** Short form, such as 1.004194. */
  readonly code: string;
  readonly title: string;
  /** Field of administration in Vietnamese, such as "Hộ tịch". */
  readonly field: string;
  /** Folder of the sector whose system works on it; null where the one-stop software does. */
  readonly sector: string | null;
  /** Level of the unit that decides. Districts ended on 2025-06-30. */
  readonly level: (typeof PROCEDURE_LEVELS)[number];
  /** Working hours, 8 to a working day. */
  readonly durationHours: number;
  /** Short code of the procedure that took its place. */
  readonly replacedBy: string | null;
}

export interface Procedures {
  all(): readonly Procedure[];
  /**
   * @param code short (1.012790) or long with the publishing unit (1.012790.000.00.00.H41)
   * @param at `yyyy-MM-dd`; without it the newest version answers, whether or not it has ended
   * @returns null where no such procedure held that day
   */
  byCode(code: string, at?: string): Procedure | null;
  /** Follows the replacements of a code to the procedure in force on a day; null where there is none. */
  inForce(code: string, at: string): Procedure | null;
}

const FILE = 'procedures.csv';
const COLUMNS = [
  'code',
  'title',
  'field',
  'sector',
  'level',
  'duration_hours',
  'valid_from',
  'valid_to',
  'replaced_by',
] as const;
const SHORT_CODE = /^\d\.\d{6}$/;
const LONG_CODE = /^(\d\.\d{6})\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}$/;

/** The short form of a procedure code in either form; null for text that is neither. */
export function shortProcedureCode(code: string): string | null {
  const bare = code.trim().toUpperCase();
  return SHORT_CODE.test(bare) ? bare : (LONG_CODE.exec(bare)?.[1] ?? null);
}

export function loadProcedures(directory: string, faults: CatalogueFault[]): Procedures {
  const versions = new Versions<Procedure>();
  const rows: Procedure[] = [];
  const lines = readTable(directory, FILE, COLUMNS, faults);

  for (const line of lines) {
    const { code, title, field, sector, level, duration_hours: hours, replaced_by: replacedBy } = line.cells;
    const validity = validityOf(line);
    const known = PROCEDURE_LEVELS.find((name) => name === level);
    if (!SHORT_CODE.test(code)) line.fault('code: expected the short form such as 1.004194');
    if (title === '' || field === '') line.fault('title and field must not be empty');
    if (known === undefined) line.fault(`level: expected one of ${PROCEDURE_LEVELS.join(', ')}`);
    if (!/^[1-9]\d{0,4}$/.test(hours)) line.fault('duration_hours: expected a whole number of working hours from 1');
    if (sector !== '' && !/^[a-z][a-z0-9-]*$/.test(sector)) line.fault('sector: expected the name of a folder');
    if (validity === null || known === undefined) continue;
    const row: Procedure = {
      ...{ code, title, field, sector: sector === '' ? null : sector, level: known },
      ...{ durationHours: Number(hours), ...validity, replacedBy: replacedBy === '' ? null : replacedBy },
    };
    if (versions.add(code, row) !== null) line.fault(`${code} is listed twice for some of the same days`);
    rows.push(Object.freeze(row));
  }

  const inForce = (code: string, at: string): Procedure | null => {
    const seen = new Set<string>();
    let next = shortProcedureCode(code);
    while (next !== null && !seen.has(next)) {
      const held = versions.find(next, at);
      if (held !== null) return held;
      seen.add(next);
      next = versions.find(next)?.replacedBy ?? null;
    }
    return null;
  };

  for (const line of lines) {
    const { code, valid_to: validTo, replaced_by: replacedBy } = line.cells;
    if (replacedBy === '') continue;
    if (!versions.has(replacedBy)) line.fault(`replaced_by: there is no ${replacedBy}`);
    if (replacedBy === code) line.fault(`replaced_by: ${code} cannot replace itself`);
    if (validTo === '') line.fault('replaced_by is said of a procedure that has not ended');
  }

  return {
    all: () => rows,
    byCode: (code, at) => versions.find(shortProcedureCode(code) ?? '', at),
    inForce,
  };
}
