import { getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldName } from '../../core/names.ts';
import { type GuardedProvince, openGuardedProvince } from './guarded-province.ts';
import { type Filled, fillProvince } from './live-facts.ts';
import { fieldsOf, nameOf, selectionOf } from './live-question.ts';
import { fields, rules, schema } from './whole-schema.ts';

/*
 * By every way through the schema to a field that names a person or states a number: whoever the answer names is in the log.
 */
let province: GuardedProvince;
let filled: Filled;

beforeAll(async () => {
  province = await openGuardedProvince();
  filled = await fillProvince(province);
}, 180_000);

afterAll(() => province?.close());

/** Fields of a way, beyond which nothing new is reached and every question is too costly. */
const LONGEST_WAY = 5;
const NAMES = ['fullName', 'name'];
const NUMBERS = ['personalNumbers'];
const NOT_REACHED = new Set();

/** What an answer names people by, on the type at the end of each way. */
interface Way {
  /** `Type.field` of each step. */
  readonly places: readonly string[];
  readonly type: string;
}

/** Fields of a type that name people. */
function namingFields(type: string): readonly string[] {
  return fieldsOf(type)
    .filter(({ place }) => [...NAMES, ...NUMBERS].includes(nameOf(place)) && rules.of(place).data === 'PERSONAL')
    .map(({ place }) => place);
}

function* waysFrom(type: string, places: readonly string[], seen: ReadonlySet<string>): Generator<Way> {
  if (places.length > 0 && namingFields(type).length > 0) yield { places, type };
  if (places.length === LONGEST_WAY) return;
  for (const { field, place } of fieldsOf(type)) {
    const { name } = getNamedType(field.type);
    if (!isObjectType(schema.getType(name)) || seen.has(name) || rules.of(place).data === 'AUDIT') continue;
    yield* waysFrom(name, [...places, place], new Set([...seen, name]));
  }
}

/** Every text in the answer that stands under this name. */
function standingUnder(name: string, data: unknown): readonly string[] {
  if (Array.isArray(data)) return data.flatMap((one) => standingUnder(name, one));
  if (data === null || typeof data !== 'object') return [];
  return Object.entries(data).flatMap(([own, value]) =>
    own === name ? [value].flat().filter((one) => typeof one === 'string') : standingUnder(name, value),
  );
}

/** The numbers of whoever has this number, or is called so. */
function peopleOfProvince({ world }: GuardedProvince): ReadonlyMap<string, ReadonlySet<string>> {
  const people = new Map<string, Set<string>>();
  for (let index = 0; index < world.counts.citizens; index++) {
    const { name, personalNumber, oldNumber } = world.person(index);
    const numbers = [personalNumber, oldNumber].filter((one) => one !== undefined);
    for (const word of numbers.length === 0 ? [] : [foldName(name), ...numbers]) {
      people.set(word, new Set([...(people.get(word) ?? []), ...numbers]));
    }
  }
  return people;
}

describe('Whoever an answer names', () => {
  it('is in the log, by whichever way they were reached', async () => {
    const people = peopleOfProvince(province);
    const missed: string[] = [];
    const reached = new Set<string>();
    for (const { places, type } of waysFrom('Query', [], new Set(['Query']))) {
      const naming = namingFields(type);
      for (const known of [filled.all, filled.ofCommune]) {
        const question = places
          .toReversed()
          .reduce((text, place) => `{ ${selectionOf(place, known, text)} }`, `{ ${naming.map(nameOf).join(' ')} }`);
        province.logged.length = 0;
        const { data } = await province.ask('counter', question, { purpose: 'PROCESSING', dossier: known.dossier });
        const shown = new Set(province.logged.at(-1)?.subjects.map(({ number }) => number));
        for (const place of naming) {
          for (const word of standingUnder(nameOf(place), data)) {
            const numbers = people.get(NAMES.includes(nameOf(place)) ? foldName(word) : word);
            // Of a name alone, such as an enterprise's, nobody knows a number.
            if (numbers === undefined) continue;
            reached.add(place);
            if (![...numbers].some((one) => shown.has(one)))
              missed.push(`${places.join(' ')} ${nameOf(place)}: ${word}`);
          }
        }
      }
    }
    expect(missed).toEqual([]);
    const all = new Set(fields.map(({ type }) => type.name).flatMap(namingFields));
    expect(new Set([...all].filter((place) => !reached.has(place)))).toEqual(NOT_REACHED);
  }, 180_000);

  it('is in the log where a register names whoever asked for the entry, if that was asked for', async () => {
    const { world } = province;
    const { person, reportedBy, number, book } = world.death(0);
    const asked = (fields: string) =>
      received(`civilStatusRecord(kind: DEATH, number: "${number}", book: "${book}") { ${fields} }`);
    const isOf = (index: number) => (one: string) =>
      [world.person(index).personalNumber, world.person(index).oldNumber].includes(one);
    const [whole, bare] = [await asked('kind persons { fullName }'), await asked('kind')];
    expect([whole.some(isOf(person)), whole.some(isOf(reportedBy))]).toEqual([true, true]);
    expect([bare.some(isOf(person)), bare.some(isOf(reportedBy))]).toEqual([true, false]);
  });

  it('is in the log where somebody else holds the certificate of a parcel, too', async () => {
    const { world } = province;
    const shared = Array.from({ length: world.counts.parcels }, (_, index) => world.parcel(index)).filter(
      ({ holders }) => holders.length > 1 && holders.every((one) => world.person(one).personalNumber !== undefined),
    );
    const named: boolean[] = [];
    for (const { holders } of shared.slice(0, 10)) {
      const [first, ...others] = holders.map((one) => world.person(one));
      const subjects = await received(
        `citizen(id: "${first?.personalNumber}") { landParcels { certificates { serial } } }`,
      );
      named.push(others.some((one) => subjects.some((each) => [one.personalNumber, one.oldNumber].includes(each))));
    }
    expect(named).toContain(true);
  });
});

/** The numbers that are logged of what was asked at the counter. */
async function received(asked: string): Promise<readonly string[]> {
  const { id: visit } = (await province.ask('counter', 'mutation { openVisit { id } }')).data.openVisit;
  province.logged.length = 0;
  await province.ask('counter', `{ ${asked} }`, { purpose: 'RECEPTION', visit });
  return province.logged[0]?.subjects.map(({ number }) => number) ?? [];
}
