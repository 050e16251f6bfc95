import type { EventLog } from '../../core/event-log.ts';
import type { Database } from '../../drivers/database.ts';
import type { StreamSettings } from '../settings.ts';
import { openEmbeddedLog } from './embedded.ts';
import { openKafkaLog } from './kafka.ts';

type LogSettings = Pick<
  StreamSettings,
  'KAFKA_BROKERS' | 'KAFKA_SESSION_MS' | 'KAFKA_REPLICATION' | 'LOG_PARTITIONS' | 'LEASE_MS'
>;

export interface OpenLogOptions {
  readonly settings: LogSettings;
  /** The hub's own store, which holds the log where there is no Kafka. */
  readonly database: Database;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  readonly now: () => number;
}

/** Connects to nothing. */
export function openEventLog({ settings, database, warn, now }: OpenLogOptions): EventLog {
  if (settings.KAFKA_BROKERS === '') {
    // One process at a time reads it, so partitions would share out nothing and only make its transactions small.
    return openEmbeddedLog({ database, partitions: 1, leaseMs: settings.LEASE_MS, now });
  }
  return openKafkaLog({
    brokers: settings.KAFKA_BROKERS,
    sessionMs: settings.KAFKA_SESSION_MS,
    partitions: settings.LOG_PARTITIONS,
    replication: settings.KAFKA_REPLICATION,
    warn,
  });
}
