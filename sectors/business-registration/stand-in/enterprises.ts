/** An enterprise or branch as the national system answers it, and the persons behind it. */
import { hashOf } from '../../../stand-ins/world/random.ts';
import type { Business, World } from '../../../stand-ins/world/types.ts';
import { type DateStyle, writtenDate } from './dates.ts';

/** Text that goes on the wire as a JSON number, digit by digit: a capital may pass 2^53. */
const numberMark = '@number:';
const markedNumber = new RegExp(`"${numberMark}(\\d+)"`, 'g');

/** Numbers of 12 digits came into the register with changes made since this year. */
const firstYearOfNewNumbers = '2016';

export interface FoundBy {
  code: string;
  body: string;
  numbers: string[];
}

export function enterpriseEntry(world: World, business: Business, branchCodes: readonly string[]): FoundBy {
  const representatives = business.representatives.map(({ person, position }) => ({
    ...representative(world, business, person),
    POSITION: position,
  }));
  const branch = business.kind === 'branch';
  const entry = {
    MainInformation: mainInformation(world, business),
    HOAdress: {
      CityID: business.address.old.province,
      DistrictID: business.address.old.district,
      WardID: business.address.old.commune,
      AddressFullText: addressText(business),
    },
    Representatives: representatives.length === 1 ? representatives[0] : representatives,
    BusinessLines: business.activities.map(({ code, name, main }) => ({
      CODE: code,
      NAME: name,
      IS_MAIN: main ? 'Y' : 'N',
    })),
    ...(branch ? { ParentCode: parentCode(business.code) } : { BranchCodes: branchCodes }),
  };
  const numbers = representatives.flatMap(({ IDENTITY_NO }) => (IDENTITY_NO === null ? [] : [IDENTITY_NO]));
  return {
    code: business.code,
    body: JSON.stringify(entry).replace(markedNumber, '$1'),
    numbers: [...new Set(numbers)],
  };
}

/** A person this system knows by itself, with both numbers where it has both. */
export function personEntry(world: World, index: number): { body: string; numbers: string[] } {
  const identity = world.identityIn('business-registration', index);
  const entry = {
    FULL_NAME: identity.name,
    BIRTHDAY: writtenDate(identity.birthDate, styleOf(world, 'person', index)),
    GENDER: identity.gender === 'male' ? 'Nam' : 'Nữ',
    IDENTITY_NO: identity.personalNumber ?? null,
    OLD_IDENTITY_NO: identity.oldNumber ?? null,
  };
  const numbers = [entry.IDENTITY_NO, entry.OLD_IDENTITY_NO].filter((number) => number !== null);
  return { body: JSON.stringify(entry), numbers };
}

export function addressText({ address: { detail, old } }: Business): string {
  return [detail, old.communeName, old.districtName, old.provinceName].join(', ');
}

function mainInformation(world: World, business: Business) {
  const date = (field: string, value: string | undefined): string | null =>
    value === undefined ? null : writtenDate(value, styleOf(world, field, business.index));
  return {
    ENTERPRISE_ID: 500_000 + business.index,
    ENTERPRISE_CODE: business.code,
    ENTERPRISE_GDT_CODE: business.kind === 'branch' ? business.code : business.taxCode,
    NAME: business.name.toUpperCase(),
    NAME_F: business.foreignName ?? null,
    SHORT_NAME: business.shortName ?? null,
    ENTERPRISE_STATUS_ID: business.status.code,
    ENTERPRISE_STATUS_NAME: business.status.name,
    ENTERPRISE_TYPE_ID: business.legalForm.code,
    ENTERPRISE_TYPE_NAME: business.legalForm.name,
    FOUNDING_DATE: date('founded', business.founded),
    LAST_AMEND_DATE: date('amended', business.lastAmended),
    CAPITAL_AMOUNT: capitalOf(world, business),
    NUMBER_CHANGES: business.amendments,
  };
}

/** Thousands separated by dots in a text, or a JSON number; one that passes 2^53 is always a number. */
function capitalOf(world: World, { kind, index, capital }: Business): string | null {
  if (kind === 'branch') return null;
  const asNumber = hashOf(world.seed, 'business/capital', index) % 3 === 0 || !Number.isSafeInteger(Number(capital));
  return asNumber ? `${numberMark}${capital}` : capital.replace(/\B(?=(\d{3})+$)/g, '.');
}

/** The number on the paper shown at the last registration: the old one before 2016, where there was one. */
function representative(world: World, business: Business, person: number) {
  const identity = world.identityIn('business-registration', person);
  const shownOld = (business.lastAmended ?? business.founded) < firstYearOfNewNumbers;
  const { personalNumber, oldNumber } = identity;
  return {
    FULL_NAME: identity.name,
    IDENTITY_NO: (shownOld ? (oldNumber ?? personalNumber) : (personalNumber ?? oldNumber)) ?? null,
    BIRTHDAY: writtenDate(identity.birthDate, styleOf(world, 'birthday', person)),
  };
}

function parentCode(branchCode: string): string {
  return branchCode.slice(0, branchCode.lastIndexOf('-'));
}

function styleOf(world: World, field: string, index: number): DateStyle {
  return hashOf(world.seed, `business/date-${field}`, index) % 2 === 0 ? 'slashed' : 'stamped';
}
