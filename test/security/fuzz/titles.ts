import fc from 'fast-check';
import type { DossierView } from '../../../core/dossier.ts';
import { askHub } from '../../support/province.ts';
import type { Fortress } from '../stage.ts';
import type { Told } from './told.ts';

/** Dossiers that files, calls and records tell of, and nobody else knows: those who ask ask for them too. */
export const TOLD_DOSSIERS = {
  file: ['H41.58-261119-0901', 'H41.58-261119-0902', 'H41.58-261119-0903'],
  call: ['H41.58-261119-0921', 'H41.58-261119-0922'],
  record: ['H41.58-261119-0911', 'H41.58-261119-0912'],
} as const;

/** One that a system really has. */
export const HONEST_TITLE = 'Đang thẩm tra';

/** A status and a procedure that nobody knows, so that their titles are shown as they were told. */
export const UNKNOWN = { status: '95', procedure: '9.999999' } as const;

/** Who handed a dossier in, and what the system calls its status and its procedure. */
export interface Titles {
  readonly applicant: string;
  readonly status: string;
  readonly procedure: string;
}

/** Titles with a person's number, or the name of whoever handed it in; and those that a system really has. */
export function anyTitles({ names, numbers }: Told): fc.Arbitrary<Titles> {
  return fc.tuple(fc.constantFrom(...names), numberTitle(numbers)).chain(([applicant, number]) => {
    const title = fc.constantFrom(
      ...[`Trả cho ông ${applicant}`, applicant, `${applicant}, CCCD ${number}`, number],
      ...[HONEST_TITLE, ''],
    );
    return fc.record({ applicant: fc.constant(applicant), status: title, procedure: title });
  });
}

/** Of what is spoilt nobody can say whom it still names as its applicant. */
export function namelessTitles({ numbers }: Told): fc.Arbitrary<Titles> {
  const title = numberTitle(numbers);
  return fc.record({ applicant: fc.constant(''), status: title, procedure: title });
}

function numberTitle(numbers: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom('', 'CCCD '), fc.constantFrom(...numbers)).map((parts) => parts.join(''));
}

/** What a system that gives titles with its calls says of one of its dossiers. */
export function titledCall(told: Told): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const at = fc.integer({ min: Date.UTC(2026, 10, 1), max: Date.UTC(2026, 10, 19) });
  return fc
    .tuple(fc.constantFrom(...TOLD_DOSSIERS.call), fc.constantFrom('21', UNKNOWN.status), at, anyTitles(told))
    .map(([code, status, time, titles]) => ({
      ...{ Ma: code, TrangThai: status, CapNhat: new Date(time).toISOString(), ThuTuc: UNKNOWN.procedure },
      ...{ NguoiNop: titles.applicant, TenTrangThai: titles.status, TenThuTuc: titles.procedure },
    }));
}

/** A view as capture makes them, but for its titles. */
export function titledView(told: Told): fc.Arbitrary<DossierView> {
  return anyTitles(told).map(({ applicant, status, procedure }) => ({
    ...{ code: TOLD_DOSSIERS.record[1], applicantName: applicant, procedureCode: UNKNOWN.procedure },
    ...{ procedureTitle: procedure, status: { code: UNKNOWN.status, title: status, number: null } },
  }));
}

const SHOWN = `query ($code: ID!) {
  dossier(code: $code) { statusTitle sourceStatus { code title } procedure { code title } history { sourceStatusCode sourceStatusTitle } }
}`;

/** What whoever may see how dossiers stand is shown of those that were told of: one answer a dossier. */
export async function shownOfTold({ url, bearer }: Fortress): Promise<readonly string[]> {
  const headers = { authorization: await bearer('leader') };
  const shown: string[] = [];
  for (const code of Object.values(TOLD_DOSSIERS).flat()) {
    const { data, errors } = await askHub(url, SHOWN, { code }, headers);
    shown.push(JSON.stringify({ code, data, errors }));
  }
  return shown;
}
