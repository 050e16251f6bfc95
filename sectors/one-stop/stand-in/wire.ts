/** A dossier and an applicant in this software's own words. */

import { hashOf } from '../../../stand-ins/world/random.ts';
import { localTime, two } from '../../../stand-ins/world/time.ts';
import type { Dossier, Person, StatusCode, Step, World } from '../../../stand-ins/world/types.ts';

export const statusWords: Record<StatusCode, string> = {
  1: 'receiving',
  2: 'new',
  3: 'denied',
  4: 'processing',
  5: 'waiting',
  6: 'paying',
  7: 'cancelled',
  8: 'unresolved',
  9: 'releasing',
  10: 'done',
};

/** A word nobody explained, on a handful of dossiers that were done. */
const ARCHIVED = 'archived';
const ARCHIVED_EVERY = 1009;
const ARCHIVED_BEFORE = 20_000;
/** One of so many procedures is named by its long code, one of so many amounts is a number. */
const LONG_CODE_EVERY = 23;
const NUMBER_EVERY = 31;

export interface WireTrace {
  stt: string;
  userName: string;
  userTitle: string;
  unitName: string;
  content: string;
  time: string;
  status: string;
}

/** A trace without its names, as it is stored: a million dossiers have five million of them. */
export type StoredTrace = [
  userName: string,
  userTitle: string,
  unitName: string,
  content: string,
  time: string,
  status: string,
];

/** 'dd/MM/yyyy HH:mm:ss' of the province's clock; '' for none. */
export function wireTime(at: number | undefined): string {
  if (at === undefined) return '';
  const { year, month, day, hour, minute, second } = localTime(at);
  return `${two(day)}/${two(month)}/${year} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** 'dd/MM/yyyy HH:mm:ss' of the province's clock as an instant, NaN when it is not one. */
export function wireInstant(text: string): number {
  const parts = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}):(\d{2}):(\d{2})$/.exec(text);
  if (parts === null) return Number.NaN;
  const [, day, month, year, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+07:00`);
}

/** '1958' | '1958-07' | '1958-07-12' → 'yyyy' | 'MM/yyyy' | 'dd/MM/yyyy'. */
export function wireDate(date: string): string {
  return date.split('-').reverse().join('/');
}

export function wireBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

/** Of a person whom no system knows by a number: the card was issued yesterday. */
function newCard({ index, gender, birthDate }: Person): string {
  const century = birthDate < '2000' ? 0 : 2;
  const serial = String(index % 10_000).padStart(4, '0');
  return `097${century + (gender === 'male' ? 0 : 1)}${birthDate.slice(2, 4)}99${serial}`;
}

/** The number the applicant showed that day: one of those this software knows, or the enterprise's code. */
export function applicantsId(world: World, dossier: Dossier): string {
  if (dossier.applicant.business !== undefined) return world.business(dossier.applicant.business).code;
  const { personalNumber, oldNumber } = world.identityIn('one-stop', dossier.applicant.person);
  const showsOld = dossier.index % 6 === 3 && hashOf(world.seed, 'shown number', dossier.index) % 2 === 0;
  const oldShown = dossier.index < 6 ? dossier.index === 3 : showsOld;
  const known = oldShown ? (oldNumber ?? personalNumber) : (personalNumber ?? oldNumber);
  // Whoever is not in its list of applicants yet shows a card all the same.
  // Some of those who are turned away show nothing.
  if (dossier.status === 3 && dossier.index % 100 === 3) return '';
  const person = world.person(dossier.applicant.person);
  return known ?? person.personalNumber ?? person.oldNumber ?? newCard(person);
}

