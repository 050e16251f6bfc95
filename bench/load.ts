import { createRequire } from 'node:module';

/**
 * Puts load on one server, in a process of its own: `node bench/load.ts <plan as JSON>`. Prints what came of it as one
 * line of JSON. An answer that is no 200 makes it fail: a server that refuses is quick.
 */
export interface LoadPlan {
  readonly url: string;
  /** Sent in turn. */
  readonly requests: readonly { readonly body: string; readonly headers: Readonly<Record<string, string>> }[];
  readonly clients: number;
  /** Requests to send in all. Every one is waited for, so that none is cut off at the end and counted by nobody. */
  readonly amount: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** The part of autocannon that is used; the package has no types. */
type Autocannon = (
  options: {
    readonly url: string;
    readonly connections: number;
    readonly amount: number;
    /** Seconds an answer may take. */
    readonly timeout: number;
    readonly requests: readonly { method: 'POST'; headers: Readonly<Record<string, string>>; body: string }[];
  },
  done: (failure: Error | null) => void,
) => {
  on(event: 'response', listen: (client: unknown, status: number, bytes: number, milliseconds: number) => void): void;
  on(event: 'reqError', listen: (failure: Error) => void): void;
};

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;
const headers = { 'content-type': 'application/json', accept: 'application/json' };

async function put({ url, requests, clients, amount }: LoadPlan): Promise<LoadResult> {
  const times: number[] = [];
  const startedAt = performance.now();
  let lastAt = startedAt;
  await new Promise<void>((resolve, reject) => {
    const running = autocannon(
      {
        url,
        connections: clients,
        amount,
        timeout: 60,
        requests: requests.map(({ body, headers: own }) => ({ method: 'POST', headers: { ...headers, ...own }, body })),
      },
      (failure) => (failure === null ? resolve() : reject(failure)),
    );
    // Its own summary counts in whole seconds and milliseconds, which is too coarse for a second's worth of requests.
    running.on('response', (_client, status, _bytes, milliseconds) => {
      if (status !== 200) reject(new Error(`An answer with status ${status} under load`));
      times.push(milliseconds);
      lastAt = performance.now();
    });
    running.on('reqError', reject);
  });
  if (times.length !== amount) throw new Error(`${amount} requests, ${times.length} answers`);
  times.sort((left, right) => left - right);
  const quantile = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { requests: amount, seconds: (lastAt - startedAt) / 1000, p50: quantile(0.5), p99: quantile(0.99) };
}

console.log(JSON.stringify(await put(JSON.parse(process.argv[2] ?? '{}') as LoadPlan)));
