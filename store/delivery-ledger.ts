import type { Database, DatabaseRow } from '../drivers/database.ts';
import type { DeliveryBatch } from './delivery-batch.ts';
import type { ClaimedWork } from './delivery-queue.ts';
import { places, type TableShape } from './many-rows.ts';
import { createRounds } from './rounds.ts';

/**
 * What was sent to the portal and what it is known to have. Every try is written before it is sent, so that after any
 * crash the ledger names what may have been taken; nothing is counted as taken but what the portal acknowledged or
 * showed. What is to be written is made here; the queue writes it under the claim, several things in one transaction.
 */
export interface DeliveryLedger {
  knownOf(code: string): Promise<PortalKnowledge>;
  /** That a call is about to be sent. */
  submitted(call: PortalCallEntry): ClaimedWork;
  /** What came of a call. Accepted content becomes what the portal is known to have. */
  settled(call: PortalCallEntry, answer: CallAnswer): ClaimedWork;
  /** What a lookup showed; calls without an answer are settled by it. */
  learnt(shown: ShownRecord): ClaimedWork;
  /** That a lookup showed nothing: the copy is forgotten. */
  forgotten(): ClaimedWork;
  /** Whether a content was ever sent by us under this code: an answer that never came may have been a yes. */
  wasSent(code: string, hash: string): Promise<boolean>;
}

export interface PortalKnowledge {
  readonly copy: { readonly hash: string; readonly digests: Readonly<Record<string, string>> } | null;
  /** Keys of the steps the portal has. */
  readonly taken: ReadonlySet<string>;
  /** Keys of steps of which nobody knows whether it has them. */
  readonly uncertain: ReadonlySet<string>;
  /** Calls of which nobody knows whether they were taken. */
  readonly open: readonly OpenCall[];
}

export interface OpenCall {
  readonly kind: PortalCallKind;
  readonly hash: string;
  /** Null for progress. */
  readonly digests: Readonly<Record<string, string>> | null;
  /** By the clock that all hubs share: another than the one that sent it may have to wait for its end. */
  readonly submittedAt: number;
}

export type PortalCallKind = 'create' | 'update' | 'progress';

export interface PortalCallEntry {
  /** `{code}:{revision}`, and `#{chunk}` for progress: the same for every try. */
  readonly key: string;
  readonly code: string;
  readonly kind: PortalCallKind;
  readonly revision: number;
  readonly hash: string;
  /** Null for progress. */
  readonly digests: Readonly<Record<string, string>> | null;
  /** Empty for a dossier. */
  readonly steps: readonly StepEntry[];
}

export interface StepEntry {
  readonly key: string;
  readonly hash: string;
}

export type CallAnswer =
  | { readonly state: 'accepted'; readonly receipt: string | null }
  | { readonly state: 'refused' | 'unsent' | 'unknown'; readonly reason: string };

export interface ShownRecord {
  readonly hash: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly steps: readonly StepEntry[];
  /** Digest of the open call whose content it is; other open ones were not taken, or are no longer there. */
  readonly acceptedHash: string | null;
}

const OPEN = ['submitted', 'unknown'];
const MOST_RECEIPT = 255;
const MOST_REASON = 500;
/** Dossiers whose knowledge is read together. */
const MOST_READ = 200;

const CALL_COLUMNS = [
  ...['call_key', 'code', 'kind', 'revision', 'payload_hash', 'digests', 'state', 'tries', 'fence', 'submitted_at'],
  ...['answered_at', 'receipt', 'reason'],
];
/** A call under a key that was used before is another try of it. */
const SUBMITTED_CALL: TableShape = {
  table: 'portal_call',
  columns: CALL_COLUMNS,
  key: ['call_key'],
  update: {
    ...{ kind: 'new(kind)', payload_hash: 'new(payload_hash)', digests: 'new(digests)', state: 'new(state)' },
    ...{ tries: 'portal_call.tries + 1', fence: 'new(fence)', submitted_at: 'new(submitted_at)' },
    ...{ answered_at: 'null', receipt: 'null', reason: 'null' },
  },
};
const SETTLED_CALL: TableShape = {
  table: 'portal_call',
  columns: CALL_COLUMNS,
  key: ['call_key'],
  update: {
    ...{ state: 'new(state)', answered_at: 'new(answered_at)', receipt: 'new(receipt)', reason: 'new(reason)' },
    digests: 'new(digests)',
  },
};
const COPY: TableShape = {
  table: 'portal_copy',
  columns: ['code', 'dossier_hash', 'digests', 'revision', 'known_at', 'checked_at'],
  key: ['code'],
};
const STEP: TableShape = {
  table: 'portal_step',
  columns: ['code', 'step_key', 'step_hash', 'state'],
  key: ['code', 'step_key'],
};

