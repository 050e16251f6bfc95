import type { AuditRecord } from '../core/audit.ts';
import { HubError } from '../core/errors.ts';
import { turnsOf } from './bounded.ts';
import { type PreparedRecord, prepare } from './lines.ts';

/** A record whose answer waits until it is written. */
export interface Waiting {
  readonly prepared: PreparedRecord;
  readonly personal: boolean;
  /** Milliseconds of the process's clock. */
  readonly since: number;
  /** The turn with which its wait is over. */
  readonly lastTurn: number;
  /** Lets the answer go, or refuses it where it may not leave unlogged. The first call alone counts. */
  settle(isWritten: boolean): void;
}

export interface WaitingRecords {
  /** @throws HubError AUDIT_UNAVAILABLE through the promise */
  add(record: AuditRecord): Promise<void>;
  /** As many as one group holds. */
  take(): readonly Waiting[];
  isEmpty(): boolean;
  /** How long the first of them has waited, in milliseconds; 0 where there is none. */
  ageMs(): number;
  isFull(): boolean;
  /** Ends a turn, of those that waits are counted in. @returns how many there were */
  turn(): number;
  /** Gives up those that have waited too long. @returns how many of them had nothing personal */
  expire(): number;
  /** Gives up all. @returns how many of them had nothing personal */
  abandon(): number;
}

const MOST_ENTRIES = 20_000;
const GROUP_ENTRIES = 500;
const GROUP_CHARACTERS = 512 * 1024;

export function createWaitingRecords(options: {
  readonly timeoutMs: number;
  readonly hashSubject: (number: string) => string;
}): WaitingRecords {
  const { hashSubject } = options;
  const { most, begin } = turnsOf(options.timeoutMs);
  const counts = begin();
  let queue: Waiting[] = [];
  let entries = 0;
  let turn = 0;

  function removeFirst(count: number): readonly Waiting[] {
    const removed = queue.slice(0, count);
    queue = queue.slice(count);
    for (const { prepared } of removed) entries -= prepared.tails.length;
    return removed;
  }

  function giveUp(count: number): number {
    const removed = removeFirst(count);
    for (const one of removed) one.settle(false);
    return removed.filter(({ personal }) => !personal).length;
  }

  return {
    add(record) {
      const prepared = prepare(record, hashSubject);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const { personal } = record;
      entries += prepared.tails.length;
      queue.push({
        prepared,
        personal,
        since: performance.now(),
        lastTurn: turn + most,
        settle(isWritten) {
          if (isWritten || !personal) resolve();
          else reject(auditUnavailable());
        },
      });
      return promise;
    },
    take() {
      let count = 0;
      let taken = 0;
      let size = 0;
      for (const { prepared } of queue) {
        taken += prepared.tails.length;
        size += prepared.size;
        // An operation stays with its subjects, however many they are.
        if (count > 0 && (taken > GROUP_ENTRIES || size > GROUP_CHARACTERS)) break;
        count += 1;
      }
      return removeFirst(count);
    },
    isEmpty: () => queue.length === 0,
    ageMs() {
      const [first] = queue;
      return first === undefined ? 0 : performance.now() - first.since;
    },
    isFull: () => entries >= MOST_ENTRIES,
    turn() {
      turn += counts();
      return turn;
    },
    expire() {
      const left = queue.findIndex(({ lastTurn }) => lastTurn > turn);
      return giveUp(left === -1 ? queue.length : left);
    },
    abandon: () => giveUp(queue.length),
  };
}

export function auditUnavailable(): HubError {
  return new HubError(
    'AUDIT_UNAVAILABLE',
    'The access log cannot be written at the moment, and nothing personal leaves unlogged.',
  );
}
