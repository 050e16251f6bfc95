import { type EachBatchPayload, kafkaErrorType } from '../../drivers/kafka.ts';

export interface MembershipLimits {
  readonly sessionMs: number;
  readonly rebalanceMs: number;
}

export interface Worked {
  /** What the work failed with; null when it was done. */
  readonly failure: { readonly cause: unknown } | null;
  /** The group does not know this member any more: what it did counts as not done by it. */
  readonly expelled: boolean;
  /** Makes kafkajs join the group again, where it has to. */
  readonly rejoin: unknown;
}

const EXPELLED = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'];

/**
 * Works while giving signs of life, which kafkajs does only between batches. The work's signal aborts when the group has
 * expelled this member, when no sign came through for a session, and when the others have waited for half of their time
 * to share out the partitions anew.
 */
export async function workAsMember(
  payload: EachBatchPayload,
  { sessionMs, rebalanceMs }: MembershipLimits,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<Worked> {
  const gone = new AbortController();
  let lastSign = performance.now();
  let awaitedSince: number | undefined;
  let expelled = false;
  let rejoin: unknown;
  const beat = async (): Promise<void> => {
    try {
      await payload.heartbeat();
      lastSign = performance.now();
    } catch (error) {
      const type = kafkaErrorType(error) ?? '';
      if (EXPELLED.includes(type)) {
        expelled = true;
        rejoin = error;
        gone.abort(error);
      } else if (type === 'REBALANCE_IN_PROGRESS') {
        rejoin ??= error;
        lastSign = performance.now();
        awaitedSince ??= lastSign;
        if (lastSign - awaitedSince > rebalanceMs / 2) gone.abort(error);
      }
    }
  };
  const beating = setInterval(() => {
    if (performance.now() - lastSign > sessionMs) gone.abort(new Error('No sign of life reached Kafka for a session'));
    void beat();
  }, sessionMs / 5);
  let failure: Worked['failure'] = null;
  try {
    await work(gone.signal);
  } catch (cause) {
    failure = { cause };
  } finally {
    clearInterval(beating);
  }
  // Work that let nothing else run may have outlived the session without a beat that could fail.
  await beat();
  return { failure, expelled, rejoin };
}
