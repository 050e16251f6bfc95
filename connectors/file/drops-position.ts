import { HubError } from '../../core/errors.ts';
import type { Dropped } from './folder.ts';

/** A file that was taken, or is being taken. */
export interface TakenFile {
  readonly name: string;
  readonly size: number;
  /** UTC milliseconds. */
  readonly modifiedAt: number;
  /** SHA-256 of what it holds, in hexadecimal; empty for one that could not be read. */
  readonly digest: string;
}

/** How far a folder was read. */
export interface DropsPosition {
  /** Files up to here, by the order in which they are read, were taken long ago and are remembered no longer. */
  readonly past: string | null;
  /** The latest time at which one of those was changed, UTC milliseconds; absent where it is not known. */
  readonly pastModifiedAt?: number | undefined;
  /** In the order in which they were taken; the latest MOST_REMEMBERED. */
  readonly taken: readonly TakenFile[];
  /** The file in hand, and how many of its records were handed over. */
  readonly reading: (TakenFile & { readonly done: number }) | null;
}

export type DropsOrder = 'name' | 'modified';

/** The position is written with every batch, so it may not grow with the folder. */
const MOST_REMEMBERED = 500;

export const BEGINNING: DropsPosition = { past: null, taken: [], reading: null };

/** Where a file stands in the order: texts that compare as the files do. */
export function placeOf({ name, modifiedAt }: Pick<Dropped, 'name' | 'modifiedAt'>, order: DropsOrder): string {
  return order === 'name' ? name : `${String(modifiedAt).padStart(15, '0')} ${name}`;
}

/** Whether a file was taken as it stands, without looking into it. */
export function isTaken(position: DropsPosition, file: Dropped, order: DropsOrder): boolean {
  const isRemembered = position.taken.some(
    ({ name, size, modifiedAt }) => name === file.name && size === file.size && modifiedAt === file.modifiedAt,
  );
  return isRemembered || (isPast(position, file, order) && !isLate(position, file, order));
}

/** Whether a file came among those that are remembered no longer: it was written after all of them. */
export function isLate(position: DropsPosition, file: Dropped, order: DropsOrder): boolean {
  const { pastModifiedAt } = position;
  return pastModifiedAt !== undefined && isPast(position, file, order) && file.modifiedAt > pastModifiedAt;
}

function isPast({ past }: DropsPosition, file: Dropped, order: DropsOrder): boolean {
  return past !== null && placeOf(file, order) <= past;
}

/** The position once a file has been taken. */
export function afterTaking(position: DropsPosition, file: TakenFile, order: DropsOrder): DropsPosition {
  const { name, size, modifiedAt, digest } = file;
  const taken = [...position.taken.filter((one) => one.name !== name), { name, size, modifiedAt, digest }];
  const forgotten = taken.length > MOST_REMEMBERED ? taken.shift() : undefined;
  const { past, pastModifiedAt } = position;
  if (forgotten === undefined) return { past, pastModifiedAt, taken, reading: null };
  const place = placeOf(forgotten, order);
  return {
    past: past === null || place > past ? place : past,
    // Of files forgotten before this was kept nobody knows it.
    pastModifiedAt:
      past !== null && pastModifiedAt === undefined ? undefined : Math.max(pastModifiedAt ?? 0, forgotten.modifiedAt),
    taken,
    reading: null,
  };
}

/** @throws HubError INTERNAL for a text that is no position of a folder */
export function readDropsPosition(text: string | null): DropsPosition {
  if (text === null) return BEGINNING;
  try {
    const { past, pastModifiedAt, taken, reading } = JSON.parse(text) as DropsPosition;
    if (Array.isArray(taken)) return { past: past ?? null, pastModifiedAt, taken, reading: reading ?? null };
  } catch {
    // Told below: what came may hold anything.
  }
  throw new HubError('INTERNAL', 'expected a position of a folder of files, came something else');
}
