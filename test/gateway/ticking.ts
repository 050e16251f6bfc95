import { setTimeout as delay } from 'node:timers/promises';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { HubError } from '../../core/errors.ts';

/** A schema with subscriptions, and what was seen of its sources. */
export interface Ticking {
  readonly schema: GraphQLSchema;
  /** Events that were pulled from all sources. */
  pulled(): number;
  /** Sources that were opened and not ended. */
  open(): number;
  /** Gives one event to every source of `news` that waits. */
  announce(): void;
}

const TYPES = `
  type Query { here: String! }
  type Subscription {
    count(to: Int!, size: Int = 0): Tick!
    news: Tick!
    changes: Change!
    refused: Tick!
    cutOff: Tick!
    broken: Tick!
  }
  type Change { id: ID! }
  type Tick { number: Int! filler: String failing: String secret: String deaf: String deeper: Tick }
`;

type Source = AsyncIterableIterator<unknown>;

export function createTicking(): Ticking {
  let pulled = 0;
  let open = 0;
  let waiting: (() => void)[] = [];

  function source(next: (turn: number, ended: () => boolean) => Promise<object | null> | object | null): Source {
    let turn = 0;
    let ended = false;
    open += 1;
    const end = () => {
      if (!ended) open -= 1;
      ended = true;
      return { done: true, value: undefined } as const;
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        pulled += 1;
        const value = await next(++turn, () => ended);
        return value === null || ended ? end() : { done: false, value };
      },
      return: async () => end(),
    };
  }

  const news = () =>
    source(async (number) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { news: { number } };
    });
  return {
    pulled: () => pulled,
    open: () => open,
    announce() {
      const told = waiting;
      waiting = [];
      for (const tell of told) tell();
    },
    schema: makeExecutableSchema({
      typeDefs: TYPES,
      resolvers: {
        Query: { here: () => 'here' },
        Subscription: {
          count: {
            subscribe: (_: unknown, { to, size }: { to: number; size: number }) =>
              source((number) => (number > to ? null : { count: { number, filler: 'x'.repeat(size) } })),
          },
          news: { subscribe: news },
          // Beside what is told stands what only its resolver needs.
          changes: {
            subscribe: () =>
              source(async (turn) => {
                if (turn > 1) await new Promise<void>((resolve) => waiting.push(resolve));
                return { note: () => {}, changes: { id: `land:H41.07-261001-0001:${turn}` } };
              }),
          },
          refused: {
            subscribe: () => {
              throw new HubError('BAD_USER_INPUT', 'where: expected something else');
            },
          },
          cutOff: {
            subscribe: () =>
              source((number) => {
                if (number === 1) return { cutOff: { number } };
                throw new HubError('SUBSCRIBER_TOO_SLOW', 'Too slow.', { after: 'land:H41.07-261001-0001:7' });
              }),
          },
          broken: {
            subscribe: () =>
              source(() => {
                throw new Error('password of 001085004213');
              }),
          },
        },
        Tick: {
          failing: () => {
            throw new HubError('SOURCE_TIMEOUT', 'land: too late', { sector: 'land' });
          },
          secret: () => {
            throw new Error('password of 001085004213');
          },
          deaf: () => delay(60_000, 'late', { ref: false }),
          deeper: (tick: object) => tick,
        },
      },
    }),
  };
}
