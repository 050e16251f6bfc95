import type { DossierStep, DossierView, StatedStatus } from './dossier.ts';
import { FaultyValue, shapeOf } from './faulty-value.ts';

const MOST_CHARACTERS = 100;
const STATUS = `a status of at most ${MOST_CHARACTERS} characters with fewer than nine digits in a row`;
const CATALOGUED = `a code of at most ${MOST_CHARACTERS} characters without blanks, with fewer than nine digits in a row`;

/**
 * Whether what a system states of a dossier may be shown to whoever may see how the dossier stands. Statuses are, also where nobody has
 * mapped them, and so are codes of procedures and agencies, which have no blanks: a personal number, or a name, that slipped into
 * their columns is none of them.
 *
 * @param field of the dossier
 * @returns what is wrong with it; null for what may, and for every other field
 */
export function publicFault(field: string, value: unknown): FaultyValue | null {
  switch (field as keyof DossierView) {
    case 'status':
      return statusFault(value as StatedStatus | null | undefined);
    case 'steps':
      return (
        ((value ?? []) as readonly DossierStep[])
          .map(({ status }) => statusFault(status))
          .find((one) => one !== null) ?? null
      );
    case 'procedureCode':
    case 'agencyCode':
      return typeof value === 'string' && (!isShort(value) || /\s/.test(value))
        ? new FaultyValue(CATALOGUED, shapeOf(value))
        : null;
    default:
      return null;
  }
}

function statusFault(status: StatedStatus | null | undefined): FaultyValue | null {
  return status == null || isShort(status.code) ? null : new FaultyValue(STATUS, shapeOf(status.code));
}

function isShort(code: string): boolean {
  return code.length <= MOST_CHARACTERS && !/\d{9}/.test(code);
}
