import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterEach, describe, expect, it } from 'vitest';
import type { OperationRequest } from '../../gateway/operation-request.ts';
import { ANYBODY } from '../support/open-access.ts';
import { contextOf, startTestGateway, type TestGateway } from './support.ts';

const schema = makeExecutableSchema({
  typeDefs: 'type Query { hello: String } type Subscription { news: String }',
  resolvers: { Query: { hello: () => 'xin chào' } },
});
const PREFLIGHTED = { 'apollo-require-preflight': '1' };

let hub: TestGateway;
afterEach(() => hub.gateway.close());

/** A hub that asks long who somebody is, where one operation at once is allowed. */
async function open() {
  const asked: OperationRequest[] = [];
  const checks: (() => void)[] = [];
  let slow = true;
  hub = await startTestGateway(schema, {
    settings: { AT_ONCE: 1 },
    authenticate: async () => {
      if (slow) await new Promise<void>((resolve) => void checks.push(resolve));
      return ANYBODY;
    },
    contextFor: (request) => {
      asked.push(request);
      return contextOf({});
    },
  });
  return {
    asked,
    checks,
    /** Ends every check, those to come too. */
    answerChecks() {
      slow = false;
      for (const answer of checks) answer();
    },
  };
}

/** Asks, and is gone as soon as the hub has begun to look who it is. */
async function askAndGo(path: string, checks: readonly unknown[]): Promise<void> {
  const connected = once(hub.gateway.fastify.server, 'connection') as Promise<[Socket]>;
  const sent = httpRequest(hub.gateway.address() + path, { headers: PREFLIGHTED, agent: false });
  sent.on('error', () => {});
  sent.end();
  const [socket] = await connected;
  await expect.poll(() => checks.length).toBe(1);
  const closed = once(socket, 'close');
  sent.destroy();
  await closed;
}

describe('A client that goes away while it is looked up who it is', () => {
  it.each(['/graphql?query=%7Bhello%7D', '/graphql/stream?query=%7Bhello%7D'])(
    'leaves its place among those that ask at once: %s',
    async (path) => {
      const { checks, answerChecks } = await open();
      await askAndGo(path, checks);
      answerChecks();
      await expect
        .poll(async () => (await hub.ask({ query: '{ hello }' })).body)
        .toEqual({
          data: { hello: 'xin chào' },
        });
    },
  );

  it('has nothing begun for it that goes on: what is asked is told at once that nobody waits', async () => {
    const { asked, checks, answerChecks } = await open();
    await askAndGo('/graphql?query=%7Bhello%7D', checks);
    answerChecks();
    await expect.poll(() => asked.map(({ signal }) => signal.aborted)).toEqual([true]);
  });
});
