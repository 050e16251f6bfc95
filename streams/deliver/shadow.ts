import { createHmac, randomBytes } from 'node:crypto';
import type { PortalDossier, PortalRecord, PortalStep } from '../../core/portal.ts';
import type { Knex } from '../../drivers/database.ts';
import { canonical, differingFields, digestsOf } from './digest.ts';
import { stepKey } from './steps.ts';

/** One place in which the hub and the portal differ. Null: that side has nothing there. */
export interface Difference {
  /** Field of the dossier, or `step ThoiDiemXuLy|TrangThai`. */
  readonly place: string;
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** Fields whose values are nobody's: shown as they are. */
const PLAIN: ReadonlySet<string> = new Set<keyof PortalDossier>([
  ...(['MaHoSo', 'MaTTHC', 'TenTTHC', 'MaLinhVuc', 'TenLinhVuc', 'KenhThucHien', 'LoaiDoiTuong'] as const),
  ...(['NgayNopHoSo', 'NgayTiepNhan', 'NgayHenTra', 'TrangThaiHoSo', 'NgayKetThucXuLy', 'NgayTra'] as const),
  ...(['HinhThuc', 'DonViXuLy', 'NgayTuChoi'] as const),
]);
const MOST_VALUE = 255;
const MOST_PLACE = 64;
/** Known to this process alone: a digest of a phone number under a key that is known could be turned back by trying. */
const KEY = randomBytes(32);

/** Where a record differs from what would be sent. @param record null: the portal has nothing */
export function differencesOf(
  wanted: { readonly dossier: PortalDossier; readonly steps: readonly PortalStep[] },
  record: PortalRecord | null,
): readonly Difference[] {
  const { dossier, steps } = wanted;
  if (record === null) return [{ place: 'MaHoSo', ours: dossier.MaHoSo, theirs: null }];
  const fields = differingFields(digestsOf(record.dossier), digestsOf(dossier)).map((field): Difference => {
    const shown = (side: Partial<PortalDossier>) => shownValue(field, side[field as keyof PortalDossier]);
    return { place: field, ours: shown(dossier), theirs: shown(record.dossier) };
  });
  const ours = new Set(steps.map(stepKey));
  const theirs = new Set(record.steps.map(stepKey));
  const onlyOurs = [...ours.difference(theirs)].map((key) => ({ place: `step ${key}`, ours: key, theirs: null }));
  const onlyTheirs = [...theirs.difference(ours)].map((key) => ({ place: `step ${key}`, ours: null, theirs: key }));
  return [...fields, ...onlyOurs, ...onlyTheirs];
}

/** Writes what a comparison found in the place of what the last one did. */
export async function compareInShadow(
  transaction: Knex.Transaction,
  found: {
    readonly wanted: { readonly code: string; readonly dossier: PortalDossier; readonly steps: readonly PortalStep[] };
    readonly record: PortalRecord | null;
    readonly now: number;
  },
): Promise<void> {
  const { code } = found.wanted;
  await transaction('shadow_difference').where({ code }).delete();
  const rows = differencesOf(found.wanted, found.record).map(({ place, ours, theirs }) => ({
    ...{ code, place: place.slice(0, MOST_PLACE), ours, theirs, seen_at: found.now },
  }));
  if (rows.length > 0) await transaction('shadow_difference').insert(rows).onConflict(['code', 'place']).merge();
}

function shownValue(field: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (PLAIN.has(field)) return String(value).slice(0, MOST_VALUE);
  return `#${createHmac('sha256', KEY).update(canonical(value)).digest('base64url').slice(0, 12)}`;
}
