import type { DossierView, StatedStatus } from '../../core/dossier.ts';
import { type DossierHouse, openDossierHouse, type Told, type ToldSector } from './dossier-house.ts';
import { NOW, type System } from './small-house.ts';

export const CODE = 'H41-1';
export const person = { numbers: ['001085004213', '012345678'], name: 'Nguyễn Văn Ái', birthDate: '1985' };
export const people: readonly System[] = [{ sector: 'one-stop', rank: 10, people: [person] }];
export const status = (code: string, number: StatedStatus['number'] = null): StatedStatus => ({
  code,
  number,
  title: null,
});
/** A dossier of a procedure that land works on, as the counter took it in. */
export const received: DossierView = {
  ...{ code: CODE, procedureCode: '1.012790', applicantNumbers: ['001085004213'], receivedAt: 1 },
  ...{ status: status('new', 2), statusAt: 1 },
};
export const worked: DossierView = { code: CODE, status: status('20', 4), statusAt: 2 };
export const counter = (dossiers: readonly Told[], others: Partial<ToldSector> = {}): ToldSector => ({
  ...{ sector: 'one-stop', role: 'reception', dossiers },
  ...others,
});
export const land = (dossiers: readonly Told[], others: Partial<ToldSector> = {}): ToldSector => ({
  ...{ sector: 'land', role: 'course', dossiers },
  ...others,
});
/** Further behind than a minute. */
export const BEHIND = { currentUntil: NOW - 3_600_000 };
export const NEVER = { currentUntil: null };
export const STALE = (sector: string) => ({ sector, code: 'INDEX_STALE', retryable: true });

let house: DossierHouse | undefined;

export async function closeHouse(): Promise<void> {
  await house?.close();
  house = undefined;
}

export async function open(told: readonly ToldSector[], systems = people): Promise<DossierHouse> {
  house = await openDossierHouse(systems, told);
  return house;
}

export async function dossier(told: readonly ToldSector[], fields: string) {
  const { data, errors } = await (await open(told)).ask(`{ dossier(code: "${CODE}") { ${fields} } }`);
  return { found: data.dossier, errors };
}
