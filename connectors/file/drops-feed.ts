import type { ChangeBatch, ChangeFeed, FeedContext, Observation } from '../../core/changes.ts';
import type { Field } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { FilesOptions } from '../files.ts';
import { pause } from '../pause.ts';
import { nameOf, textOf } from '../setting-name.ts';
import { unlessAborted } from '../unless-aborted.ts';
import {
  afterTaking,
  type DropsOrder,
  type DropsPosition,
  isLate,
  isTaken,
  placeOf,
  readDropsPosition,
} from './drops-position.ts';
import { type Dropped, openFolder, readDropped } from './folder.ts';
import { type FileRecord, type Judgement, judgeFile, readRecords } from './records.ts';
import { MAX_BYTES, MAX_ROWS } from './source.ts';

/** Records handed over at once. */
const BATCH = 500;

export interface DropsOptions extends FilesOptions {
  readonly order: DropsOrder;
  readonly fields: Readonly<Record<string, Field>>;
}

type Handle = (batch: ChangeBatch) => Promise<void>;

/** Looks at nothing until it runs. */
export function openDropsFeed(context: FeedContext, options: DropsOptions): ChangeFeed {
  const { contents, order, pattern, format, fields } = options;
  const { stableMs = 2_000, lookMs = 5_000, maxBytes = MAX_BYTES, maxRows = MAX_ROWS } = options;
  const directory = textOf(context.settings, nameOf(options.directory));
  const folder = openFolder({ directory, pattern, latest: order, stableMs });
  const wanted = [...new Set(Object.values(fields).flatMap(({ from }) => from))].filter((one) => !one.startsWith('#'));
  const reading = { format, wanted, maxRows };
  const code = contents === 'all' ? (fields.code ?? null) : null;
  const closing = new AbortController();

  async function judge(file: Dropped, signal: AbortSignal): Promise<Judgement> {
    if (file.size > maxBytes) throw new HubError('SOURCE_MALFORMED', `is larger than ${maxBytes} bytes`);
    return readDropped(directory, file, (chunks) =>
      unlessAborted(
        judgeFile(file, () => untilAborted(chunks(), signal), { ...reading, code }),
        signal,
      ),
    );
  }

  /** Takes one file. @returns the position behind it */
  async function take(file: Dropped, at: DropsPosition, handle: Handle, signal: AbortSignal): Promise<DropsPosition> {
    const { name, size, modifiedAt } = file;
    const finish = async (digest: string, observations: readonly Observation[]): Promise<DropsPosition> => {
      const position = afterTaking(at, { name, size, modifiedAt, digest }, order);
      await handle({ observations, position: JSON.stringify(position), caughtUp: false });
      return position;
    };
    if (contents === 'changes' && isLate(at, file, order)) {
      context.warn(`${name} came long after its turn and is passed over`);
      const reason =
        'came after files behind it were taken and forgotten: what it tells may be older than what is known';
      return finish('', [{ kind: 'faulty', place: name, reason }]);
    }
    let judged: Judgement;
    try {
      judged = await judge(file, signal);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'SOURCE_MALFORMED') throw error;
      return finish('', [{ kind: 'faulty', place: name, reason: error.message }]);
    }
    const { digest, codes, kept } = judged;
    if (isRepeated(at, digest, contents)) return finish(digest, []);
    if (contents === 'all' && at.taken.some((one) => placeOf(one, order) > placeOf(file, order))) {
      context.warn(`${name} came after a later list and is passed over`);
      return finish(digest, []);
    }
    if (contents === 'all' && codes === null) {
      context.warn(`${name} has faulty rows, so it does not say what is gone`);
    }
    const rest = await handOver(file, { at, digest, kept, handle }, signal);
    return finish(digest, codes === null ? rest : [...rest, { kind: 'whole', codes, place: name }]);
  }

  /** Hands a file's records over, but for the last batch. @returns what is left */
  async function handOver(
    file: Dropped,
    { at, digest, kept, handle }: Pick<Judgement, 'digest' | 'kept'> & { at: DropsPosition; handle: Handle },
    signal: AbortSignal,
  ): Promise<readonly Observation[]> {
    const { name, size, modifiedAt } = file;
    // Another file of that name, or the same with other contents, begins anew.
    let done = at.reading?.name === name && at.reading.digest === digest ? at.reading.done : 0;
    let toSkip = done;
    let waiting: Observation[] = [];
    let stopped: { readonly why: unknown } | null = null;
    const handFull = async (): Promise<void> => {
      try {
        while (waiting.length > BATCH) {
          const observations = waiting.slice(0, BATCH);
          waiting = waiting.slice(BATCH);
          done += observations.length;
          const position = { ...at, reading: { name, size, modifiedAt, digest, done } };
          await handle({ observations, position: JSON.stringify(position), caughtUp: false });
          signal.throwIfAborted();
        }
      } catch (why) {
        stopped = { why };
        throw why;
      }
    };
    const tell = (record: FileRecord): void => {
      if (toSkip > 0) toSkip -= 1;
      else waiting.push(observationOf(record, file));
    };
    async function* paced(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        yield chunk;
        await handFull();
      }
    }
    try {
      if (kept !== null) for (const record of kept) tell(record);
      else {
        const pacing = { ...reading, pace: handFull };
        await readDropped(directory, file, (chunks) =>
          unlessAborted(
            readRecords(file, () => paced(untilAborted(chunks(), signal)), pacing, tell),
            signal,
          ),
        );
      }
    } catch (error) {
      // A format takes whatever ends its chunks for a fault of the file.
      throw (stopped as { readonly why: unknown } | null)?.why ?? error;
    }
    await handFull();
    return waiting;
  }

  async function follow(start: DropsPosition, handle: Handle, signal: AbortSignal): Promise<never> {
    for (let at = start; ; ) {
      signal.throwIfAborted();
      const asOf = Date.now();
      const found = (await folder.look()).filter((file) => !isTaken(at, file, order)).reverse();
      // Later changes wait for earlier ones that are still being written.
      const open = found.findIndex(({ whole }) => !whole);
      const ready = open < 0 ? found : contents === 'all' ? found.filter(({ whole }) => whole) : found.slice(0, open);
      for (const file of ready) {
        at = await take(file, at, handle, signal);
        signal.throwIfAborted();
      }
      if (ready.length > 0) continue;
      await handle({ observations: [], position: JSON.stringify(at), caughtUp: found.length === 0, asOf });
      await pause(lookMs, signal);
    }
  }

  return {
    async run(position, handle, stop) {
      const signal = AbortSignal.any([stop, closing.signal]);
      try {
        await follow(readDropsPosition(position), handle, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    async close() {
      closing.abort();
    },
  };
}

/** Whether a file says what was said before: a list that the last one was, or changes that were all taken once. */
function isRepeated({ taken }: DropsPosition, digest: string, contents: DropsOptions['contents']): boolean {
  const before = contents === 'all' ? taken.slice(-1) : taken;
  return before.some((one) => one.digest === digest);
}

function observationOf(record: FileRecord, { name, modifiedAt }: Dropped): Observation {
  const place = `${name}:${record.line}`;
  if (record.row === null) return { kind: 'faulty', place, reason: record.why };
  return { kind: 'row', row: record.row, occurredAt: modifiedAt, place };
}

async function* untilAborted(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}
