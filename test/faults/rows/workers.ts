import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow, Stage } from '../row.ts';

/** Longer than LEASE_MS of the cluster, so that another takes over meanwhile. */
const PAST_LEASE_MS = 3_500;

export const workerFrozen: FaultRow = {
  number: 9,
  title: 'capture and deliverer stopped past their leases while another takes over, then continued',
  async run({ cluster, kills, harmed, pauseBetween }) {
    const twins = [await cluster.start('capture'), await cluster.start('deliver')];
    try {
      for (let time = 0; time < kills; time++) {
        const workers = [...cluster.hubs].filter(({ role }) => role === 'capture' || role === 'deliver');
        const [capture, deliver] = ['capture', 'deliver'].map((role) => {
          const own = workers.filter((worker) => worker.role === role);
          return own[time % own.length];
        });
        for (const worker of [capture, deliver]) {
          await worker?.signal('SIGSTOP');
          harmed();
        }
        await delay(PAST_LEASE_MS);
        for (const worker of [capture, deliver]) await worker?.signal('SIGCONT');
        await pauseBetween(300, 1_500);
      }
    } finally {
      await Promise.all(twins.map((twin) => twin.stop()));
    }
  },
};

export const twoDeliverers: FaultRow = {
  number: 10,
  title: 'two deliverers by mistake, on one queue',
  async run({ cluster, isLong, harmed }) {
    const second = await cluster.start('deliver');
    harmed();
    await delay(isLong ? 60_000 : 5_000);
    await second.stop();
  },
};

export const rebalances: FaultRow = {
  number: 13,
  title: 'projectors come and go: the group shares out its partitions again and again',
  async run({ cluster, kills, random, harmed, pauseBetween }) {
    for (let time = 0; time < kills; time++) {
      const another = await cluster.start('project');
      await pauseBetween(200, 1_500);
      if (random() < 0.5) await another.signal('SIGKILL');
      else await another.stop();
      harmed();
    }
  },
};

export const slowHandler: FaultRow = {
  number: 14,
  title: 'the handler takes longer than the session',
  async run({ cluster, kills, isLong, harmed, pauseBetween }) {
    // Longer than KAFKA_SESSION_MS of the cluster.
    const heldMs = 8_000;
    for (let time = 0; time < (isLong ? Math.min(kills, 10) : 1); time++) {
      await pauseBetween(200, 1_000);
      // Every commit of projection takes its places in the history from this row.
      await cluster.store.knex.transaction(async (transaction) => {
        await transaction('feed').where({ id: 1 }).forUpdate();
        harmed();
        await delay(heldMs);
      });
    }
  },
};

export const kafkaFrozen: FaultRow = {
  number: 11,
  title: 'Kafka frozen: capture waits, nothing is lost',
  async run({ cluster, isLong, harmed }) {
    await cluster.kafka().signal('SIGSTOP');
    harmed();
    await delay(isLong ? 30_000 : 8_000);
    await cluster.kafka().signal('SIGCONT');
  },
};

export const kafkaKilled: FaultRow = {
  number: 11,
  title: 'Kafka killed and started again on its data',
  async run({ cluster, kills, isLong, harmed, pauseBetween }: Stage) {
    for (let time = 0; time < (isLong ? Math.min(kills, 20) : 1); time++) {
      await pauseBetween(500, 2_000);
      await cluster.kafka().signal('SIGKILL');
      harmed();
      await pauseBetween(0, 2_000);
      await cluster.restartKafka();
    }
  },
};
