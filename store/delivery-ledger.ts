import type { Database, Knex } from '../drivers/database.ts';
import { sharedClockPlus } from './clock.ts';
import type { ClaimedWork } from './delivery-queue.ts';

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
/** Rows of one statement: a few bindings each, below what any database takes. */
const ROWS = 500;

export function createDeliveryLedger(database: Database, { now }: { readonly now: () => number }): DeliveryLedger {
  return {
    knownOf: (code) => readKnowledge(database, code),
    submitted: (call) => async (transaction, claim) => {
      await transaction('portal_call')
        .insert({
          ...{ call_key: call.key, code: call.code, kind: call.kind, revision: call.revision },
          ...{ payload_hash: call.hash, digests: call.digests && JSON.stringify(call.digests) },
          ...{
            state: 'submitted',
            tries: 1,
            fence: claim.fence,
            submitted_at: sharedClockPlus(transaction, database, 0),
          },
        })
        .onConflict('call_key')
        .merge({
          ...{ kind: call.kind, payload_hash: call.hash, digests: call.digests && JSON.stringify(call.digests) },
          ...{ state: 'submitted', tries: transaction.raw('portal_call.tries + 1'), fence: claim.fence },
          ...{
            submitted_at: sharedClockPlus(transaction, database, 0),
            answered_at: null,
            receipt: null,
            reason: null,
          },
        });
      await putSteps(transaction, call.code, { steps: call.steps, state: 'submitted' });
    },
    settled: (call, answer) => async (transaction) => {
      const accepted = answer.state === 'accepted';
      await transaction('portal_call')
        .where({ call_key: call.key })
        .update({
          state: answer.state,
          answered_at: now(),
          receipt: accepted ? (answer.receipt?.slice(0, MOST_RECEIPT) ?? null) : null,
          reason: accepted ? null : answer.reason.slice(0, MOST_REASON),
          ...(answer.state !== 'unknown' && { digests: null }),
        });
      if (answer.state === 'unknown') return;
      if (!accepted) {
        const keys = call.steps.map(({ key }) => key);
        await transaction('portal_step')
          .where({ code: call.code, state: 'submitted' })
          .whereIn('step_key', keys)
          .delete();
      } else if (call.digests === null) {
        await putSteps(transaction, call.code, { steps: call.steps, state: 'taken' });
      } else {
        await putCopy(transaction, { ...call, digests: call.digests, at: now() });
      }
    },
    learnt:
      (shown) =>
      async (transaction, { code }) => {
        await putCopy(transaction, { code, ...shown, at: now() });
        const keys = new Set(shown.steps.map(({ key }) => key));
        const uncertain: string[] = await transaction('portal_step')
          .where({ code, state: 'submitted' })
          .pluck('step_key');
        await transaction('portal_step').where({ code }).delete();
        await putSteps(transaction, code, { steps: shown.steps, state: 'taken' });
        const settle = (state: CallAnswer['state']) => ({ state, answered_at: now(), digests: null });
        const open = () => transaction('portal_call').where({ code }).whereIn('state', OPEN);
        if (shown.acceptedHash !== null) {
          await open().andWhere({ payload_hash: shown.acceptedHash }).update(settle('accepted'));
        }
        if (uncertain.every((key) => keys.has(key)))
          await open().andWhere({ kind: 'progress' }).update(settle('accepted'));
        await open().update(settle('unsent'));
      },
    forgotten:
      () =>
      async (transaction, { code }) => {
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

async function readKnowledge(database: Database, code: string): Promise<PortalKnowledge> {
  const [copies, steps, calls] = await Promise.all([
    database.query('select dossier_hash, digests from portal_copy where code = ?', [code]),
    database.query('select step_key, state from portal_step where code = ?', [code]),
    database.query(
      "select kind, payload_hash, digests, submitted_at from portal_call where code = ? and state in ('submitted', 'unknown')",
      [code],
    ),
  ]);
  const [copy] = copies;
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

async function putCopy(
  transaction: Knex.Transaction,
  copy: { code: string; hash: string; digests: Readonly<Record<string, string>>; revision: number; at: number },
): Promise<void> {
  const { code, hash, digests, revision, at } = copy;
  await transaction('portal_copy')
    .insert({
      ...{ code, dossier_hash: hash, digests: JSON.stringify(digests), revision },
      ...{ known_at: at, checked_at: at },
    })
    .onConflict('code')
    .merge();
}

async function putSteps(
  transaction: Knex.Transaction,
  code: string,
  { steps, state }: { steps: readonly StepEntry[]; state: 'submitted' | 'taken' },
): Promise<void> {
  for (let place = 0; place < steps.length; place += ROWS) {
    const rows = steps
      .slice(place, place + ROWS)
      .map(({ key, hash }) => ({ code, step_key: key, step_hash: hash, state }));
    await transaction('portal_step').insert(rows).onConflict(['code', 'step_key']).merge();
  }
}
