/** A citizen as the population service holds him or her: names in capitals, codes for words, old places with districts. */

import { hashOf } from '../../../stand-ins/world/random.ts';
import type { Address, Person, Relative, World } from '../../../stand-ins/world/types.ts';

export interface HeldPlace {
  province: string;
  district: string;
  commune: string;
  detail: string;
}

export interface HeldRelative {
  name: string;
  personalNumber: string;
  oldNumber: string;
}

export interface Citizen {
  personalNumber: string;
  oldNumber: string;
  name: { family: string; middle: string; given: string };
  gender: string;
  ethnicity: string;
  /** Digits only, as precise as held: '1958', '195807' or '19580712'. */
  birthDate: string;
  home: HeldPlace;
  permanent: HeldPlace;
  current: HeldPlace;
  father: HeldRelative | undefined;
  mother: HeldRelative | undefined;
  spouse: HeldRelative | undefined;
  head: HeldRelative & { relation: string };
}

/** What two spellings of one name have in common here: NFC and capitals. Diacritics and their places count. */
export function nameKey(name: string): string {
  return name.normalize('NFC').trim().toUpperCase();
}

export function fullName({ name }: Citizen): string {
  return [name.family, name.middle, name.given].filter((part) => part !== '').join(' ');
}

export function citizenOf(world: World, index: number): Citizen {
  const person = world.person(index);
  const birth = world.birth(index);
  const marriage = world.marriageOf(index);
  const moved = hashOf(world.seed, 'population/moved', index) % 12 === 0;
  const elsewhere = hashOf(world.seed, 'population/elsewhere', index) % world.counts.citizens;
  return {
    personalNumber: person.personalNumber ?? '',
    oldNumber: person.oldNumber ?? '',
    name: heldName(world, person),
    gender: person.gender === 'male' ? '1' : '2',
    ethnicity: person.ethnicity.code,
    birthDate: person.knownBirthDate.replaceAll('-', ''),
    home: homeOf(person, birth.father),
    permanent: placeOf(person.address),
    current: placeOf(moved ? world.person(elsewhere).address : person.address),
    father: birth.father && relativeOf(world, birth.father),
    mother: birth.mother && relativeOf(world, birth.mother),
    spouse: marriage && memberOf(world, marriage.husband === index ? marriage.wife : marriage.husband),
    head: headOf(world, index),
  };
}

/** In some rows the whole name stands in the given name: the source they were taken from did not split it. */
function heldName(world: World, person: Person): Citizen['name'] {
  const capitals = (text: string): string => text.normalize('NFC').toUpperCase();
  if (hashOf(world.seed, 'population/unsplit-name', person.index) % 20 === 0) {
    return { family: '', middle: '', given: capitals(person.name) };
  }
  const { family, middle, given } = person.nameParts;
  return { family: capitals(family), middle: capitals(middle), given: capitals(given) };
}

/** The father's home; of someone born in another province only the province is known. */
function homeOf(person: Person, father: Relative | undefined): HeldPlace {
  const { provinceCode, provinceName } = person.birthplace;
  const address = father?.address ?? person.address;
  const here = Number(address.old.province) === Number(provinceCode);
  return here ? placeOf(address) : { province: provinceCode, district: '', commune: '', detail: provinceName };
}

function placeOf({ detail, old }: Address): HeldPlace {
  const text = [detail, old.communeName, old.districtName, old.provinceName].join(', ');
  return { province: old.province, district: old.district, commune: old.commune, detail: text };
}

function relativeOf(world: World, relative: Relative): HeldRelative {
  if (relative.person !== undefined) return memberOf(world, relative.person);
  return { name: nameKey(relative.name), personalNumber: relative.personalNumber ?? '', oldNumber: '' };
}

function memberOf(world: World, index: number): HeldRelative {
  const person = world.person(index);
  return { name: nameKey(person.name), personalNumber: person.personalNumber ?? '', oldNumber: person.oldNumber ?? '' };
}

/** The father of the family is the head of the household, of the grown-up children too. */
function headOf(world: World, index: number): Citizen['head'] {
  const { father, mother } = world.family(index);
  const relation = index === father ? 'CH01' : index === mother ? 'CH02' : 'CH03';
  return { ...memberOf(world, father), relation };
}