export function createDeliveryLedger(database: Database, { now }: { readonly now: () => number }): DeliveryLedger {
  const known = createRounds<string, PortalKnowledge>({
    run: (codes) => readKnowledge(database, codes),
    most: MOST_READ,
    restMs: 0,
  });
  return {
    knownOf: known,
    submitted: (call) => (batch, claim) => {
      const { key, code, kind, revision, hash, digests, steps } = call;
      const answer = [null, null, null];
      batch.put(SUBMITTED_CALL, [
        ...[key, code, kind, revision, hash, digests && JSON.stringify(digests), 'submitted', 1, claim.fence],
        ...[batch.clock, ...answer],
      ]);
      putSteps(batch, code, { steps, state: 'submitted' });
    },
    settled: (call, answer) => async (batch, claim) => {
      const { key, code, kind, revision, hash, digests, steps } = call;
      const accepted = answer.state === 'accepted';
      const kept = answer.state === 'unknown' && digests !== null ? JSON.stringify(digests) : null;
      batch.put(SETTLED_CALL, [
        ...[key, code, kind, revision, hash, kept, answer.state, 1, claim.fence, batch.clock, now()],
        accepted ? (answer.receipt?.slice(0, MOST_RECEIPT) ?? null) : null,
        accepted ? null : answer.reason.slice(0, MOST_REASON),
      ]);
      if (answer.state === 'unknown') return;
      if (accepted && digests === null) putSteps(batch, code, { steps, state: 'taken' });
      else if (accepted && digests !== null) putCopy(batch, { code, hash, digests, revision, at: now() });
      else if (steps.length > 0) {
        const transaction = await batch.statements();
        const keys = steps.map((step) => step.key);
        await transaction('portal_step').where({ code, state: 'submitted' }).whereIn('step_key', keys).delete();
      }
    },
    learnt:
      (shown) =>
      async (batch, { code }) => {
        const transaction = await batch.statements();
        const keys = new Set(shown.steps.map(({ key }) => key));
        const uncertain: string[] = await transaction('portal_step')
          .where({ code, state: 'submitted' })
          .pluck('step_key');
        await transaction('portal_step').where({ code }).delete();
        const settle = (state: CallAnswer['state']) => ({ state, answered_at: now(), digests: null });
        const open = () => transaction('portal_call').where({ code }).whereIn('state', OPEN);
        if (shown.acceptedHash !== null) {
          await open().andWhere({ payload_hash: shown.acceptedHash }).update(settle('accepted'));
        }
        if (uncertain.every((key) => keys.has(key)))
          await open().andWhere({ kind: 'progress' }).update(settle('accepted'));
        await open().update(settle('unsent'));
        putCopy(batch, { code, ...shown, at: now() });
        putSteps(batch, code, { steps: shown.steps, state: 'taken' });
      },
    forgotten:
      () =>
      async (batch, { code }) => {
        const transaction = await batch.statements();
        await transaction('portal_copy').where({ code }).delete();
        await transaction('portal_step').where({ code }).delete();
        await transaction('portal_call')
          .where({ code })
          .whereIn('state', OPEN)
          .update({ state: 'unsent', answered_at: now(), digests: null });
      },
    wasSent: async (code, hash) => {
      const rows = await database.query(
        'select 1 as one from portal_call where code = ? and payload_hash = ? limit 1',
        [code, hash],
      );
      return rows.length > 0;
    },
  };
}

async function readKnowledge(database: Database, codes: readonly string[]): Promise<readonly PortalKnowledge[]> {
  const among = `code in (${places(codes.length)})`;
  const [copies, steps, calls] = await Promise.all([
    database.query(`select code, dossier_hash, digests from portal_copy where ${among}`, codes),
    database.query(`select code, step_key, state from portal_step where ${among}`, codes),
    database.query(
      `select code, kind, payload_hash, digests, submitted_at from portal_call where ${among} and state in ('submitted', 'unknown')`,
      codes,
    ),
  ]);
  const of = (rows: readonly DatabaseRow[]) => Map.groupBy(rows, ({ code }) => String(code));
  const byCode = { copies: of(copies), steps: of(steps), calls: of(calls) };
  return codes.map((code) =>
    knowledgeOf(byCode.copies.get(code) ?? [], byCode.steps.get(code) ?? [], byCode.calls.get(code) ?? []),
  );
}

function knowledgeOf(
  [copy]: readonly DatabaseRow[],
  steps: readonly DatabaseRow[],
  calls: readonly DatabaseRow[],
): PortalKnowledge {
  const keysIn = (state: string) =>
    new Set(steps.filter((one) => one.state === state).map((one) => String(one.step_key)));
  return {
    copy: copy === undefined ? null : { hash: String(copy.dossier_hash), digests: JSON.parse(String(copy.digests)) },
    taken: keysIn('taken'),
    uncertain: keysIn('submitted'),
    open: calls.map((call) => ({
      kind: call.kind as PortalCallKind,
      hash: String(call.payload_hash),
      digests: call.digests === null ? null : JSON.parse(String(call.digests)),
      submittedAt: Number(call.submitted_at),
    })),
  };
}

function putCopy(
  batch: DeliveryBatch,
  copy: { code: string; hash: string; digests: Readonly<Record<string, string>>; revision: number; at: number },
): void {
  const { code, hash, digests, revision, at } = copy;
  batch.put(COPY, [code, hash, JSON.stringify(digests), revision, at, at]);
}

function putSteps(
  batch: DeliveryBatch,
  code: string,
  { steps, state }: { steps: readonly StepEntry[]; state: 'submitted' | 'taken' },
): void {
  for (const { key, hash } of steps) batch.put(STEP, [code, key, hash, state]);
}
