import type { Actor, Grant } from '../access.ts';

/** The agencies as a tree, as far as access asks. Codes are taken in either order, newer or older. */
export interface AgencyTree {
  /** The agency itself and all above it, nearest first, in the newer order; empty for an agency that nobody knows. */
  ancestorsOf(code: string): readonly string[];
  /** The code in the newer order; null for an agency that nobody knows. */
  newerCode(code: string): string | null;
  /** The agency to which a unit belongs: the nearest one, itself included, that is no office and no one-stop unit. */
  agencyOf(unit: string): string;
  /**
   * The agency and all below it, each by its newer and its older code, since the index keeps codes as they were stated; none
   * for an agency that nobody knows.
   */
  codesBelow(code: string): readonly string[];
  /** Agencies with none above them, in the newer order. */
  roots(): readonly string[];
}

/** Codes of agencies, in every order; `all` also holds those that no catalogue knows. */
export type Scope = 'all' | ReadonlySet<string>;

/** Works out over which agencies a grant reaches for an actor. */
export function createScopes(tree: AgencyTree): (grant: Grant, actor: Actor) => Scope {
  const roots = tree.roots();
  // As many as there are grants and agencies: no token is taken whose unit nobody knows.
  const known = new Map<string, Scope>();

  /** Whoever has every root has all: then a dossier whose agency nobody knows has to be seen by somebody. */
  function below(codes: readonly string[]): Scope {
    const key = codes.join();
    const existing = known.get(key);
    // Stryker disable next-line ConditionalExpression: what is not remembered is worked out again, and is the same
    if (existing !== undefined) return existing;
    const reached = new Set(codes.flatMap((code) => tree.codesBelow(code)));
    const scope = roots.length > 0 && roots.every((root) => reached.has(root)) ? 'all' : reached;
    // Stryker disable next-line CallExpression: as above
    known.set(key, scope);
    return scope;
  }

  return ({ units }, { unit }) => {
    if (units === 'all') return 'all';
    if (units === 'own') return unit === null ? new Set() : below([tree.agencyOf(unit)]);
    return below(units);
  };
}

/** @param units what is asked for, in the newer order; what belongs to no agency is only within `all` */
export function holdsSome(scope: Scope, units: readonly string[]): boolean {
  return scope === 'all' || units.some((unit) => scope.has(unit));
}
