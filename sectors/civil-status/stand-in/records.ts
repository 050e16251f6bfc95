/** Births, marriages and deaths as the civil status register writes them: one flat object, a prefix a person. */

import { hashOf } from '../../../stand-ins/world/random.ts';
import type { Address, Registration, Relative, World } from '../../../stand-ins/world/types.ts';
import { writtenDate } from './dates.ts';

export type Module = 'KS' | 'KT' | 'KH';

export interface EventRecord {
  module: Module;
  soDangKy: string;
  quyenSo: string;
  maXaDangKy: string;
  [field: string]: string;
}

/** A record and the numbers it can be found by (never those of the one who asked for it). */
export interface FoundBy {
  record: EventRecord;
  numbers: string[];
}

/** The personal number is given at the registration of a birth since 2016. */
const firstYearOfBirthNumbers = '2016';
/** Communes changed their codes on this day; a book keeps the code of its day. */
const mergerDate = '2025-07-01';

interface Subject {
  name: string;
  gender?: string;
  birthDate: string;
  ethnicity: string;
  address: string;
  personalNumber: string;
  oldNumber: string;
}

export function birthRecord(world: World, index: number, province: string): FoundBy {
  const birth = world.birth(index);
  const child = subjectOf(world, birth.child);
  const mother = birth.mother && relativeOf(world, birth.mother, { date: birth.date, index });
  const father = birth.father && relativeOf(world, birth.father, { date: birth.date, index });
  const numbered = birth.date >= firstYearOfBirthNumbers;
  const relation = requesterRelation(birth.requester, birth.father, birth.mother);
  return {
    record: {
      ...entry('KS', birth, province),
      soDinhDanh: numbered ? child.personalNumber : '',
      ...written('nks', child, true),
      ...written('me', mother),
      ...written('cha', father),
      ...requester(relativeOf(world, birth.requester, { date: birth.date, index }), relation),
    },
    numbers: numbersOf(child, mother, father),
  };
}

export function marriageRecord(world: World, index: number, province: string): FoundBy {
  const marriage = world.marriage(index);
  const husband = subjectOf(world, marriage.husband);
  const wife = subjectOf(world, marriage.wife);
  return {
    record: { ...entry('KH', marriage, province), ...written('chong', husband), ...written('vo', wife) },
    numbers: numbersOf(husband, wife),
  };
}

export function deathRecord(world: World, index: number, province: string): FoundBy {
  const death = world.death(index);
  const deceased = subjectOf(world, death.person);
  return {
    record: {
      ...entry('KT', death, province),
      ...written('nkt', deceased, true),
      nktNgayChet: writtenDate(death.deathDate),
      nktNguyenNhan: death.cause,
      ...requester(subjectOf(world, death.reportedBy), 'Người thân'),
    },
    numbers: numbersOf(deceased),
  };
}

/**
 * A person this system knows by itself: the source that says which 9 digits belong to which 12. Nine in ten were
 * matched with the population service, so both numbers stand here even where the books hold one.
 */
export function personRecord(world: World, index: number): { record: Record<string, string>; numbers: string[] } {
  const asEntered = subjectOf(world, index);
  const { personalNumber = '', oldNumber = '' } = world.person(index);
  const matched = index === 0 || hashOf(world.seed, 'civil-status/matched', index) % 10 !== 0;
  const person = matched ? { ...asEntered, personalNumber, oldNumber } : asEntered;
  return {
    record: {
      HoTen: person.name,
      NgaySinh: writtenDate(person.birthDate),
      GioiTinh: person.gender ?? '',
      DanToc: person.ethnicity,
      QuocTich: 'Việt Nam',
      NoiCuTru: person.address,
      MaXa: world.person(index).address.old.commune,
      SoDDCN: person.personalNumber,
      SoGiayToTuyThan: person.oldNumber,
    },
    numbers: numbersOf(person),
  };
}

function entry(module: Module, registration: Registration, province: string): EventRecord {
  const { place } = registration;
  const afterMerger = registration.date >= mergerDate;
  return {
    module,
    maTinh: province,
    soDangKy: registration.number,
    quyenSo: registration.book,
    trangSo: registration.page,
    ngayDangKy: writtenDate(registration.date),
    noiDangKy: `UBND ${afterMerger ? place.new.communeName : place.old.communeName}`,
    maXaDangKy: afterMerger ? place.new.commune : place.old.commune,
  };
}

function written(prefix: string, subject: Subject | undefined, withGender = false): Record<string, string> {
  return {
    [`${prefix}HoTen`]: subject?.name ?? '',
    ...(withGender ? { [`${prefix}GioiTinh`]: subject?.gender ?? '' } : {}),
    [`${prefix}NgaySinh`]: writtenDate(subject?.birthDate),
    [`${prefix}DanToc`]: subject?.ethnicity ?? '',
    [`${prefix}QuocTich`]: subject ? 'Việt Nam' : '',
    [`${prefix}NoiCuTru`]: subject?.address ?? '',
    [`${prefix}SoGiayToTuyThan`]: subject?.oldNumber ?? '',
    [`${prefix}SoDDCN`]: subject?.personalNumber ?? '',
  };
}

function requester(subject: Subject, relation: string): Record<string, string> {
  return {
    nycHoTen: subject.name,
    nycQuanHe: relation,
    nycSoGiayToTuyThan: subject.oldNumber,
    nycSoDDCN: subject.personalNumber,
  };
}

function requesterRelation(asking: Relative, father: Relative | undefined, mother: Relative | undefined): string {
  const same = (other: Relative | undefined): boolean =>
    other?.name === asking.name && other.birthDate === asking.birthDate;
  if (same(father)) return 'Cha';
  return same(mother) ? 'Mẹ' : 'Người thân';
}

function subjectOf(world: World, index: number): Subject {
  const identity = world.identityIn('civil-status', index);
  const person = world.person(index);
  return {
    name: identity.name,
    gender: identity.gender === 'male' ? '1' : '2',
    birthDate: identity.birthDate,
    ethnicity: person.ethnicity.name,
    address: addressText(person.address),
    personalNumber: identity.personalNumber ?? '',
    oldNumber: identity.oldNumber ?? '',
  };
}

/** A parent as entered on that day: before 2016 many books hold nothing but the 9-digit number. */
function relativeOf(world: World, relative: Relative, entered: { date: string; index: number }): Subject {
  if (relative.person === undefined) {
    return {
      name: relative.name,
      birthDate: relative.birthDate,
      ethnicity: relative.ethnicity.name,
      address: addressText(relative.address),
      personalNumber: relative.personalNumber ?? '',
      oldNumber: '',
    };
  }
  const subject = subjectOf(world, relative.person);
  const halfOfThem = hashOf(world.seed, 'civil-status/parent-number', entered.index) % 2 === 0;
  const onlyOld = halfOfThem && entered.date < firstYearOfBirthNumbers && subject.oldNumber !== '';
  return onlyOld ? { ...subject, personalNumber: '' } : subject;
}

function numbersOf(...subjects: (Subject | undefined)[]): string[] {
  const numbers = subjects.flatMap((subject) => [subject?.personalNumber, subject?.oldNumber]);
  return [...new Set(numbers.filter((number): number is string => number !== undefined && number !== ''))];
}

function addressText({ detail, old }: Address): string {
  return [detail, old.communeName, old.districtName, old.provinceName].join(', ');
}
