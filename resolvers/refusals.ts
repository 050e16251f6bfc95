import type { Decision } from '../core/access.ts';
import { HubError } from '../core/errors.ts';

/** What was asked for: whoever is refused learns no more than this. */
export type RefusedThing = 'field' | 'operation' | 'record' | 'self' | 'party';

const FORBIDDEN: Readonly<Record<RefusedThing, string>> = {
  field: 'You hold no grant for this field.',
  operation: 'You hold no grant for this operation.',
  // The same whether or not it is there.
  record: 'There is nothing here that you may see.',
  // Of people asked for by number: decided before anybody looks whether there is such a person.
  self: 'You see your own data alone: ask by the number of 12 digits that your token names.',
  party: 'The dossier that you work on names nobody by this number: ask by a number that it names.',
};

/** The error of a decision: its reason stays inside. */
export function refusal(decision: Decision & { readonly allowed: false }, thing: RefusedThing): HubError {
  return decision.code === 'FORBIDDEN' ? forbidden(thing) : purposeRequired();
}

export function forbidden(thing: RefusedThing): HubError {
  return new HubError('FORBIDDEN', FORBIDDEN[thing]);
}

function purposeRequired(): HubError {
  const message = 'Personal data needs a purpose: send X-Purpose, and with it X-Visit or X-Dossier.';
  return new HubError('PURPOSE_REQUIRED', message);
}

export function visitOver(): HubError {
  return new HubError('VISIT_OVER', 'This is no open visit of yours: open one with openVisit.');
}

export function visitFull(most: number): HubError {
  const message = `In one visit at most ${most} people and records may be asked for: open another for the next person.`;
  return new HubError('VISIT_FULL', message);
}
