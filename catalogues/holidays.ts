import { type CatalogueFault, readTable } from './table.ts';
import { isDay } from './versions.ts';

const KINDS = ['holiday', 'working'] as const;

/** A day that the weekday alone does not tell: a public holiday, or a Saturday worked in exchange. */
export interface Holiday {
  /** `yyyy-MM-dd` */
  readonly date: string;
  readonly kind: (typeof KINDS)[number];
  readonly title: string;
}

export interface Holidays {
  all(): readonly Holiday[];
  /** @param date `yyyy-MM-dd` @returns null for a day on which the weekday decides */
  on(date: string): Holiday | null;
  /** Years that are listed; for another, deadlines would be counted as if it had no holidays. */
  years(): readonly number[];
}

const FILE = 'holidays.csv';

export function loadHolidays(directory: string, faults: CatalogueFault[]): Holidays {
  const byDate = new Map<string, Holiday>();
  for (const line of readTable(directory, FILE, ['date', 'kind', 'title'], faults)) {
    const { date, kind, title } = line.cells;
    const known = KINDS.find((name) => name === kind);
    if (!isDay(date)) line.fault('date: expected a date as yyyy-MM-dd');
    else if (known === undefined) line.fault(`kind: expected one of ${KINDS.join(', ')}`);
    else if (title === '') line.fault('title must not be empty');
    else if (byDate.has(date)) line.fault(`${date} is listed twice`);
    else byDate.set(date, Object.freeze({ date, kind: known, title }));
  }
  const rows = [...byDate.values()].sort((left, right) => (left.date < right.date ? -1 : 1));
  const years = [...new Set(rows.map(({ date }) => Number(date.slice(0, 4))))];
  return { all: () => rows, on: (date) => byDate.get(date) ?? null, years: () => years };
}
