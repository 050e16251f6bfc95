import { setTimeout as delay } from 'node:timers/promises';
import type { AuditHead, AuditLog } from '../core/audit.ts';
import { bounded } from './bounded.ts';
import { type ChainOptions, createChain } from './chain.ts';
import type { HeadsExport } from './heads.ts';
import { lastHeadsOf } from './last-heads.ts';
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
/** Of the time that an answer may wait for the log: what the export of its head may take of it at most. */
const EXPORT_SHARE = 0.25;

/**
 * Writes records in groups: while one group is on its way, the next one gathers. A group costs a transaction, a signature
 * and an export however few records it holds, so where several come at once each waits a little for the others. A group that
 * failed is never written again, since nobody knows whether it arrived; its chain is read before anything else is written to
 * it.
 */
export function openWriter(options: WriterOptions): AuditLog {
  const { audit, heads, instance, groupMs, timeoutMs, warn } = options;
  const chain = createChain(options);
  const waiting = createWaitingRecords(options);
  let isWriting = true;
  /** Operations without personal data that were answered unlogged. */
  let missed = 0;
  let running: Promise<void> | undefined;
  /** Groups whose answers wait, and whether they are on the disk: then it is their heads that are waited for. */
  const inFlight = new Map<readonly Waiting[], boolean>();
  let lastSize = 0;
  /** Of the last group. */
  let exporting: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const closed = new AbortController();

  function release(group: readonly Waiting[], isWritten: boolean): void {
    for (const one of group) one.settle(isWritten);
    inFlight.delete(group);
  }

  const sweep = setInterval(() => {
    waiting.turn();
    missed += waiting.expire();
    for (const [group, isWritten] of inFlight) for (const one of group) if (one.isOver()) one.settle(isWritten);
  }, waiting.everyMs);
  sweep.unref();

  async function writeGroup(): Promise<void> {
    if (chain.isOver()) {
      const head = await chain.end();
      if (head !== null) await exportHead(head);
    }
    const group = waiting.take();
    inFlight.set(group, false);
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
      inFlight.set(group, true);
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

  /** Whatever becomes of it: an export holds nobody up for long. */
  async function exportHead(head: AuditHead): Promise<void> {
    await bounded(() => heads.put(head), timeoutMs * EXPORT_SHARE).catch(() => {});
  }

  /** The process before, or a command, may have ended with heads that waited. */
  async function exportLastHeads(): Promise<void> {
    if (heads.state() === 'none') return;
    try {
      heads.again(await bounded(() => lastHeadsOf(audit.database, instance), timeoutMs));
    } catch {
      warn('The last heads of the access log could not be read, and are not exported again');
    }
  }

  /** What has waited for the group before has waited for others as well. */
  async function gather(): Promise<void> {
    const longest = lastSize > 1 ? groupMs : Math.min(groupMs, ALONE_MS);
    const left = longest - waiting.ageMs();
    if (left > 0) await delay(left, undefined, { signal: closed.signal }).catch(() => {});
  }

  async function run(): Promise<void> {
    await exportedAgain;
    let pauseMs = FIRST_PAUSE_MS;
    while (!(waiting.isEmpty() && isWriting)) {
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
      // Once it ends, only a group that failed leaves something behind: then the end tells of it, and nothing is tried beside it.
      if (!closed.signal.aborted && !waiting.isEmpty()) wake();
    });
  }

  /** Tells what was missed, and closes the chain. */
  async function writeEnd(): Promise<void> {
    if (!isWriting) await recover();
    if (missed > 0) await exportHead(await chain.write({ records: [], plain: 0, missed }));
    const head = await chain.end();
    if (head !== null) await exportHead(head);
  }

  async function closeAll(): Promise<void> {
    closed.abort();
    await exportedAgain;
    const finished = bounded(async () => running, timeoutMs);
    await finished.catch(() => {});
    await exporting;
    missed += waiting.abandon();
    try {
      // While a group is still on its way, nobody knows where the chain ends.
      await finished;
      await bounded(writeEnd, timeoutMs);
    } catch {
      warn('The chain of the access log could not be closed; the next one says where it ended');
    }
    clearInterval(sweep);
  }

  const exportedAgain = exportLastHeads();
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
