import { HubError } from '../../core/errors.ts';
import type { BinlogPlace } from '../../drivers/binlog.ts';

/** Where following goes on; `after`: within a listing of everything that began at the place, behind this key. */
export interface BinlogPosition {
  readonly place: BinlogPlace;
  readonly after: string | null;
}

/** `binlog.000003:4711`, or `binlog.000003:4711 after KEY` within a listing. */
export function writePosition({ place, after }: BinlogPosition): string {
  return `${place.file}:${place.position}${after === null ? '' : ` after ${after}`}`;
}

/** @throws HubError INTERNAL for a text that is no position */
export function readPosition(text: string): BinlogPosition {
  const [, file, position, after = null] = /^([^:\s]+):(\d+)(?: after (.*))?$/s.exec(text) ?? [];
  if (file === undefined || !Number.isSafeInteger(Number(position))) {
    throw new HubError('INTERNAL', 'expected a position as file:offset, came something else');
  }
  return { place: { file, position: Number(position) }, after };
}

/** Whether a place is at or behind another. Files count upwards in their suffix: binlog.999999, binlog.1000000. */
export function reaches(place: BinlogPlace, other: BinlogPlace): boolean {
  const number = ({ file }: BinlogPlace) => Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
  return place.file === other.file ? place.position >= other.position : number(place) > number(other);
}
