import type { GraphQLFieldResolver } from 'graphql';
import { HubError } from '../core/errors.ts';
import type { DeliveryRow } from '../store/delivery-row.ts';
import type { HeldKey, SetMode, SyncDesk } from '../streams/deliver/desk.ts';
import { HOLD_REASONS } from '../streams/deliver/hold-reasons.ts';
import type { DeliveryMode } from '../streams/deliver/modes.ts';
import { agencyOf, procedureOf } from './catalogues.ts';
import { checkedSize, openCursor, type PageArguments } from './connection.ts';
import { findDossier, storedCode } from './dossiers.ts';
import type { Operation } from './operation.ts';
import type { Registry } from './registry.ts';

type Resolver = GraphQLFieldResolver<never, Operation>;

const HELD = 'held-dossiers';
const DIFFERENCES = 'shadow-differences';

/** Deliveries to the portal, for whoever watches over them. */
export function syncResolvers(registry: Registry): Record<string, Record<string, Resolver>> {
  return {
    Query: {
      portalSync: () => deskOf(registry).sync(),
      heldDossiers: (_, args) => heldDossiers(registry, args as HeldArguments),
      shadowDifferences: (_, args) => shadowDifferences(registry, args as PageArguments),
      deliveryModes: async () => (await deskOf(registry).modes()).map((one) => modeNode(registry, one)),
    },
    Mutation: {
      retryDelivery: async (_, { code }, operation) => {
        const row = await deskOf(registry).retry(await storedCode(operation, code));
        return row === null ? null : deliveryNode(row);
      },
      setDeliveryMode: async (_, { agency, procedure, mode }) => {
        const scope = { agency: knownAgency(registry, agency), procedure: knownProcedure(registry, procedure) };
        const set = await deskOf(registry).setMode(scope, String(mode).toLowerCase() as DeliveryMode);
        return modeNode(registry, set);
      },
    },
    HeldDossier: {
      dossier: ({ code }: { code: string }, _: unknown, operation: Operation) => findDossier(operation, code),
    },
    AgencySync: {
      agency: ({ agencyCode }: { agencyCode: string | null }) =>
        agencyCode === null ? null : agencyOf(registry.catalogues, agencyCode),
    },
  } as Record<string, Record<string, Resolver>>;
}

type HeldArguments = PageArguments & { readonly reason?: string | null; readonly agency?: string | null };

async function heldDossiers(registry: Registry, args: HeldArguments): Promise<object> {
  const { reason, agency, after } = args;
  const { held, more } = await deskOf(registry).held({
    reason: reason ?? undefined,
    agencies: agency == null ? undefined : codesOfAgency(registry, agency),
    first: checkedSize(args.first),
    after: after == null ? null : openCursor<HeldKey>(registry.seal, HELD, after),
  });
  const keys = held.map(({ key }) => registry.seal.seal(HELD, JSON.stringify(key)));
  return { nodes: held, pageInfo: pageInfo(keys, { more, after }) };
}

async function shadowDifferences(registry: Registry, { first, after }: PageArguments): Promise<object> {
  const { found, more } = await deskOf(registry).differences({
    first: checkedSize(first),
    after: after == null ? null : openCursor<readonly [string, string]>(registry.seal, DIFFERENCES, after),
  });
  const keys = found.map(({ code, place }) => registry.seal.seal(DIFFERENCES, JSON.stringify([code, place])));
  return { nodes: found, pageInfo: pageInfo(keys, { more, after }) };
}

function pageInfo(
  cursors: readonly string[],
  { more, after }: { readonly more: boolean; readonly after: string | null | undefined },
): object {
  return {
    hasNextPage: more,
    hasPreviousPage: after != null,
    startCursor: cursors[0] ?? null,
    endCursor: cursors.at(-1) ?? null,
  };
}

function modeNode({ catalogues }: Registry, { agencyCode, procedureCode, mode, setAt }: SetMode): object {
  return {
    agency: agencyCode === null ? null : agencyOf(catalogues, agencyCode),
    procedure: procedureCode === null ? null : procedureOf(catalogues, procedureCode),
    mode: mode.toUpperCase(),
    setAt,
  };
}

function deliveryNode(row: DeliveryRow): object {
  const { code, state, reasonCode, reason, attempts, wantedRevision, knownRevision } = row;
  return {
    ...{ code, reason, attempts, state: state.toUpperCase() },
    reasonCode: HOLD_REASONS.find((one) => one === reasonCode) ?? null,
    current: state === 'acknowledged' && knownRevision >= wantedRevision,
  };
}

/** @throws HubError BAD_USER_INPUT: a mode for an agency that does not exist would stop nothing */
function knownAgency({ catalogues }: Registry, code: string | null | undefined): string | null {
  if (code == null) return null;
  const known = catalogues.agencies.byCode(code)?.code;
  if (known === undefined) throw new HubError('BAD_USER_INPUT', 'agency: expected the code of a known agency');
  return known;
}

/** @throws HubError BAD_USER_INPUT */
function knownProcedure({ catalogues }: Registry, code: string | null | undefined): string | null {
  if (code == null) return null;
  const known = catalogues.procedures.byCode(code)?.code;
  if (known === undefined) throw new HubError('BAD_USER_INPUT', 'procedure: expected the code of a known procedure');
  return known;
}

/** The index keeps the code as the dossier states it. */
function codesOfAgency(registry: Registry, code: string): readonly string[] {
  const agency = registry.catalogues.agencies.byCode(code);
  return [...new Set([code, agency?.code ?? code, agency?.oldCode ?? code])];
}

/** @throws HubError STORE_UNAVAILABLE in a hub that was given no deliveries to look at */
function deskOf({ sync }: Registry): SyncDesk {
  if (sync === undefined) throw new HubError('STORE_UNAVAILABLE', 'deliveries to the portal are not kept here');
  return sync;
}
