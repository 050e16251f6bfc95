import type { DossierParty, DossierStep, DossierView, StatedStatus } from './dossier.ts';
import type { FieldFault } from './event.ts';
import { FaultyValue, shapeOf } from './faulty-value.ts';
import { holdsNumberRow } from './personal-number.ts';
import { createRowFinder, type Word, wordsOf } from './word-rows.ts';

const MOST_CHARACTERS = 100;
const STATUS = `a status of at most ${MOST_CHARACTERS} characters with fewer than nine digits in a row`;
const CATALOGUED = `a code of at most ${MOST_CHARACTERS} characters without blanks, with fewer than nine digits in a row`;
/** As much as the history keeps of it; whatever is longer tells a story, and stories are about people. */
const MOST_OF_STATUS_TITLE = 255;
/** Titles of land procedures name every case they are for, in several hundred characters. */
const MOST_OF_PROCEDURE_TITLE = 1_000;
/** Shorter numbers that are stated of somebody could stand for anything in a title. */
const LEAST_NUMBER = 6;

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
        listOf<DossierStep>(value)
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

/**
 * The same view without the titles that may not be shown to whoever may see how the dossier stands. Titles of statuses and of
 * procedures are a system's free text: one that holds a row of nine digits, names somebody of the dossier or is longer than a title
 * becomes nothing, and a fault. Statuses and procedures keep their codes, and nobody needs the title of one that is mapped.
 *
 * @param others what else says whom the dossier names: what was known of it before, or what a call told
 */
export function withPublicTitles(
  view: DossierView,
  others: readonly (Partial<DossierView> | null)[] = [],
): { readonly view: DossierView; readonly faults: readonly FieldFault[] } {
  const { status, procedureTitle } = view;
  const steps = listOf<DossierStep>(view.steps);
  const faults = new Map<string, FieldFault>();
  const isPublic = createTitleJudge([view, ...others], faults);
  const isShown = (stated: StatedStatus | null | undefined): boolean =>
    isPublic('statusTitle', stated?.title, MOST_OF_STATUS_TITLE);
  const shown = <S extends StatedStatus | null | undefined>(stated: S): S =>
    stated == null || isShown(stated) ? stated : { ...stated, title: null };
  const shownStatus = shown(status);
  const isEveryStepShown = steps.map(({ status }) => isShown(status)).every((one) => one);
  const isProcedureShown = isPublic('procedureTitle', procedureTitle, MOST_OF_PROCEDURE_TITLE);
  if (faults.size === 0) return { view, faults: [] };
  const clean = {
    ...view,
    ...(status !== undefined && { status: shownStatus }),
    ...(!isEveryStepShown && { steps: steps.map((step) => ({ ...step, status: shown(step.status) })) }),
    ...(!isProcedureShown && { procedureTitle: null }),
  };
  return { view: clean, faults: [...faults.values()] };
}

function statusFault(status: StatedStatus | null | undefined): FaultyValue | null {
  return status == null || isShort(status.code) ? null : new FaultyValue(STATUS, shapeOf(status.code));
}

function isShort(code: string): boolean {
  return code.length <= MOST_CHARACTERS && !/\d{9}/.test(code);
}

/** Judges each title once, since steps share theirs, and reads names only where there is a title. */
function createTitleJudge(
  views: readonly (Partial<DossierView> | null)[],
  faults: Map<string, FieldFault>,
): (field: string, title: unknown, most: number) => boolean {
  const judged = new Map<string, FaultyValue | null>();
  let namesSomebody: ((title: string) => boolean) | null = null;
  const faultOf = (title: string): FaultyValue | null => {
    if (holdsNumberRow(title)) return new FaultyValue('a title with fewer than nine digits in a row', shapeOf(title));
    namesSomebody ??= createRowFinder(wordsNaming(views));
    return namesSomebody(title) ? new FaultyValue('a title that names nobody of the dossier', 'one that does') : null;
  };
  return (field, title, most) => {
    if (typeof title !== 'string') return true;
    let fault = title.length > most ? new FaultyValue(`a title of at most ${most} characters`, shapeOf(title)) : null;
    if (fault === null) {
      fault = judged.get(title) ?? null;
      if (fault === null && !judged.has(title)) {
        fault = faultOf(title);
        judged.set(title, fault);
      }
    }
    if (fault !== null) faults.set(field, { field, reason: fault.message });
    return fault === null;
  };
}

/** Applicants and parties, by name and number. A name of one word could be any word of an honest title. */
function wordsNaming(views: readonly (Partial<DossierView> | null)[]): readonly (readonly Word[])[] {
  const names = new Set<unknown>();
  const numbers = new Set<unknown>();
  for (const view of views) {
    names.add(view?.applicantName);
    for (const number of listOf(view?.applicantNumbers)) numbers.add(number);
    for (const { name, personalNumbers } of listOf<DossierParty>(view?.parties)) {
      names.add(name);
      for (const number of listOf(personalNumbers)) numbers.add(number);
    }
  }
  const rows: (readonly Word[])[] = [];
  for (const name of names) {
    const words = typeof name === 'string' ? wordsOf(name) : [];
    if (words.length > 1) rows.push(words);
  }
  for (const number of numbers) {
    if (typeof number === 'string' && number.length >= LEAST_NUMBER && /\p{Nd}/u.test(number))
      rows.push(wordsOf(number));
  }
  return rows;
}

/** What stands in a log may be anything. */
function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}
