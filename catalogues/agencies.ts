import { type CatalogueFault, readTable } from './table.ts';
import { type Validity, Versions, validityOf } from './versions.ts';

export const AGENCY_LEVELS = ['province', 'department', 'district', 'commune', 'office', 'one-stop'] as const;

/** A unit that receives or works on dossiers. */
export interface Agency extends Validity {
  /** Unit identifier in the order of QĐ 20/2020: H41.50.01. */
  readonly code: string;
  readonly title: string;
  readonly level: (typeof AGENCY_LEVELS)[number];
  /** Identifier of the unit above. */
  readonly parent: string | null;
  /** The same unit in the order of QCVN 102: 000.01.50.H41. */
  readonly oldCode: string | null;
}

export interface Agencies {
  all(): readonly Agency[];
  /**
   * @param code either order of identifier
   * @param at `yyyy-MM-dd`; without it the newest version answers, whether or not it has ended
   */
  byCode(code: string, at?: string): Agency | null;
}

const FILE = 'agencies.csv';
const COLUMNS = ['code', 'title', 'level', 'parent', 'old_code', 'valid_from', 'valid_to'] as const;
const NEW_ORDER = /^[A-Z]\d{2}(?:\.\d{2}){0,2}(?:\.\d{2,3})?$/;
const OLD_ORDER = /^(\d{3})\.(\d{2})\.(\d{2})\.([A-Z]\d{2})$/;

/**
 * A unit identifier in the newer order. The old one goes from the smallest unit to the largest and fills what is not
 * there with zeros: 013.05.50.H15 is H15.50.05.13, 000.00.06.H56 is H56.06.
 *
 * @returns null for text in neither order
 */
export function agencyCode(code: string): string | null {
  const bare = code.trim().toUpperCase();
  if (NEW_ORDER.test(bare)) return bare;
  const [matched, fourth = '', third = '', second = '', first = ''] = OLD_ORDER.exec(bare) ?? [];
  if (matched === undefined) return null;
  const groups = [first, second, third, fourth.startsWith('0') ? fourth.slice(1) : fourth];
  while (/^0+$/.test(groups.at(-1) ?? '')) groups.pop();
  return groups.join('.');
}

export function loadAgencies(directory: string, faults: CatalogueFault[]): Agencies {
  const versions = new Versions<Agency>();
  // An old identifier that is not the mirror of the new one is known only from its column.
  const byOldCode = new Versions<Agency>();
  const rows: Agency[] = [];
  const lines = readTable(directory, FILE, COLUMNS, faults);

  for (const line of lines) {
    const { code, title, level, parent, old_code: oldCode } = line.cells;
    const validity = validityOf(line);
    const known = AGENCY_LEVELS.find((name) => name === level);
    if (!NEW_ORDER.test(code)) line.fault('code: expected an identifier such as H41.50.01');
    if (oldCode !== '' && !OLD_ORDER.test(oldCode)) line.fault('old_code: expected one such as 000.01.50.H41');
    if (title === '') line.fault('title must not be empty');
    if (known === undefined) line.fault(`level: expected one of ${AGENCY_LEVELS.join(', ')}`);
    if (validity === null || known === undefined) continue;
    const row: Agency = {
      ...{ code, title, level: known, parent: parent === '' ? null : parent },
      ...{ oldCode: oldCode === '' ? null : oldCode, ...validity },
    };
    const clash = versions.add(code, row) ?? (oldCode === '' ? null : byOldCode.add(oldCode, row));
    if (clash !== null) line.fault(`${code} or its old_code is listed twice for some of the same days`);
    rows.push(Object.freeze(row));
  }

  for (const { cells, fault } of lines) {
    if (cells.parent !== '' && versions.find(cells.parent, cells.valid_from) === null) {
      fault(`parent: there is no ${cells.parent} on ${cells.valid_from}`);
    }
  }

  return {
    all: () => rows,
    byCode: (code, at) => {
      const listed = byOldCode.find(code.trim().toUpperCase(), at);
      return listed ?? versions.find(agencyCode(code) ?? '', at);
    },
  };
}
