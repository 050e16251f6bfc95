/** Who lives in the province: families of four, so that parents, marriages and children agree without any memory. */

import type { Catalogues } from './catalogues.ts';
import { demoPerson } from './demo-person.ts';
import { anyName, fullName, type NameParts, peoples, peopleWeights } from './names.ts';
import { type Draw, draw, scatter } from './random.ts';
import { dayNumber, isoDate, localDay, two } from './time.ts';
import type { Address, Family, Gender, Person, Relative } from './types.ts';

export interface PeopleSource {
  person(index: number): Person;
  family(index: number): Family;
  relative(index: number): Relative;
  /** A parent of an adult of the first generation: not a citizen of this world. */
  stranger(label: string, child: Person, gender: Gender): Relative;
  sharedOldNumbers: readonly (readonly [number, number])[];
}

/** Where people were born: statistics code, name, first two digits of the 9-digit numbers issued there. */
const birthplaces = [
  ['001', 'Thành phố Hà Nội', '01'],
  ['048', 'Thành phố Đà Nẵng', '20'],
  ['051', 'Tỉnh Quảng Ngãi', '21'],
  ['054', 'Tỉnh Phú Yên', '22'],
  ['062', 'Tỉnh Kon Tum', '23'],
  ['066', 'Tỉnh Đắk Lắk', '24'],
  ['079', 'Thành phố Hồ Chí Minh', '02'],
] as const;
const streets = [
  'Nguyễn Tất Thành',
  'Lê Duẩn',
  'Phan Chu Trinh',
  'Hùng Vương',
  'Trần Hưng Đạo',
  'Y Jút',
  'Lê Thánh Tông',
];
const villages = [
  'Thôn 1',
  'Thôn 4',
  'Thôn Phú Hoà',
  'Buôn Akõ Dhông',
  'Buôn Ea Knơk',
  'Làng Kon Plei',
  'Tổ dân phố 3',
  'Khu phố Thuỷ Tú',
];
const phonePrefixes = ['0905', '0914', '0935', '0972', '0988', '0327', '0868', '0703'];

/** A family shares the number of its first 9-digit holder with the next family's: these few, and no others. */
const SHARED_FIRST = 11;
const SHARED_EVERY = 13;
const SHARED_PAIRS = 5;

