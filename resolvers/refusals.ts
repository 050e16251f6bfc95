import type { Decision } from '../core/access.ts';
import { HubError } from '../core/errors.ts';
import type { TooManyVisits } from '../store/visits.ts';

/** What was asked for: whoever is refused learns no more than this. */
export type RefusedThing =
  | 'field'
  | 'operation'
  | 'record'
  | 'evidence'
  | 'self'
  | 'party'
  | 'uncertain'
  | 'unnamed'
  | 'earlier';

const FORBIDDEN: Readonly<Record<RefusedThing, string>> = {
  field: 'You hold no grant for this field.',
  operation: 'You hold no grant for this operation.',
  // The same whether or not it is there.
  record: 'There is nothing here that you may see.',
  // Likewise. Stated as the purpose, it is at no place of the operation: so its header is named.
  evidence:
    'X-Dossier names no dossier that you may see, so nothing of this request is answered: send the code of one within your agencies.',
  // Of people asked for by number: decided before anybody looks whether there is such a person.
  self: 'You see your own data alone: ask by the number of 12 digits that your token names.',
  party: 'The dossier that you work on names nobody by this number: ask by a number that it names.',
  // Of somebody whom the systems know by a number that the dossier names: decided after they were asked.
  uncertain:
    'By this number alone it is not certain whom the dossier names that you work on: ask by a number of 12 digits that it names.',
  // Of a dossier that a visit is to be bound to: the same whether or not it is there.
  unnamed:
    'Nothing that you may see under this code names anybody who was asked for in this visit. A dossier received a moment ago may take some seconds to be here.',
  // Of a dossier that the officer sees.
  earlier: 'This dossier was received before the visit was opened: ask for it with X-Purpose PROCESSING and X-Dossier.',
};

/** The error of a decision: its reason stays inside. */
export function refusal(decision: Decision & { readonly allowed: false }, thing: RefusedThing): HubError {
  if (decision.code === 'FORBIDDEN') return forbidden(thing);
  return purposeRequired(decision.why === 'LOG_PURPOSE_MISSING' ? OF_THE_LOG : OF_PEOPLE);
}

export function forbidden(thing: RefusedThing): HubError {
  return new HubError('FORBIDDEN', FORBIDDEN[thing]);
}

const OF_PEOPLE = 'Personal data needs a purpose: send X-Purpose, and with it X-Visit or X-Dossier.';
const OF_THE_LOG = 'The access log needs a purpose: send X-Purpose AUDIT, or SELF for what it says of yourself.';

function purposeRequired(message: string): HubError {
  return new HubError('PURPOSE_REQUIRED', message);
}

/** Of the visit that was stated as the purpose: the same for one of somebody else, one that is closed and none. */
export function visitOver(): HubError {
  return new HubError(
    'VISIT_OVER',
    'X-Visit names no open visit of yours in this application: send the id that openVisit gave, or open another.',
  );
}

/** Of a visit that is to be closed or bound: the same for one of somebody else and none. */
export function noVisit(): HubError {
  return new HubError(
    'VISIT_OVER',
    'This is no visit that you may close or bind here: expected the id that openVisit gave.',
  );
}

/** Whatever dossier it was to be bound to. */
export function visitEmpty(): HubError {
  const message =
    'Nobody was asked for in this visit: ask for whoever stands there first, with X-Purpose RECEPTION and X-Visit; it is then bound to the dossier that names them, received since it was opened. Or close it with closeVisit.';
  return new HubError('FORBIDDEN', message);
}

export function visitFull(most: number): HubError {
  const message = `In one visit at most ${most} people and records may be asked for: open another for the next person.`;
  return new HubError('VISIT_FULL', message);
}

/** Told to the officer alone whose visits they are: whoever has lost their ids could not close them otherwise. */
export function tooManyVisits(many: TooManyVisits): HubError {
  const message =
    'open' in many
      ? `You have ${many.open.length} open visits, in whichever application: close one with closeVisit, or bind it where it was opened. They are ${many.open.join(', ')}.`
      : `You have opened ${many.openedToday} visits today: as many as one officer may.`;
  return new HubError('TOO_MANY_VISITS', message);
}
