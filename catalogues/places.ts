import { type CatalogueFault, readTable } from './table.ts';
import { dayAfter, type Validity, Versions, validityOf } from './versions.ts';

/** Kind of a place → digits of its code. */
const CODE_DIGITS = { province: 2, district: 3, commune: 5 } as const;

/** An administrative place. The same code names another territory in another version: 00004 was Trúc Bạch, is Ba Đình. */
export interface Place extends Validity {
  /** 2, 3 or 5 digits; leading zeros are data. */
  readonly code: string;
  readonly title: string;
  readonly kind: keyof typeof CODE_DIGITS;
  readonly parent: string | null;
  /** Codes, valid from the day after `validTo`, among which its territory was divided. */
  readonly successors: readonly string[];
}

export interface Places {
  all(): readonly Place[];
  /** @param at `yyyy-MM-dd`, required: without a day a commune's code does not say which territory is meant */
  byCode(code: string, at: string): Place | null;
  /** The places that took over the territory of an ended one; none where it still stands. */
  successorsOf(place: Place): readonly Place[];
  /** The ended places that gave territory to this one. Parcels are still keyed by those old communes. */
  predecessorsOf(place: Place): readonly Place[];
}

const FILE = 'places.csv';
const COLUMNS = ['code', 'title', 'kind', 'parent', 'valid_from', 'valid_to', 'successors'] as const;
const KINDS = Object.keys(CODE_DIGITS) as readonly (keyof typeof CODE_DIGITS)[];

export function loadPlaces(directory: string, faults: CatalogueFault[]): Places {
  const versions = new Versions<Place>();
  const rows: Place[] = [];
  const lines = readTable(directory, FILE, COLUMNS, faults);

  for (const line of lines) {
    const { code, title, kind, parent, successors } = line.cells;
    const validity = validityOf(line);
    const known = KINDS.find((name) => name === kind);
    if (title === '') line.fault('title must not be empty');
    if (known === undefined) line.fault(`kind: expected one of ${KINDS.join(', ')}`);
    else if (!/^\d+$/.test(code) || code.length !== CODE_DIGITS[known]) {
      line.fault(`code: expected ${CODE_DIGITS[known]} digits for a ${known}; leading zeros must be written`);
    }
    if (validity === null || known === undefined) continue;
    if (known === 'commune' && (validity.validTo !== null) !== (successors !== '')) {
      line.fault('successors: an ended commune must name them, and only an ended one may');
    }
    const row: Place = {
      ...{ code, title, kind: known, parent: parent === '' ? null : parent, ...validity },
      successors: successors === '' ? [] : successors.split(';').map((one) => one.trim()),
    };
    if (versions.add(code, row) !== null) line.fault(`${code} is listed twice for some of the same days`);
    rows.push(Object.freeze(row));
  }

  for (const { cells, fault } of lines) {
    if (cells.parent !== '' && versions.find(cells.parent, cells.valid_from) === null) {
      fault(`parent: there is no ${cells.parent} on ${cells.valid_from}`);
    }
  }

  const successorsOf = (place: Place): readonly Place[] => {
    const { validTo } = place;
    if (validTo === null) return [];
    return place.successors.flatMap((code) => versions.find(code, dayAfter(validTo)) ?? []);
  };
  const predecessors = new Map<Place, Place[]>();
  for (const row of rows) {
    const heirs = successorsOf(row);
    if (heirs.length !== row.successors.length) {
      const line = lines.find(({ cells }) => cells.code === row.code && cells.valid_from === row.validFrom);
      line?.fault('successors: each must be a code that holds on the day after valid_to');
    }
    for (const heir of heirs) predecessors.set(heir, [...(predecessors.get(heir) ?? []), row]);
  }

  return {
    all: () => rows,
    byCode: (code, at) => versions.find(code, at),
    successorsOf,
    predecessorsOf: (place) => predecessors.get(place) ?? [],
  };
}
