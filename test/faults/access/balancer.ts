import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import { send } from './request.ts';

/** Shares out requests as one in front of the gateways does: to those whose `/readyz` says that they take work. */
export interface Balancer {
  ready(): readonly string[];
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 250;

export function startBalancer(cluster: Cluster): Balancer {
  let ready: readonly string[] = cluster.gateways();
  let isStopping = false;
  const looking = (async () => {
    while (!isStopping) {
      const looked = await Promise.all(
        cluster.gateways().map(async (address) => {
          const { status } = await send({ address, path: '/readyz', method: 'GET', mostMs: 2_000 });
          return status === 200 ? [address] : [];
        }),
      );
      ready = looked.flat();
      await delay(LOOK_EVERY_MS);
    }
  })();
  return {
    ready: () => ready,
    async stop() {
      isStopping = true;
      await looking;
    },
  };
}
