import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, describe, expect, test } from 'vitest';
import { type Readiness, sharedReadiness } from '../../gateway/health.ts';
import { startTestGateway, type TestGateway } from './support.ts';

const schema = makeExecutableSchema({ typeDefs: 'type Query { hello: String }' });
const READY: Readiness = { ready: true, parts: { store: 'reachable' } };
const UNREACHABLE: Readiness = { ready: false, parts: { store: 'unreachable' } };

let hub: TestGateway | undefined;
afterEach(() => hub?.gateway.close());

async function open(ready: () => Promise<Readiness>): Promise<string> {
  hub = await startTestGateway(schema, { ready });
  return hub.gateway.address();
}

test('healthz says that the process lives, whatever is ready', async () => {
  const url = await open(async () => UNREACHABLE);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test.each([
  ['ready', async () => READY, 200],
  ['not ready', async () => UNREACHABLE, 503],
  ['not ready', () => Promise.reject(new Error('10.1.2.3')), 503],
  ['not ready', () => new Promise<Readiness>(() => {}), 503],
] as const)('readyz says %s', async (word, ready, status) => {
  const url = await open(ready);
  const response = await fetch(`${url}/readyz`);
  const text = await response.text();
  expect(response.status).toBe(status);
  expect(JSON.parse(text)).toMatchObject({ status: word });
  expect(text).not.toContain('10.1.2.3');
});

describe('Strangers who ask whether the hub is ready', () => {
  /** Checks that end when they are told to, on a clock that stands still until it is moved. */
  function stage() {
    const checks: PromiseWithResolvers<Readiness>[] = [];
    let at = 0;
    const ready = sharedReadiness(
      () => {
        const check = Promise.withResolvers<Readiness>();
        checks.push(check);
        return check.promise;
      },
      { now: () => at },
    );
    const pass = (ms: number) => {
      at += ms;
    };
    return { checks, ready, pass };
  }

  test('cost the store one question, however many come at once', async () => {
    let checks = 0;
    const url = await open(async () => {
      checks += 1;
      return READY;
    });
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${url}/readyz`)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    // A machine that is busy may take longer than a second over fifty.
    expect(checks).toBeLessThan(10);
  });

  test('are told what the check says that is under way, and for a second what it said', async () => {
    const { checks, ready, pass } = stage();
    const asked = [ready(), ready()];
    pass(1_500);
    asked.push(ready());
    checks[0]?.resolve(READY);
    expect(await Promise.all(asked)).toEqual([READY, READY, READY]);
    pass(999);
    expect(await ready()).toEqual(READY);
    expect(checks).toHaveLength(1);
    pass(1);
    const later = ready();
    checks[1]?.resolve(UNREACHABLE);
    expect(await later).toEqual(UNREACHABLE);
  });

  test('start no other check while one hangs, until it has to be taken for lost', async () => {
    const { checks, ready, pass } = stage();
    for (let turn = 0; turn < 3; turn += 1) {
      void ready();
      pass(9_999);
    }
    expect(checks).toHaveLength(1);
    pass(3);
    const later = ready();
    expect(checks).toHaveLength(2);
    checks[1]?.resolve(READY);
    expect(await later).toEqual(READY);
    checks[0]?.reject(new Error('at last'));
    expect(await ready()).toEqual(READY);
  });
});
