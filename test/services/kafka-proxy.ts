import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between Kafka's clients and a broker, and answers some requests in its place. */
export interface KafkaProxy {
  readonly port: number;
  /**
   * Lets the next requests of a kind be answered with an error, so that the broker never sees them.
   *
   * @returns how many of them have come so far
   */
  refuse(request: keyof typeof REQUESTS, error: keyof typeof ERRORS, times: number): () => number;
  /** Lets the next requests of a kind go without an answer. */
  swallow(request: keyof typeof REQUESTS, times: number): () => number;
  /** How many of a kind have come, refused or not. */
  seen(request: keyof typeof REQUESTS): number;
  close(): Promise<void>;
}

/** Number and version of a request as kafkajs sends it, and what follows the error in an answer without content. */
const REQUESTS = {
  // Generation -1, then protocol, leader and member without a letter, then no members.
  joinGroup: { key: 11, version: 5, rest: Buffer.from('ffffffff00000000000000000000', 'hex') },
  findCoordinator: { key: 10, version: 2, rest: Buffer.alloc(0) },
  heartbeat: { key: 12, version: 3, rest: Buffer.alloc(0) },
} as const;
const ERRORS = { coordinatorLoading: 14, notCoordinator: 16, unknownMember: 25 } as const;
const LENGTH_BYTES = 4;

/** @param brokerPort of a broker that advertises this proxy as its own address */
export async function kafkaProxy(brokerPort: number): Promise<KafkaProxy> {
  const refusals: { key: number; version: number; rest: Buffer; error: number | null; left: number; came: number }[] =
    [];
  const seen = new Map<number, number>();
  const sockets = new Set<Socket>();

  /** Null: it is the broker's to answer. */
  function answerTo(request: Buffer): Buffer | null {
    const kind = request.readInt16BE(LENGTH_BYTES);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    const refusal = refusals.find(({ key, left }) => left > 0 && key === kind);
    if (refusal === undefined) return null;
    const version = request.readInt16BE(LENGTH_BYTES + 2);
    if (version !== refusal.version) throw new Error(`Request ${refusal.key} came in version ${version}`);
    refusal.left -= 1;
    refusal.came += 1;
    if (refusal.error === null) return Buffer.alloc(0);
    // Length, the request's own number, throttle time, error.
    const head = Buffer.alloc(14);
    head.writeInt32BE(10 + refusal.rest.length, 0);
    request.copy(head, 4, LENGTH_BYTES + 4, LENGTH_BYTES + 8);
    head.writeInt16BE(refusal.error, 12);
    return Buffer.concat([head, refusal.rest]);
  }

  function keep(request: keyof typeof REQUESTS, error: number | null, times: number): () => number {
    const refusal = { ...REQUESTS[request], error, left: times, came: 0 };
    refusals.push(refusal);
    return () => refusal.came;
  }

  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1');
    let held: Buffer = Buffer.alloc(0);
    client.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      while (held.length >= LENGTH_BYTES && held.length >= LENGTH_BYTES + held.readInt32BE(0)) {
        const request = held.subarray(0, LENGTH_BYTES + held.readInt32BE(0));
        held = held.subarray(request.length);
        const answer = answerTo(request);
        if (answer === null) broker.write(request);
        else client.write(answer);
      }
    });
    broker.pipe(client);
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    refuse: (request, error, times) => keep(request, ERRORS[error], times),
    swallow: (request, times) => keep(request, null, times),
    seen: (request) => seen.get(REQUESTS[request].key) ?? 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
