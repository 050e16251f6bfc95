import { setTimeout as delay } from 'node:timers/promises';
import type { AuditHead, AuditLog } from '../core/audit.ts';
import { bounded, turnsOf } from './bounded.ts';
import { type ChainOptions, createChain } from './chain.ts';
import type { HeadsExport } from './heads.ts';
import { auditUnavailable, createWaitingRecords, type Waiting } from './waiting.ts';

export interface WriterOptions extends ChainOptions {
  readonly heads: HeadsExport;
  /** Longest a record waits for others, in milliseconds; it waits for hardly any where it was alone before. */
  readonly groupMs: number;
  readonly hashSubject: (number: string) => string;
}

/** Of a record where the last one had no company. */
const ALONE_MS = 1;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Writes records in groups: while one group is on its way, the next one gathers. A group costs a transaction, a signature
 * and an export however few records it holds, so where several come at once each waits a little for the others. A group that
 * failed is never written again, since nobody knows whether it arrived; its chain is read before anything else is written to
 * it.
 */
export function openWriter(options: WriterOptions): AuditLog {
  const { heads, groupMs, timeoutMs, warn } = options;
  const chain = createChain(options);
  const waiting = createWaitingRecords(options);
  let isWriting = true;
  /** Operations without personal data that were answered unlogged. */
  let missed = 0;
  let running: Promise<void> | undefined;
  const inFlight = new Set<readonly Waiting[]>();
  let lastSize = 0;
  /** Of the last group. */
  let exporting: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  let isClosed = false;
  const closed = new AbortController();

  function release(group: readonly Waiting[], isWritten: boolean): void {
    for (const one of group) one.settle(isWritten);
    inFlight.delete(group);
  }

  const sweep = setInterval(() => {
    const turn = waiting.turn();
    missed += waiting.expire();
    for (const group of inFlight) for (const one of group) if (one.lastTurn <= turn) one.settle(false);
  }, turnsOf(timeoutMs).everyMs);
  sweep.unref();

  async function writeGroup(): Promise<void> {
    if (chain.isOver()) {
      const head = await chain.end();
      if (head !== null) await exportHead(head);
    }
    const group = waiting.take();
    inFlight.add(group);
    lastSize = group.length;
    const plain = group.filter(({ personal }) => !personal).length;
    const told = missed;
    try {
      const head = await chain.write({
        records: group.map(({ prepared }) => prepared),
        plain,
        // After a failure even where nothing was missed: writing it is what shows that the log takes entries again.
        missed: missed > 0 || !isWriting ? missed : null,
      });
      missed -= told;
      // The next group is on its way meanwhile; this one's answers wait until its head is out.
      exporting = exportHead(head).then(() => release(group, true));
    } catch (error) {
      missed += plain;
      release(group, false);
      throw error;
    }
  }

  async function recover(): Promise<void> {
    const found = await chain.recover();
    if (found === null) return;
    missed = Math.max(0, missed - found.logged);
    await exportHead(found.head);
  }

  /** An export that hangs is behind, and holds nobody up. */
  async function exportHead(head: AuditHead): Promise<void> {
    await bounded(() => heads.put(head), timeoutMs).catch(() => {});
  }

  /** What has waited for the group before has waited for others as well. */
  async function gather(): Promise<void> {
    const longest = lastSize > 1 ? groupMs : Math.min(groupMs, ALONE_MS);
    const left = longest - waiting.ageMs();
    if (left > 0) await delay(left, undefined, { signal: closed.signal }).catch(() => {});
  }

  async function run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!isClosed && !(waiting.isEmpty() && isWriting)) {
      try {
        await gather();
        if (!isWriting) await recover();
        await writeGroup();
        if (!isWriting) warn('The access log is written again');
        isWriting = true;
        pauseMs = FIRST_PAUSE_MS;
      } catch {
        if (isWriting) warn('The access log cannot be written; personal data is refused until it can');
        isWriting = false;
        if (closed.signal.aborted) return;
        await delay(pauseMs, undefined, { signal: closed.signal }).catch(() => {});
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  function wake(): void {
    running ??= run().finally(() => {
      running = undefined;
      if (!isClosed && !waiting.isEmpty()) wake();
    });
  }

  async function closeAll(): Promise<void> {
    closed.abort();
    await bounded(async () => running, timeoutMs).catch(() => {});
    await exporting;
    isClosed = true;
    missed += waiting.abandon();
    clearInterval(sweep);
    try {
      if (isWriting) {
        const head = await chain.end();
        if (head !== null) await exportHead(head);
      }
    } catch {
      warn('The chain of the access log could not be closed; the next one says where it ended');
    }
  }

  return {
    async write(record) {
      if (closing !== undefined || waiting.isFull() || (!isWriting && !record.personal)) {
        if (record.personal) throw auditUnavailable();
        missed += 1;
        return;
      }
      const written = waiting.add(record);
      wake();
      await written;
    },
    state: () => (isWriting ? 'writing' : 'unwritable'),
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
