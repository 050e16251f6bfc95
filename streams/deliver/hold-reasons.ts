/** Why a dossier is held back from the portal until something was done about it. */
export const HOLD_REASONS = [
  'MISSING_IDENTITY',
  'IDENTITY_MALFORMED',
  'NAME_MISSING',
  'UNKNOWN_PROCEDURE',
  'UNKNOWN_AGENCY',
  'CODE_PATTERN',
  'DATES_OUT_OF_ORDER',
  'UNKNOWN_STATUS',
  'STATUS_UNREADABLE',
  'FIELD_UNREADABLE',
  'NOT_AT_COUNTER',
  'DELETED_AT_SOURCE',
  'OTHER_SENDER',
  'REFUSED_BY_PORTAL',
  'HUB_FAULT',
] as const;

export type HoldReason = (typeof HOLD_REASONS)[number];

/** One reason in words that the officer who can act on it understands: what to do, and where. Nothing personal. */
export interface Hold {
  readonly code: HoldReason;
  readonly text: string;
  /** Fields of the dossier that it speaks of, in the API's names. */
  readonly fields: readonly string[];
}
