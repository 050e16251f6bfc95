import type { GraphQLFieldResolver } from 'graphql';
import type { Visit, VisitKey } from '../store/visits.ts';
import { checkedSize, openCursor, type PageArguments } from './connection.ts';
import { factsOf, heldViews } from './dossier-facts.ts';
import { storedCode } from './dossiers.ts';
import { fromStore } from './index-loaders.ts';
import type { Operation } from './operation.ts';
import { forbidden, visitOver } from './refusals.ts';
import type { Registry } from './registry.ts';

type Resolver = GraphQLFieldResolver<never, Operation>;

const VISITS = 'visits';

/** Visits at the counter: opened and closed by whoever receives, looked at by whoever watches over it. */
export function visitResolvers(registry: Registry): Record<string, Record<string, Resolver>> {
  const { visits } = registry;
  const nodeOf = (visit: Visit) => visitNode(visit, registry.access.visits.subjects);
  return {
    Query: {
      visits: (_, args, operation) => listVisits(operation, args as VisitArguments),
    },
    Mutation: {
      openVisit: async (_, __, { access }) => {
        const { id: actor, client, unit } = access.actor;
        access.demand('OPERATE', 'COURSE', unit);
        const { minutes } = registry.access.visits;
        return nodeOf(await fromStore(visits.open({ actor, client, unit, minutes })));
      },
      closeVisit: async (_, { id }, operation) => {
        await ownVisit(operation, id);
        await fromStore(visits.close(id));
        return nodeOf(await ownVisit(operation, id));
      },
      bindVisit: async (_, { id, dossier }, operation) => {
        const visit = await ownVisit(operation, id);
        const code = await storedCode(operation, dossier);
        await demandNamed(operation, visit, code);
        await fromStore(visits.bind(id, code));
        return nodeOf(await ownVisit(operation, id));
      },
    },
  } as Record<string, Record<string, Resolver>>;
}

/** @throws HubError VISIT_OVER, the same for a visit of others and for none */
async function ownVisit({ access, registry }: Operation, id: string): Promise<Visit> {
  const visit = await fromStore(registry.visits.read(id));
  if (visit === null || visit.actor !== access.actor.id || visit.client !== access.actor.client) throw visitOver();
  access.demand('OPERATE', 'COURSE', visit.unit);
  return visit;
}

/** @throws HubError FORBIDDEN for a dossier that is not seen, or that names nobody who was asked for in the visit */
async function demandNamed({ access, registry, index }: Operation, visit: Visit, code: string): Promise<void> {
  const held = heldViews(registry, await index.views(code));
  const facts = factsOf(registry, code, held);
  const isSeen = held.length > 0 && access.judgeDossier(facts).course;
  const words = [...facts.numbers, `dossier:${code}`];
  const names = words.some((word) => visit.subjects.has(registry.access.visits.hashOf(word)));
  if (!isSeen || !names) throw forbidden('record');
}

type VisitArguments = PageArguments & { readonly unit?: string | null };

/** Those of a unit and of all below it, as far as they may be seen; of all that may be seen where none is given. */
async function listVisits({ access, registry }: Operation, args: VisitArguments): Promise<object> {
  const { unit, after } = args;
  const first = checkedSize(args.first);
  const seen = access.unitsSeen('OPERATIONAL');
  const units = unit == null ? seen : unitsBelow(registry, unit, seen);
  const { visits, more } = await fromStore(
    registry.visits.unbound({
      ...{ units, first },
      after: after == null ? null : openCursor<VisitKey>(registry.seal, VISITS, after),
    }),
  );
  const cursors = visits.map(({ openedAt, id }) => registry.seal.seal(VISITS, JSON.stringify([openedAt, id])));
  return {
    nodes: visits.map((visit) => visitNode(visit, registry.access.visits.subjects)),
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: after != null,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  };
}

/** @throws HubError FORBIDDEN for a unit that is not seen */
function unitsBelow({ catalogues }: Registry, unit: string, seen: readonly string[] | null): readonly string[] {
  const code = catalogues.agencies.byCode(unit)?.code;
  if (code === undefined || (seen !== null && !seen.includes(code))) throw forbidden('operation');
  const known = new Set(catalogues.agencies.all().map((one) => one.code));
  return [...known].filter((one) => one === code || one.startsWith(`${code}.`));
}

function visitNode(visit: Visit, mostSubjects: number): object {
  const { id, openedAt, endsAt, closedAt, unit, actor, subjects, dossier } = visit;
  return {
    ...{ id, openedAt, endsAt, closedAt, unit, dossier, mostSubjects },
    officer: actor,
    subjects: subjects.size,
  };
}
