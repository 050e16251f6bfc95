import type { Actor } from '../../core/access.ts';
import type { Caller } from '../../core/caller.ts';
import type { AccessParts } from '../../hub/access-parts.ts';
import type { OperationAccess } from '../../resolvers/access.ts';
import type { AccessDesk } from '../../resolvers/access-desk.ts';

/** Somebody to whom everything is allowed. */
export const ANYBODY: Actor = {
  id: 'anybody',
  role: 'counter',
  client: 'anything',
  delegated: false,
  unit: null,
  personalNumber: null,
  expiresAt: Number.MAX_SAFE_INTEGER,
};

/** Access that allows everything and notes nothing. */
export function openAccess(actor: Actor = ANYBODY): OperationAccess {
  return {
    actor,
    purpose: { code: null, dossier: null, visit: null },
    refused: new Map(),
    classOf: () => ({ data: 'PUBLIC', sector: 'hub' }),
    isServed: () => true,
    askPerson: async () => 'NONE',
    judgePerson: () => undefined,
    foundPerson: async () => {},
    askSearch: () => {},
    seesMatch: () => 'WHOLE',
    askRecord: async () => {},
    judgeRecord: () => {},
    judgeDossier: () => ({ course: true, personal: null, relation: 'NONE' }),
    askDossier: async () => {},
    unitsSeen: () => null,
    ownNumber: null,
    ownOldNumbers: new Set(),
    demand: () => {},
    shown: () => {},
    asked: () => {},
    sought: () => () => {},
  };
}

/** A desk that opens such access for everybody. */
function openDesk(): AccessDesk {
  return {
    visits: { minutes: 30, subjects: 8, hashOf: (word) => word },
    codesBelow: (code) => [code],
    async open({ actor, stated, requestId }) {
      const { purpose, dossier, visit } = stated;
      const caller: Caller = {
        actor: actor.id,
        client: actor.client,
        unit: actor.unit ?? undefined,
        purpose: purpose ?? 'demo',
        dossier: dossier ?? undefined,
        visit: visit ?? undefined,
        requestId,
      };
      return { access: openAccess(actor), caller, guarded: false, settle: async () => {} };
    },
  };
}

/** For hubs of tests and benchmarks that are about something else: everybody is let in, to everything. */
export function openAccessParts(): AccessParts {
  return {
    authenticate: async () => ANYBODY,
    noteRefusal: async () => {},
    limits: { of: () => ({}) },
    introspection: () => true,
    audit: { find: async () => ({ found: [], more: false }), hashSubject: (number) => number },
    desk: openDesk,
    state: () => ({}),
    close: async () => {},
  };
}
