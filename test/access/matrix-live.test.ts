import type { GraphQLObjectType } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type GuardedProvince, openGuardedProvince, type Person } from './guarded-province.ts';
import { type Filled, fillProvince, saidFor } from './live-facts.ts';
import {
  type Facts,
  fieldsOf,
  nameOf,
  questionOf,
  refusalsAt,
  selectionOf,
  standingAt,
  waysToTypes,
} from './live-question.ts';
import { readMatrix } from './matrix.ts';
import { fields, schema } from './whole-schema.ts';

/*
 * Every field of the schema is asked for, as every column of the matrix, of a hub with the demo's grants and of somebody
 * whom the asker's purpose is about. What is refused is refused at its own path, by the code that the matrix says; what may
 * be seen is not.
 */
const matrix = readMatrix();

let province: GuardedProvince;
let filled: Filled;

beforeAll(async () => {
  province = await openGuardedProvince();
  filled = await fillProvince(province);
}, 180_000);

afterAll(() => province?.close());

const factsFor = (who: Person): Facts => (who === 'commune' ? filled.ofCommune : filled.all);

/** Where the data decides more narrowly than the class: read beside the cell, and never wider than it. */
const DECIDED_BY_DATA: Readonly<Record<string, readonly string[]>> = {
  // The log as a whole is nobody's own.
  'Query.accessLog': ['citizen SELF'],
  // The other people of a dossier are neither in the visit nor oneself.
  'DossierParty.citizen': ['counter RECEPTION', 'citizen SELF'],
};

interface Seen {
  /** What the matrix does not say. */
  readonly wrong: readonly string[];
  /** Fields that were there to be seen, and those to which every way is refused. */
  readonly reached: ReadonlySet<string>;
}

async function askAll(column: string): Promise<Seen> {
  const [name = '', code] = column.split(' ');
  const who = name as Person;
  const known = factsFor(who);
  const wrong: string[] = [];
  const reached = new Set<string>();
  const ways = waysToTypes((place) => matrix.of(place, column) === 'yes' && !DECIDED_BY_DATA[place]?.includes(column));
  for (const [typeName, way] of [['Query', []] as const, ...ways]) {
    const type = schema.getType(typeName) as GraphQLObjectType;
    const own = fieldsOf(typeName);
    const answer = await province.ask(who, questionOf(type, way, known), await saidFor(province, who, { code, known }));
    const stop = way.findIndex((place) => matrix.of(place, column) !== 'yes');
    const path = (stop === -1 ? way : way.slice(0, stop + 1)).map(nameOf);
    if (stop !== -1) {
      const expected = matrix.of(way[stop] ?? '', column);
      const parents = standingAt(answer.data, path.slice(0, -1)).filter((value) => value != null);
      if (parents.length === 0) continue;
      for (const { place } of own) reached.add(place);
      if (!refusalsAt(answer, path).includes(expected)) wrong.push(`${way[stop]}: not refused, ${answer.refused}`);
      continue;
    }
    const parents = standingAt(answer.data, path).filter((value) => value != null);
    for (const { place } of parents.length === 0 ? [] : own) {
      reached.add(place);
      const cell = matrix.of(place, column);
      const at = [...path, nameOf(place)];
      const refusals = refusalsAt(answer, at);
      const values = standingAt(answer.data, at);
      const isNarrowed = DECIDED_BY_DATA[place]?.includes(column) === true;
      if (cell !== 'yes' && (!refusals.includes(cell) || values.some((value) => value != null))) {
        wrong.push(`${place}: expected ${cell}, came ${refusals.join() || JSON.stringify(values).slice(0, 80)}`);
      }
      // Of several people in one answer, some may be nobody's business: all of them never are.
      const isWhollyRefused = refusals.length > 0 && values.every((value) => value == null);
      if (cell === 'yes' && isWhollyRefused !== isNarrowed) wrong.push(`${place}: expected a value, came ${refusals}`);
    }
  }
  return { wrong, reached };
}

/** What is nowhere to be seen by whoever may see it, and why. */
const NOT_THERE: Readonly<Record<string, string>> = {};

/** The subscription and what it tells are asked for over a socket, and mutations by themselves. */
const ASKED_OTHERWISE = ['Subscription', 'Mutation', 'DossierChanged'];

describe('asked of a hub', () => {
  it.each(matrix.columns)(
    'every field answers %s as the matrix says',
    async (column) => {
      const { wrong, reached } = await askAll(column);
      const missed = fields.filter(
        ({ type, place }) =>
          !reached.has(place) &&
          !ASKED_OTHERWISE.includes(type.name) &&
          NOT_THERE[`${type.name} ${column}`] === undefined,
      );
      expect({ wrong, missed: [...new Set(missed.map(({ type }) => type.name))] }).toEqual({ wrong: [], missed: [] });
    },
    180_000,
  );

  it.each(matrix.columns)('every mutation answers %s as the matrix says', async (column) => {
    const [name = '', code] = column.split(' ');
    const who = name as Person;
    const mutations = fieldsOf('Mutation');
    const inner = mutations.map(({ place }) => selectionOf(place, factsFor(who), '{ __typename }')).join(' ');
    const purpose =
      code === 'RECEPTION' || code === 'PROCESSING' ? {} : { ...(code !== undefined && { purpose: code }) };
    const answer = await province.ask(who, `mutation { ${inner} }`, purpose);
    const came = mutations.map(({ place }) => `${place} ${refusalsAt(answer, [nameOf(place)])[0] ?? 'yes'}`);
    expect(came).toEqual(mutations.map(({ place }) => `${place} ${matrix.of(place, column)}`));
  });

  it.each(matrix.columns)(
    'a change of a dossier, and every field of it, is told to %s as the matrix says',
    async (column) => {
      const [name = '', code] = column.split(' ');
      const who = name as Person;
      const known = factsFor(who);
      const { purpose, dossier, visit } = await saidFor(province, who, { code, known });
      const inner = fieldsOf('DossierChanged').map(({ place }) =>
        selectionOf(place, known, place.endsWith('.dossier') ? '{ __typename }' : ''),
      );
      const client = createClient({
        ...{ url: `${province.address.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 },
        connectionParams: {
          authorization: `Bearer ${who}`,
          ...(purpose !== undefined && { 'x-purpose': purpose }),
          ...(dossier !== undefined && { 'x-dossier': dossier }),
          ...(visit !== undefined && { 'x-visit': visit }),
        },
      });
      // What came after the very first event of all: so there is something to be told at once.
      const query = `subscription { dossierChanged(where: { code: "${known.dossier}" }, after: "${filled.firstEvent}") { ${inner.join(' ')} } }`;
      try {
        const told = await client
          .iterate({ query })
          .next()
          .then(
            ({ value }) => value as Awaited<ReturnType<GuardedProvince['ask']>>,
            (errors) => ({ errors }) as Awaited<ReturnType<GuardedProvince['ask']>>,
          );
        const cell = matrix.of('Subscription.dossierChanged', column);
        if (cell !== 'yes') return expect(refusalsAt(told, ['dossierChanged'])).toEqual([cell]);
        const refused = fieldsOf('DossierChanged').filter(
          ({ place }) => refusalsAt(told, ['dossierChanged', nameOf(place)]).length > 0,
        );
        expect(told.data.dossierChanged.code).toBe(known.dossier);
        expect(refused).toEqual(fieldsOf('DossierChanged').filter(({ place }) => matrix.of(place, column) !== 'yes'));
      } finally {
        await client.dispose();
      }
    },
  );
});
