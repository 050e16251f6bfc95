import type { Actor, DataClass, Grant } from '../access.ts';
import { createGrants } from './grants.ts';
import { type AgencyTree, createScopes, type Scope } from './units.ts';

/**
 * Makes the narrowing of lists. It reads the grants as `can` does, so that a list holds just what each of its rows may be.
 *
 * @returns a function that gives the agency codes, in every order, that an actor's lists of the hub hold; null where they hold
 * everything, empty where they hold nothing. What somebody sees as their own (SELF) is narrowed by their number instead
 */
export function createUnitsSeen({
  grants,
  units,
}: {
  grants: readonly Grant[];
  units: AgencyTree;
}): (actor: Actor, data: DataClass) => readonly string[] | null {
  const grantsOf = createGrants(grants);
  const scopeOf = createScopes(units);

  return (actor, data) => {
    const sides = grantsOf(actor, 'READ', 'hub', data).map((side) =>
      joined(side.filter(({ purposes }) => !purposes.includes('SELF')).map((grant) => scopeOf(grant, actor))),
    );
    const [first, ...others] = sides.filter((scope) => scope !== 'all');
    return first === undefined ? null : [...first].filter((code) => others.every((scope) => scope.has(code)));
  };
}

function joined(scopes: readonly Scope[]): Scope {
  const reached = new Set<string>();
  for (const scope of scopes) {
    if (scope === 'all') return 'all';
    for (const code of scope) reached.add(code);
  }
  return reached;
}
