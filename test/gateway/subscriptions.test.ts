import { setTimeout as delay } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { afterEach, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import { rawRequest } from './raw-stream.ts';
import { COUNT, closeAll, closing, nested, open, WAYS } from './subscription-stage.ts';
import { contextOf, startTestGateway } from './support.ts';

afterEach(closeAll);

describe.each(WAYS)('a subscription $name', ({ subscribe }) => {
  it('is told event after event, and that it is complete', async () => {
    const hub = await open();
    const { results, errors } = await subscribe(hub, {
      query: 'subscription Three($to: Int!) { count(to: $to) { number } }',
      variables: { to: 3 },
    });
    expect(errors).toEqual([]);
    expect(results).toEqual([1, 2, 3].map((number) => ({ data: { count: { number } } })));
    expect(hub.ticking.open()).toBe(0);
  });

  it('executes every event as an operation of its own, with a context of its own', async () => {
    const contexts: object[] = [];
    const hub = await open(
      {},
      {
        contextFor: ({ signal, operation }) => {
          contexts.push({ aborted: signal.aborted, operation: operation.operation });
          return contextOf({});
        },
      },
    );
    await subscribe(hub, { query: 'subscription { count(to: 3) { number } }' });
    expect(contexts).toEqual(Array.from({ length: 4 }, () => ({ aborted: false, operation: 'subscription' })));
  });

  it('loses a field to a resolver that fails, and nothing else', async () => {
    const hub = await open();
    const { results } = await subscribe(hub, { query: 'subscription { count(to: 2) { number failing secret } }' });
    expect(results).toHaveLength(2);
    expect(results[1]).toMatchObject({
      data: { count: { number: 2, failing: null, secret: null } },
      errors: [
        { path: ['count', 'failing'], extensions: { code: 'SOURCE_TIMEOUT', sector: 'land', retryable: true } },
        { path: ['count', 'secret'], extensions: { code: 'INTERNAL' } },
      ],
    });
    expect(JSON.stringify(results)).not.toContain('password');
    expect(hub.log.text()).not.toContain('001085004213');
  });

  it('gives each event the time of one operation', async () => {
    const hub = await open({ OPERATION_TIMEOUT_MS: 100 });
    const { results } = await subscribe(hub, { query: 'subscription { count(to: 2) { number deaf } }' });
    expect(results.map(({ errors: [{ extensions }] }) => extensions.code)).toEqual(Array(2).fill('OPERATION_TIMEOUT'));
  });

  it.each([
    ['no GraphQL', { query: 'subscription {' }, 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', { query: 'subscription { counts }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['two fields', { query: 'subscription { news { number } refused { number } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['more depth than MAX_DEPTH', { query: `subscription { news { ${nested(20)} } }` }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'more than MAX_QUERY_TOKENS',
      { query: `subscription { news { ${'number '.repeat(6_000)} } }` },
      'GRAPHQL_PARSE_FAILED',
    ],
    ['variables of another type', { query: COUNT, variables: { to: 'x' } }, 'BAD_USER_INPUT'],
    ['no variables', { query: COUNT }, 'BAD_USER_INPUT'],
    ['an operation of another name', { query: COUNT, operationName: 'Other' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['a query', { query: '{ here }' }, 'BAD_REQUEST'],
    ['what its resolver refuses', { query: 'subscription { refused { number } }' }, 'BAD_USER_INPUT'],
  ] as const)('is refused for %s', async (_, asked, code) => {
    const hub = await open();
    const { results, errors } = await subscribe(hub, asked);
    expect(results).toEqual([]);
    expect(errors[0]).toMatchObject({ extensions: { code, retryable: false } });
    expect(hub.ticking.open()).toBe(0);
  });

  it('cannot read the schema, nor be led to names in it, where INTROSPECTION is off', async () => {
    const hub = await open({ INTROSPECTION: 'off' });
    const read = await subscribe(hub, { query: 'subscription { __schema { types { name } } }' });
    expect(read.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    const led = await subscribe(hub, { query: 'subscription { new { number } }' });
    expect(led.errors[0].message).not.toContain('news');
  });

  it('is told why it was cut off and where to go on', async () => {
    const hub = await open();
    const { results, errors } = await subscribe(hub, { query: 'subscription { cutOff { number } }' });
    expect(results).toEqual([{ data: { cutOff: { number: 1 } } }]);
    expect(errors).toEqual([
      {
        message: 'Too slow.',
        extensions: { code: 'SUBSCRIBER_TOO_SLOW', retryable: true, after: 'land:H41.07-261001-0001:7' },
      },
    ]);
  });

  it('is told of no place to go on after that was kept back', async () => {
    let contexts = 0;
    const hub = await open(
      {},
      {
        contextFor: () => {
          contexts += 1;
          if (contexts > 1) throw new HubError('FORBIDDEN', 'No more.');
          return contextOf({});
        },
      },
    );
    const { results, errors } = await subscribe(hub, { query: 'subscription { cutOff { number } }' });
    expect(results).toMatchObject([{ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] }]);
    expect(errors).toEqual([{ message: 'Too slow.', extensions: { code: 'SUBSCRIBER_TOO_SLOW', retryable: true } }]);
  });

  it('ends with a masked error when its source breaks', async () => {
    const hub = await open();
    const { errors } = await subscribe(hub, { query: 'subscription { broken { number } }' });
    expect(errors[0].extensions).toEqual({ code: 'INTERNAL', retryable: false });
    expect(JSON.stringify(errors) + hub.log.text()).not.toContain('001085004213');
  });

  it('ends its source as soon as the client leaves', async () => {
    const hub = await open();
    await subscribe(hub, { query: 'subscription { count(to: 1000000) { number } }' }, 3);
    await expect.poll(() => hub.ticking.open()).toBe(0);
  });

  it('is one too many beyond SUBSCRIPTIONS, until another ends', async () => {
    const hub = await open({ SUBSCRIPTIONS: 2 });
    const clients = [1, 2].map(() => createSseClient({ url: hub.sse, retryAttempts: 0 }));
    closing.push(() => clients.map((client) => client.dispose()));
    for (const client of clients) {
      const told = client.iterate({ query: 'subscription { news { number } }' });
      void told.next();
    }
    await expect.poll(() => hub.ticking.open()).toBe(2);
    const refused = await subscribe(hub, { query: COUNT, variables: { to: 1 } });
    expect(refused.errors[0].extensions).toEqual({ code: 'TOO_MANY_SUBSCRIPTIONS', retryable: true });
    clients[0]?.dispose();
    await expect.poll(() => hub.ticking.open()).toBe(1);
    expect((await subscribe(hub, { query: COUNT, variables: { to: 1 } })).results).toHaveLength(1);
  });

  it('is complete when the hub stops, which does not wait for it', async () => {
    const hub = await open();
    const told = subscribe(hub, { query: 'subscription { news { number } }' });
    await expect.poll(() => hub.ticking.open()).toBe(1);
    hub.ticking.announce();
    await delay(50);
    const started = performance.now();
    await hub.gateway.close();
    expect(performance.now() - started).toBeLessThan(2_000);
    const { results, errors } = await told;
    expect(results).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(hub.ticking.open()).toBe(0);
  });
});

describe('a schema without subscriptions', () => {
  it('opens neither way', async () => {
    const { makeExecutableSchema } = await import('@graphql-tools/schema');
    const hub = await startTestGateway(makeExecutableSchema({ typeDefs: 'type Query { here: String }' }));
    closing.push(() => hub.gateway.close());
    expect(await rawRequest(`${hub.gateway.address()}/graphql/stream`, { body: '{}' })).toBe(404);
  });
});
