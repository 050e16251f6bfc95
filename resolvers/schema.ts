import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLFieldResolver, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { isEnterpriseCode } from '../core/enterprise-code.ts';
import { HubError } from '../core/errors.ts';
import type { OpenSector } from '../core/open-sector.ts';
import { isPersonalNumber, parsePersonalNumber } from '../core/personal-number.ts';
import { SettingsFault } from '../core/setting.ts';
import { scalars } from '../schema/scalars.ts';
import { accessLogResolvers } from './access-log.ts';
import { agencyOf, listAgencies, listProcedures, procedureOf } from './catalogues.ts';
import { type CitizenNode, demandWhole, findCitizen, numberOfId } from './citizens.ts';
import { type ListArguments, listDossiers } from './dossier-list.ts';
import type { DossierNode } from './dossier-node.ts';
import { dossiersOf, findDossier, historyOf, noteEnterprise, storedCode } from './dossiers.ts';
import { isGuarded } from './guarded-schema.ts';
import { keepOnePlace } from './keep-one-place.ts';
import { answerQuery, followLinks, type Link, type Query } from './links.ts';
import type { Operation } from './operation.ts';
import type { Registry } from './registry.ts';
import { ambiguous, ownerOf } from './same-person.ts';
import { searchCitizens } from './search-citizens.ts';
import { changesOf, listSectors } from './sectors.ts';
import {
  type DossierChangedArguments,
  dossierChangedNode,
  openDossierChanged,
  type ToldChange,
} from './subscriptions.ts';
import { syncResolvers } from './sync.ts';
import { visitResolvers } from './visits.ts';

type Resolver = GraphQLFieldResolver<never, Operation>;
type Resolvers = Record<string, Record<string, Resolver>>;

/** A sector's own SDL, by its folder. */
export interface SectorSdl {
  readonly sector: string;
  readonly sdl: string;
}

/**
 * The whole API: the shared SDL and the sectors' own, with a resolver for every field that is not simply read.
 *
 * @throws SettingsFault when SDL and declarations do not fit together
 */
