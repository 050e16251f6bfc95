import type { DossierView } from './dossier.ts';
import { formatInstant } from './time.ts';

/**
 * What happened to a dossier in one sector's system, as every part of the hub and every reader of the log sees it:
 * CloudEvents 1.0, in binary mode on Kafka. An event carries the whole view its sector has of the dossier after the
 * change, so that any later version makes the earlier ones needless and applying one twice changes nothing.
 */
export interface DossierEvent {
  /** `{sector}:{code}:{version}`. */
  readonly id: string;
  /** Folder of the sector whose system changed. */
  readonly sector: string;
  readonly code: string;
  /** Counts 1, 2, 3 … without a gap for each sector and dossier. */
  readonly version: number;
  readonly change: ChangeKind;
  /** When it happened as the system says, UTC milliseconds; when it was recorded where the system does not say. */
  readonly occurredAt: number;
  /** When the hub captured it, UTC milliseconds. */
  readonly recordedAt: number;
  /** Where in the system the change was read, in the words of the way of capture: a binlog position, a file and line. */
  readonly sourcePosition: string | null;
  /** Name of the way of capture in the sector's declaration. */
  readonly way: string;
  /** What the sector's system holds of the dossier now; null after a delete. */
  readonly view: DossierView | null;
  /** Fields of the view that could not be read; they keep the value they had before. */
  readonly faults: readonly FieldFault[];
}

/** `upsert`: read whole from the system. `step`: a delta was merged into what was known. `delete`: gone from the system. */
export type ChangeKind = 'upsert' | 'step' | 'delete';

export interface FieldFault {
  readonly field: string;
  /** What was expected and what came; no value, since that may be personal data. */
  readonly reason: string;
}

export const EVENT_TYPE = 'vn.lienthong.dossier.v1';

export function eventId(sector: string, code: string, version: number): string {
  return `${sector}:${code}:${version}`;
}

/** @returns null for what is no event id */
export function parseEventId(id: string): { sector: string; code: string; version: number } | null {
  const [, sector, code, version] = /^([a-z][a-z0-9-]*):([^:\s]{1,64}):([1-9]\d{0,14})$/.exec(id) ?? [];
  return sector === undefined || !isDossierCode(code) ? null : { sector, code, version: Number(version) };
}

/**
 * Whether a text can be a dossier's code here. Ids are put together from it, so it has neither colon nor blank; what has
 * angle brackets, quotes or control characters is markup or rubbish and no code of anybody's. Nine or twelve digits alone
 * are somebody's number that a system wrote in the wrong place: codes stand in logs and lists, where numbers must not.
 */
export function isDossierCode(text: unknown): text is string {
  return typeof text === 'string' && /^(?!(?:\d{9}|\d{12})$)[^:\s<>"'`\\\p{C}]{1,64}$/u.test(text);
}

/** Topic of a sector's dossier events: `lienthong.civil-status.dossier.v1`. */
export function topicOf(sector: string): string {
  return `lienthong.${sector}.dossier.v1`;
}

/** Where records go that no reader can ever handle. */
export function deadLetterTopicOf(topic: string): string {
  return `${topic}.dlq`;
}

/** A record of the log: what Kafka calls key, headers and value. */
export interface LogRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** The event in CloudEvents' binary mode: attributes are headers, data is the value. */
export function toLogRecord(event: DossierEvent): LogRecord {
  const { id, sector, code, ...data } = event;
  return {
    key: code,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: EVENT_TYPE,
      ce_source: `/sectors/${sector}`,
      ce_subject: code,
      ce_time: formatInstant(event.occurredAt),
      'content-type': 'application/json; charset=utf-8',
    },
    value: JSON.stringify(data),
  };
}

/** @throws Error for a record that is no event of ours; its message holds no value of the record */
export function fromLogRecord(record: LogRecord): DossierEvent {
  const { ce_specversion: specversion, ce_type: type, ce_id: id, ce_source: source } = record.headers;
  if (specversion !== '1.0' || type !== EVENT_TYPE) {
    throw new Error(`expected a CloudEvent 1.0 of type ${EVENT_TYPE}`);
  }
  const parsed = parseEventId(id ?? '');
  if (parsed === null || source !== `/sectors/${parsed.sector}` || record.key !== parsed.code) {
    throw new Error('expected an id {sector}:{code}:{version} that agrees with source and key');
  }
  let data: Partial<DossierEvent>;
  try {
    data = JSON.parse(record.value) as Partial<DossierEvent>;
  } catch {
    throw new Error('expected JSON as data');
  }
  const { change, version, occurredAt, recordedAt, sourcePosition = null, way = '', view = null, faults = [] } = data;
  const kinds: readonly unknown[] = ['upsert', 'step', 'delete'];
  if (!kinds.includes(change) || version !== parsed.version) throw new Error('expected change and version in the data');
  if (!Number.isSafeInteger(occurredAt) || !Number.isSafeInteger(recordedAt)) {
    throw new Error('expected occurredAt and recordedAt in UTC milliseconds');
  }
  if ((change === 'delete') !== (view === null)) throw new Error('expected a view, and none after a delete');
  return {
    id: id as string,
    ...parsed,
    change: change as ChangeKind,
    occurredAt: occurredAt as number,
    recordedAt: recordedAt as number,
    sourcePosition,
    way,
    view,
    faults,
  };
}
