import type { DossierView } from '../../core/dossier.ts';
import { type ChangeKind, type DossierEvent, eventId, type FieldFault, toLogRecord } from '../../core/event.ts';
import { withPublicTitles } from '../../core/public-code.ts';
import type { CapturedDossier } from '../../store/captured.ts';
import type { FaultyRecord } from '../../store/quarantine.ts';
import { MOST_BYTES, recordBytes } from '../logs/requests.ts';
import { hashOf } from './canonical.ts';
import { mergeDelta } from './delta.ts';
import type { DeltaSighting, GoneSighting, Sighting, WholeSighting } from './sighting.ts';
import { viewOf, withoutStatusTitleOf, withoutTitlesOf } from './view.ts';

/** What has to be written because of what was seen. */
export interface Work {
  readonly changed: Map<string, CapturedDossier>;
  readonly events: DossierEvent[];
  /** Codes that leave the quarantine. */
  readonly readable: Set<string>;
  readonly faulty: FaultyRecord[];
}

export interface Moment {
  readonly sector: string;
  readonly way: string;
  readonly at: number;
}

/** Holds what was seen, in its order, against what was captured before. Touches nothing but its answer. */
export function applySightings(
  sightings: readonly Sighting[],
  known: ReadonlyMap<string, CapturedDossier>,
  moment: Moment,
): Work {
  const work: Work = { changed: new Map(), events: [], readable: new Set(), faulty: [] };
  for (const sighting of sightings) {
    const { code } = sighting;
    const before = code === null ? null : (work.changed.get(code) ?? known.get(code) ?? null);
    const outcome = outcomeOf(sighting, before, moment);
    if ('reason' in outcome) {
      const place = sighting.kind === 'faulty' ? sighting.place : sighting.code;
      work.faulty.push({ place, code, reason: outcome.reason });
      // What was captured stays, but it has been asked for.
      const asked = code === null || sighting.followAt === undefined ? null : (before ?? blank(code));
      keep(work, before, withPlaces({ followAt: sighting.followAt }, before, asked));
      continue;
    }
    if (code !== null) work.readable.add(code);
    if (outcome.event === null) keep(work, before, outcome.next);
    else {
      work.changed.set(outcome.next.code, outcome.next);
      work.events.push(outcome.event);
    }
  }
  return work;
}

type Outcome =
  | { readonly reason: string }
  | { readonly next: CapturedDossier | null; readonly event: null }
  | { readonly next: CapturedDossier; readonly event: DossierEvent };

function outcomeOf(sighting: Sighting, before: CapturedDossier | null, moment: Moment): Outcome {
  if (sighting.kind === 'faulty') return { reason: sighting.reason };
  const after = apply(sighting, before);
  if ('reason' in after) return after;
  const next = withPlaces(sighting, before, after.next);
  if (next === null || after.change === null || sighting.kind === 'same') return { next, event: null };
  const counted = { ...next, version: next.version + 1 };
  const { change, faults } = after;
  const event = eventOf(sighting, { change, faults, before, after: counted }, moment);
  // In the outbox it would stand before everything that comes after it, for ever.
  const bytes = recordBytes(toLogRecord(event));
  if (bytes <= MOST_BYTES) return { next: counted, event };
  return { reason: `larger than an event may be: expected up to ${MOST_BYTES} bytes, came ${bytes}` };
}

function keep(work: Work, before: CapturedDossier | null, next: CapturedDossier | null): void {
  if (next !== null && (before === null || differs(before, next))) work.changed.set(next.code, next);
}

type Applied =
  | { readonly reason: string }
  | {
      /** Null where nothing is to be remembered. */
      readonly next: CapturedDossier | null;
      /** Null where nothing happened. */
      readonly change: ChangeKind | null;
      readonly faults: readonly FieldFault[];
    };

function apply(sighting: Exclude<Sighting, { kind: 'faulty' }>, before: CapturedDossier | null): Applied {
  switch (sighting.kind) {
    case 'same':
      return { next: before, change: null, faults: [] };
    case 'whole':
      return applyWhole(sighting, before);
    case 'delta':
      return applyDelta(sighting, before);
    case 'gone':
      return applyGone(sighting, before);
  }
}

function applyWhole({ code, fields, rowHash }: WholeSighting, before: CapturedDossier | null): Applied {
  const read = viewOf(code, fields, before?.view ?? null);
  if ('reason' in read) return read;
  const unchanged = before !== null && before.rowHash === rowHash ? before.view : null;
  const titled = withPublicTitles(withTold(read.view, unchanged), [read.view, before?.view ?? null]);
  const view = unchanged === null ? titled.view : withoutTitlesOf(unchanged, titled.view);
  const faults = [...read.faults, ...titled.faults];
  const viewHash = contentHash(view, faults);
  // What is wrong with the titles of the same record has been told, though a call may have put others in their place.
  const told =
    unchanged === null ? [viewHash] : TITLES_AT_FAULT.map((one) => contentHash(view, [...read.faults, ...one]));
  const isSame = before !== null && !before.deleted && told.includes(before.viewHash);
  const next = { ...(before ?? blank(code)), rowHash, viewHash, deleted: false, view };
  return { next, change: isSame ? null : 'upsert', faults };
}

