import type { Warn } from './key-set.ts';

/** Why somebody is not recognised. For the operator alone: whoever came is told that the token is not good, and no more. */
export type DoubtReason =
  /** No `Authorization`, another scheme, or nothing that could be a token. */
  | 'FORM'
  | 'HEADER'
  | 'KEY_UNKNOWN'
  | 'SIGNATURE'
  | 'EXPIRED'
  /** Some claim of RFC 9068, `iss` and `aud` among them. */
  | 'CLAIMS'
  | 'LIFE'
  | 'CLIENT'
  | 'ROLE'
  | 'UNIT'
  | 'NUMBER'
  | 'DELEGATION'
  | 'CERTIFICATE';

/** It is not certain who asks. */
export class Doubt extends Error {
  readonly reason: DoubtReason;

  constructor(reason: DoubtReason) {
    super(`The token is not good: ${reason}`);
    this.name = 'Doubt';
    this.reason = reason;
  }
}

/** Counts doubts by their reasons and tells of them now and then, however many strangers knock. */
export interface DoubtTally {
  note(reason: DoubtReason): void;
  /** Tells of what was counted last. */
  close(): void;
}

const TELL_EVERY_MS = 10_000;

export function createDoubtTally(warn: Warn): DoubtTally {
  const counts = new Map<DoubtReason, number>();
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    clearTimeout(timer);
    timer = undefined;
    if (counts.size === 0) return;
    warn('Requests came without a good token', { reasons: Object.fromEntries(counts) });
    counts.clear();
  }

  return {
    note(reason) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      timer ??= setTimeout(tell, TELL_EVERY_MS).unref();
    },
    close: tell,
  };
}
