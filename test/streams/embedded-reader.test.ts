import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import type { Database } from '../../drivers/database.ts';
import { createLeases } from '../../store/leases.ts';
import { openStore } from '../../store/store.ts';
import { openEmbeddedLog } from '../../streams/logs/embedded.ts';
import { readEmbedded } from '../../streams/logs/embedded-reader.ts';
import { createBell } from '../../streams/logs/waiting.ts';

const TOPIC = 'changes';
const LOSSES = 12;
const LEASE_MS = 60_000;

it('An embedded log is read on soon after each loss of the store, however many there were before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'embedded-reader-'));
  const store = await openStore(`sqlite://${join(folder, 'store.sqlite')}`, { seal: createSeal(randomBytes(32)) });
  const log = openEmbeddedLog({ database: store.database, partitions: 1, leaseMs: LEASE_MS, now: Date.now });
  const waits: number[] = [];
  const told: string[] = [];
  const bell = createBell();
  let losses = 0;
  let isLost = false;
  const database: Database = {
    ...store.database,
    query: async (...given) => {
      if (isLost) throw new Error('disk I/O error');
      return store.database.query(...given);
    },
  };
  try {
    await log.prepare([TOPIC]);
    const reader = readEmbedded(
      {
        database,
        leases: createLeases(store.database, { holder: 'reader', leaseMs: LEASE_MS }),
        bell: {
          ...bell,
          get rings() {
            return bell.rings;
          },
          wait: (rings, timeMs) => {
            if (isLost) waits.push(timeMs);
            isLost = false;
            return bell.wait(rings, timeMs);
          },
        },
      },
      {
        ...{ topics: [TOPIC], group: 'index', onFailure: () => losses++ },
        handle: async ({ records }) => {
          told.push(...records.map(({ key }) => key));
          isLost = true;
        },
      },
    );
    for (let at = 0; at < LOSSES; at += 1) {
      await log.append(TOPIC, [{ key: `${at}`, value: '', headers: {} }]);
      bell.ring();
      await vi.waitFor(() => expect(waits).toHaveLength(at + 1), { timeout: 20_000 });
    }
    await reader.close();
    expect(told).toEqual(Array.from({ length: LOSSES }, (_, at) => `${at}`));
    expect(losses).toBe(LOSSES);
    expect(Math.max(...waits)).toBeLessThanOrEqual(100);
  } finally {
    await log.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
