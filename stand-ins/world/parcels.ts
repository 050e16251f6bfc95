/** Parcels of land and their certificates: every family has one, two families in five a second. */

import { anyName, fullName } from './names.ts';
import type { PeopleSource } from './people.ts';
import { type Draw, draw } from './random.ts';
import { dayNumber, isoDate, two } from './time.ts';
import type { Certificate, LandUse, Parcel, Place } from './types.ts';

export interface ParcelSource {
  parcels: number;
  parcel(index: number): Parcel;
  certificate(index: number): Certificate;
  /** Indexes of the parcels a family holds. */
  ofFamily(family: number): number[];
}

const PARCELS_PER_SHEET = 60;
const townUses = ['ODT', 'ODT', 'ODT+CLN', 'ODT', 'TMD', 'ODT+BHK'];
const countryUses = ['CLN', 'ONT+CLN', 'LUC', 'BHK', 'ONT', 'RSX', 'NTS', 'NHK', 'SKC'];

export function createParcels(options: {
  seed: number;
  citizens: number;
  today: number;
  people: PeopleSource;
  places: readonly Place[];
}): ParcelSource {
  const { seed, citizens, today, people, places } = options;
  const families = Math.ceil(citizens / 4);
  const parcels = families + Math.ceil(families * 0.4);

  // A split commune stands in the list more than once: which of how many is each entry?
  const ranks = places.map((place, i) => {
    const same = places.map((other, at) => (other.old.commune === place.old.commune ? at : -1)).filter((at) => at >= 0);
    return { among: same.length, rank: same.indexOf(i) };
  });

  function parcel(index: number): Parcel {
    const choice = draw(seed, 'parcel', index);
    const family = people.family(index % families);
    const holder = people.person(family.father);
    const place = places[index % places.length] as Place;
    // Counted within its commune, so that (old commune, sheet, number) never repeats.
    const { among, rank } = ranks[index % places.length] as { among: number; rank: number };
    const position = Math.floor(index / places.length) * among + rank;
    const sheet = Math.floor(position / PARCELS_PER_SHEET) + 1;
    const number = (position % PARCELS_PER_SHEET) + 1;
    const resurveyed = choice.chance(0.35);
    const country = place.old.communeName.startsWith('Xã');
    const codes = choice.pick(country ? countryUses : townUses).split('+');
    const hundredths = country ? choice.between(30_000, 900_000) : choice.between(4_000, 45_000);
    const differs = choice.chance(0.08);
    const held = dateHeld(choice, index, Number(holder.birthDate.slice(0, 4)));
    return {
      index,
      place,
      sheet,
      number,
      oldSheet: resurveyed ? Math.max(1, sheet - choice.between(0, 1)) : undefined,
      oldNumber: resurveyed ? number + choice.between(100, 400) : undefined,
      area: decimal(hundredths),
      legalArea: decimal(differs ? hundredths - choice.between(10, 900) : hundredths),
      address: `${country ? choice.pick(['Thôn 2', 'Thôn 7', 'Buôn Ea Knơk', 'Thôn Hoà Tây']) : `Tổ dân phố ${choice.between(1, 14)}`}, ${place.old.communeName}`,
      uses: uses(codes, hundredths, choice),
      holders: holders(choice, family.father, family.mother),
      formerHolders: formerHolders(choice, index, family.index),
      disputed: choice.chance(0.01),
      entered: held,
    };
  }

  /** A fifth was entered by the software of before 2009, which wrote TCVN3. */
  function dateHeld(choice: Draw, index: number, born: number): string {
    const early = index !== 0 && born <= 1984 && choice.chance(0.3);
    const from = early ? Math.max(1996, born + 21) : Math.max(2009, born + 21);
    const to = early ? 2008 : Math.max(from, 2025);
    const day = dayNumber(`${choice.between(Math.min(from, to), to)}-01-04`) + choice.between(0, 350);
    return isoDate(Math.min(day, today - 5));
  }

  function holders(choice: Draw, father: number, mother: number | undefined): number[] {
    const list = [father];
    if (mother !== undefined && choice.chance(0.45)) list.push(mother);
    // Brothers and sisters who inherited together.
    const third = ((Math.floor(father / 4) * 5 + 3) % families) * 4;
    if (choice.chance(0.03) && !list.includes(third)) list.push(third);
    return list;
  }

  function formerHolders(choice: Draw, index: number, family: number): number[] {
    if (!choice.chance(0.18) && index !== 0) return [];
    const other = ((family * 7 + 1) % families) * 4;
    return other === family * 4 ? [] : [other];
  }

  function certificate(index: number): Certificate {
    const choice = draw(seed, 'certificate', index);
    const { place, entered } = parcel(index);
    const year = Number(entered.slice(0, 4));
    const letters = 'ABCDEGHIKLMNOPQRSTUVX';
    const series = Math.floor(index / 900_000);
    const first = year < 2009 ? 'A' : year < 2017 ? 'B' : year < 2024 ? 'C' : 'D';
    return {
      index,
      parcel: index,
      serial: `${first}${letters[(choice.between(0, 6) + series * 7) % letters.length]} ${String(100_000 + (index % 900_000)).padStart(6, '0')}`,
      registerNumber: `${year < 2009 ? '' : choice.pick(['CH ', 'CS ', 'CT '])}${String(choice.between(1, 9999)).padStart(5, '0')}`,
      barcode: year < 2009 ? '' : `0${place.old.commune}${two(year % 100)}${String(index).padStart(6, '0')}`,
      issued: entered,
      issuer:
        year < 2015
          ? `Ủy ban nhân dân ${place.old.districtName.replace(/^(\S)/, (letter) => letter.toLowerCase())}`
          : 'Văn phòng Đăng ký đất đai tỉnh Trà Giang',
      signer: fullName(anyName(draw(seed, 'signer', year * 7 + (index % 3)), index % 4 === 0 ? 'female' : 'male')),
    };
  }

  function ofFamily(family: number): number[] {
    return [family, family + families].filter((index) => index < parcels && family < families);
  }

  return { parcels, parcel, certificate, ofFamily };
}

function uses(codes: string[], hundredths: number, choice: Draw): LandUse[] {
  const first = codes.length === 1 ? hundredths : Math.max(1000, Math.floor(hundredths * (0.1 + choice.next() * 0.5)));
  return codes.map((code, i) => ({
    code,
    area: decimal(i === 0 ? first : hundredths - first),
    until: ['ODT', 'ONT'].includes(code) ? 'Lâu dài' : code === 'LUC' ? '2063-10-15' : '2043-10-15',
  }));
}

/** Hundredths of a square metre as decimal text: no binary fraction ever touches an area. */
function decimal(hundredths: number): string {
  const text = String(hundredths).padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}
