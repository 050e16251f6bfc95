import { expect } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import type { HeadsExport } from '../../audit/heads.ts';
import { openWriter, type WriterOptions } from '../../audit/writer.ts';
import type { AuditHead, AuditLog } from '../../core/audit.ts';
import { openMemoryAudit } from './memory-audit.ts';
import { entriesOf, hashSubject, KEYS, NOON, record, verify } from './support.ts';

export const HOA = '001085004213';
export const REFUSED = { code: 'AUDIT_UNAVAILABLE' };
export const GONE = new Error('the connection is gone');
export const WARNED = {
  away: 'The access log cannot be written; personal data is refused until it can',
  again: 'The access log is written again',
  end: 'The chain of the access log could not be closed; the next one says where it ended',
  heads: 'The last heads of the access log could not be read, and are not exported again',
};

/** An answer that shows somebody so many times. */
export const withSubjects = (count: number) => record(Array.from({ length: count }, () => HOA));

/** How each of these ended. */
export async function outcomes(answers: readonly Promise<void>[]): Promise<readonly string[]> {
  return (await Promise.allSettled(answers)).map(({ status }) => status);
}

type Fate = (commit: () => Promise<void>) => Promise<void>;

/** A writer's surroundings, each of which can be made to fail. */
export interface WriterStage {
  readonly audit: AuditDatabase;
  readonly warnings: readonly string[];
  /** Seqs of the heads that left, in their order; how many were sent again stands as a text. */
  readonly left: readonly (number | string)[];
  /** UTC milliseconds. */
  time: number;
  /** What becomes of each commit. */
  fate: Fate;
  /** What becomes of each head before it has left. */
  leave: () => Promise<void>;
  open(change?: Partial<WriterOptions>): AuditLog;
  /** Holds commits back, until they are let go or fail. */
  hold(): { readonly reached: Promise<void>; go(): void; fail(): void };
  /** What stands in the log; a GAP stands as its count. */
  kinds(): Promise<readonly unknown[]>;
  /** @throws where the log does not verify */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export const writes: Fate = (commit) => commit();
export const fails: Fate = () => Promise.reject(GONE);

export async function openStage(): Promise<WriterStage> {
  const audit = await openMemoryAudit();
  const warnings: string[] = [];
  const left: (number | string)[] = [];
  const opened: AuditLog[] = [];
  const heads: HeadsExport = {
    async put(head: AuditHead | null) {
      await stage.leave();
      left.push(head?.seq ?? 'none');
    },
    again: (all) => void left.push(`${all.length} again`),
    state: () => 'exported',
    close: async () => {},
  };
  const stage: WriterStage = {
    ...{ audit, warnings, left, time: NOON, fate: writes, leave: async () => {} },
    open(change = {}) {
      const between: AuditDatabase = { ...audit, commit: (all) => stage.fate(() => audit.commit(all)) };
      const log = openWriter({
        ...{ audit: between, heads, keys: KEYS, hashSubject, instance: 'motcua', groupMs: 1, timeoutMs: 20_000 },
        ...{ now: () => stage.time, warn: (message) => void warnings.push(message), ...change },
      });
      opened.push(log);
      return log;
    },
    hold() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      stage.fate = async (commit) => {
        reach();
        await promise;
        await commit();
      };
      return { reached, go: resolve, fail: () => reject(GONE) };
    },
    async kinds() {
      const entries = await entriesOf(audit);
      return entries.map(({ kind, missed }) => (kind === 'GAP' ? missed : kind));
    },
    async verify() {
      expect((await verify(audit.database, { now: stage.time })).said).toEqual([]);
    },
    async close() {
      stage.fate = writes;
      stage.leave = async () => {};
      for (const log of opened) await log.close();
      await audit.close();
    },
  };
  return stage;
}
