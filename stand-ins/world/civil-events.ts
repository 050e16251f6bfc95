/** Births, marriages and deaths, each entered in a register somewhere. */

import type { PeopleSource } from './people.ts';
import { type Draw, draw } from './random.ts';
import { dayNumber, isoDate } from './time.ts';
import type { Birth, Death, Marriage, Place, Registration } from './types.ts';

/** Of seven families one has no marriage in the register; of nine, after the first, one has lost a parent. */
const UNMARRIED = 3;
const WEEK = 7;
const MARRIED = WEEK - 1;
const BEREAVED_EVERY = 9;

export interface CivilEvents {
  marriages: number;
  deaths: number;
  birth(index: number): Birth;
  marriage(index: number): Marriage;
  marriageOf(person: number): Marriage | undefined;
  death(index: number): Death;
  deathOf(person: number): Death | undefined;
}

const causes = ['Bệnh lý', 'Tuổi già', 'Tai nạn giao thông', 'Tai biến mạch máu não', 'Ung thư'];

export function createCivilEvents(options: {
  seed: number;
  citizens: number;
  today: number;
  people: PeopleSource;
}): CivilEvents {
  const { seed, citizens, today, people } = options;
  // Only whole couples can marry: a family whose mother lies beyond the world's end has no marriage.
  const couples = Math.floor((citizens + 2) / 4);
  const families = Math.ceil(citizens / 4);
  const marriages =
    Math.floor(couples / WEEK) * MARRIED +
    Math.min(couples % WEEK, UNMARRIED) +
    Math.max(0, (couples % WEEK) - UNMARRIED - 1);
  const deaths = Math.max(0, Math.floor((couples - 1) / BEREAVED_EVERY));

  function registration(choice: Draw, day: number, place: Place): Registration {
    const date = isoDate(Math.min(day, today - 1));
    return {
      number: `${choice.between(1, 480)}/${date.slice(0, 4)}`,
      book: `${String(choice.between(1, 4)).padStart(2, '0')}/${date.slice(0, 4)}`,
      page: String(choice.between(1, 200)),
      date,
      place: { old: place.old, new: place.new },
    };
  }

  function birth(index: number): Birth {
    const child = people.person(index);
    const family = people.family(Math.floor(index / 4));
    const isChild = index % 4 >= 2;
    const choice = draw(seed, 'birth', index);
    const born = dayNumber(child.birthDate);
    const father = isChild ? people.relative(family.father) : people.stranger('father', child, 'male');
    const mother =
      isChild && family.mother !== undefined
        ? people.relative(family.mother)
        : people.stranger('mother', child, 'female');
    // A child without a father on paper is a fact of every register.
    const named = choice.chance(0.04) && index !== 2 ? undefined : father;
    const late = choice.chance(0.06) ? choice.between(90, 2500) : choice.between(1, 60);
    return {
      child: index,
      father: named,
      mother,
      requester: choice.chance(0.6) && named !== undefined ? named : mother,
      ...registration(choice, born + late, child.address),
    };
  }

  function marriage(index: number): Marriage {
    const slot = index % MARRIED;
    const family = Math.floor(index / MARRIED) * WEEK + (slot < UNMARRIED ? slot : slot + 1);
    const husband = people.person(4 * family);
    const wife = people.person(4 * family + 1);
    const choice = draw(seed, 'marriage', index);
    const grown = Math.max(dayNumber(husband.birthDate), dayNumber(wife.birthDate)) + Math.ceil(18.2 * 365.25);
    return {
      index,
      husband: husband.index,
      wife: wife.index,
      ...registration(choice, Math.max(grown, Math.min(grown + choice.between(0, 2500), today - 10)), husband.address),
    };
  }

  function marriageOf(person: number): Marriage | undefined {
    const family = Math.floor(person / 4);
    const slot = family % WEEK;
    if (person % 4 > 1 || slot === UNMARRIED || family >= couples) return undefined;
    return marriage(Math.floor(family / WEEK) * MARRIED + (slot < UNMARRIED ? slot : slot - 1));
  }

  function death(index: number): Death {
    const family = people.family((index + 1) * BEREAVED_EVERY);
    const choice = draw(seed, 'death', index);
    const person = people.person(choice.chance(0.6) ? family.father : (family.mother ?? family.father));
    // After the second child was born, and never after today.
    const youngest = family.children.reduce(
      (latest, child) => Math.max(latest, dayNumber(people.person(child).birthDate)),
      0,
    );
    const from = Math.max(youngest + 1, dayNumber('2012-01-01'));
    const day = from + Math.floor(choice.next() * Math.max(1, today - 20 - from));
    const reporters = [family.father, family.mother, ...family.children].filter(
      (member) => member !== undefined && member !== person.index,
    );
    return {
      index,
      person: person.index,
      deathDate: isoDate(Math.min(day, today - 2)),
      cause: choice.pick(causes),
      reportedBy: (reporters[0] ?? person.index) as number,
      ...registration(choice, day + choice.between(1, 12), person.address),
    };
  }

  function deathOf(person: number): Death | undefined {
    const family = Math.floor(person / 4);
    if (family === 0 || family >= families || family % BEREAVED_EVERY !== 0) return undefined;
    const index = family / BEREAVED_EVERY - 1;
    if (index >= deaths) return undefined;
    const found = death(index);
    return found.person === person ? found : undefined;
  }

  return { marriages, deaths, birth, marriage, marriageOf, death, deathOf };
}
