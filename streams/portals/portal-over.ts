import { HubError } from '../../core/errors.ts';
import { type Portal, type PortalReply, PortalUnanswered, PROGRESS_CHUNK } from '../../core/portal.ts';
import { neverConnected } from '../../drivers/http.ts';
import type { Verdict } from './judge.ts';
import { readRecord } from './record.ts';
import { sayable } from './sayable.ts';
import { BodyTooLarge, NotSent, type PortalWire, type WireCall } from './wire.ts';

export interface PortalOverOptions {
  /** Longest call, sign-in included, in milliseconds. */
  readonly timeoutMs: number;
  readonly close: () => Promise<void>;
}

/** Most dossiers in one call. */
const MOST_DOSSIERS = 50;
/** Well formed, and nobody's: asks the portal for nothing but whether it knows us. */
const NOBODYS = { agency: '000.00.00.H00', code: '000.00.00.H00-000101-0000' };
const RECEIPT = /^[\w.-]{1,64}$/;

type Outcome = Exclude<Verdict, { kind: 'signed-out' }>;

/** A portal behind either protocol: what every answer means is decided here, once. */
export function portalOver(wire: PortalWire, { timeoutMs, close }: PortalOverOptions): Portal {
  let closed = false;

  /** Rejects only for what is a fault of the hub's own code. */
  async function exchange(call: WireCall, signal: AbortSignal): Promise<Outcome> {
    if (closed || signal.aborted) return unsent('the call ended before it began');
    const deadline = openDeadline(signal, timeoutMs);
    try {
      const verdict = await wire.ask(call, deadline.signal);
      return verdict.kind === 'signed-out' ? unsent('the portal does not know the hub’s account') : verdict;
    } catch (error) {
      if (error instanceof NotSent) return unsent(error.message, error.retryAfterMs);
      if (error instanceof BodyTooLarge) return { kind: 'refused', code: 'TOO_LARGE', message: error.message };
      if (neverConnected(error)) return unsent('the portal could not be reached');
      return { kind: 'unknown', reason: reasonOf(error, deadline), retryAfterMs: null };
    } finally {
      deadline.clear();
    }
  }

  function reasonOf(error: unknown, { signal, expired }: Deadline): string {
    if (expired()) return `the portal did not answer within ${timeoutMs} ms`;
    if (signal.aborted) return 'the call was broken off';
    if (!(error instanceof HubError)) throw error;
    return error.code === 'SOURCE_UNAVAILABLE' ? 'the connection to the portal broke' : error.message;
  }

  async function send(
    call: WireCall & { readonly data: readonly unknown[] },
    signal: AbortSignal,
  ): Promise<PortalReply> {
    const verdict = await exchange(call, signal);
    switch (verdict.kind) {
      case 'done':
        return { outcome: 'accepted', receipt: receiptIn(verdict.body) };
      case 'refused':
        return { outcome: 'refused', code: verdict.code, message: sayable(verdict.message, call) };
      default:
        return { outcome: verdict.kind, reason: verdict.reason, retryAfterMs: verdict.retryAfterMs };
    }
  }

  return {
    protocol: wire.protocol,
    async sendDossiers({ agency, update, dossiers }, { signal }) {
      demandCount(dossiers.length, MOST_DOSSIERS, 'dossiers');
      return send({ service: 'DongBoHoSoMC', agency, update, data: dossiers }, signal);
    },
    async sendProgress({ agency, steps }, { signal }) {
      demandCount(steps.length, PROGRESS_CHUNK, 'steps');
      return send({ service: 'CapNhatTienDoHoSoMC', agency, data: steps }, signal);
    },
    async lookUp({ agency, code }, { signal }) {
      const verdict = await exchange({ service: 'TraCuuHoSo', agency, code }, signal);
      if (verdict.kind === 'done') return readRecord(verdict.body, code);
      throw unanswered(verdict);
    },
    async check({ signal }) {
      const verdict = await exchange({ service: 'TraCuuHoSo', ...NOBODYS }, signal);
      // A refusal of the question is an answer to us all the same.
      if (verdict.kind !== 'done' && verdict.kind !== 'refused') throw unanswered(verdict);
    },
    close() {
      closed = true;
      return close();
    },
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it was time that ended the call, and not its caller. */
  expired(): boolean;
  clear(): void;
}

/** Not AbortSignal.any: a caller's signal may live as long as the hub, and would gather what every call hung on it. */
function openDeadline(caller: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  let expired = false;
  const leave = () => controller.abort(caller.reason);
  const timer = setTimeout(() => {
    expired = !controller.signal.aborted;
    controller.abort(new DOMException('The deadline has passed', 'TimeoutError'));
  }, timeoutMs);
  caller.addEventListener('abort', leave, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    clear() {
      clearTimeout(timer);
      caller.removeEventListener('abort', leave);
    },
  };
}

function unsent(reason: string, retryAfterMs: number | null = null): Outcome {
  return { kind: 'unsent', reason, retryAfterMs };
}

function unanswered(outcome: Exclude<Outcome, { kind: 'done' }>): PortalUnanswered {
  if (outcome.kind === 'refused') {
    return new PortalUnanswered(`the portal refused the question (code ${outcome.code})`, null, { answered: true });
  }
  return new PortalUnanswered(outcome.reason, outcome.retryAfterMs);
}

function receiptIn({ maGiaoDich }: Readonly<Record<string, unknown>>): string | null {
  const receipt = typeof maGiaoDich === 'number' ? String(maGiaoDich) : maGiaoDich;
  return typeof receipt === 'string' && RECEIPT.test(receipt) ? receipt : null;
}

function demandCount(count: number, most: number, what: string): void {
  if (count < 1 || count > most) throw new RangeError(`one call takes 1 to ${most} ${what}, came ${count}`);
}
