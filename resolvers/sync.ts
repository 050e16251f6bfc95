import type { GraphQLFieldResolver } from 'graphql';
import { HubError } from '../core/errors.ts';
import type { DeliveryRow } from '../store/delivery-row.ts';
import type { HeldKey, SetMode, SyncDesk } from '../streams/deliver/desk.ts';
import { HOLD_REASONS } from '../streams/deliver/hold-reasons.ts';
import type { DeliveryMode } from '../streams/deliver/modes.ts';
import type { OperationAccess } from './access.ts';
import { agencyOf, procedureOf } from './catalogues.ts';
import { checkedSize, openCursor, type PageArguments } from './connection.ts';
import { factsOf, heldViews } from './dossier-facts.ts';
import { findDossier, loggedCode, storedCode } from './dossiers.ts';
import type { Operation } from './operation.ts';
import { forbidden } from './refusals.ts';
import type { Registry } from './registry.ts';

type Resolver = GraphQLFieldResolver<never, Operation>;

const HELD = 'held-dossiers';
const DIFFERENCES = 'shadow-differences';

/** Deliveries to the portal, for whoever watches over them. */
export function syncResolvers(registry: Registry): Record<string, Record<string, Resolver>> {
  return {
    Query: {
      portalSync: (_, __, { access }) => deskOf(registry).sync(access.unitsSeen('OPERATIONAL')),
      heldDossiers: (_, args, { access }) =>
        heldDossiers(registry, args as HeldArguments, access.unitsSeen('OPERATIONAL')),
      shadowDifferences: (_, args, { access }) => {
        demandAll(access);
        return shadowDifferences(registry, args as PageArguments);
      },
      deliveryModes: async (_, __, { access }) => {
        demandAll(access);
        return (await deskOf(registry).modes()).map((one) => modeNode(registry, one));
      },
    },
    Mutation: {
      retryDelivery: async (_, { code }, operation) => {
        const stored = await storedCode(operation, code);
        const dossier = await loggedCode(operation, stored);
        operation.access.sought({ what: 'DELIVERY', ...(dossier !== null && { dossier }) });
        demandDossier(operation.access, await unitsOf(operation, stored));
        const row = await deskOf(registry).retry(stored);
        return row === null ? null : deliveryNode(row);
      },
      setDeliveryMode: async (_, { agency, procedure, mode }, { access }) => {
        const scope = { agency: knownAgency(registry, agency), procedure: knownProcedure(registry, procedure) };
        access.sought({ what: 'DELIVERY', ...(scope.agency !== null && { unit: scope.agency }) });
        if (scope.agency === null) demandAll(access);
        access.demand('OPERATE', 'OPERATIONAL', scope.agency);
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

/** @param seen codes of the agencies to whose dossiers the list is narrowed; null: all */
async function heldDossiers(registry: Registry, args: HeldArguments, seen: readonly string[] | null): Promise<object> {
  const { reason, agency, after } = args;
  const wanted = agency == null ? null : codesOfAgency(registry, agency);
  const { held, more } = await deskOf(registry).held({
    reason: reason ?? undefined,
    agencies: (seen === null ? wanted : (wanted?.filter((code) => seen.includes(code)) ?? seen)) ?? undefined,
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

/** What concerns the whole province is for those who see all of it. @throws HubError FORBIDDEN */
function demandAll(access: OperationAccess): void {
  if (access.unitsSeen('OPERATIONAL') !== null) throw forbidden('operation');
}

/** @throws HubError FORBIDDEN, the same for a dossier of others and for none */
function demandDossier(access: OperationAccess, units: readonly string[]): void {
  if (access.unitsSeen('OPERATIONAL') === null) {
    access.demand('OPERATE', 'OPERATIONAL');
    return;
  }
  const isAllowed = units.some((unit) => {
    try {
      access.demand('OPERATE', 'OPERATIONAL', unit);
      return true;
      // Stryker disable next-line BlockStatement: nothing is no yes either
    } catch {
      return false;
    }
  });
  if (!isAllowed) throw forbidden('operation');
}

async function unitsOf({ registry, index }: Operation, code: string): Promise<readonly string[]> {
  return factsOf(registry, code, heldViews(registry, await index.views(code))).units;
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
  const { code, state, attempts, wantedRevision, knownRevision } = row;
  // The row keeps the last reason until it is looked at again, so that one held for the same is held since then.
  const isHeld = state === 'held' || state === 'failed';
  return {
    ...{ code, attempts, state: state.toUpperCase() },
    reason: isHeld ? row.reason : null,
    reasonCode: isHeld ? (HOLD_REASONS.find((one) => one === row.reasonCode) ?? null) : null,
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
