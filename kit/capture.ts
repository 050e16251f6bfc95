import type { FollowChanges, PollChanges } from '../core/changes.ts';

/**
 * The system is asked again and again what changed; its dossier entity says how (`changes`). Late commits and deletes are
 * found by comparing everything, page by page, so some time later.
 */
export function poll(): PollChanges {
  return {
    way: 'poll',
    capability: { deletes: true, order: true, intermediate: false, initial: true, lateCommits: true },
  };
}

/** The system can only be asked by code: it is asked for every dossier that the counter says is this sector's. */
export function follow(): FollowChanges {
  return {
    way: 'follow',
    capability: { deletes: true, order: true, intermediate: false, initial: true, lateCommits: true },
  };
}
