import type { NoteRefusal, RefusedRequest } from '../operation-request.ts';

/** Notes refusals at the door, where nothing else bounds how many there are. One per process. */
export interface CountedRefusals {
  /** The first of its kind within a minute is noted before this resolves; those after it are counted. */
  readonly note: NoteRefusal;
  /** Notes what was counted. Nothing is counted any more from then on. */
  close(): Promise<void>;
}

interface Counted {
  /** Milliseconds of the clock. */
  readonly since: number;
  /** The latest of those that were not noted yet; null where there is none. */
  latest: RefusedRequest | null;
  times: number;
}

const MINUTE_MS = 60_000;
const LOOK_MS = 1_000;
/** Kinds counted at once; beyond them the oldest is noted early. */
const MOST_KINDS = 10_000;

/**
 * A refusal that is noted costs a line that is signed and kept for years: whoever asks far too often would make the hub work
 * rather than rest. A kind is one person through one application, refused with the same codes.
 *
 * @param options.now milliseconds of a clock that never goes back
 */
export function createCountedRefusals({
  noteRefusal,
  now = () => performance.now(),
  lookMs = LOOK_MS,
  mostKinds = MOST_KINDS,
}: {
  readonly noteRefusal: NoteRefusal;
  readonly now?: () => number;
  /** How often it is looked whether a minute is over. */
  readonly lookMs?: number;
  readonly mostKinds?: number;
}): CountedRefusals {
  /** By kind, the oldest first. */
  const counted = new Map<string, Counted>();
  let isClosed = false;

  async function end(kind: string, { latest, times }: Counted): Promise<void> {
    counted.delete(kind);
    // What each of them stated is told of the first alone.
    if (latest !== null) await noteRefusal({ ...latest, stated: null, times });
  }

  async function endAll(isOver: (one: Counted) => boolean): Promise<void> {
    const over = [...counted].filter(([, one]) => isOver(one));
    await Promise.all(over.map(([kind, one]) => end(kind, one)));
  }

  const isMinuteOver = ({ since }: Counted): boolean => now() - since >= MINUTE_MS;
  const looking = setInterval(() => void endAll(isMinuteOver), lookMs);
  // Stryker disable next-line CallExpression: it only lets the process end
  looking.unref();

  return {
    async note(refused) {
      const { actor, codes } = refused;
      const kind = `${actor.client}\n${actor.id}\n${codes.join()}`;
      const known = counted.get(kind);
      if (known !== undefined && !isMinuteOver(known)) {
        known.latest = refused;
        known.times += 1;
        return;
      }
      const ended = known === undefined ? undefined : end(kind, known);
      if (!isClosed) {
        const [oldest] = counted;
        if (oldest !== undefined && counted.size >= mostKinds) void end(...oldest);
        counted.set(kind, { since: now(), latest: null, times: 0 });
      }
      await Promise.all([ended, noteRefusal(refused)]);
    },
    async close() {
      isClosed = true;
      // Stryker disable next-line CallExpression: nothing is counted any more
      clearInterval(looking);
      await endAll(() => true);
    },
  };
}
