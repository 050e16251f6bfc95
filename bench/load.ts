import { createRequire } from 'node:module';

/**
 * Puts load on one server, in a process of its own: `node bench/load.ts <plan as JSON>`. Prints what came of it as one
 * line of JSON. An answer that is no 200 makes it fail: a server that refuses is quick.
 */
export interface LoadPlan {
  readonly url: string;
  /** Sent in turn. */
  readonly bodies: readonly string[];
  readonly clients: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** The part of autocannon that is used; the package has no types. */
type Autocannon = (options: {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly requests: readonly { method: 'POST'; headers: Readonly<Record<string, string>>; body: string }[];
}) => Promise<{
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
  readonly duration: number;
  readonly requests: { readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
}>;

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;
const { url, bodies, clients, seconds } = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
const headers = { 'content-type': 'application/json', accept: 'application/json' };
const result = await autocannon({
  url,
  connections: clients,
  duration: seconds,
  requests: bodies.map((body) => ({ method: 'POST', headers, body })),
});
if (result.errors + result.timeouts + result.non2xx > 0) {
  throw new Error(`${result.errors} errors, ${result.timeouts} timeouts and ${result.non2xx} refusals under load`);
}
const { p50, p99 } = result.latency;
console.log(JSON.stringify({ requests: result.requests.total, seconds: result.duration, p50, p99 } satisfies LoadResult));
