import { type Portal, type PortalReply, PortalUnanswered } from '../../core/portal.ts';
import type { RunningPortal } from '../../stand-ins/portal/index.ts';
import type { PortalSettings } from '../../streams/portals/open-portal.ts';
import { dossierOf } from './portal-payloads.ts';
import type { ScriptedPortal } from './scripted-portal.ts';

/** What an adapter brings to be judged: how it is opened, and the portal it talks to. */
export interface PortalSubject {
  readonly standIn: RunningPortal;
  /** Opens the adapter against the stand-in, unless `changes` say otherwise. */
  readonly open: (changes?: Partial<PortalSettings>) => Portal;
  /** Where the stand-in counts, and fails, the three services. */
  readonly paths: { readonly dossiers: string; readonly progress: string; readonly lookUp: string };
  readonly close: () => Promise<void>;
}

/** A subject with what every clause needs. */
export interface Stage extends PortalSubject {
  readonly portal: Portal;
  readonly scripted: ScriptedPortal;
  /** A code nobody has used. */
  newCode(): string;
}

export const AGENCY = '000.00.12.H41';
/** Longest call of the adapters under test, in milliseconds. */
export const TIMEOUT_MS = 600;
export const patient = { signal: new AbortController().signal };

/** Status, body, and the outcome it is: none of these is success. */
export const NO_SUCCESS: readonly (readonly [number, string, PortalReply['outcome']])[] = [
  [200, '{"error_code":"37","message":"Đồng bộ thành công"}', 'refused'],
  [200, '{"error_code":31,"message":"Hồ sơ đã tồn tại"}', 'refused'],
  [400, '{"error_code":"21","message":"Thiếu trường"}', 'refused'],
  [200, '{"message":"Thành công","success":true}', 'unknown'],
  [200, '{"error_code":"0"}', 'unknown'],
  [200, '{"error_code":"000"}', 'unknown'],
  [200, '{"error_code":""}', 'unknown'],
  [200, '{"error_code":null}', 'unknown'],
  [200, '{"error_code":false}', 'unknown'],
  [200, '{"error_code":"Thành công"}', 'unknown'],
  [200, '{"error_code":"99","message":"Lỗi hệ thống"}', 'unknown'],
  [200, '{"error_code":-1}', 'unknown'],
  [200, '[{"error_code":"00"}]', 'unknown'],
  [200, '"00"', 'unknown'],
  [200, '{"error_code":"00"', 'unknown'],
  [200, '<html>error_code: 00, thành công</html>', 'unknown'],
  [302, '{"error_code":"00"}', 'unknown'],
  [404, '{"error_code":"00"}', 'unknown'],
  [404, 'Not found', 'unknown'],
  [500, '{"error_code":"00"}', 'unknown'],
  [500, '{"error_code":"31"}', 'unknown'],
  [502, '{"error_code":"01"}', 'unknown'],
  [429, '{"error_code":"00"}', 'unsent'],
  [403, '{"error_code":"00"}', 'unsent'],
  [200, '{"error_code":"01","message":"Phiên làm việc đã hết hạn"}', 'unsent'],
];

export function create(portal: Portal, code: string): Promise<PortalReply> {
  return portal.sendDossiers({ agency: AGENCY, update: false, dossiers: [dossierOf(code)] }, patient);
}

export function stored(standIn: RunningPortal, code: string) {
  return standIn.dossiers().find((dossier) => dossier.code === code);
}

export async function unanswered(portal: Portal, code: string): Promise<PortalUnanswered> {
  const failure: unknown = await portal.lookUp({ agency: AGENCY, code }, patient).catch((error: unknown) => error);
  if (!(failure instanceof PortalUnanswered)) throw new Error('PortalUnanswered was expected', { cause: failure });
  return failure;
}

export function saidBy(reply: PortalReply): string {
  if (reply.outcome === 'accepted') return '';
  return reply.outcome === 'refused' ? reply.message : reply.reason;
}
