import type { DossierView } from './dossier.ts';
import { FaultyValue, shapeOf } from './faulty-value.ts';

const MOST_CHARACTERS = 100;
const STATUS = `a status of at most ${MOST_CHARACTERS} characters with fewer than nine digits in a row`;
const CATALOGUED = `a code of at most ${MOST_CHARACTERS} characters without blanks, with fewer than nine digits in a row`;

/**
 * The status as a system states it: shown to whoever may see how a dossier stands, also where nobody has mapped it. A personal
 * number that slipped into the wrong column is none.
 *
 * @throws FaultyValue
 */
export function assertPublicStatus(code: string): void {
  if (!isShort(code)) throw new FaultyValue(STATUS, shapeOf(code));
}

/** As `assertPublicStatus`, for codes of procedures and agencies, which have no blanks. @throws FaultyValue */
export function assertPublicCode(code: string): void {
  if (!isShort(code) || /\s/.test(code)) throw new FaultyValue(CATALOGUED, shapeOf(code));
}

/** For what a message tells of a dossier. @throws FaultyValue */
export function assertPublicCodes({ status, steps, procedureCode, agencyCode }: Partial<DossierView>): void {
  for (const one of [status, ...(steps ?? []).map((step) => step.status)])
    if (one != null) assertPublicStatus(one.code);
  for (const code of [procedureCode, agencyCode]) if (code != null) assertPublicCode(code);
}

function isShort(code: string): boolean {
  return code.length <= MOST_CHARACTERS && !/\d{9}/.test(code);
}
