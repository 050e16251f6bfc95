/** Tells whoever listens that a dossier moved, as the land office's software does: calls with a shared secret, retried. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Move } from './moves.ts';

export const securityCode = 'vbdlis-2026';

export interface Callback {
  route:
    | 'DongBoTrangThaiLuanChuyenHoSo'
    | 'DongBoTrangThaiChoBoSung'
    | 'DongBoTrangThaiDaBoSung'
    | 'DongBoTrangThaiKetThuc'
    | 'DongBoKetQuaThue';
  body: Record<string, unknown>;
}

export interface Caller {
  /** Puts a call behind those that wait; resolves whether it was accepted in the end. Never rejects. */
  call(callback: Callback): Promise<boolean>;
  /** Gives up what waits. */
  close(): void;
}

export interface CallerOptions {
  /** What routes are put behind, such as `http://127.0.0.1:4000/callbacks/land`. */
  url: string;
  securityCode?: string;
  /** Most tries for one call. */
  tries?: number;
  /** Pause before the second try; doubled each time, up to half a minute. */
  pauseMs?: number;
}

const TIMEOUT_MS = 10_000;
const MOST_PAUSE_MS = 30_000;
const MOST_WAITING = 1_000;

/**
 * One call after another, so that those of one dossier arrive in their order. What is answered `Result: 0` for good (the
 * body, the secret) is not tried again; what could not be taken now is.
 */
export function createCaller(options: CallerOptions): Caller {
  const { url, securityCode: secret = securityCode, tries = 12, pauseMs = 200 } = options;
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function deliver({ route, body }: Callback): Promise<boolean> {
    for (let tried = 1; tried <= tries && !closing.signal.aborted; tried++) {
      const outcome = await post(`${url}/${route}`, { ...body, SecurityCode: secret }, closing.signal);
      if (outcome !== 'again') return outcome === 'accepted';
      const pause = Math.min(MOST_PAUSE_MS, pauseMs * 2 ** (tried - 1));
      await delay(pause, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    return false;
  }

  return {
    call(callback) {
      if (waiting >= MOST_WAITING) return Promise.resolve(false);
      waiting += 1;
      const done = last
        .then(() => deliver(callback))
        .finally(() => {
          waiting -= 1;
        });
      last = done;
      return done;
    },
    close: () => closing.abort(),
  };
}

async function post(url: string, body: unknown, closing: AbortSignal): Promise<'accepted' | 'refused' | 'again'> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const { Result } = (await response.json()) as { Result?: number };
    if (Result === 1) return 'accepted';
    return response.status >= 500 || response.status === 429 ? 'again' : 'refused';
  } catch {
    return 'again';
  }
}

/**
 * The call that tells of a move; undefined for statuses of which the software does not tell (payment, withdrawal, stop,
 * return).
 *
 * @param supplemented the dossier waited for papers before this move
 */
export function callbackOf(move: Move, { supplemented = false } = {}): Callback | undefined {
  const { code, status, content = 'Cập nhật hồ sơ', officer = '', at } = move;
  const time = written(at);
  const own = { SoBienNhan: code };
  if (status === 30) {
    const body = { ...own, NgayChoBoSung: time, MaCanBoXuLy: officer, LaTamDung: true, GhiChu: content };
    return { route: 'DongBoTrangThaiChoBoSung', body };
  }
  if (status === 70) {
    const ended = { NgayKetThuc: time, MaCanBoXuLy: officer, TrangThaiKetThuc: 0, GhiChu: content };
    return { route: 'DongBoTrangThaiKetThuc', body: { ...own, ...ended, DanhSachGiayToKetQua: [] } };
  }
  if (status === 20 && supplemented) {
    return { route: 'DongBoTrangThaiDaBoSung', body: { ...own, NgayNhanBoSung: time, GhiChu: content } };
  }
  if (![20, 21, 22].includes(status)) return undefined;
  const moved = { MaCanBoChuyen: '', MaCanBoNhan: officer, MaTrangThai: String(status), NoiDungXuLy: content };
  return { route: 'DongBoTrangThaiLuanChuyenHoSo', body: { ...own, ...moved, NgayChuyen: time } };
}

/** '2026-10-08T01:12:44', in UTC and without saying so. */
function written(at: number): string {
  return new Date(at).toISOString().slice(0, 19);
}
