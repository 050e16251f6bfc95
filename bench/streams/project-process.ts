import { setTimeout as delay } from 'node:timers/promises';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import { createSeal } from '../../core/seal.ts';
import { openStore } from '../../store/store.ts';
import { openKafkaLog } from '../../streams/logs/kafka.ts';
import { createProjector } from '../../streams/project.ts';
import { SECTOR } from './events.ts';

/**
 * Projects from Kafka and tells its parent how far it came, and of its memory after each so many events:
 * `project-process.ts URL BROKERS EVERY`. Ends with its parent.
 */
const [url = '', brokers = '', every = '0'] = process.argv.slice(2);
const LOOK_EVERY_MS = 50;
const warn = (message: string) => console.error(message);
const { database } = await openStore(url, { seal: createSeal(new Uint8Array(32)) });
const log = openKafkaLog({ brokers, sessionMs: 30_000, partitions: 6, replication: 1, warn });
const catalogues = loadCatalogues(new URL('../../catalogues', import.meta.url).pathname);
const projector = createProjector({ database, log, sectors: [SECTOR], catalogues, now: Date.now, warn });
process.once('disconnect', () => process.exit(0));
projector.ended.catch(() => process.exit(1));
await projector.start();
const startedAt = performance.now();
for (let told = 0; ; await delay(LOOK_EVERY_MS)) {
  const [feed] = await database.query('select next_seq from feed where id = 1');
  const done = Number(feed?.next_seq) - 1;
  process.send?.({ done });
  if (done < (told + 1) * Number(every)) continue;
  told += 1;
  globalThis.gc?.();
  const { rss, heapUsed: heap } = process.memoryUsage();
  process.send?.({ events: done, seconds: (performance.now() - startedAt) / 1_000, rss, heap });
}
