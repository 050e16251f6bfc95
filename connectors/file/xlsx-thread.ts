import { Worker } from 'node:worker_threads';
import { HubError } from '../../core/errors.ts';
import type { SheetEnd, SheetPart, SheetRequest } from './xlsx-worker.ts';

/** How often is looked how much was computed, in milliseconds. */
const LOOK_MS = 500;

/**
 * Reads a sheet in a thread of its own: it occupies a processor for seconds, and may take more memory than there is.
 *
 * @param take takes some rows; the next ones come when it is done
 * @throws HubError SOURCE_MALFORMED for a workbook that cannot be read within its limits, and whatever `take` throws
 */
export async function readApart(request: SheetRequest, take: (part: SheetPart) => Promise<void>): Promise<void> {
  const { heapMb, computingMs } = request.limits;
  const worker = new Worker(new URL('./xlsx-worker.ts', import.meta.url), {
    workerData: request,
    // The bytes go there instead of being there twice.
    transferList: [request.bytes.buffer as ArrayBuffer],
    // What the process was started with may not fit a thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const hear = async (message: SheetPart | SheetEnd): Promise<void> => {
    if ('rows' in message) {
      await take(message);
      worker.postMessage('taken');
    } else if (message.failed === null) resolve();
    else reject(malformed(message.failed));
  };
  worker.on('message', (message: SheetPart | SheetEnd) => void hear(message).catch(reject));
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    reject(full ? malformed('the workbook takes more memory to read than it may') : error);
  });
  worker.on('exit', () => reject(malformed('the reading of the workbook ended early')));
  const look = setInterval(async () => {
    // One that has ended has said so.
    const { user, system } = await worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
    if ((user + system) / 1_000 > computingMs) reject(malformed('the workbook takes longer to read than it may'));
  }, LOOK_MS);
  try {
    await promise;
  } finally {
    clearInterval(look);
    await worker.terminate();
  }
}

function malformed(message: string): HubError {
  return new HubError('SOURCE_MALFORMED', message);
}
