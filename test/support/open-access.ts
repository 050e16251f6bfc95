import type { AccessParts } from '../../hub/access-parts.ts';
import { ANYBODY, openDesk } from '../../resolvers/open-access.ts';

export { ANYBODY, openAccess } from '../../resolvers/open-access.ts';

/** For hubs of tests and benchmarks that are about something else: everybody is let in, to everything. */
export function openAccessParts(): AccessParts {
  return {
    authenticate: async () => ANYBODY,
    noteRefusal: async () => {},
    limits: { of: () => ({}) },
    introspection: () => true,
    audit: { find: async () => ({ found: [], more: false }), hashSubject: (number) => number },
    desk: () => openDesk(),
    state: () => ({}),
    close: async () => {},
  };
}
