import { HubError } from '../core/errors.ts';
import type { AccessParts } from './access-parts.ts';

/** For processes that answer no questions: nobody is recognised, and nothing has to be logged. */
export function closedAccess(): AccessParts {
  const refuse = async () => {
    throw new HubError('UNAUTHENTICATED', 'This process of the hub answers nobody.');
  };
  return {
    authenticate: refuse,
    noteRefusal: async () => {},
    limits: { of: () => ({}) },
    introspection: () => false,
    audit: { find: refuse, hashSubject: (number) => number },
    desk: () => ({ open: refuse, visits: { minutes: 0, subjects: 0, hashOf: (word) => word } }),
    state: () => ({}),
    close: async () => {},
  };
}