export function buildSchema(registry: Registry, sectorSdl: readonly SectorSdl[]): GraphQLSchema {
  const resolvers = mergeResolvers([
    generalResolvers(registry),
    syncResolvers(registry),
    accessLogResolvers(),
    visitResolvers(registry),
    sectorResolvers(registry.sectors),
  ]);
  for (const type of ['Query', 'Mutation']) {
    for (const [name, resolve] of Object.entries(resolvers[type] ?? {})) {
      // Every operation enters through a field of these, which is where it learns what it was asked.
      resolvers[type] = {
        ...resolvers[type],
        [name]: (root, args, operation, info) => {
          begin(operation, info);
          return resolve(root, args, operation, info);
        },
      };
    }
  }
  try {
    return makeExecutableSchema({
      typeDefs: [...readSharedSdl(), ...sectorSdl.map(({ sdl }) => sdl)],
      resolvers: { ...scalars, ...resolvers, Subscription: subscriptionResolvers },
      // A link declared for a field that no SDL has would never be asked: that is a fault of the declaration.
      resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
      assumeValidSDL: false,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be put together';
    throw new SettingsFault([`${declaredIn(registry.sectors, message)}: ${message}`]);
  }
}

/** The schema as its text alone makes it, for holding documents against: nothing in it can be executed. */
export function schemaOfText(sectorSdl: readonly string[]): GraphQLSchema {
  return makeExecutableSchema({ typeDefs: [...readSharedSdl(), ...sectorSdl] });
}

/** Folders whose declarations fill the type or field that a complaint about the schema begins with. */
function declaredIn(sectors: readonly OpenSector[], complaint: string): string {
  const [place = ''] = complaint.replaceAll('"', '').split(' ');
  const fills = ({ declaration }: OpenSector) =>
    [...Object.keys(declaration.links), ...Object.keys(declaration.queries).map((name) => `Query.${name}`)].some(
      (one) => one === place || one.startsWith(`${place}.`),
    );
  const ids = sectors.filter(fills).map(({ id }) => `sectors/${id}`);
  return ids.length > 0 ? ids.join(', ') : 'schema.graphql of the sectors';
}

export function readSharedSdl(): readonly string[] {
  const folder = join(import.meta.dirname, '..', 'schema');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

function generalResolvers(registry: Registry): Resolvers {
  const businessQueries = queriesOf(registry.sectors).get('business') ?? [];
  return {
    Query: {
      citizen: async (_, { id }, operation) => {
        const citizen = await findCitizen(operation, [numberOfId(operation, id)], 'IDENTIFIER');
        if (citizen !== null) await keepOnePlace(operation, citizen.identity);
        return citizen;
      },
      citizens: (_, args, operation) => searchCitizens(operation, args as Parameters<typeof searchCitizens>[1]),
      dossier: async (_, { code: given }, operation) => {
        const code = await storedCode(operation, given);
        await operation.access.askDossier(code);
        return findDossier(operation, code);
      },
      dossiers: (_, args, operation) => listDossiers(operation, args as ListArguments),
      procedure: (_, { code }) => registry.catalogues.procedures.byCode(code),
      procedures: (_, args) => listProcedures(registry, args),
      agency: (_, { code }) => registry.catalogues.agencies.byCode(code),
      agencies: (_, args) => listAgencies(registry, args),
      sectors: () => listSectors(registry),
    },
    Citizen: {
      dossiers: (citizen: CitizenNode, args, operation) => {
        demandWhole(citizen);
        const { identity } = citizen;
        return dossiersOf(operation, { numbers: identity.numbers, identity }, args);
      },
    },
    Business: {
      dossiers: ({ code }: { code: unknown }, args, operation) => {
        if (code instanceof Error) throw code;
        if (typeof code !== 'string' || !isEnterpriseCode(code)) return dossiersOf(operation, { numbers: [] }, args);
        noteEnterprise(operation, code);
        return dossiersOf(operation, { numbers: [code] }, args);
      },
    },
    Dossier: {
      history: ({ code, history }: DossierNode, _, operation) => {
        if (history instanceof HubError) throw history;
        return historyOf(operation, code);
      },
    },
    DossierChanged: {
      dossier: ({ code }: { code: string }, _, operation) => findDossier(operation, code),
    },
    DossierApplicant: {
      citizen: ({ numbers, name }: { numbers: unknown; name: unknown }, _, operation) =>
        findNamed(operation, personalNumbersOf(numbers), name),
      business: ({ numbers }: { numbers: unknown }, _, operation) => {
        const code = numbersOf(numbers).find(isEnterpriseCode);
        return code === undefined || businessQueries.length === 0
          ? null
          : answerQuery(operation, businessQueries, { code }, 'LINK');
      },
    },
    DossierParty: {
      citizen: ({ personalNumbers, name }: { personalNumbers: unknown; name: unknown }, _, operation) =>
        findNamed(operation, personalNumbersOf(personalNumbers), name),
    },
    Sector: {
      changes: ({ id }: { id: string }, _, operation) => changesOf(operation, id),
    },
    Procedure: {
      replacedBy: ({ replacedBy }: { replacedBy?: string | null }) =>
        replacedBy == null ? null : procedureOf(registry.catalogues, replacedBy),
    },
    Agency: {
      parent: ({ parent }: { parent?: string | null }) =>
        parent == null ? null : agencyOf(registry.catalogues, parent),
    },
  } as Resolvers;
}

/** @throws Error where something is refused and nothing stands before it: a fault of the hub's own, which must not answer */
function begin(operation: Operation, info: GraphQLResolveInfo): void {
  if (operation.access.refused.size > 0 && !isGuarded(info.schema)) {
    throw new Error('An operation of which something is refused was run on the schema that refuses nothing');
  }
  operation.begin(info);
}

/** Every event is an operation of its own, which learns what it was asked as the one that subscribed did. */
const subscriptionResolvers = {
  dossierChanged: {
    subscribe: (_: unknown, args: DossierChangedArguments, operation: Operation, info: GraphQLResolveInfo) => {
      begin(operation, info);
      return openDossierChanged(operation, args);
    },
    resolve: (root: ToldChange, _: unknown, operation: Operation, info: GraphQLResolveInfo) => {
      begin(operation, info);
      return dossierChangedNode(operation, root);
    },
  },
};

function sectorResolvers(sectors: readonly OpenSector[]): Resolvers {
  const resolvers: Resolvers = {};
  for (const [name, queries] of queriesOf(sectors)) {
    resolvers.Query = { ...resolvers.Query, [name]: (_, args, operation) => answerQuery(operation, queries, args) };
  }
  for (const [place, links] of linksOf(sectors)) {
    const [type = '', field = ''] = place.split('.');
    resolvers[type] = {
      ...resolvers[type],
      [field]: (parent: object, _: unknown, operation: Operation) => followLinks(operation, links, parent),
    } as Record<string, Resolver>;
  }
  return resolvers;
}

function queriesOf(sectors: readonly OpenSector[]): Map<string, Query[]> {
  const byName = new Map<string, Query[]>();
  for (const sector of sectors) {
    for (const [name, declared] of Object.entries(sector.declaration.queries)) {
      const queries = [declared].flat().map((declaration) => ({ sector, name, declaration }));
      byName.set(name, [...(byName.get(name) ?? []), ...queries]);
    }
  }
  return byName;
}

function linksOf(sectors: readonly OpenSector[]): Map<string, Link[]> {
  const byPlace = new Map<string, Link[]>();
  for (const sector of sectors) {
    for (const [place, declared] of Object.entries(sector.declaration.links)) {
      const links = [declared].flat().map((declaration) => ({ sector, place, declaration }));
      byPlace.set(place, [...(byPlace.get(place) ?? []), ...links]);
    }
  }
  return byPlace;
}

function mergeResolvers(parts: readonly Resolvers[]): Resolvers {
  const merged: Resolvers = {};
  for (const part of parts) {
    for (const [type, fields] of Object.entries(part)) merged[type] = { ...merged[type], ...fields };
  }
  return merged;
}

/** The person a dossier names by number. A nine-digit number may by now lead to somebody else: then the name tells. */
async function findNamed(operation: Operation, numbers: readonly string[], name: unknown): Promise<CitizenNode | null> {
  const citizen = await findCitizen(operation, numbers, 'LINK');
  if (citizen === null) return null;
  const fullName = typeof name === 'string' ? name : null;
  if (ownerOf(citizen.identity, [{ personalNumbers: numbers, birthDate: null, fullName }]) !== 'own') throw ambiguous();
  return citizen;
}

/** A dossier's applicant may be known by an enterprise code, or by a number as somebody typed it. */
function personalNumbersOf(value: unknown): readonly string[] {
  return numbersOf(value)
    .filter(isPersonalNumber)
    .map((number) => parsePersonalNumber(number).number);
}

function numbersOf(value: unknown): readonly string[] {
  if (value instanceof HubError) throw value;
  return Array.isArray(value) ? value : [];
}
