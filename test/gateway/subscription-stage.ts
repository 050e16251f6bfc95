import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GatewayOptions } from '../../gateway/gateway.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { startTestGateway, type TestGateway } from './support.ts';
import { createTicking, type Ticking } from './ticking.ts';

export const PROTOCOL = 'graphql-transport-ws';

export interface House extends TestGateway {
  readonly ticking: Ticking;
  readonly ws: string;
  readonly sse: string;
}

export const closing: (() => unknown)[] = [];
/** Closes what a test has opened, the last first. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

export async function open(
  settings: Partial<GatewaySettings> = {},
  options: Partial<Omit<GatewayOptions, 'settings'>> = {},
): Promise<House> {
  const ticking = createTicking();
  const hub = await startTestGateway(ticking.schema, { ...options, settings });
  closing.push(() => hub.gateway.close());
  const address = hub.gateway.address();
  return { ...hub, ticking, ws: `${address.replace('http', 'ws')}/graphql`, sse: `${address}/graphql/stream` };
}

/** One way to subscribe, through the client that its protocol's authors wrote. */
export interface Way {
  readonly name: string;
  /** Everything that was told until the end, or up to `most`. */
  readonly subscribe: (hub: House, asked: Asked, most?: number) => Promise<Told>;
}

export interface Asked {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

export interface Told {
  // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
  readonly results: any[];
  /** Errors that ended it. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly errors: any[];
}

export const WAYS: readonly Way[] = [
  {
    name: 'over WebSocket',
    subscribe: async (hub, asked, most) => {
      const client = createClient({ url: hub.ws, webSocketImpl: WebSocket, retryAttempts: 0 });
      closing.push(() => client.dispose());
      return collect((asked) => client.iterate(asked), asked, most);
    },
  },
  {
    name: 'as server-sent events',
    subscribe: async (hub, asked, most) => {
      const client = createSseClient({ url: hub.sse, retryAttempts: 0 });
      closing.push(() => client.dispose());
      const { results, errors } = await collect((asked) => client.iterate(asked), asked, most);
      // Over this protocol what ends a stream is its last event.
      const last = results.at(-1);
      if (last?.data === undefined && last?.errors) return { results: results.slice(0, -1), errors: last.errors };
      return { results, errors };
    },
  },
];

export async function collect(
  iterate: (asked: Asked) => AsyncIterableIterator<unknown>,
  asked: Asked,
  most = Infinity,
): Promise<Told> {
  const results: unknown[] = [];
  try {
    for await (const result of iterate(asked)) {
      results.push(result);
      if (results.length >= most) break;
    }
  } catch (error) {
    return { results, errors: Array.isArray(error) ? error : [error] };
  }
  return { results, errors: [] };
}

export const COUNT = 'subscription Count($to: Int!) { count(to: $to) { number } }';

export function nested(depth: number): string {
  return `${'deeper { '.repeat(depth)}number${' }'.repeat(depth)}`;
}

export function upgradeStatus(url: string, headers: Record<string, string> = {}, protocol = PROTOCOL): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol, { headers });
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => reject(new Error('was opened')));
    socket.on('error', () => {});
  });
}
