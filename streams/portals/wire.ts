import type { PortalDossier, PortalStep } from '../../core/portal.ts';
import type { Verdict } from './judge.ts';

/** One service of the portal, whichever protocol carries it. Names are the portal's own. */
export type WireCall =
  | {
      readonly service: 'DongBoHoSoMC';
      readonly agency: string;
      readonly update: boolean;
      readonly data: readonly PortalDossier[];
    }
  | { readonly service: 'CapNhatTienDoHoSoMC'; readonly agency: string; readonly data: readonly PortalStep[] }
  | { readonly service: 'TraCuuHoSo'; readonly agency: string; readonly code: string };

/** A protocol of the portal: how a call is written and how the hub shows who it is. */
export interface PortalWire {
  readonly protocol: 'session' | 'rest';
  /**
   * @throws NotSent when nothing was sent, BodyTooLarge, or what the HTTP client rejects with, which may have been sent
   */
  ask(call: WireCall, signal: AbortSignal): Promise<Verdict>;
}

/** The account of the hub at the portal. */
export interface PortalAccount {
  readonly username: string;
  readonly password: string;
}

/** Nothing of the call left the hub. */
export class NotSent extends Error {
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NotSent';
    this.retryAfterMs = retryAfterMs;
  }
}

export class BodyTooLarge extends Error {
  constructor() {
    super(`a call may be ${MOST_BODY_BYTES} bytes long at most`);
    this.name = 'BodyTooLarge';
  }
}

/** Largest call, in bytes. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

/** @throws BodyTooLarge */
export function bodyOf(value: unknown): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(value));
  if (bytes.length > MOST_BODY_BYTES) throw new BodyTooLarge();
  return bytes;
}

export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' };

/** "True" or "False", as the portal spells booleans. */
export function wireBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}
