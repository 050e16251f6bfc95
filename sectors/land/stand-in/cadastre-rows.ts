/** Rows about people, parcels, certificates and rights, with everything that thirty years left in them. */

import { hashOf } from '../../../stand-ins/world/random.ts';
import type { Parcel, World, WrittenIdentity } from '../../../stand-ins/world/types.ts';
import type { Row } from './populate-sql.ts';
import { toTcvn3 } from './tcvn3.ts';

/** Rows entered before this day were typed in TCVN3. */
const UNICODE_SINCE = '2009-01-01';
/** A person's newer row, and a parcel's earlier state, are counted from here on. */
const SECOND_PERSON = 5_000_000;
const EARLIER_PARCEL = 10_000_000;
const ZERO_DATE = '0000-00-00';

/** Fathers and mothers hold land; their children do not yet. */
export function* personRows(world: World): Generator<Row> {
  const { citizens, families, parcels } = world.counts;
  for (let i = 0; i < citizens; i++) {
    if (i % 4 > 1) continue;
    const family = Math.floor(i / 4);
    const written = world.identityIn('land', i);
    yield personRow(world, i + 1, written, world.parcel(family).entered);
    if (i % 4 === 0 && family + families < parcels && hasSecondRow(world, i)) {
      const { name, personalNumber, oldNumber, knownBirthDate } = world.person(i);
      const anew = { ...written, name, personalNumber, oldNumber, birthDate: knownBirthDate };
      yield personRow(world, SECOND_PERSON + i + 1, anew, '2021-06-01');
    }
  }
}

export function* parcelRows(world: World): Generator<Row> {
  let right = 0;
  let use = 0;
  for (let i = 0; i < world.counts.parcels; i++) {
    const parcel = world.parcel(i);
    const hash = hashOf(world.seed, 'land rows', i);
    yield parcelRow(parcel, i + 1, true, hash);
    for (const [code, area, until] of usesOf(parcel, hash)) {
      use += 1;
      yield {
        table: 'DC_MUCDICHSUDUNG',
        values: [use, i + 1, code, area, until === 'Lâu dài' ? until : slashed(until)],
      };
    }
    yield certificateRow(world, i, hash);
    for (const [place, holder] of parcel.holders.entries()) {
      right += 1;
      const person =
        i >= world.counts.families && place === 0 && hasSecondRow(world, holder)
          ? SECOND_PERSON + holder + 1
          : holder + 1;
      yield {
        table: 'DC_QUYENSUDUNGDAT',
        values: [right, i + 1, person, i + 1, place + 1, hash % 25 === 3 ? ZERO_DATE : parcel.entered, 1],
      };
    }
    if (parcel.formerHolders.length === 0) continue;
    yield parcelRow(parcel, EARLIER_PARCEL + i + 1, false, hash);
    for (const [place, holder] of parcel.formerHolders.entries()) {
      right += 1;
      yield {
        table: 'DC_QUYENSUDUNGDAT',
        values: [right, EARLIER_PARCEL + i + 1, holder + 1, null, place + 1, ZERO_DATE, 0],
      };
    }
  }
}

/** Some people were entered again, under both numbers, when they got a second parcel. */
function hasSecondRow(world: World, person: number): boolean {
  return person === 0 || hashOf(world.seed, 'entered again', person) % 2 === 0;
}

function personRow(world: World, id: number, written: WrittenIdentity, entered: string): Row {
  const person = world.person(written.person);
  const early = entered < UNICODE_SINCE;
  const text = early ? toTcvn3 : same;
  const none = id % 2 === 0 ? null : '';
  const gender = id % 40 === 9 ? null : written.gender === 'male' ? '1' : '0';
  return {
    table: 'DC_CANHAN',
    values: [
      id,
      text(written.name),
      gender,
      id % 90 === 11 ? '' : slashed(written.birthDate),
      written.oldNumber ?? none,
      written.personalNumber ?? none,
      text(person.ethnicity.name),
      text(`${person.address.detail}, ${person.address.old.communeName}, ${person.address.old.districtName}`),
      person.phone ?? null,
      early ? 'TCVN3' : 'UNICODE',
      `${entered} 03:00:00`,
    ],
  };
}

function parcelRow(parcel: Parcel, id: number, current: boolean, hash: number): Row {
  const early = !current || parcel.entered < UNICODE_SINCE;
  const text = early ? toTcvn3 : same;
  // Sheets of the first survey were written with a leading zero.
  const sheet = parcel.place.old.communeName.startsWith('Xã')
    ? String(parcel.sheet)
    : String(parcel.sheet).padStart(2, '0');
  return {
    table: 'DC_THUADAT',
    values: [
      id,
      parcel.place.old.district,
      parcel.place.old.commune,
      sheet,
      String(parcel.number),
      parcel.oldSheet === undefined ? null : String(parcel.oldSheet),
      parcel.oldNumber === undefined ? null : String(parcel.oldNumber),
      parcel.area,
      current ? parcel.legalArea : null,
      early && hash % 3 !== 0 ? withComma(parcel.area) : null,
      text(parcel.address),
      parcel.disputed ? 1 : 0,
      current ? 1 : 0,
      early ? 'TCVN3' : 'UNICODE',
      `${current ? parcel.entered : '1999-08-20'} 02:30:00`,
    ],
  };
}

/** Older entries join the uses in one row: 'ODT+CLN' with the whole area. */
function usesOf(parcel: Parcel, hash: number): [code: string, area: string, until: string][] {
  const [first] = parcel.uses;
  if (first !== undefined && parcel.uses.length > 1 && hash % 4 !== 0) {
    return [[parcel.uses.map((use) => use.code).join('+'), parcel.area, first.until]];
  }
  return parcel.uses.map((use) => [use.code, use.area, use.until]);
}

function certificateRow(world: World, index: number, hash: number): Row {
  const certificate = world.certificate(index);
  const early = certificate.issued < UNICODE_SINCE;
  const text = early ? toTcvn3 : same;
  return {
    table: 'DC_GIAYCHUNGNHAN',
    values: [
      index + 1,
      certificate.serial,
      certificate.registerNumber,
      index !== 0 && hash % 20 === 7 ? ZERO_DATE : certificate.issued,
      index !== 0 && hash % 50 === 13 ? ZERO_DATE : certificate.issued,
      certificate.barcode === '' ? null : certificate.barcode,
      text(certificate.issuer),
      text(certificate.signer),
      world.parcel(index).place.old.commune,
      early ? 'TCVN3' : 'UNICODE',
    ],
  };
}

function same(text: string): string {
  return text;
}

/** '1958-07-12' → '12/07/1958', '1958-07' → '07/1958', '1958' → '1958'. */
function slashed(date: string): string {
  return date.split('-').reverse().join('/');
}

/** '1250.75' → '1.250,75'; a trailing zero was not typed: '120.50' → '120,5'. */
function withComma(area: string): string {
  const [whole = '', rest = ''] = area.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '.');
  const kept = rest.replace(/0+$/, '');
  return kept === '' ? grouped : `${grouped},${kept}`;
}
