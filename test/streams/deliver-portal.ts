import {
  type Portal,
  type PortalDossier,
  type PortalRecord,
  type PortalReply,
  type PortalStep,
  PortalUnanswered,
} from '../../core/portal.ts';

export interface PortalCallSeen {
  readonly kind: 'create' | 'update' | 'progress' | 'lookUp';
  readonly code: string;
  readonly agency: string;
  readonly steps: readonly PortalStep[];
  readonly at: number;
  /** When whoever called stopped waiting for it, whether or not it was answered: from then on it no longer arrives. */
  givenUpAt?: number;
}

/**
 * A portal over its port, as strict and as forgetful as the real one: it refuses a second creation, an update and
 * progress of what it does not have, and stores a step twice when it comes twice. Every fault is a function of a test.
 */
export interface StrictPortal extends Portal {
  readonly calls: PortalCallSeen[];
  readonly dossiers: Map<string, PortalDossier>;
  readonly steps: PortalStep[];
  /** Answers instead of taking the call. */
  before: ((call: PortalCallSeen) => PortalReply | Promise<PortalReply | null> | null) | null;
  /** Answers after the call was taken. */
  after: ((call: PortalCallSeen) => PortalReply | Promise<PortalReply | null> | null) | null;
  /** Steps stored more than once. */
  doubled(): number;
}

export const SWALLOWED: PortalReply = { outcome: 'unknown', reason: 'no answer in time', retryAfterMs: null };
const ACCEPTED: PortalReply = { outcome: 'accepted', receipt: 'R-1' };

export function strictPortal(): StrictPortal {
  const calls: PortalCallSeen[] = [];
  const dossiers = new Map<string, PortalDossier>();
  const steps: PortalStep[] = [];
  const handle = async (call: PortalCallSeen, take: () => PortalReply): Promise<PortalReply> => {
    calls.push(call);
    const early = (await portal.before?.(call)) ?? null;
    if (early !== null) return early;
    const reply = take();
    return (await portal.after?.(call)) ?? reply;
  };
  const refused = (code: string, message: string): PortalReply => ({ outcome: 'refused', code, message });
  const portal: StrictPortal = {
    protocol: 'session',
    calls,
    dossiers,
    steps,
    before: null,
    after: null,
    sendDossiers: ({ agency, update, dossiers: [dossier] }) => {
      if (dossier === undefined) throw new Error('Expected a dossier');
      const code = dossier.MaHoSo;
      const kind = update ? 'update' : 'create';
      return handle({ kind, code, agency, steps: [], at: performance.now() }, () => {
        if (dossiers.has(code) !== update) return refused('31', update ? 'chưa có hồ sơ' : 'đã tồn tại');
        dossiers.set(code, dossier);
        return ACCEPTED;
      });
    },
    sendProgress: ({ agency, steps: sent }, { signal }) => {
      const code = sent[0]?.MaHoSo ?? '';
      const call: PortalCallSeen = { kind: 'progress', code, agency, steps: sent, at: performance.now() };
      signal.addEventListener('abort', () => {
        call.givenUpAt = performance.now();
      });
      return handle(call, () => {
        if (!dossiers.has(code)) return refused('32', 'chưa có hồ sơ');
        steps.push(...sent);
        return ACCEPTED;
      });
    },
    lookUp: async ({ agency, code }) => {
      const call: PortalCallSeen = { kind: 'lookUp', code, agency, steps: [], at: performance.now() };
      calls.push(call);
      const early = (await portal.before?.(call)) ?? null;
      if (early?.outcome === 'refused') throw new PortalUnanswered(early.message, null, { answered: true });
      if (early !== null && early.outcome !== 'accepted') {
        throw new PortalUnanswered(early.reason, early.retryAfterMs);
      }
      const dossier = dossiers.get(code);
      const record: PortalRecord | null =
        dossier === undefined ? null : { dossier, steps: steps.filter(({ MaHoSo }) => MaHoSo === code) };
      return structuredClone(record);
    },
    check: async () => {},
    close: async () => {},
    doubled: () => {
      const keys = steps.map(({ MaHoSo, ThoiDiemXuLy, TrangThai }) => `${MaHoSo} ${ThoiDiemXuLy} ${TrangThai}`);
      return keys.length - new Set(keys).size;
    },
  };
  return portal;
}
