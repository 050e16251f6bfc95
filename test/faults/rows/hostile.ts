import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { accounts } from '../../../stand-ins/issuer/accounts.ts';
import { signToken } from '../../../stand-ins/issuer/sign.ts';
import { hasOpenssl } from '../../identity/certificates.ts';
import { attacksOf } from '../access/attacks.ts';
import { makeCertificates } from '../access/certificates.ts';
import { send } from '../access/request.ts';
import { type HostileRequest, sendHostile } from '../access/strangers.ts';
import { startHub } from '../hub-process.ts';
import { percentile, served } from '../invariants-access.ts';
import type { FaultRow, Stage } from '../row.ts';

const ASKED_PER_SECOND = 20;
const ATTACKERS = 4;
const PHASE_MS = { short: 5_000, long: 60_000 } as const;
/** So slow nobody honest may get, however busy the machine is; what it was is noted. */
const SLOWEST_MS = 10_000;

export const abused: FaultRow = {
  number: 29,
  title:
    'what is known to be tried on GraphQL servers, while people ask: nothing is served, they are answered as before',
  async run(stage) {
    const { cluster, access, isLong, harmed, expect, note } = stage;
    const { asking } = access;
    const { address } = cluster.one('gateway');
    const attacks = await attacksOf(cluster, access);
    const phaseMs = PHASE_MS[isLong ? 'long' : 'short'];
    asking.rate(ASKED_PER_SECOND);
    const calmFrom = Date.now();
    await delay(phaseMs);
    const from = Date.now();
    let sent = 0;
    const faults = new Set<string>();
    const attack = async (): Promise<void> => {
      while (Date.now() < from + phaseMs || sent < attacks.length) {
        const one = attacks[sent++ % attacks.length] as HostileRequest;
        const { sample, text } = await sendHostile(address, one);
        access.saw(`an answer to ${one.name}`, text);
        for (const { what } of served([sample])) faults.add(what);
        if (sample.ended !== 'answered') faults.add(`${one.name} was ${sample.ended}`);
      }
    };
    await Promise.all(Array.from({ length: ATTACKERS }, attack));
    const until = Date.now();
    harmed();
    for (const what of faults) expect(false, what);
    const slowest = (since: number, before: number) =>
      percentile(
        asking.samples().flatMap(({ at, tookMs }) => (at >= since && at < before ? [tookMs] : [])),
        0.99,
      ) ?? 0;
    const [calm, abused] = [slowest(calmFrom, from), slowest(from, until)];
    expect(abused < SLOWEST_MS, `people are answered meanwhile: 99 of 100 within ${Math.round(abused)} ms`);
    const perSecond = Math.round((sent * 1_000) / (until - from));
    note(`${sent} attacks of ${attacks.length} kinds, ${perSecond} a second`);
    note(`p99 ${Math.round(calm)} ms without, ${Math.round(abused)} ms under them: × ${(abused / calm).toFixed(2)}`);
  },
};

const HOSTILE_PER_SECOND = 40;
const KNOWN_WITHIN_MS = 10_000;

export const strangersAtTheDoor: FaultRow = {
  number: 30,
  title: 'hostile tokens and certificates, keys rotated, the issuer down: 0 served, nobody honest is refused',
  async run(stage) {
    const { cluster, access, isLong, harmed, eventually } = stage;
    const { asking, strangers } = access;
    const phaseMs = isLong ? 15_000 : 1_500;
    asking.rate(ASKED_PER_SECOND);
    strangers.rate(HOSTILE_PER_SECOND);
    await rotate(stage);
    // An issuer signs with no key that it has not published for a while.
    const asked = await askedForKeys(stage);
    await eventually(async () => (await askedForKeys(stage)) > asked, 'the new keys are read', KNOWN_WITHIN_MS);
    await delay(phaseMs);
    for (const mode of ['down', 'hang'] as const) {
      await cluster.setFault('issuer', { mode });
      harmed();
      if (mode === 'down') await rotate(stage);
      await delay(phaseMs);
    }
    await cluster.setFault('issuer', { mode: 'none' });
    await eventually(
      async () => (await keysOf(stage)) === 'fresh',
      'the issuer’s keys are read again',
      KNOWN_WITHIN_MS * 2,
    );
    await rotate(stage);
    await delay(phaseMs);
    asking.rate(1);
    await withdrawnKey(stage);
    await strangersWithCertificates(stage);
  },
};

async function rotate({ cluster, harmed }: Stage): Promise<void> {
  const { status } = await send({ address: cluster.issuerUrl, path: '/__stand-in/rotate' });
  if (status !== 200) throw new Error('The issuer did not change its keys');
  harmed();
}

async function askedForKeys({ cluster }: Stage): Promise<number> {
  const { text } = await send({ address: cluster.issuerUrl, path: '/__stand-in/calls', method: 'GET' });
  return (JSON.parse(text) as { total: number }).total;
}

async function keysOf({ cluster }: Stage): Promise<string | undefined> {
  const { text } = await send({ address: cluster.one('gateway').address, path: '/readyz', method: 'GET' });
  return (JSON.parse(text) as { parts: Record<string, string> }).parts.keys;
}

/** Nothing that a withdrawn key signed is good any more. */
async function withdrawnKey({ cluster, access, harmed, eventually }: Stage): Promise<void> {
  const { asking, tokens } = access;
  const { address } = cluster.one('gateway');
  asking.rate(0);
  await eventually(() => asking.inFlight() === 0, 'everybody has an answer');
  const token = await signToken(cluster.directory, { ...accounts.leader, sub: 'asker.withdrawn' });
  const statusOf = async () => {
    const headers = { authorization: `Bearer ${token}` };
    return (await send({ address, headers, body: { query: '{ agencies { code } }' } })).status;
  };
  await eventually(async () => (await statusOf()) === 200, 'a token is good');
  await send({ address: cluster.issuerUrl, path: '/__stand-in/rotate?revoke' });
  harmed();
  tokens.forget();
  await eventually(async () => (await statusOf()) === 401, 'a token of a withdrawn key is good no more');
  asking.rate(ASKED_PER_SECOND);
}

/** A gateway over TLS, and a system that proves itself by its certificate. */
async function strangersWithCertificates({ cluster, access, harmed, expect, note }: Stage): Promise<void> {
  if (!(await hasOpenssl())) return note('no certificates: openssl is not installed');
  const folder = await mkdtemp(join(cluster.directory, '..', 'tls-'));
  const { environment, requests } = await makeCertificates(folder, cluster.directory);
  const hub = await startHub('gateway', { ...cluster.environment, ...environment });
  try {
    let refused = 0;
    for (const { isHonest, ...request } of requests) {
      const { sample, text } = await sendHostile(hub.address, request);
      access.saw(`an answer to ${request.name}`, text);
      harmed();
      if (isHonest) expect(sample.served === 1, `${request.name} is served: ${sample.status} ${sample.codes}`);
      else expect(served([sample]).length === 0, `${request.name} is refused: ${sample.status}`);
      if (!isHonest) refused += 1;
    }
    note(`${refused} certificates refused`);
  } finally {
    await hub.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
