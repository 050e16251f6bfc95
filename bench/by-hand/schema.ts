import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import type { Catalogues } from '../../catalogues/catalogue.ts';
import { timeliness } from '../../core/dossier.ts';
import { readSharedSdl } from '../../resolvers/schema.ts';
import { type HandDossier, mergeOf, resultsOf, stepsOf } from './dossiers.ts';
import type { Loaders } from './loaders.ts';
import type { HandStatement, Held } from './records.ts';

export interface HandContext {
  readonly loaders: Loaders;
}

interface HandCitizen {
  readonly personalNumbers: readonly string[];
  readonly statements: readonly HandStatement[];
  readonly fullName: string | null;
  readonly birthDate: string | null;
  readonly gender: string | null;
}

const NOTHING_MISSING: readonly never[] = [];

/**
 * The same schema with resolvers written by hand for these two systems: the same wave of identities, the same rules of
 * whose a record is, the same owners of a dossier's fields. Nothing around the calls: no deadlines, breakers, budgets.
 */
export function handWrittenSchema(catalogues: Catalogues, today: string): GraphQLSchema {
  const sectors = join(import.meta.dirname, '..', 'sectors');
  const sdl = (sector: string) => readFileSync(join(sectors, sector, 'schema.graphql'), 'utf8');
  return makeExecutableSchema({
    typeDefs: [...readSharedSdl(), sdl('land'), sdl('one-stop')],
    resolvers: {
      Query: {
        citizen: (_: unknown, { id }: { id: string }, { loaders }: HandContext) => citizenBy(loaders, id),
        counterList: async (_: unknown, { code }: { code: string }, { loaders }: HandContext) => {
          const [numbers] = await loaders.listed.load(code);
          return numbers === undefined ? null : { code, numbers };
        },
      },
      CounterList: {
        people: async ({ numbers }: { numbers: string[] }, _: unknown, { loaders }: HandContext) =>
          (await Promise.all(numbers.map((number) => citizenBy(loaders, number)))).filter((one) => one !== null),
      },
      Citizen: {
        landParcels: (citizen: HandCitizen, _: unknown, { loaders }: HandContext) =>
          ownRecords(citizen, loaders.parcels),
        landCertificates: (citizen: HandCitizen, _: unknown, { loaders }: HandContext) =>
          ownRecords(citizen, loaders.certificates),
        dossiers: (citizen: HandCitizen, { first }: { first: number }, { loaders }: HandContext) =>
          dossiersOf(citizen, first, { loaders, catalogues, today }),
      },
      LandParcel: {
        uses: ({ id }: Held, _: unknown, { loaders }: HandContext) => loaders.uses.load(id),
        holders: ({ id }: Held, _: unknown, { loaders }: HandContext) => loaders.landHolders.load(id),
        certificates: async ({ id }: Held, _: unknown, { loaders }: HandContext) =>
          distinct(await loaders.certificatesOfParcel.load(id)),
      },
      Dossier: {
        steps: stepsOf,
        fees: ({ reception }: HandDossier) => reception.fees ?? null,
        results: resultsOf,
      },
    },
  });
}

async function citizenBy(loaders: Loaders, number: string): Promise<HandCitizen | null> {
  const [counter, land] = await Promise.all([
    loaders.counterStatements.load(number),
    loaders.landStatements.load(number),
  ]);
  if (counter.length + land.length === 0) return null;
  const twelve =
    number.length === 12 ? number : [...counter, ...land].flatMap((one) => one.personalNumbers).find(isTwelve);
  const own = [...counter, ...land].filter(
    ({ personalNumbers }) =>
      twelve === undefined || personalNumbers.includes(twelve) || !personalNumbers.some(isTwelve),
  );
  const statements = own.length < 2 ? own : onceEach(own);
  const numbers = new Set([number]);
  for (const { personalNumbers } of statements) for (const one of personalNumbers) numbers.add(one);
  const first = (field: 'fullName' | 'birthDate' | 'gender') =>
    statements.find((one) => one[field] !== null)?.[field] ?? null;
  return {
    personalNumbers: [...numbers].sort((left, right) => right.length - left.length || (left < right ? -1 : 1)),
    statements,
    fullName: first('fullName')?.replace(/\s+/g, ' ') ?? null,
    birthDate: first('birthDate'),
    gender: first('gender'),
  };
}

function onceEach(statements: readonly HandStatement[]): readonly HandStatement[] {
  const keyOf = (one: HandStatement) => `${one.sector} ${one.personalNumbers} ${one.fullName} ${one.birthDate}`;
  return [...new Map(statements.map((one) => [keyOf(one), one])).values()];
}

function isTwelve(number: string): boolean {
  return number.length === 12;
}

/** A record found by a nine-digit number that two people held is the one's whose twelve digits it states. */
async function ownRecords<T extends Held>(
  { personalNumbers }: HandCitizen,
  loader: { load(number: string): Promise<readonly T[]> },
): Promise<readonly T[]> {
  const found = await Promise.all(personalNumbers.map((number) => loader.load(number)));
  return distinct(found.flat().filter(({ holder }) => holder === null || personalNumbers.includes(holder)));
}

function distinct<T extends Held>(records: readonly T[]): readonly T[] {
  return records.length < 2 ? records : [...new Map(records.map((one) => [one.id, one])).values()];
}

async function dossiersOf(
  { personalNumbers }: HandCitizen,
  first: number,
  { loaders, catalogues, today }: { loaders: Loaders; catalogues: Catalogues; today: string },
) {
  const places = (await Promise.all(personalNumbers.map((number) => loaders.places.load(number)))).flat();
  const found = [...new Map(places.map((place) => [place.code, place])).values()];
  found.sort((left, right) => right.receivedAt - left.receivedAt || (left.code < right.code ? 1 : -1));
  const nodes = await Promise.all(
    found.slice(0, first).map(async ({ code }) => {
      const dossier = mergeOf(code, await loaders.views.load(code));
      const { statusNumber, dueAt, finishedAt } = dossier;
      const { procedureCode = null, procedureTitle = null, agencyCode = null } = dossier.reception;
      return {
        ...dossier,
        timeliness: timeliness(statusNumber, { due: dayOf(dueAt), finished: dayOf(finishedAt), today }),
        missing: NOTHING_MISSING,
        procedure: catalogues.procedures.byCode(procedureCode ?? '') ?? { code: procedureCode, title: procedureTitle },
        agency: catalogues.agencies.byCode(agencyCode ?? '') ?? { code: agencyCode },
      };
    }),
  );
  return { totalCount: found.length, nodes, missing: NOTHING_MISSING };
}

function dayOf(time: string | null): string | null {
  return time === null ? null : time.slice(0, 10);
}
