import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { openStore } from '../../store/store.ts';
import { openEmbeddedLog } from '../../streams/logs/embedded.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { skipByName } from '../support/missing.ts';
import { eventLogContract } from './event-log-contract.ts';
import type { LogSubject } from './event-log-subject.ts';

const SESSION_MS = 1_000;

eventLogContract('embedded in SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'event-log-'));
  return embeddedIn(`sqlite://${join(folder, 'store.sqlite')}`, () => rm(folder, { recursive: true, force: true }));
});

const service = inject('mariadb');
if ('missing' in service) {
  skipByName('event log contract: embedded in MariaDB', service);
} else {
  eventLogContract('embedded in MariaDB', async () => {
    const { url, drop } = await ownDatabase(service);
    return embeddedIn(url, drop);
  });
}

async function embeddedIn(url: string, drop: () => Promise<void>): Promise<LogSubject> {
  const store = await openStore(url, { seal: createSeal(randomBytes(32)) });
  const { knex } = store.database;
  const settings = {
    KAFKA_BROKERS: '',
    KAFKA_SESSION_MS: SESSION_MS,
    KAFKA_REPLICATION: 1,
    LOG_PARTITIONS: 4,
    LEASE_MS: SESSION_MS,
    STORE_URL: url,
  };
  const opened: Database[] = [];
  return {
    open: () => {
      const database = openDatabase(url);
      opened.push(database);
      // The hub keeps it in one partition; several are what Kafka has, and the port is the same for both.
      return openEmbeddedLog({ database, partitions: 4, leaseMs: SESSION_MS, now: Date.now });
    },
    processSettings: settings,
    sessionMs: SESSION_MS,
    sharesOut: false,
    deleteBelow: async (topic, part, offset) => {
      await knex('log_record').where({ topic, part }).where('record_offset', '<', offset).delete();
    },
    makeAnew: async (topic) => {
      await knex('log_record').where({ topic }).delete();
      await knex('log_partition').where({ topic }).update({ next_offset: 0 });
    },
    close: async () => {
      for (const database of opened) await database.close();
      await store.close();
      await drop();
    },
  };
}
