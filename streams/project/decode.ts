import { setImmediate as yielded } from 'node:timers/promises';
import { DOSSIER_STATUSES, type DossierView } from '../../core/dossier.ts';
import { type DossierEvent, fromLogRecord, parseEventId } from '../../core/event.ts';
import type { StoredRecord } from '../../core/event-log.ts';
import { publicFault, withPublicTitles } from '../../core/public-code.ts';
import { type MergedFields, mergedFields } from './merge.ts';

/** A record that nobody can ever apply, and why; the reason holds no value of it. */
export interface PoisonRecord {
  readonly record: StoredRecord;
  readonly reason: string;
}

export interface ReadEvent {
  readonly event: Omit<DossierEvent, 'view'> & { readonly view: MergedFields | null };
  /** The whole view as it is written, twice: into the history and as the current one. */
  readonly json: string | null;
  readonly record: StoredRecord;
}

/** Records taken apart without a pause, about a millisecond's work. */
const WITHOUT_PAUSE = 50;

/** Dossiers that records name, sorted; those of records that cannot be applied may be among them. */
export function codesOf(records: readonly StoredRecord[]): readonly string[] {
  const codes = new Set<string>();
  for (const { headers } of records) {
    const code = parseEventId(headers.ce_id ?? '')?.code;
    if (code !== undefined) codes.add(code);
  }
  return [...codes].sort();
}

/**
 * Takes a batch of records apart: what can be applied, and what cannot. Pauses now and then, so that statements on their
 * way are sent and answered meanwhile.
 */
export async function decode(
  sector: string,
  records: readonly StoredRecord[],
): Promise<{ readonly read: readonly ReadEvent[]; readonly poison: readonly PoisonRecord[] }> {
  const read: ReadEvent[] = [];
  const poison: PoisonRecord[] = [];
  for (const [place, record] of records.entries()) {
    if (place % WITHOUT_PAUSE === 0) await yielded();
    try {
      const event = checked(sector, fromLogRecord(record));
      const { view } = event;
      const json = view === null ? null : JSON.stringify(view);
      read.push({ event: { ...event, view: view === null ? null : mergedFields(view) }, json, record });
    } catch (error) {
      poison.push({ record, reason: error instanceof Error ? error.message : 'cannot be read' });
    }
  }
  return { read, poison };
}

/** What fromLogRecord leaves open and the tables demand. */
function checked(sector: string, event: DossierEvent): DossierEvent {
  const { view, faults } = event;
  if (event.sector !== sector) throw new Error(`expected an event of sector ${sector} in its topic`);
  if (typeof event.way !== 'string' || !Array.isArray(faults)) throw new Error('expected a way and a list of faults');
  if (view === null) return event;
  if (typeof view !== 'object' || Array.isArray(view)) throw new Error('expected an object as view');
  const status: unknown = view.status ?? null;
  if (status === null) return asShown(event, view);
  if (typeof status !== 'object' || !('code' in status) || typeof status.code !== 'string') {
    throw new Error('expected a status with its code');
  }
  const number: unknown = 'number' in status ? status.number : null;
  if (number !== null && !DOSSIER_STATUSES.some((known) => known.number === number)) {
    throw new Error('expected a status number from 1 to 10, or null');
  }
  return asShown(event, view);
}

/** Capture has judged it; a record that somebody else wrote into the topic is shown to no more people than one of ours. */
function asShown(event: DossierEvent, view: DossierView): DossierEvent {
  const fault = Object.entries(view).flatMap(([field, value]) => publicFault(field, value) ?? [])[0];
  if (fault !== undefined) throw fault;
  const titled = withPublicTitles(view);
  return titled.faults.length === 0
    ? event
    : { ...event, view: titled.view, faults: [...event.faults, ...titled.faults] };
}
