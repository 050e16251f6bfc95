import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../../core/identity.ts';
import { openIdentity } from '../../identity/identity.ts';
import { keysAtUrl } from '../../identity/key-sources.ts';
import { accounts } from '../../stand-ins/issuer/accounts.ts';
import { AUDIENCE, ISSUER } from '../../stand-ins/issuer/sign.ts';
import { startTestGateway, type TestGateway } from '../gateway/support.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';

/** So long honest requests come, so many a second; longer runs with ROTATION_MS. */
const LOAD_MS = Number(process.env.ROTATION_MS ?? 6_000);
const PER_SECOND = 200;
const EVERY_MS = 10;
const MOST_WAITING = 100;

const schema = makeExecutableSchema({ typeDefs: 'type Query { here: String }' });

let folder: string;
let issuer: TestIssuer;
let identity: Identity;
let hub: TestGateway;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-rotation-'));
  issuer = await openIssuer(folder);
  const { counter } = accounts;
  identity = openIdentity({
    ...{ issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'], mostMinutes: 60, staleMs: 86_400_000 },
    source: keysAtUrl(issuer.environment.ISSUER_JWKS_URL ?? '', 1_000),
    clients: new Map([
      [counter.client_id, { id: counter.client_id, title: '', roles: ['counter'], certificate: 'none' }],
    ]),
    unitOf: (code) => code,
    now: Date.now,
    warn: () => {},
  });
  hub = await startTestGateway(schema, { authenticate: identity.authenticate });
});

afterEach(async () => {
  await hub.gateway.close();
  await identity.close();
  await issuer.close();
  await rm(folder, { recursive: true, force: true });
});

async function rotate(): Promise<void> {
  const url = new URL('/__stand-in/rotate', issuer.environment.ISSUER_JWKS_URL);
  await (await fetch(url, { method: 'POST' })).arrayBuffer();
}

describe('under load', () => {
  it(
    'nobody honest is refused while keys are rotated, the issuer is down and strangers name keys that there are none of',
    async () => {
      // The first reading is waited for by whoever comes first.
      const outcomes = new Map<number, number>();
      const strangers = new Map<number, number>();
      const asked: Promise<void>[] = [];
      let waiting = 0;
      const count = async (into: Map<number, number>, authorization: string) => {
        waiting += 1;
        const { status } = await hub.ask({ query: '{ here }' }, { authorization });
        waiting -= 1;
        into.set(status, (into.get(status) ?? 0) + 1);
      };
      const began = performance.now();
      const harm = (async () => {
        await delay(LOAD_MS / 6);
        await rotate();
        // An issuer signs with no key that it has not published for a while.
        for (const { total } = issuer.running.calls(); issuer.running.calls().total === total; ) await delay(20);
        await delay(LOAD_MS / 6);
        issuer.running.faults({ mode: 'down' });
        await delay(LOAD_MS / 6);
        issuer.running.faults({ mode: 'hang' });
        await delay(LOAD_MS / 6);
        issuer.running.faults({ mode: 'none' });
        await rotate();
      })();
      let token = await issuer.bearer('counter');
      for (let sent = 0, elapsed = 0; elapsed < LOAD_MS; elapsed = performance.now() - began) {
        for (const due = (PER_SECOND * elapsed) / 1_000; sent < due && waiting < MOST_WAITING; sent++) {
          // Some sign in anew, the others come again.
          if (sent % 4 === 0) token = await issuer.bearer('counter');
          asked.push(count(outcomes, token));
          const header = Buffer.from(JSON.stringify({ typ: 'at+jwt', alg: 'EdDSA', kid: `none-${sent}` }));
          if (sent % 10 === 0) asked.push(count(strangers, `Bearer ${header.toString('base64url')}.e30.AAAA`));
        }
        await delay(EVERY_MS);
      }
      await Promise.all([harm, ...asked]);
      expect([...outcomes.keys()]).toEqual([200]);
      expect(outcomes.get(200)).toBeGreaterThan(100);
      // While the issuer is down nobody can say that it has no such key.
      expect([...strangers.keys()].sort()).toEqual([401, 503]);
      // What hung is given up after five seconds.
      await expect.poll(() => identity.keys(), { timeout: 15_000 }).toBe('fresh');
      // Read every second, and for strangers at most once in ten.
      expect(issuer.running.calls().byPath['/jwks']).toBeLessThan(LOAD_MS / 1_000 + 20);
    },
    LOAD_MS + 40_000,
  );
});
