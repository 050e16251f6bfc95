/** How each system wrote a person down: which of the two numbers it has, and how it spelt the name. */

import { demoPerson } from './demo-person.ts';
import { draw, hashOf } from './random.ts';
import { spell } from './text.ts';
import type { Person, Spelling, WrittenIdentity } from './types.ts';

interface Habits {
  /** Shares of people known by the old number only, by both, by neither; the rest by the new one only. */
  oldOnly: number;
  both: number;
  neither: number;
  /** Shares of spellings; the rest is plain. */
  spellings: Partial<Record<Spelling, number>>;
}

const ordinary: Habits = {
  oldOnly: 0.08,
  both: 0.3,
  neither: 0,
  spellings: { upper: 0.15, spaces: 0.05, nfd: 0.07, 'old-tone': 0.12, 'no-diacritics': 0.03 },
};

/** A system that is not here has ordinary habits. */
const habitsOf: Record<string, Habits> = {
  'one-stop': { ...ordinary, oldOnly: 0.06, both: 0.5, neither: 0.004 },
  // Its rows from before 2009 hold the old number whatever is said here: about 30% together.
  land: { ...ordinary, oldOnly: 0.1, both: 0.3, neither: 0.015, spellings: { ...ordinary.spellings, upper: 0.25 } },
  'civil-status': { ...ordinary, oldOnly: 0.04, both: 0.2, spellings: { ...ordinary.spellings, upper: 0.3, nfd: 0.1 } },
  'business-registration': { ...ordinary, oldOnly: 0.22, both: 0.15, spellings: { ...ordinary.spellings, upper: 0.5 } },
};

export function identityIn(options: {
  seed: number;
  system: string;
  person: Person;
  /** Written before 12-digit numbers existed. */
  early: boolean;
  /** Held a 9-digit number that somebody else held too. */
  shared: boolean;
}): WrittenIdentity {
  const { seed, system, person, early, shared } = options;
  const habits = habitsOf[system] ?? ordinary;
  const choice = draw(seed, `identity ${system}`, person.index);
  const spelling = drawSpelling(choice.next(), habits.spellings);
  const isDemo = person.index === demoPerson.index;
  let known = drawNumbers(choice.next(), habits);
  if (early && person.oldNumber !== undefined) known = 'old';
  // Asked for a number that two people held, these two systems must find both of them.
  if (shared && system === 'land') known = 'old';
  if (shared && system === 'one-stop') known = 'both';
  if (isDemo) known = system === 'one-stop' ? 'both' : system === 'land' ? 'old' : 'new';
  return {
    person: person.index,
    name: spell(person.name, isDemo ? 'plain' : spelling),
    spelling: isDemo ? 'plain' : spelling,
    personalNumber:
      known === 'new' || known === 'both' || (known === 'old' && person.oldNumber === undefined)
        ? person.personalNumber
        : undefined,
    oldNumber:
      known === 'old' || known === 'both' || (known === 'new' && person.personalNumber === undefined)
        ? person.oldNumber
        : undefined,
    birthDate: knownDate(person, hashOf(seed, `birth date ${system}`, person.index)),
    gender: person.gender,
  };
}

/** A system now and then wrote only the year of a date other systems know whole. */
function knownDate(person: Person, hash: number): string {
  return hash % 40 === 0 && person.index !== demoPerson.index
    ? person.knownBirthDate.slice(0, 4)
    : person.knownBirthDate;
}

function drawNumbers(chance: number, habits: Habits): 'old' | 'both' | 'none' | 'new' {
  if (chance < habits.oldOnly) return 'old';
  if (chance < habits.oldOnly + habits.both) return 'both';
  if (chance < habits.oldOnly + habits.both + habits.neither) return 'none';
  return 'new';
}

function drawSpelling(chance: number, shares: Partial<Record<Spelling, number>>): Spelling {
  let left = chance;
  for (const [spelling, share] of Object.entries(shares) as [Spelling, number][]) {
    left -= share;
    if (left < 0) return spelling;
  }
  return 'plain';
}