/**
 * A record that has not changed since a call told of something later: looking at it once more must not undo what was
 * told. When the system writes it down at last the record changes, and speaks for itself again.
 */
function withTold(record: DossierView, told: DossierView | null): DossierView {
  const at = told?.statusAt ?? null;
  if (told === null || at === null || (record.statusAt != null && record.statusAt >= at)) return record;
  return mergeDelta(record, { code: record.code, occurredAt: at, view: told });
}

function applyDelta(delta: DeltaSighting, before: CapturedDossier | null): Applied {
  const known = before?.view ?? null;
  const titled = withPublicTitles(mergeDelta(known, delta), [known, delta.view]);
  const { faults } = titled;
  const isToldAgain = known !== null && known.statusAt === titled.view.statusAt;
  const view = isToldAgain ? withoutStatusTitleOf(known, titled.view) : titled.view;
  const viewHash = contentHash(view, faults);
  if (before !== null && !before.deleted && hashOf(before.view) === hashOf(view)) {
    return { next: before, change: null, faults: [] };
  }
  const next = { ...(before ?? blank(delta.code)), viewHash, deleted: false, view };
  return { next, change: 'step', faults };
}

function applyGone({ code, followAt }: GoneSighting, before: CapturedDossier | null): Applied {
  // Asked for and never there is remembered by those who ask again, and is no delete.
  if (before === null) return { next: followAt === undefined ? null : blank(code), change: null, faults: [] };
  if (before.deleted) return { next: before, change: null, faults: [] };
  const next = { ...before, rowHash: '', viewHash: '', deleted: true, view: null };
  return { next, change: 'delete', faults: [] };
}

function blank(code: string): CapturedDossier {
  return {
    code,
    version: 0,
    rowHash: '',
    viewHash: '',
    deleted: true,
    view: null,
    sourceAt: null,
    followAt: null,
  };
}

/** Every choice of the titles of a view, as they may have been at fault. */
const TITLES_AT_FAULT = [[], ['statusTitle'], ['procedureTitle'], ['statusTitle', 'procedureTitle']].map((fields) =>
  fields.map((field) => ({ field })),
);

function contentHash(view: DossierView, faults: readonly Pick<FieldFault, 'field'>[]): string {
  return hashOf([view, faults.map(({ field }) => field).sort()]);
}

interface Places {
  readonly sourceAt?: number | undefined;
  readonly followAt?: number | undefined;
}

function withPlaces(
  sighting: Places,
  before: CapturedDossier | null,
  next: CapturedDossier | null,
): CapturedDossier | null {
  if (next === null) return null;
  return {
    ...next,
    sourceAt: sighting.sourceAt ?? before?.sourceAt ?? null,
    followAt: sighting.followAt ?? before?.followAt ?? null,
  };
}

function differs(before: CapturedDossier, next: CapturedDossier): boolean {
  return before.rowHash !== next.rowHash || before.sourceAt !== next.sourceAt || before.followAt !== next.followAt;
}

interface Change {
  readonly change: ChangeKind;
  readonly faults: readonly FieldFault[];
  readonly before: CapturedDossier | null;
  readonly after: CapturedDossier;
}

const MOST_PLACE = 255;
/** Instants that can be written with four digits of a year, wherever on earth. */
const EARLIEST = Date.UTC(1000, 0, 2);
const LATEST = Date.UTC(9999, 11, 30);

function eventOf(
  sighting: WholeSighting | DeltaSighting | GoneSighting,
  { change, faults, before, after }: Change,
  { sector, way, at }: Moment,
): DossierEvent {
  const { code, place } = sighting;
  return {
    id: eventId(sector, code, after.version),
    sector,
    code,
    version: after.version,
    change,
    occurredAt: occurredAt(sighting, before?.view ?? null, after.view) ?? at,
    recordedAt: at,
    sourcePosition: place.slice(0, MOST_PLACE),
    way,
    view: after.view,
    faults,
  };
}

/** A status newer than the one before happened when it says; anything else when the way says. */
function occurredAt(
  sighting: WholeSighting | DeltaSighting | GoneSighting,
  before: DossierView | null,
  after: DossierView | null,
): number | null {
  const statusAt = after?.statusAt ?? null;
  const isNewer = statusAt !== null && (before?.statusAt == null || statusAt > before.statusAt);
  const stated = isNewer ? statusAt : sighting.occurredAt;
  return stated !== null && Number.isSafeInteger(stated) && stated >= EARLIEST && stated <= LATEST ? stated : null;
}
