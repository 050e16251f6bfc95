import { openDatabase } from '../../drivers/database.ts';
import { openKafka } from '../../drivers/kafka.ts';
import { openEventLog } from '../../streams/logs/open-log.ts';
import { startKafka } from '../services/kafka.ts';
import { KAFKA_VERSION } from '../services/kafka-jars.ts';
import { skipByName } from '../support/missing.ts';
import { eventLogContract } from './event-log-contract.ts';
import { eventually, type LogSubject } from './event-log-subject.ts';

const SESSION_MS = 1_000;

const { service, stop } = await startKafka();
if ('missing' in service) {
  skipByName('event log contract: Kafka', service);
} else {
  eventLogContract(`Kafka ${KAFKA_VERSION}`, async () => kafkaAt(service.brokers, stop));
}

function kafkaAt(brokers: string, close: () => Promise<void>): LogSubject {
  const settings = {
    KAFKA_BROKERS: brokers,
    KAFKA_SESSION_MS: SESSION_MS,
    KAFKA_REPLICATION: 1,
    LOG_PARTITIONS: 4,
    LEASE_MS: SESSION_MS,
    STORE_URL: 'sqlite::memory:',
  };
  const database = openDatabase('sqlite::memory:');
  const admin = openKafka({ brokers, warn: () => {} }).admin();
  return {
    open: () => openEventLog({ settings, database, warn: () => {}, now: Date.now }),
    processSettings: settings,
    sessionMs: SESSION_MS,
    sharesOut: true,
    deleteBelow: async (topic, partition, offset) => {
      await admin.connect();
      // kafkajs deletes only where it has looked before.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    },
    makeAnew: async (topic) => {
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      await eventually(
        async () => !(await admin.listTopics()).includes(topic),
        () => 'the topic is still there',
      );
      await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: false });
      const hasLeaders = () =>
        admin.fetchTopicOffsets(topic).then(
          () => true,
          () => false,
        );
      await eventually(hasLeaders, () => 'the topic is not there again');
    },
    close: async () => {
      await admin.disconnect();
      await database.close();
      await close();
    },
  };
}
