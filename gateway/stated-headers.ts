import { type Actor, PURPOSES, type StatedHeaders } from '../core/access.ts';
import { HubError } from '../core/errors.ts';
import { isDossierCode } from '../core/event.ts';
import { isVisitId } from '../core/visit-id.ts';

/** X-Purpose, X-Dossier and X-Visit as they came: as headers, or in the payload of `connection_init`. */
export interface Statement {
  readonly purpose: unknown;
  readonly dossier: unknown;
  readonly visit: unknown;
}

/**
 * Reads for what somebody says they ask. A header that came twice is two values in one, which has no right form.
 *
 * @throws HubError PURPOSE_REQUIRED for what has not the form of a purpose, a dossier's code or a visit's id
 */
export function statedBy(actor: Actor, { purpose, dossier, visit }: Statement): StatedHeaders {
  return {
    purpose: purposeIn(purpose) ?? (actor.role === 'citizen' ? 'SELF' : null),
    dossier: textIn(dossier, isDossierCode, 'X-Dossier: expected the code of one dossier.'),
    visit: textIn(visit, isVisitId, 'X-Visit: expected the id of one visit, as openVisit gave it.'),
  };
}

function purposeIn(value: unknown): StatedHeaders['purpose'] {
  if (value === undefined) return null;
  const purpose = PURPOSES.find((one) => one === value);
  if (purpose === undefined) throw malformed(`X-Purpose: expected one of ${PURPOSES.join(', ')}.`);
  return purpose;
}

function textIn(value: unknown, isWhole: (text: string) => boolean, expected: string): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string' || !isWhole(value)) throw malformed(expected);
  return value;
}

function malformed(message: string): HubError {
  return new HubError('PURPOSE_REQUIRED', message);
}