export function wireDossier(world: World, dossier: Dossier, filedUnder: string): Record<string, unknown> {
  const { applicant, procedure, agency, index } = dossier;
  const person = world.person(applicant.person);
  const business = applicant.business === undefined ? undefined : world.business(applicant.business);
  const archived = dossier.status === 10 && index < ARCHIVED_BEFORE && index % ARCHIVED_EVERY === 30;
  const unit = agency.code.split('.').slice(0, 2).join('.');
  return {
    docCode: dossier.code,
    docTypeCode:
      index % LONG_CODE_EVERY === 7 ? `${procedure.code}.000.00.00.${agency.code.split('.')[0]}` : procedure.code,
    docTypeName: procedure.title,
    docFieldName: procedure.field,
    citizenName: world.identityIn('one-stop', applicant.person).name,
    applicantsId: filedUnder,
    applicantsType: String(applicant.kind),
    organizationName: business?.name ?? '',
    organizationCode: business?.code ?? '',
    phone: person.phone ?? '',
    email: person.email ?? '',
    address: `${person.address.detail}, ${person.address.new.communeName}`,
    channel: String(dossier.channel),
    summary: dossier.summary,
    dateSubmitted: wireTime(dossier.submittedAt),
    dateReceived: wireTime(dossier.receivedAt),
    dateAppointed: wireTime(dossier.dueAt),
    isReturned: wireBoolean(dossier.returnedAt !== undefined),
    returnedType: dossier.channel === 3 ? '1' : '0',
    finishedDate: wireTime(dossier.finishedAt),
    dateReturned: wireTime(dossier.returnedAt),
    status: archived ? ARCHIVED : statusWords[dossier.status],
    hasSupplementary: wireBoolean(dossier.supplements.length > 0),
    supplementaries: dossier.supplements.map((supplement, i) => ({
      supplementaryId: String(i + 1),
      requestedBy: supplement.requestedBy,
      content: supplement.content,
      dateRequested: wireTime(supplement.requestedAt),
      dateSupplied: wireTime(supplement.suppliedAt),
      oldDateAppointed: wireTime(supplement.oldDueAt),
      newDateAppointed: wireTime(supplement.newDueAt),
    })),
    docFees: dossier.fees.map((fee) => ({
      feeCode: fee.code,
      feeName: fee.name,
      feeType: String(fee.kind),
      amount: index % NUMBER_EVERY === 5 ? Number(fee.amount) : fee.amount,
      isPaid: wireBoolean(fee.paid),
      method: fee.method,
    })),
    docPapers: dossier.papers.map((paper) => ({
      paperCode: paper.code,
      paperName: paper.name,
      fileName: paper.fileName,
      quantity: String(paper.copies),
      isDigitized: wireBoolean(paper.digitised),
    })),
    docResults: dossier.results.map((result) => ({
      resultCode: result.code,
      resultName: result.name,
      resultNumber: result.number,
      dateIssued: wireTime(result.issuedAt),
      fileName: result.fileName,
    })),
    organInchargeIdLevel1: unit,
    organReceiveId: agency.code,
    lastUpdated: wireTime(dossier.updatedAt),
  };
}

export function storedTrace(step: Step): StoredTrace {
  return [step.officer, step.officerTitle, step.unit, step.content, wireTime(step.at), statusWords[step.status]];
}

export function wireTrace(
  [userName, userTitle, unitName, content, time, status]: StoredTrace,
  index: number,
): WireTrace {
  return { stt: String(index + 1), userName, userTitle, unitName, content, time, status };
}

export interface WireApplicant {
  citizenName: string;
  identityNumber: string;
  oldIdentityNumber: string;
  birthday: string;
  gender: string;
  phone: string;
  email: string;
  address: string;
  communeId: string;
  districtId: string;
  provinceId: string;
}

export function wireApplicant(world: World, index: number): WireApplicant {
  const person = world.person(index);
  const written = world.identityIn('one-stop', index);
  const words = index % 5 === 4 ? { male: '1', female: '0' } : { male: 'Nam', female: 'Nữ' };
  return {
    citizenName: written.name,
    identityNumber: written.personalNumber ?? '',
    oldIdentityNumber: written.oldNumber ?? '',
    birthday: wireDate(written.birthDate),
    gender: words[person.gender],
    phone: person.phone ?? '',
    email: person.email ?? '',
    address: `${person.address.detail}, ${person.address.old.communeName}`,
    communeId: person.address.old.commune,
    districtId: person.address.old.district,
    provinceId: person.address.old.province,
  };
}