export function createPeople(options: {
  seed: number;
  citizens: number;
  asOf: number;
  catalogues: Catalogues;
}): PeopleSource {
  const { seed, citizens, catalogues } = options;
  const today = localDay(options.asOf);
  const thisYear = Number(isoDate(today).slice(0, 4));
  const lastSix = scatter(seed, 'personal number', 1_000_000, Number(demoPerson.personalNumber.slice(6)));
  const lastSeven = scatter(seed, 'old number', 10_000_000, Number(demoPerson.oldNumber.slice(2)));

  const sharedOldNumbers = Array.from({ length: SHARED_PAIRS }, (_, i) => {
    const first = 4 * (SHARED_FIRST + SHARED_EVERY * i);
    return [first, first + 4] as const;
  }).filter(([, second]) => second < citizens);
  const sharesWith = new Map(sharedOldNumbers.map(([first, second]) => [second, first]));
  const inSharedPair = new Set(sharedOldNumbers.flat());

  function familyTraits(index: number) {
    const choice = draw(seed, 'family', index);
    const people = index === 0 ? peoples[0] : peoples[choice.weighted(peopleWeights)];
    if (people === undefined) throw new Error('The list of peoples is empty.');
    const fatherYear = index === 0 ? 1985 : Math.min(1940 + Math.floor(choice.next() * 35 + choice.next() * 24), 1998);
    const motherYear = Math.min(Math.max(fatherYear + choice.between(-3, 6), 1938), 2000);
    const firstChildYear = Math.max(fatherYear, motherYear) + choice.between(20, 28);
    return {
      people,
      fatherName: index === 0 ? 'Nguyễn' : choice.pick(people.families),
      motherName: choice.pick(people.families),
      years: [fatherYear, motherYear, firstChildYear, firstChildYear + choice.between(2, 6)] as const,
      address: address(choice, index),
    };
  }

  function address(choice: Draw, family: number): Address {
    const places = family !== 0 && choice.chance(0.02) ? catalogues.placesElsewhere : catalogues.places;
    const place = choice.pick(places);
    const detail = place.old.communeName.startsWith('Xã')
      ? choice.pick(villages)
      : `${choice.between(1, 320)} ${choice.pick(streets)}`;
    return { ...place, detail };
  }

  function person(index: number): Person {
    const home = familyTraits(Math.floor(index / 4));
    const role = index % 4;
    const choice = draw(seed, 'person', index);
    const gender: Gender = role === 0 ? 'male' : role === 1 ? 'female' : choice.chance(0.51) ? 'male' : 'female';
    const mothersName = role === 1 || (role > 1 && home.people.matrilineal);
    const drawnParts = home.people.name(choice, gender, mothersName ? home.motherName : home.fatherName);
    const born = birthDay(home.years[role] ?? thisYear, choice);
    const year = Number(born.slice(0, 4));
    const local = catalogues.places[0]?.old;
    const [provinceCode, provinceName, oldPrefix] = choice.chance(0.82)
      ? [`0${local?.province ?? '97'}`, local?.provinceName ?? '', '26']
      : choice.pick(birthplaces);
    const isDemo = index === demoPerson.index;
    const parts: NameParts = isDemo ? { family: 'Nguyễn', middle: 'Văn', given: 'Hoà' } : drawnParts;
    const mobile = choice.pick(phonePrefixes) + String(choice.between(0, 999_999)).padStart(6, '0');
    const result: Person = {
      index,
      name: fullName(parts),
      nameParts: parts,
      gender,
      birthDate: isDemo ? demoPerson.birthDate : born,
      knownBirthDate: isDemo ? demoPerson.birthDate : knownPart(born, choice),
      personalNumber: undefined,
      oldNumber: undefined,
      ethnicity: home.people.ethnicity,
      nationality: 'Việt Nam',
      phone: isDemo ? demoPerson.phone : thisYear - year >= 15 && choice.chance(0.9) ? mobile : undefined,
      email: thisYear - year >= 18 && choice.chance(0.25) ? `congdan${index}@example.vn` : undefined,
      address: home.address,
      birthplace: isDemo ? { provinceCode: '001', provinceName: 'Thành phố Hà Nội' } : { provinceCode, provinceName },
    };
    // The very old and the very remote: a few never got a 12-digit number, or any.
    const hasNew = isDemo || year >= 2016 || !choice.chance(0.008);
    const hasOld = isDemo || inSharedPair.has(index) || (year < 2000 && choice.chance(hasNew ? 0.94 : 0.5));
    if (hasNew) {
      const century = (year >= 2000 ? 2 : 0) + (gender === 'male' ? 0 : 1);
      const six = String(lastSix(index)).padStart(6, '0');
      result.personalNumber = result.birthplace.provinceCode + century + two(year % 100) + six;
    }
    if (hasOld) {
      const owner = sharesWith.get(index);
      const prefix = owner !== undefined ? (person(owner).oldNumber?.slice(0, 2) ?? '26') : isDemo ? '01' : oldPrefix;
      result.oldNumber = prefix + String(lastSeven(owner ?? index)).padStart(7, '0');
    }
    return result;
  }

  /** Children are never born after today: those whose year has not come yet were born a little earlier. */
  function birthDay(year: number, choice: Draw): string {
    const day = dayNumber(`${year}-01-01`) + choice.between(0, 364);
    return isoDate(day < today ? day : today - 30 - choice.between(0, 300));
  }

  /** Papers of older people often know the year only. */
  function knownPart(born: string, choice: Draw): string {
    const year = Number(born.slice(0, 4));
    const yearOnly = year < 1965 ? 0.3 : year < 1980 ? 0.06 : 0.005;
    const chance = choice.next();
    if (chance < yearOnly) return born.slice(0, 4);
    if (chance < yearOnly + (year < 1980 ? 0.04 : 0.002)) return born.slice(0, 7);
    return born;
  }

  function family(index: number): Family {
    const first = index * 4;
    const within = (member: number) => (member < citizens ? member : undefined);
    return {
      index,
      father: first,
      mother: within(first + 1),
      children: [within(first + 2), within(first + 3)].filter((child) => child !== undefined),
    };
  }

  function relative(index: number): Relative {
    const { name, knownBirthDate, personalNumber, ethnicity, address: home } = person(index);
    return { person: index, name, birthDate: knownBirthDate, personalNumber, ethnicity, address: home };
  }

  function stranger(label: string, child: Person, gender: Gender): Relative {
    const choice = draw(seed, `parent ${label}`, child.index);
    const year = Number(child.birthDate.slice(0, 4)) - choice.between(20, 38);
    const kinh = child.ethnicity.code === '01';
    const people = peoples.find((entry) => entry.ethnicity.code === child.ethnicity.code);
    const familyName =
      gender === 'male' && child.nameParts.family !== 'Y'
        ? child.nameParts.family
        : choice.pick(people?.families ?? ['Nguyễn']);
    const parts =
      kinh || people === undefined ? anyName(choice, gender, familyName) : people.name(choice, gender, familyName);
    return {
      person: undefined,
      name: fullName(parts),
      birthDate: String(year),
      personalNumber: undefined,
      ethnicity: child.ethnicity,
      address: child.address,
    };
  }

  return { person, family, relative, stranger, sharedOldNumbers };
}
