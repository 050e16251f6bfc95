import type { DossierStep } from '../../core/dossier.ts';
import type { PortalStep } from '../../core/portal.ts';
import type { DossierFacts } from './facts.ts';
import { clip, text, time } from './payload.ts';

const MOST_OFFICER = 50;

/** All that tells one step at the portal from another: ThoiDiemXuLy|TrangThai. */
export function stepKey({ ThoiDiemXuLy, TrangThai }: Pick<PortalStep, 'ThoiDiemXuLy' | 'TrangThai'>): string {
  return `${ThoiDiemXuLy}|${TrangThai}`;
}

/**
 * The steps that can stand at the portal, in the order of time. A step without a time, or with a status that is none of
 * the ten, has no place there and is left out; two that the wire could not tell apart, such as the counter's and the
 * sector's word of the same moment, are one: the one that says more.
 */
export function portalSteps({ code, steps }: DossierFacts): readonly PortalStep[] {
  const byKey = new Map<string, PortalStep>();
  for (const step of steps) {
    const sent = portalStep(code, step);
    if (sent === null) continue;
    const key = stepKey(sent);
    const other = byKey.get(key);
    if (other === undefined || saysMore(sent, other)) byKey.set(key, sent);
  }
  return [...byKey.values()].sort((left, right) => compareSteps(left, right));
}

function portalStep(code: string, step: DossierStep): PortalStep | null {
  const number = step.status?.number ?? null;
  if (step.at === null || number === null) return null;
  return {
    MaHoSo: code,
    NguoiXuLy: clip(text(step.officer), MOST_OFFICER),
    ChucDanh: text(step.position),
    ThoiDiemXuLy: time(step.at),
    PhongBanXuLy: text(step.unit),
    NoiDungXuLy: text(step.content),
    TrangThai: String(number),
    NgayBatDau: '',
    NgayKetThucTheoQuyDinh: time(step.dueAt),
  };
}

function saysMore(one: PortalStep, other: PortalStep): boolean {
  const filled = (step: PortalStep) => Object.values(step).filter((value) => value !== '').length;
  const letters = (step: PortalStep) => Object.values(step).join('').length;
  const difference = filled(one) - filled(other) || letters(one) - letters(other);
  // Equal in both: the letters themselves decide, so that every process decides alike.
  return difference === 0 ? JSON.stringify(one) > JSON.stringify(other) : difference > 0;
}

function compareSteps(left: PortalStep, right: PortalStep): number {
  if (left.ThoiDiemXuLy !== right.ThoiDiemXuLy) return left.ThoiDiemXuLy < right.ThoiDiemXuLy ? -1 : 1;
  return Number(left.TrangThai) - Number(right.TrangThai);
}
