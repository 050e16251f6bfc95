import type { Agencies } from '../catalogues/catalogue.ts';
import type { AgencyTree } from '../core/access/units.ts';

/** Units of an agency that are no agencies themselves: who works there works for the agency above. */
const PARTS_OF_AGENCIES: ReadonlySet<string | undefined> = new Set(['office', 'one-stop']);

/**
 * The agencies as access asks for them. Those that have ended are among them, since their dossiers go on; an agency is what
 * its newest row says, and has every older code it ever had.
 */
export function agencyTreeOf(agencies: Agencies): AgencyTree {
  const codesOf = new Map<string, Set<string>>();
  const below = new Map<string, Set<string>>();
  for (const { code, oldCode, parent } of agencies.all()) {
    const codes = codesOf.get(code) ?? new Set([code]);
    codesOf.set(code, oldCode === null ? codes : codes.add(oldCode));
    // Stryker disable next-line ConditionalExpression: nobody asks what is below nothing
    if (parent !== null) below.set(parent, (below.get(parent) ?? new Set()).add(code));
  }
  /** One that nobody knows is taken for an agency. */
  const isAgency = (code: string): boolean => !PARTS_OF_AGENCIES.has(agencies.byCode(code)?.level);
  const newerCode = (code: string) => agencies.byCode(code)?.code ?? null;

  function ancestorsOf(code: string): readonly string[] {
    const found = new Set<string>();
    // A catalogue in which two agencies are above each other would otherwise never end.
    for (let at = newerCode(code); at !== null && !found.has(at); at = agencies.byCode(at)?.parent ?? null)
      found.add(at);
    return [...found];
  }

  return {
    ancestorsOf,
    newerCode,
    agencyOf: (unit) => ancestorsOf(unit).find(isAgency) ?? unit,
    codesBelow(code) {
      const top = newerCode(code);
      // Stryker disable ConditionalExpression,ArrayDeclaration: a code that no agency has leads to none
      const reached = new Set(top === null ? [] : [top]);
      for (const one of reached) for (const child of below.get(one) ?? []) reached.add(child);
      // Stryker restore ConditionalExpression
      return [...reached].flatMap((one) => [...(codesOf.get(one) ?? [])]);
    },
    // Stryker restore ArrayDeclaration
    // Stryker disable next-line OptionalChaining: every code that the catalogue lists is known to it
    roots: () => [...codesOf.keys()].filter((code) => agencies.byCode(code)?.parent === null),
  };
}
