/** When and where dossier i was handed in, and thereby its code: one place in a list of (day, unit, turn). */

import type { Catalogues, Dated } from './catalogues.ts';
import { hashOf } from './random.ts';
import { DAY, isoDate, type OfficeHours, two, utcTime } from './time.ts';
import type { Agency, Procedure } from './types.ts';

export interface Slot {
  /** Days since 1970. */
  day: number;
  agency: Agency;
  /** 'province', 'district' or 'commune'. */
  level: string;
  code: string;
}

export interface SlotSource {
  slot(index: number): Slot;
  /** Procedures that can be handed in there on that day, by sector. */
  proceduresAt(slot: Slot): ReadonlyMap<string, readonly Procedure[]>;
}

/** The first dossiers of every world lie in the last two months, so that a small world shows every status. */
export const RECENT = 64;
const RECENT_WORKDAYS = 40;
/** Busy days: dossiers still on their way should not drown in those long finished. */
const TURNS_WHEN_RECENT = 4;
const FIRST_DAY_YEARS_BACK = 2;

export function createSlots(options: {
  seed: number;
  today: number;
  hours: OfficeHours;
  catalogues: Catalogues;
}): SlotSource {
  const { seed, today, hours, catalogues } = options;
  const counters = catalogues.agencies.filter((agency) => agency.level === 'one-stop');
  const byCode = new Map(catalogues.agencies.map((agency) => [agency.code, agency]));
  const days: number[] = [];
  for (let day = today - FIRST_DAY_YEARS_BACK * 365 + 40; day < today; day++) if (hours.isWorkday(day)) days.push(day);

  const places: { day: number; agency: Agency & Dated; turn: number; turns: number }[] = [];
  for (const [i, day] of days.entries()) {
    const turns = days.length - i <= RECENT_WORKDAYS ? TURNS_WHEN_RECENT : 1;
    for (const agency of counters.filter((counter) => validOn(counter, isoDate(day)))) {
      for (let turn = 0; turn < turns; turn++) places.push({ day, agency, turn, turns });
    }
  }
  if (places.length <= RECENT)
    throw new Error('The catalogue of agencies has no one-stop counter that is open: nothing can be handed in.');

  // Take the first dossiers evenly from the recent end; spread all others over everything.
  const tail = Math.min(places.length - 1, RECENT_WORKDAYS * counters.length * TURNS_WHEN_RECENT);
  const early = new Set(Array.from({ length: RECENT }, (_, i) => places.length - 1 - Math.floor((i * tail) / RECENT)));
  const order = [...[...early].map((at) => places[at]), ...places.filter((_, at) => !early.has(at))] as typeof places;
  const others = order.length - early.size;
  // A prime beyond any list of places shares no factor with its length.
  const step = 1_000_003;
  const start = hashOf(seed, 'slots', 0) % others;

  function slot(index: number): Slot {
    const round = Math.floor(index / order.length);
    const at = index % order.length;
    const position = at < early.size ? at : early.size + (((((at - early.size) * step) % others) + start) % others);
    const { day, agency, turn, turns } = order[position] as (typeof places)[number];
    const { year, month, day: dayOfMonth } = utcTime(day * DAY);
    const sequence = round * turns + turn + 1;
    // Before July 2025 the counters still used the identifiers of the older order.
    const unit = isoDate(day) < '2025-07-01' && agency.oldCode !== '' ? agency.oldCode : agency.code;
    const date = `${two(year % 100)}${two(month)}${two(dayOfMonth)}`;
    return { day, agency, level: levelOf(agency), code: `${unit}-${date}-${String(sequence).padStart(4, '0')}` };
  }

  function levelOf(agency: Agency): string {
    for (let at: Agency | undefined = agency; at !== undefined; at = byCode.get(at.parent)) {
      if (['commune', 'district', 'province'].includes(at.level)) return at.level;
    }
    return 'province';
  }

  const known = new Map<string, ReadonlyMap<string, readonly Procedure[]>>();

  function proceduresAt({ day, level }: Slot): ReadonlyMap<string, readonly Procedure[]> {
    const key = `${level} ${day}`;
    let bySector = known.get(key);
    if (bySector === undefined) {
      const date = isoDate(day);
      const valid = catalogues.procedures.filter((procedure) => validOn(procedure, date));
      const here = valid.filter(
        (procedure) => procedure.level === level || (level === 'district' && procedure.level === 'commune'),
      );
      bySector = Map.groupBy(here.length > 0 ? here : valid, (procedure) => procedure.sector);
      known.set(key, bySector);
    }
    return bySector;
  }

  return { slot, proceduresAt };
}

function validOn(row: Dated, date: string): boolean {
  return (row.validFrom === '' || row.validFrom <= date) && (row.validTo === '' || date <= row.validTo);
}
