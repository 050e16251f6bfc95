import type { GraphQLFieldResolver } from 'graphql';
import { numbersOf } from '../core/access/bearers.ts';
import { ownedValue } from '../core/dossier-merge.ts';
import { isEnterpriseCode } from '../core/enterprise-code.ts';
import { isVisitId } from '../core/visit-id.ts';
import type { Visit, VisitKey } from '../store/visits.ts';
import { checkedSize, openCursor, type PageArguments } from './connection.ts';
import { factsOf, heldViews } from './dossier-facts.ts';
import { loggedCode, storedCode } from './dossiers.ts';
import { fromStore } from './index-loaders.ts';
import type { Operation } from './operation.ts';
import { certainPairs } from './own-numbers.ts';
import { enterpriseKey } from './records.ts';
import { forbidden, noVisit, tooManyVisits, visitEmpty } from './refusals.ts';
import type { Registry } from './registry.ts';

type Resolver = GraphQLFieldResolver<never, Operation>;

const VISITS = 'visits';
/** Systems write whole minutes, and their clocks are not the store's. */
const CLOCKS_APART_MS = 60_000;

/** Visits at the counter: opened and closed by whoever receives, looked at by whoever watches over it. */
export function visitResolvers(registry: Registry): Record<string, Record<string, Resolver>> {
  const { visits } = registry;
  return {
    Query: {
      visits: (_, args, operation) => listVisits(operation, args as VisitArguments),
    },
    Mutation: {
      openVisit: async (_, __, { access }) => {
        const { id: actor, client, unit } = access.actor;
        access.demand('OPERATE', 'COURSE', unit);
        const { minutes } = registry.access.visits;
        const opened = await fromStore(visits.open({ actor, client, unit, minutes }));
        if (!('id' in opened)) throw tooManyVisits(opened);
        access.sought({ what: 'VISITS', visit: opened.id });
        return visitNode(registry, opened);
      },
      closeVisit: async (_, { id }, operation) => {
        noteTry(operation, id);
        await ownVisit(operation, id, 'any application');
        await fromStore(visits.close(id));
        return visitNode(registry, await ownVisit(operation, id, 'any application'));
      },
      bindVisit: async (_, { id, dossier }, operation) => {
        const code = await storedCode(operation, dossier);
        noteTry(operation, id, await loggedCode(operation, code));
        const visit = await ownVisit(operation, id, 'this application');
        await fromStore(visits.bind(id, code, await namedIn(operation, visit, code)));
        return visitNode(registry, await ownVisit(operation, id, 'this application'));
      },
    },
  } as Record<string, Record<string, Resolver>>;
}

/** Before it is judged: whoever tries one visit, or one code, after the other shows. What is neither may be anything. */
function noteTry({ access }: Operation, id: string, dossier: string | null = null): void {
  const isId = isVisitId(id);
  if (!isId && dossier === null) return;
  access.sought({ what: 'VISITS', ...(dossier !== null && { dossier }), ...(isId && { visit: id }) });
}

/**
 * @param openedIn an officer may close what was opened in another application, since it is one of the few that they may have
 * @throws HubError VISIT_OVER, the same for a visit of others and for none
 */
async function ownVisit(
  { access, registry }: Operation,
  id: string,
  openedIn: 'this application' | 'any application',
): Promise<Visit> {
  const { actor } = access;
  const visit = await fromStore(registry.visits.read(id));
  if (visit === null || visit.actor !== actor.id) throw noVisit();
  if (openedIn === 'this application' && visit.client !== actor.client) throw noVisit();
  access.demand('OPERATE', 'COURSE', visit.unit);
  return visit;
}

/**
 * Whom and what a dossier names that may have come of the visit, as hashes.
 *
 * @throws HubError FORBIDDEN for a visit in which nobody was asked for, and for a dossier that is not seen, that names nobody
 * who was, or that was there before: who is at work on that one has a better purpose
 */
async function namedIn(
  { access, registry, index }: Operation,
  visit: Visit,
  code: string,
): Promise<ReadonlySet<string>> {
  if (visit.subjects.size === 0) throw visitEmpty();
  const { hashOf } = registry.access.visits;
  const held = heldViews(registry, await index.views(code));
  const facts = factsOf(registry, code, held);
  const isSeen = access.judgeDossier(facts).course;
  const numbers = numbersOf(facts.people);
  const paired = await certainPairs(registry.numberPairs, numbers);
  const enterprises = numbers.filter(isEnterpriseCode).map(enterpriseKey);
  const named = new Set([...numbers, ...paired.flat(), ...enterprises].map(hashOf));
  const isNamed = [...visit.subjects, ...visit.aliases.keys()].some((subject) => named.has(subject));
  if (!isSeen || !isNamed) throw forbidden('unnamed');
  const receivedAt = ownedValue(held, 'receivedAt');
  if (typeof receivedAt !== 'number' || receivedAt < visit.openedAt - CLOCKS_APART_MS) throw forbidden('earlier');
  return named.add(hashOf(`dossier:${code}`));
}

type VisitArguments = PageArguments & { readonly unit?: string | null };

/** Those of a unit and of all below it, as far as they may be seen; of all that may be seen where none is given. */
async function listVisits({ access, registry }: Operation, args: VisitArguments): Promise<object> {
  const { unit, after } = args;
  const first = checkedSize(args.first);
  const seen = access.unitsSeen('OPERATIONAL');
  const units = unit == null ? seen : unitsBelow(registry, unit, seen);
  access.sought({ what: 'VISITS', ...(unit != null && { unit }) });
  const { visits, more } = await fromStore(
    registry.visits.unexplained({
      ...{ units, first },
      after: after == null ? null : openCursor<VisitKey>(registry.seal, VISITS, after),
    }),
  );
  const cursors = visits.map(({ openedAt, id }) => registry.seal.seal(VISITS, JSON.stringify([openedAt, id])));
  return {
    nodes: visits.map((visit) => visitNode(registry, visit)),
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: after != null,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  };
}

/** @throws HubError FORBIDDEN for a unit that is not seen */
function unitsBelow({ access }: Registry, unit: string, seen: readonly string[] | null): readonly string[] {
  const below = access.codesBelow(unit);
  // One that nobody knows is below nothing, itself included.
  const [own = ''] = below;
  const reached = below.filter((code) => seen === null || seen.includes(code));
  if (!reached.includes(own)) throw forbidden('operation');
  return reached;
}

function visitNode({ access }: Registry, visit: Visit): object {
  const { id, openedAt, endsAt, closedAt, unit, actor, subjects, dossier, unnamed } = visit;
  return {
    ...{ id, openedAt, endsAt, closedAt, unit, dossier, unnamed },
    mostSubjects: access.visits.subjects,
    officer: actor,
    subjects: subjects.size,
  };
}
