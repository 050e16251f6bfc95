import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../../services/tcp-proxy.ts';
import type { Role } from '../hub-process.ts';
import type { FaultRow, Stage } from '../row.ts';

/** Kills a hub and starts another of its role; the work goes on meanwhile. */
export async function killAndReplace({ cluster, access, harmed }: Stage, role: Role): Promise<void> {
  if (role === 'gateway') access.losesCount();
  await cluster.one(role).signal('SIGKILL');
  harmed();
  await cluster.start(role);
}

const MOMENT_MS = 2_000;

/** Resolves as soon as bytes of a client pass that hold one word after another; or after a while without. */
export async function passing(proxy: TcpProxy, ...words: readonly string[]): Promise<void> {
  const seen = Promise.withResolvers<void>();
  let next = 0;
  proxy.alter((bytes, from) => {
    if (from === 'client' && next < words.length && bytes.includes(words[next] ?? '')) next += 1;
    if (next === words.length) seen.resolve();
    return bytes;
  });
  await Promise.race([seen.promise, delay(MOMENT_MS)]);
  proxy.alter(null);
}

/** Half at a moment that matters, half whenever it may be. */
async function killRepeatedly(stage: Stage, role: Role, moment: () => Promise<void>): Promise<void> {
  for (let kill = 0; kill < stage.kills; kill++) {
    await stage.pauseBetween(200, 1_200);
    if (stage.random() < 0.5) await moment();
    await killAndReplace(stage, role);
  }
}

export const captureKilled: FaultRow = {
  number: 2,
  title: 'capture killed in the middle of its transaction',
  run: (stage) => killRepeatedly(stage, 'capture', () => passing(stage.cluster.proxies.store, 'into `outbox`')),
};

export const projectorKilled: FaultRow = {
  number: 3,
  title: 'projector killed between the commit of its work and that of its offset',
  run: (stage) =>
    killRepeatedly(stage, 'project', () => passing(stage.cluster.proxies.store, 'consumer_position', 'COMMIT')),
};

export const delivererKilled: FaultRow = {
  number: 4,
  title: 'deliverer killed after it posted, before it heard',
  run: (stage) =>
    killRepeatedly(stage, 'deliver', () =>
      passing(stage.cluster.proxies.portal, stage.random() < 0.5 ? 'CapNhatTienDoHoSoMC' : 'DongBoHoSoMC'),
    ),
};

export const databaseKilled: FaultRow = {
  number: 15,
  title: 'the hub’s database killed and started again on its data',
  harms: ['*'],
  async run(stage) {
    const { cluster, harmed, pauseBetween } = stage;
    for (let kill = 0; kill < Math.ceil(stage.kills / 2); kill++) {
      await pauseBetween(1_000, 3_000);
      await cluster.mariadb().signal('SIGKILL');
      harmed();
      await pauseBetween(0, 2_000);
      await cluster.restartMariadb();
    }
  },
};
