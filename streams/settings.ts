import { brokerList } from '../core/broker-list.ts';
import {
  choiceSetting,
  integerSetting,
  type Setting,
  type SettingsSpec,
  type SettingsValues,
  textSetting,
  urlSetting,
} from '../core/setting.ts';

/** Settings of the stream of changes. */
export const streamSettings = {
  KAFKA_BROKERS: {
    description: 'Kafka brokers, host:port separated by commas; empty: the log is kept in the hub’s own store',
    standard: '',
    parse: (text) => brokerList(text).join(','),
  } satisfies Setting<string>,
  KAFKA_SESSION_MS: integerSetting({
    description: 'How long Kafka waits for a sign of life before it gives a reader’s partitions to another',
    unit: 'milliseconds',
    standard: 30_000,
    least: 1_000,
    most: 300_000,
  }),
  LOG_PARTITIONS: integerSetting({
    description: 'Partitions of a Kafka topic when it is created. Never changed afterwards: keys would move',
    unit: 'partitions',
    standard: 6,
    least: 1,
    most: 100,
  }),
  KAFKA_REPLICATION: integerSetting({
    description: 'Copies Kafka keeps of a topic when it is created',
    unit: 'brokers',
    standard: 1,
    least: 1,
    most: 9,
  }),
  LEASE_MS: integerSetting({
    description: 'How long a process may hold the capture of a system, or a delivery, without renewing it',
    unit: 'milliseconds',
    standard: 30_000,
    least: 200,
    most: 600_000,
  }),
  POLL_INTERVAL_MS: integerSetting({
    description: 'How often a system that has to be asked is asked what changed',
    unit: 'milliseconds',
    standard: 2_000,
    least: 50,
    most: 3_600_000,
  }),
  LOOK_BACK_MS: integerSetting({
    description:
      'How far before the latest change a system is asked again. Longer than its longest transaction: what commits later than this is found by the comparison with everything only',
    unit: 'milliseconds',
    standard: 60_000,
    most: 86_400_000,
  }),
  SWEEP_INTERVAL_MS: integerSetting({
    description: 'How often one page of the comparison of everything with the system is done',
    unit: 'milliseconds',
    standard: 10_000,
    least: 50,
    most: 3_600_000,
  }),
  MOST_DELETES: integerSetting({
    description: 'Most dossiers of a system that one comparison may find deleted before a person has to confirm',
    unit: 'dossiers',
    standard: 50,
    least: 0,
    most: 10_000,
  }),
  INDEX_STALE_MS: integerSetting({
    description: 'When capture of a system is further behind than this, lists name the system as missing',
    unit: 'milliseconds',
    standard: 60_000,
    least: 1_000,
  }),
  PORTAL_URL: urlSetting({
    description: 'Address of the public service portal’s adapter; nothing is delivered when empty',
    protocols: ['http', 'https'],
    standard: '',
  }),
  PORTAL_PROTOCOL: choiceSetting({
    description: 'Generation of the portal’s protocol',
    choices: ['session', 'rest'],
    standard: 'session',
  }),
  PORTAL_USERNAME: textSetting({ description: 'Account of the hub at the portal', standard: '' }),
  PORTAL_PASSWORD: textSetting({ description: 'Password of that account', standard: '', secret: true }),
  PORTAL_MODE: choiceSetting({
    description:
      'What is done for agencies and procedures for which nothing else was set: send, only compare with what the portal has (shadow), or nothing (off)',
    choices: ['off', 'shadow', 'send'],
    standard: 'shadow',
  }),
  PORTAL_TIMEOUT_MS: integerSetting({
    description: 'How long one call to the portal may take',
    unit: 'milliseconds',
    standard: 10_000,
    least: 100,
    most: 300_000,
  }),
  PORTAL_CALLS_PER_SECOND: integerSetting({
    description: 'Most calls of one process to the portal in a second',
    unit: 'calls',
    standard: 100,
    least: 1,
    most: 10_000,
  }),
  PORTAL_CONCURRENCY: integerSetting({
    description: 'Most dossiers delivered at the same time',
    unit: 'dossiers',
    standard: 16,
    least: 1,
    most: 1_000,
  }),
  RECONCILE_INTERVAL_MS: integerSetting({
    description: 'How often a batch of delivered dossiers is compared with what the portal has',
    unit: 'milliseconds',
    standard: 60_000,
    least: 100,
  }),
} as const satisfies SettingsSpec;

export type StreamSettings = SettingsValues<typeof streamSettings>;
