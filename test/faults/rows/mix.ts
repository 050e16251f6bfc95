import { setTimeout as delay } from 'node:timers/promises';
import type { Role } from '../hub-process.ts';
import type { FaultRow, Stage } from '../row.ts';

type Harm = (stage: Stage) => Promise<void>;

async function kill({ cluster }: Stage, role: Role): Promise<void> {
  await cluster.one(role).signal('SIGKILL');
  await cluster.start(role);
}

/** Each undoes itself; several may be done at once. */
const HARMS: Readonly<Record<string, Harm>> = {
  'kill capture': (stage) => kill(stage, 'capture'),
  'kill projector': (stage) => kill(stage, 'project'),
  'kill deliverer': (stage) => kill(stage, 'deliver'),
  async 'freeze capture'({ cluster }) {
    const worker = cluster.one('capture');
    await worker.signal('SIGSTOP');
    await delay(3_000);
    await worker.signal('SIGCONT');
  },
  async 'freeze deliverer'({ cluster }) {
    const worker = cluster.one('deliver');
    await worker.signal('SIGSTOP');
    await delay(3_000);
    await worker.signal('SIGCONT');
  },
  async 'freeze Kafka'({ cluster }) {
    await cluster.kafka().signal('SIGSTOP');
    await delay(4_000);
    await cluster.kafka().signal('SIGCONT');
  },
  async 'kill the database'({ cluster }) {
    await cluster.mariadb().signal('SIGKILL');
    await delay(500);
    await cluster.restartMariadb();
  },
  'swallow answers': ({ cluster }) => cluster.setFault('portal', { mode: 'hang', taken: true, times: 3 }),
  'refuse for a while': ({ cluster }) =>
    cluster.setFault('portal', { mode: 'error', status: 503, retryAfter: 1, times: 10 }),
  'portal away': ({ cluster }) => away(cluster.proxies.portal),
  'counter away': ({ cluster }) => away(cluster.proxies.counter),
  'land office away': ({ cluster }) => away(cluster.proxies.land),
  'branch away': ({ cluster }) => away(cluster.proxies.branch),
  'store away': ({ cluster }) => away(cluster.proxies.store),
  'second deliverer': async ({ cluster }) => {
    const second = await cluster.start('deliver');
    await delay(2_000);
    await second.stop();
  },
};

async function away(proxy: Stage['cluster']['proxies']['portal']): Promise<void> {
  await proxy.break();
  await delay(2_000);
  await proxy.repair();
}

export const randomMix: FaultRow = {
  number: 33,
  title: 'a random mix',
  harms: ['*'],
  async run(stage) {
    const names = Object.keys(HARMS);
    for (let time = 0; time < stage.kills; time++) {
      const name = names[Math.floor(stage.random() * names.length)] ?? '';
      const other = names[Math.floor(stage.random() * names.length)] ?? '';
      const both = stage.random() < 0.3 && !isSameThing(name, other) ? [name, other] : [name];
      await Promise.all(both.map((one) => HARMS[one]?.(stage)));
      for (const _ of both) stage.harmed();
      await stage.pauseBetween(100, 1_000);
    }
  },
};

/** Two harms to one thing at once would undo each other half-way. */
function isSameThing(one: string, other: string): boolean {
  return (
    one.split(' ').at(-1) === other.split(' ').at(-1) || (one.includes('deliverer') && other.includes('deliverer'))
  );
}
