import { type CHANNELS, DOSSIER_STATUSES } from '../core/dossier.ts';
import { parseEnterpriseCode } from '../core/enterprise-code.ts';
import { HubError } from '../core/errors.ts';
import { DAY_MS, startOfVietnamDate, vietnamDate } from '../core/time.ts';
import type { DossierFilter } from '../store/dossier-index.ts';
import { indexWords, isNumberWord } from '../store/index-words.ts';
import { dossierSectors } from './freshness.ts';
import type { Registry } from './registry.ts';

/** `DossierFilter` of the API, as GraphQL hands it over. */
export interface FilterArguments {
  readonly status?: readonly string[] | null;
  readonly unmapped?: boolean | null;
  readonly sector?: string | null;
  readonly agency?: string | null;
  readonly procedure?: string | null;
  readonly applicantId?: string | null;
  readonly channel?: (typeof CHANNELS)[keyof typeof CHANNELS] | null;
  readonly receivedFrom?: string | null;
  readonly receivedTo?: string | null;
  readonly dueFrom?: string | null;
  readonly dueTo?: string | null;
  readonly overdue?: boolean | null;
  readonly text?: string | null;
}

const MOST_TEXT = 200;
const MOST_WORDS = 12;

/**
 * The filter as the index takes it; whose numbers `applicantId` means is for the caller to find out.
 *
 * @throws HubError BAD_USER_INPUT for what cannot be, contradicts itself or is in no catalogue
 */
export function indexFilterOf(registry: Registry, given: FilterArguments): DossierFilter {
  const { agency, procedure, channel, overdue, text } = given;
  const status = statusesOf(given);
  return {
    ...(status !== undefined && { status }),
    ...(given.unmapped === true && { unmapped: true }),
    ...(given.sector != null && { sector: knownSector(registry, 'filter.sector', given.sector) }),
    ...(agency != null && { agency: knownCode('filter.agency', agency, registry.catalogues.agencies) }),
    ...(procedure != null && { procedure: knownCode('filter.procedure', procedure, registry.catalogues.procedures) }),
    ...(channel != null && { channel }),
    ...rangeOf('received', given.receivedFrom, given.receivedTo),
    ...rangeOf('due', given.dueFrom, given.dueTo),
    ...(overdue != null && { overdue, today: startOfVietnamDate(vietnamDate(registry.now())) }),
    ...(text != null && { words: wordsOf(text) }),
  };
}

/**
 * Whether the text looks for people rather than for a code: codes have digits in every word of them, and somebody's number is in
 * no code.
 */
export function looksForName({ text }: FilterArguments): boolean {
  return text != null && indexWords(text).some((word) => !/\d/.test(word) || isNumberWord(word));
}

/** @returns null for what is no enterprise code */
export function enterpriseCodeOf(text: string): string | null {
  try {
    return parseEnterpriseCode(text).code;
  } catch {
    return null;
  }
}

function statusesOf({ status, unmapped }: FilterArguments): readonly number[] | undefined {
  if (status == null) return unmapped === false ? DOSSIER_STATUSES.map(({ number }) => number) : undefined;
  if (status.length === 0) throw new HubError('BAD_USER_INPUT', 'filter.status: expected at least one status');
  if (unmapped === true) {
    throw new HubError('BAD_USER_INPUT', 'filter: a dossier is in one of the ten statuses or unmapped, not both');
  }
  return DOSSIER_STATUSES.filter(({ name }) => status.includes(name)).map(({ number }) => number);
}

/** @throws HubError BAD_USER_INPUT naming the argument */
export function knownSector(registry: Registry, argument: string, sector: string): string {
  if (dossierSectors(registry).some(({ id }) => id === sector)) return sector;
  throw new HubError(
    'BAD_USER_INPUT',
    `${argument}: expected the folder name of a sector that states dossiers; \`sectors\` lists them`,
  );
}

/**
 * @returns the code as the catalogue writes it
 * @throws HubError BAD_USER_INPUT naming the argument, whose last part says what it stands for
 */
export function knownCode(
  argument: `${string}.${'agency' | 'procedure'}`,
  code: string,
  catalogue: { byCode(code: string): { readonly code: string } | null },
): string {
  const known = catalogue.byCode(code);
  if (known !== null) return known.code;
  throw new HubError('BAD_USER_INPUT', `${argument}: expected the code of a known ${argument.split('.').at(-1)}`);
}

/** Whole days, both included: as instants, from the first up to the beginning of the day after the last. */
function rangeOf<Name extends 'received' | 'due'>(
  name: Name,
  from: string | null | undefined,
  to: string | null | undefined,
): Partial<Record<`${Name}From` | `${Name}To`, number>> {
  if (from != null && to != null && wholeDay(`${name}From`, from) > wholeDay(`${name}To`, to)) {
    throw new HubError('BAD_USER_INPUT', `filter: ${name}From is after ${name}To`);
  }
  return {
    ...(from != null && { [`${name}From`]: wholeDay(`${name}From`, from) }),
    ...(to != null && { [`${name}To`]: wholeDay(`${name}To`, to) + DAY_MS }),
  } as Partial<Record<`${Name}From` | `${Name}To`, number>>;
}

function wholeDay(argument: string, date: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(date)) return startOfVietnamDate(date);
  throw new HubError('BAD_USER_INPUT', `filter.${argument}: expected a whole date such as 2026-11-20`);
}

function wordsOf(text: string): readonly string[] {
  const words = text.length > MOST_TEXT ? [] : indexWords(text);
  const isEnough = words.join('').replace(/[^\p{L}\p{N}]/gu, '').length >= 2;
  if (isEnough && words.length <= MOST_WORDS) return words;
  throw new HubError(
    'BAD_USER_INPUT',
    `filter.text: expected a dossier code or words of a name, 2 to ${MOST_TEXT} characters and at most ${MOST_WORDS} words`,
  );
}
