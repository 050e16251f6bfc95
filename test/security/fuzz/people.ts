import type { World } from '../../../stand-ins/world/types.ts';

/** Who of the made-up province may come up in an answer, and who never may. */
export interface Parting {
  /** Families that somebody may ask about, none of whom has to do with one of the hidden. */
  readonly open: readonly number[];
  /** Families that nobody has a purpose to ask about. */
  readonly hidden: readonly number[];
  /** Dossiers of open families that a person with a number handed in. */
  readonly openDossiers: readonly number[];
  readonly hiddenDossiers: readonly number[];
}

const A_FAMILY = 4;
const LEAST_HIDDEN = 2;

/**
 * Parts the families of a world by what ties them: a dossier handed in for a neighbour, a parcel that changed hands, a
 * business. The demo person's side is open; of the rest, each second tied group is hidden.
 */
export function partFamilies(world: World): Parting {
  const { groupOf, tie } = ties(world.counts.families);
  const familyOf = (person: number) => Math.floor(person / A_FAMILY);
  const tieAll = (people: readonly number[]) => {
    const [first, ...others] = people.map(familyOf);
    for (const other of others) tie(first ?? 0, other);
  };
  const each = (count: number) => Array.from({ length: count }, (_, index) => index);
  for (const index of each(world.counts.parcels)) {
    const { holders, formerHolders } = world.parcel(index);
    tieAll([...holders, ...formerHolders]);
  }
  for (const index of each(world.counts.businesses)) {
    tieAll(world.business(index).representatives.map(({ person }) => person));
  }
  for (const index of each(world.counts.deaths)) {
    const { person, reportedBy } = world.death(index);
    tieAll([person, reportedBy]);
  }
  for (const index of each(world.counts.dossiers)) tieAll(peopleOf(world, index));

  const groups = [...new Set(each(world.counts.families).map(groupOf))].filter((group) => group !== groupOf(0));
  const hiddenGroups = new Set(groups.filter((_, place) => place % 2 === 0));
  const isHidden = (family: number) => hiddenGroups.has(groupOf(family));
  const families = each(world.counts.families);
  const hidden = families.filter(isHidden);
  if (hidden.length < LEAST_HIDDEN)
    throw new Error('Everybody in this world has to do with everybody: take a larger one');
  const dossiers = each(world.counts.dossiers);
  const isOfHidden = (index: number) => isHidden(familyOf(world.dossier(index).applicant.person));
  const hasNumber = (index: number) => world.person(world.dossier(index).applicant.person).personalNumber !== undefined;
  return {
    open: families.filter((family) => !isHidden(family)),
    hidden,
    openDossiers: dossiers.filter((index) => !isOfHidden(index) && hasNumber(index)),
    hiddenDossiers: dossiers.filter(isOfHidden),
  };
}

/** Everybody a dossier names, as far as they are of this world. */
function peopleOf(world: World, index: number): readonly number[] {
  const { applicant, subject } = world.dossier(index);
  const others = {
    parcel: () => world.parcel((subject as { index: number }).index).holders,
    business: () => world.business((subject as { index: number }).index).representatives.map(({ person }) => person),
    birth: () => [world.birth((subject as { index: number }).index).child],
    marriage: () => Object.values(world.marriage((subject as { index: number }).index)).filter(Number.isInteger),
    death: () => [world.death((subject as { index: number }).index).person],
    none: () => [],
  }[subject.kind]() as readonly number[];
  return [applicant.person, ...others];
}

/** Which families belong together. */
function ties(count: number): { groupOf(family: number): number; tie(one: number, other: number): void } {
  const above = Array.from({ length: count }, (_, index) => index);
  const groupOf = (family: number): number => {
    let at = family;
    while (above[at] !== at) at = above[at] ?? at;
    return at;
  };
  return {
    groupOf,
    tie(one, other) {
      // The lowest number leads, so that the demo person's group is that of family 0.
      const [low = 0, high = 0] = [groupOf(one), groupOf(other)].toSorted((a, b) => a - b);
      above[high] = low;
    },
  };
}

export function membersOf(world: World, families: readonly number[]): readonly number[] {
  return families.flatMap((family) =>
    Array.from({ length: A_FAMILY }, (_, at) => family * A_FAMILY + at).filter((one) => one < world.counts.citizens),
  );
}

/** What nobody without a right may ever read of these people: numbers, and names that nobody else bears. */
export function identitiesOf(world: World, people: readonly number[]): ReadonlySet<string> {
  const own = new Set(people);
  const others = new Set<string>();
  for (let index = 0; index < world.counts.citizens; index += 1) {
    if (!own.has(index)) others.add(world.person(index).name);
  }
  for (let index = 0; index < world.counts.dossiers; index += 1) {
    for (const { officer } of world.dossier(index).steps) others.add(officer);
  }
  const told = people.flatMap((index) => {
    const { name, personalNumber, oldNumber, phone, email } = world.person(index);
    return [...(others.has(name) ? [] : [name]), personalNumber, oldNumber, phone, email];
  });
  return new Set(told.filter((one): one is string => one !== undefined && one !== ''));
}

/** Finds identities in a text. Made once for each set: a text is gone through once, however many there are. */
export function finderOf(identities: ReadonlySet<string>): (text: string) => readonly string[] {
  if (identities.size === 0) return () => [];
  const escaped = [...identities].map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // A number within a longer one, such as a time in microseconds, is somebody else's.
  const pattern = new RegExp(`(?<![\\d\\p{L}])(?:${escaped.join('|')})(?![\\d\\p{L}])`, 'gu');
  return (text) => [...new Set(text.match(pattern))];
}
