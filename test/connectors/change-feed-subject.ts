import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ChangeBatch, ChangeCapability, ChangeFeed } from '../../core/changes.ts';
import { compare, createFollower, type Follower, type Known, type Reader } from './followed.ts';

/** A change in the carrier: a dossier's new revision, or null for its removal. */
export type Change = readonly [code: string, revision: string | null];

/** What a way of capture brings to be judged: its carrier, and what that carrier really holds. */
export interface FeedSubject extends Reader {
  readonly capability: ChangeCapability;
  /** A feed of this carrier. Called often: each is closed before the next is opened. */
  readonly open: () => ChangeFeed;
  /** Changes the carrier; in one transaction where it has them. */
  readonly write: (changes: readonly Change[]) => Promise<void>;
  /** Writes now and commits when it is told to; others commit meanwhile. Absent where nothing can be held back. */
  readonly writeLate?: (changes: readonly Change[]) => Promise<() => Promise<void>>;
  readonly truth: () => Promise<Known>;
  /** Puts something there that cannot be read. @returns what its place must name. Absent: the carrier holds no such. */
  readonly spoil?: () => Promise<readonly string[]>;
  /** Most observations in one batch, those that close a listing included. */
  readonly mostInBatch: number;
  /** How often the reader is broken off in CHG-05. Standard: 15. */
  readonly breaks?: number;
  readonly close: () => Promise<void>;
}

/** Longest wait for anything that has to be prompt, in milliseconds. */
export const PROMPT_MS = 2_000;

export function several(prefix: string, count: number, revision: string): Change[] {
  return Array.from({ length: count }, (_, index) => [`${prefix}-${index + 1}`, revision] as const);
}

/** Runs the work while a feed is followed; what the feed dies of is the work's failure. */
export async function following(
  subject: FeedSubject,
  work: (follower: Follower) => Promise<void>,
  follower: Follower = createFollower(subject),
  around?: (batch: ChangeBatch) => Promise<void>,
): Promise<void> {
  const feed = subject.open();
  const stop = new AbortController();
  const run = follower.follow(feed, stop.signal, around);
  try {
    await Promise.race([
      work(follower),
      run.then(() => {
        throw new Error('The feed ended by itself');
      }),
    ]);
  } finally {
    stop.abort();
    await within(PROMPT_MS, run).catch(() => {});
    await feed.close();
  }
}

export async function expectSame(subject: FeedSubject, follower: Follower): Promise<void> {
  const { lost, stale, ghosts } = compare(await subject.truth(), follower.known);
  expect({ lost, stale, ghosts: subject.capability.deletes ? ghosts : [] }).toEqual({
    lost: [],
    stale: [],
    ghosts: [],
  });
}

/** Small transactions over a hundred dossiers, some of them deletes, some committed late, until the signal aborts. */
export async function writeOn(subject: FeedSubject, random: () => number, signal: AbortSignal): Promise<void> {
  const pending: Promise<void>[] = [];
  for (let round = 1; !signal.aborted && round < 20_000; round += 1) {
    const code = () => `busy-${Math.floor(random() * 100)}`;
    const changes = new Map<string, string | null>();
    for (let count = 0; count < 3; count += 1) changes.set(code(), random() < 0.1 ? null : `v${round}.${count}`);
    // Written once and never again: what is skipped here is not made good by a later change.
    changes.set(`once-${round}`, `v${round}`);
    if (subject.writeLate !== undefined && random() < 0.05) {
      // Its own dossier: a lock that is held would stop the writer, and with it everything that is to be seen.
      const commit = await subject.writeLate([[`held-${round}`, `v${round}`]]);
      pending.push(delay(random() * 300).then(commit));
    }
    await subject.write([...changes]);
    await delay(random() * 4);
  }
  await Promise.all(pending);
}

export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
