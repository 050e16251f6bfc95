import type { Action, Actor, DataClass, Grant, Role } from '../access.ts';

/**
 * Grants that speak for one question, in sides that must each hold one: what the actor's role may and, where the grants name
 * the client too, what the client may. So an application narrows what a person may see through it and never widens it.
 */
export type Matching = readonly (readonly Grant[])[];

/** Systems that ask for themselves have what their client is granted; a role of theirs says nothing. */
const SYSTEMS: ReadonlySet<Role> = new Set(['app', 'portal']);

/** Whether the actor is a person, or a system that acts for one. */
function actsForPerson({ role, delegated }: Actor): boolean {
  return delegated || !SYSTEMS.has(role);
}

/** Finds the grants of a question by who asks, what is done, the sector's folder and the class. */
export function createGrants(
  grants: readonly Grant[],
): (actor: Actor, action: Action, sector: string, data: DataClass) => Matching {
  const named = new Set(grants.map(({ client }) => client));
  /** Whoever asks is asked about many times: for each field, dossier and person. */
  const known = new WeakMap<Actor, Map<string, Matching>>();

  function find(actor: Actor, action: Action, sector: string, data: DataClass): Matching {
    const speaks = (grant: Grant) =>
      grant.actions.includes(action) &&
      grant.data.includes(data) &&
      (grant.sectors.includes('*') || grant.sectors.includes(sector));
    const ofClient = grants.filter((grant) => grant.client === actor.client && speaks(grant));
    if (!actsForPerson(actor)) return [ofClient];
    const ofRole = grants.filter((grant) => grant.role === actor.role && speaks(grant));
    return named.has(actor.client) ? [ofRole, ofClient] : [ofRole];
  }

  return (actor, action, sector, data) => {
    let ofActor = known.get(actor);
    // Stryker disable next-line ConditionalExpression: what is not remembered is found again, and is the same
    if (ofActor === undefined) {
      ofActor = new Map();
      // Stryker disable next-line CallExpression: as above
      known.set(actor, ofActor);
    }
    const key = `${action} ${data} ${sector}`;
    const before = ofActor.get(key);
    // Stryker disable next-line ConditionalExpression: as above
    if (before !== undefined) return before;
    const found = find(actor, action, sector, data);
    // Stryker disable next-line CallExpression: as above
    ofActor.set(key, found);
    return found;
  };
}

/** What is left where only some grants hold. */
export function narrowed(matching: Matching, holds: (grant: Grant) => boolean): Matching {
  return matching.map((side) => side.filter(holds));
}

export function isNone(matching: Matching): boolean {
  return matching.some((side) => side.length === 0);
}
