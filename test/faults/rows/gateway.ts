import { setTimeout as delay } from 'node:timers/promises';
import { type Balancer, startBalancer } from '../access/balancer.ts';
import { percentile } from '../invariants-access.ts';
import type { FaultRow, Stage } from '../row.ts';
import { killAndReplace } from './kills.ts';

/** Questions a second while gateways come and go. */
const BUSY_PER_SECOND = 20;
/** Within this a gateway has to serve again, whatever else the machine does; how long it takes is noted. */
const BACK_MS = 60_000;
const LOOK_EVERY_MS = 10;
const END_MS = 25_000;

export const gatewayKilled: FaultRow = {
  number: 1,
  title: 'a gateway is killed while people ask it: what was answered is logged, nothing came by half, it serves again',
  harms: ['*'],
  async run(stage) {
    const { kills, access, expect, note } = stage;
    const { asking } = access;
    const tookMs: number[] = [];
    let cut = 0;
    asking.rate(BUSY_PER_SECOND);
    for (let kill = 0; kill < kills; kill++) {
      await stage.pauseBetween(300, 1_200);
      await untilAsked(stage);
      const broken = asking.unanswered();
      const killedAt = performance.now();
      await killAndReplace(stage, 'gateway');
      await untilServed(stage);
      tookMs.push(performance.now() - killedAt);
      cut += asking.unanswered() - broken;
    }
    expect(Math.max(...tookMs) < BACK_MS, 'it serves again');
    note(`serves again after ${seconds(percentile(tookMs, 0.5))} s, ${seconds(Math.max(...tookMs))} s at most`);
    note(`${cut} requests lost their answer`);
  },
};

/** Until a request is on its way, for a kill to have something to cut off. */
async function untilAsked({ access, eventually }: Stage): Promise<void> {
  await eventually(() => access.asking.inFlight() > 0, 'somebody asks');
}

/** Asks for a whole answer, again and again, as a client does that was cut off. */
async function untilServed({ access }: Stage): Promise<void> {
  const end = performance.now() + BACK_MS;
  while (performance.now() < end) {
    const { ended, lacking } = await access.asking.ask('whole');
    if (ended === 'answered' && lacking.length === 0) return;
    await delay(LOOK_EVERY_MS);
  }
}

function seconds(ms: number | null): string {
  return ((ms ?? 0) / 1_000).toFixed(1);
}

/** As an operator has it, and not as short as the other rows want it: balancers look every half second. */
const PATIENT = { CLOSE_TIMEOUT_MS: '10000', CLOSE_DELAY_MS: '2000' };

export const gatewayEnded: FaultRow = {
  number: 32,
  title: 'a gateway of two is told to end while people ask through a balancer: no request fails, and nobody asks twice',
  async run(stage) {
    const { cluster, kills, access, harmed, expect, note } = stage;
    const { asking } = access;
    const first = cluster.one('gateway');
    await Promise.all([1, 2].map(() => cluster.start('gateway', { environment: PATIENT })));
    const balancer = startBalancer(cluster);
    try {
      await untilReady(stage, balancer);
      asking.through(() => balancer.ready().filter((address) => address !== first.address));
      await stage.pauseBetween(300, 600);
      await first.stop();
      asking.rate(BUSY_PER_SECOND);
      const [broken, nobody, answered] = [asking.unanswered(), asking.nobody(), asking.answers().length];
      const tookMs: number[] = [];
      for (let time = 0; time < kills; time++) {
        await untilReady(stage, balancer);
        await stage.pauseBetween(300, 1_200);
        await untilAsked(stage);
        const gateway = cluster.one('gateway');
        const toldAt = performance.now();
        await gateway.signal('SIGTERM');
        const code = await Promise.race([gateway.ended, delay(END_MS, -1, { ref: false })]);
        tookMs.push(performance.now() - toldAt);
        harmed();
        expect(code === 0, `it ends as it should: ${code} ${gateway.said().slice(-2).join(' ')}`);
        await cluster.start('gateway', { environment: PATIENT });
      }
      await stage.pauseBetween(300, 600);
      const failed = asking.unanswered() - broken + asking.nobody() - nobody;
      expect(failed === 0, `no request fails: ${failed} did`);
      note(`${failed} of ${asking.answers().length - answered + failed} requests failed`);
      note(`ended within ${seconds(Math.max(...tookMs))} s`);
    } finally {
      asking.through(null);
      await balancer.stop();
    }
  },
};

/** Until one may go and another is there. */
async function untilReady({ eventually }: Stage, balancer: Balancer): Promise<void> {
  await eventually(() => balancer.ready().length >= 2, 'two gateways are ready');
}
