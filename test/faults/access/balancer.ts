import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import { send } from './request.ts';

/** Shares out requests as one in front of the gateways does: to those whose `/readyz` says that they take work. */
export interface Balancer {
  ready(): readonly string[];
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 250;
/** Who is slow is busy, and not gone. */
const MOST_MS = 10_000;

export function startBalancer(cluster: Cluster): Balancer {
  const taking = new Set<string>();
  let isStopping = false;
  const looking = (async () => {
    while (!isStopping) {
      const there = cluster.gateways();
      for (const address of taking) if (!there.includes(address)) taking.delete(address);
      // Nobody waits for the slowest before the next is looked at.
      for (const address of there) void look(address);
      await delay(LOOK_EVERY_MS);
    }
  })();

  async function look(address: string): Promise<void> {
    const { ended, status } = await send({ address, path: '/readyz', method: 'GET', mostMs: MOST_MS });
    if (status === 200) taking.add(address);
    else if (status > 0 || ended === 'refused') taking.delete(address);
  }

  return {
    ready: () => [...taking],
    async stop() {
      isStopping = true;
      await looking;
    },
  };
}
