import type { DossierFacts } from '../core/access.ts';
import { identifyingNumbers } from '../core/applicant-number.ts';
import type { RecordHolder } from '../core/declaration.ts';
import type { SeenView } from '../core/dossier-merge.ts';
import { ownedValue } from '../core/dossier-merge.ts';
import { HubError } from '../core/errors.ts';
import type { IndexedView } from '../store/dossier-index.ts';
import { dossierSectors } from './freshness.ts';
import { fromStore } from './index-loaders.ts';
import { subjectsOf } from './own-numbers.ts';
import type { Registry } from './registry.ts';

type Known = Pick<Registry, 'sectors' | 'catalogues'>;

/**
 * What access needs to know of a dossier: whose it is and who is named in it, in every view of it.
 *
 * @param held the views that systems hold now
 */
export function factsOf(registry: Known, code: string, held: readonly SeenView[]): DossierFacts {
  const agencyCode = ownedValue(held, 'agencyCode');
  const units = new Set(receivingUnits(registry, code));
  if (typeof agencyCode === 'string') {
    const agency = registry.catalogues.agencies.byCode(agencyCode);
    if (agency !== null) units.add(agency.code);
  }
  const people = peopleIn(held).filter(({ personalNumbers }) => personalNumbers.length > 0);
  return { code, units: [...units], people };
}

/** Whom a dossier names, in every view of it: applicants and parties, whether or not their numbers are known. */
export function peopleIn(held: readonly SeenView[]): readonly RecordHolder[] {
  return held.flatMap(({ view }) => [
    holderOf(view?.applicantNumbers, view?.applicantName),
    ...listIn(view?.parties).map((party) => {
      const { personalNumbers, name } = party as { readonly personalNumbers?: unknown; readonly name?: unknown };
      return holderOf(personalNumbers, name);
    }),
  ]);
}

function holderOf(numbers: unknown, name: unknown): RecordHolder {
  const fullName = typeof name === 'string' ? name : null;
  return { personalNumbers: identifyingNumbers(textsIn(numbers)), birthDate: null, fullName };
}

/** The numbers of whoever handed the dossier in, in every view of it. */
export function applicantsIn(held: readonly SeenView[]): readonly string[] {
  return identifyingNumbers(held.flatMap(({ view }) => textsIn(view?.applicantNumbers)));
}

/** Of a dossier that is not there: what its code says of where it would be. */
export function factsOfCode(registry: Known, code: string): DossierFacts {
  return { code, units: receivingUnits(registry, code), people: [] };
}

/** A code begins with the identifier of the unit that received the dossier, in one of the two orders. */
function receivingUnits({ catalogues }: Known, code: string): readonly string[] {
  const agency = catalogues.agencies.byCode(code.split('-', 1)[0] ?? '');
  return agency === null ? [] : [agency.code];
}

/** The views that systems hold now, those of the counter first. */
export function heldViews(registry: Known, views: readonly IndexedView[]): readonly SeenView[] {
  const sectors = dossierSectors(registry);
  const inOrder = [...sectors].sort((left, right) =>
    left.role === right.role ? 0 : left.role === 'reception' ? -1 : 1,
  );
  return inOrder.flatMap(({ id, role }): SeenView[] => {
    const indexed = views.find(({ sector }) => sector === id);
    if (indexed === undefined || indexed.view === null) return [];
    return [{ sector: id, role, view: withFaults(indexed, indexed.view), failure: null }];
  });
}

/** A field that could never be read is not one that the system leaves out: another's word must not take its place. */
function withFaults({ sector, faults }: IndexedView, view: object): SeenView['view'] {
  if (faults.length === 0) return view as SeenView['view'];
  const whole: Record<string, unknown> = { ...view };
  for (const { field, reason } of faults) {
    if (whole[field] !== undefined) continue;
    whole[field] = new HubError('SOURCE_MALFORMED', `${sector}: Dossier.${field}: ${reason}`, { sector, field });
  }
  return whole;
}

/** How long what is known of a dossier is kept for those who state it as their purpose. */
export const KEPT_MS = 1_000;
const MOST_KEPT = 1_000;

/**
 * Reads what makes a dossier a purpose. Whoever works on one states it with every question, so it is kept for a moment, by its
 * code alone: what anybody may do with it is decided each time.
 *
 * @returns a function that gives null for a code that nobody holds
 */
export function createDossierReader(
  registry: Omit<Registry, 'access'>,
): (text: string) => Promise<DossierFacts | null> {
  const kept = new Map<string, { readonly facts: Promise<DossierFacts | null>; readonly until: number }>();
  const read = async (text: string): Promise<DossierFacts | null> => {
    const codes = [...new Set([text, text.toUpperCase()])];
    const views = await fromStore(registry.index.views(codes));
    const place = views.findIndex((one) => heldViews(registry, one).length > 0);
    if (place === -1) return null;
    const held = heldViews(registry, views[place] ?? []);
    const facts = factsOf(registry, codes[place] as string, held);
    return { ...facts, ...(await subjectsOf(registry.numberPairs, facts.people)) };
  };
  const known = (text: string) => {
    const one = kept.get(text);
    return one !== undefined && performance.now() < one.until ? one.facts : undefined;
  };
  return (stated) => {
    // As it stands in most headers: the normal form costs more than to look.
    const asStated = known(stated);
    if (asStated !== undefined) return asStated;
    const text = stated.trim().normalize('NFC');
    const before = known(text);
    if (before !== undefined) return before;
    const facts = read(text);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(text, { facts, until: performance.now() + KEPT_MS });
    // A failure is told to those who wait for it, and not kept.
    facts.catch(() => kept.delete(text));
    return facts;
  };
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsIn(value: unknown): readonly string[] {
  return listIn(value).filter((one) => typeof one === 'string');
}
