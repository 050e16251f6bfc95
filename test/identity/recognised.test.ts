import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { SettingsFault } from '../../core/setting.ts';
import { createPresenter } from '../../gateway/authenticate.ts';
import { bindableAddress } from '../../gateway/loopback.ts';
import type { Authenticate } from '../../gateway/operation-request.ts';
import { readTls } from '../../hub/tls.ts';
import { openIdentity } from '../../identity/identity.ts';
import { closeAll, closing, PROTOCOL } from '../gateway/subscription-stage.ts';
import { startTestGateway, type TestGateway } from '../gateway/support.ts';
import { ANYBODY } from '../support/open-access.ts';
import { type Certificate, hasOpenssl, makeCertificate } from './certificates.ts';
import { AUDIENCE, COUNTER, handSource, ISSUER, newKey, sign, WORLD } from './tokens.ts';

afterEach(closeAll);

const GOOD = 'Bearer good';
const presented: unknown[] = [];

/** Recognises one word, and notes what it was shown. */
function recognising(change: Partial<Actor> = {}): Authenticate {
  return async (credentials) => {
    presented.push(credentials);
    if (credentials.authorization !== GOOD) throw new HubError('UNAUTHENTICATED', 'Who are you?');
    return { ...ANYBODY, ...change };
  };
}

let tell: (id: string | null) => void = () => {};
const schema = makeExecutableSchema({
  typeDefs: 'type Query { here: String } type Subscription { told: Told } type Told { id: ID }',
  resolvers: {
    Query: { here: () => 'here' },
    Subscription: {
      told: {
        subscribe: async function* () {
          for (;;) {
            const id = await new Promise<string | null>((resolve) => {
              tell = resolve;
            });
            if (id === null) return;
            yield { told: { id } };
          }
        },
      },
    },
  },
});

async function open(options: Parameters<typeof startTestGateway>[1] = {}): Promise<TestGateway> {
  presented.length = 0;
  const hub = await startTestGateway(schema, { authenticate: recognising(), ...options });
  closing.push(() => hub.gateway.close());
  return hub;
}

const socketOf = (hub: TestGateway) => `${hub.gateway.address().replace('http', 'ws')}/graphql`;

/** What a WebSocket is told first after its `connection_init`: a message's type, or the code it is closed with. */
function firstWord(
  hub: TestGateway,
  payload?: unknown,
  headers: Record<string, string> = {},
): Promise<string | number> {
  const socket = new WebSocket(socketOf(hub), PROTOCOL, { headers });
  closing.push(() => socket.terminate());
  return new Promise((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })));
    socket.on('message', (data) => resolve((JSON.parse(String(data)) as { type: string }).type));
    socket.on('close', resolve);
  });
}

/** A request whose headers are sent exactly as they are. */
function send(url: string, headers: readonly string[], body = '{"query":"{ here }"}'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request(
      { hostname, port, path: '/graphql', method: 'POST', headers: ['host', `${hostname}:${port}`, ...headers] },
      (response) => {
        response.resume();
        resolve(response);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('over HTTP', () => {
  it('whoever brings no good token gets 401 and is told what to bring, and nothing else', async () => {
    const { ask } = await open();
    for (const authorization of [undefined, 'Bearer bad', 'Basic good', 'good']) {
      const { status, headers, body } = await ask({ query: '{ here }' }, authorization ? { authorization } : {});
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="lienthong"');
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      expect(body.data).toBeUndefined();
    }
    expect((await ask({ query: '{ here }' }, { authorization: GOOD })).body.data).toEqual({ here: 'here' });
  });

  it('nothing is read of what a stranger sends', async () => {
    const { gateway } = await open({ settings: { MAX_BODY_BYTES: 1_024 } });
    const headers = ['content-type', 'application/json'];
    const large = `{"query":"${' '.repeat(4_000)}"}`;
    expect((await send(gateway.address(), headers, large)).statusCode).toBe(401);
    expect((await send(gateway.address(), [...headers, 'authorization', GOOD], large)).statusCode).toBe(413);
  });

  it('of two tokens none counts, whichever comes first', async () => {
    const { gateway } = await open();
    const headers = ['content-type', 'application/json', 'Authorization', GOOD, 'authorization', 'Bearer other'];
    expect((await send(gateway.address(), headers)).statusCode).toBe(401);
    expect((await send(gateway.address(), headers.slice(0, 4))).statusCode).toBe(200);
  });

  it('a token in a URL or a body is none', async () => {
    const { gateway, ask } = await open();
    expect((await ask({ query: '{ here }', authorization: GOOD, access_token: 'good' })).status).toBe(401);
    for (const place of ['graphql', 'graphql/stream']) {
      const url = `${gateway.address()}/${place}?access_token=good&authorization=Bearer+good&query={here}`;
      expect((await fetch(url, { headers: { accept: '*/*' } })).status).toBe(401);
    }
  });

  it('health is nobody’s secret', async () => {
    const { gateway } = await open();
    for (const path of ['healthz', 'readyz']) expect((await fetch(`${gateway.address()}/${path}`)).status).toBe(200);
  });
});

describe('over WebSocket', () => {
  it('the first message says who it is, or the request that opened it', async () => {
    const hub = await open();
    expect(await firstWord(hub, { authorization: GOOD })).toBe('connection_ack');
    expect(await firstWord(hub, undefined, { authorization: GOOD })).toBe('connection_ack');
    expect(await firstWord(hub, { authorization: 'Bearer bad' }, { authorization: GOOD })).toBe(4403);
  });

  it.each([undefined, null, {}, { authorization: 'Bearer bad' }, { authorization: [GOOD] }, { token: 'good' }])(
    'whoever says %j is shown out, after the same time',
    async (payload) => {
      const hub = await open();
      const since = performance.now();
      expect(await firstWord(hub, payload)).toBe(4403);
      expect(performance.now() - since).toBeGreaterThanOrEqual(50);
    },
  );
});

describe('a subscription', () => {
  const query = 'subscription { told { id } }';

  it.each(['over WebSocket', 'as server-sent events'])(
    '%s ends when its token runs out, and is told from where to go on',
    async (way) => {
      const hub = await open({ authenticate: recognising({ expiresAt: Date.now() + 1_000 }) });
      const headers = { authorization: GOOD };
      const client =
        way === 'over WebSocket'
          ? createClient({ url: socketOf(hub), webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: headers })
          : createSseClient({ url: `${hub.gateway.address()}/graphql/stream`, retryAttempts: 0, headers });
      closing.push(() => client.dispose());
      const answers = client.iterate({ query });
      const first = answers.next();
      await delay(300);
      tell('land:H41-1:7');
      expect((await first).value).toEqual({ data: { told: { id: 'land:H41-1:7' } } });
      const since = performance.now();
      const end = await answers.next().then(
        ({ value }) => (value as { errors: unknown }).errors,
        (errors: unknown) => errors,
      );
      expect(performance.now() - since).toBeLessThan(2_000);
      expect(end).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', retryable: false, after: 'land:H41-1:7' } }]);
    },
  );

  it('is not begun on a connection whose token has run out since', async () => {
    const hub = await open({ authenticate: recognising({ expiresAt: Date.now() + 300 }) });
    const socket = createClient({
      ...{ url: socketOf(hub), webSocketImpl: WebSocket, retryAttempts: 0, lazy: false },
      connectionParams: { authorization: GOOD },
    });
    closing.push(() => socket.dispose());
    await delay(400);
    await expect(socket.iterate({ query }).next()).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});

describe('the address of whoever asks', () => {
  const message = (forwarded?: string) =>
    ({
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      rawHeaders: [],
      socket: { remoteAddress: '10.0.0.1' },
    }) as unknown as IncomingMessage;

  it('is the socket’s, whatever is forwarded, where there is no proxy', () => {
    const presentedBy = createPresenter({ behindProxy: false });
    expect(presentedBy(message('192.0.2.7')).address).toBe('10.0.0.1');
  });

  it('is what the proxy says, which is the last word', () => {
    const presentedBy = createPresenter({ behindProxy: true });
    expect(presentedBy(message('203.0.113.1, 192.0.2.7')).address).toBe('192.0.2.7');
    expect(presentedBy(message()).address).toBe('10.0.0.1');
  });
});

describe('the address that the hub listens on', () => {
  it('may be reached from other machines where connections are secured and its names are known', async () => {
    expect(await bindableAddress('0.0.0.0', { secured: true, named: true })).toBe('0.0.0.0');
  });

  it.each([
    [{ secured: true, named: false }, /others need PUBLIC_NAMES;/],
    [{ secured: false, named: true }, /others need TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_PROXY=on;/],
    [{ secured: false, named: false }, /BEHIND_PROXY=on and PUBLIC_NAMES;/],
  ])('may not with %j', async (exposure, said) => {
    await expect(bindableAddress('0.0.0.0', exposure)).rejects.toThrow(said);
    await expect(bindableAddress('192.0.2.7', exposure)).rejects.toThrow(SettingsFault);
    expect(await bindableAddress('127.0.0.1', exposure)).toBe('127.0.0.1');
  });
});

const openssl = await hasOpenssl();

describe.skipIf(!openssl)(openssl ? 'over TLS' : 'over TLS (skipped: there is no openssl to make certificates)', () => {
  let folder: string;
  let authority: Certificate;
  let own: Certificate;
  let client: Certificate;
  let colleague: Certificate;
  let stranger: Certificate;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-tls-'));
    authority = await makeCertificate(folder, 'authority');
    own = await makeCertificate(folder, 'hub', authority);
    client = await makeCertificate(folder, 'statistics', authority);
    colleague = await makeCertificate(folder, 'colleague', authority);
    stranger = await makeCertificate(folder, 'stranger');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const files = () => ({
    ...{ TLS_CERT_FILE: own.certFile, TLS_KEY_FILE: own.keyFile, TLS_CLIENT_CA_FILE: authority.certFile },
  });

  /** The status of an answer. */
  function ask(
    hub: TestGateway,
    shown?: Certificate,
    { host = '127.0.0.1', authorization = GOOD } = {},
  ): Promise<number> {
    const { port } = new URL(hub.gateway.address());
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(
        {
          ...{ hostname: '127.0.0.1', port, path: '/graphql', method: 'POST', ca: authority.cert, agent: false },
          ...(shown && { cert: shown.cert, key: shown.key }),
          headers: { 'content-type': 'application/json', authorization, host: `${host}:${port}` },
          servername: 'localhost',
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end('{"query":"{ here }"}');
    });
  }

  const shownTo = () => presented.map((one) => (one as { certificate?: string }).certificate);

  it('a client’s certificate is known by its digest where the configured authority signed it, and not otherwise', async () => {
    const hub = await open({ tls: readTls(files()) });
    expect(hub.gateway.address()).toMatch(/^https:/);
    for (const shown of [undefined, client, colleague, stranger]) expect(await ask(hub, shown)).toBe(200);
    const [none, first, second, foreign] = shownTo();
    expect([none, foreign]).toEqual([undefined, undefined]);
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(second).toMatch(/^[\w-]{43}$/);
    expect(first).not.toBe(second);
  });

  it('a token that is bound to a certificate is good with it, and not with another of the same authority', async () => {
    const key = await newKey('first');
    const identity = openIdentity({
      ...{ ...WORLD, source: handSource([key.jwk]), issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'] },
      ...{ staleMs: 86_400_000, warn: () => {} },
    });
    closing.push(() => identity.close());
    const hub = await open({ tls: readTls(files()), authenticate: identity.authenticate, now: WORLD.now });
    const { raw } = new X509Certificate(client.cert);
    const cnf = { 'x5t#S256': createHash('sha256').update(raw).digest('base64url') };
    const system = { ...COUNTER, sub: 'statistics', client_id: 'statistics', role: 'app', unit: undefined };
    const bound = { authorization: `Bearer ${await sign(key, { ...system, cnf })}` };
    const statuses = [];
    for (const shown of [colleague, undefined, stranger, client, colleague, undefined]) {
      statuses.push(await ask(hub, shown, bound));
    }
    expect(statuses).toEqual([401, 401, 401, 200, 401, 401]);
    const loose = { authorization: `Bearer ${await sign(key, system)}` };
    expect(await ask(hub, client, loose)).toBe(401);
  });

  it('no certificate is asked for where no authority is configured', async () => {
    const hub = await open({ tls: readTls({ ...files(), TLS_CLIENT_CA_FILE: '' }) });
    expect(await ask(hub, client)).toBe(200);
    expect(shownTo()).toEqual([undefined]);
  });

  it('the hub answers to the names that it was given, besides those of its machine', async () => {
    const hub = await open({ tls: readTls(files()), names: ['hub.example'] });
    expect(await ask(hub, undefined, { host: 'hub.example' })).toBe(200);
    expect(await ask(hub, undefined, { host: 'evil.example' })).toBe(403);
    expect(await ask(hub)).toBe(200);
  });

  it.each([
    ['a file that is not there', { TLS_CERT_FILE: 'nowhere.pem' }, /TLS_CERT_FILE: cannot be read \(ENOENT\)/],
    ['the key of another certificate', { TLS_KEY_FILE: 'colleague.key' }, /TLS_CERT_FILE and TLS_KEY_FILE/],
    ['an authority that is none', { TLS_CLIENT_CA_FILE: 'hub.key' }, /TLS_CLIENT_CA_FILE/],
  ])('the settings are refused for %s', (_, change, said) => {
    const changed = Object.fromEntries(Object.entries(change).map(([name, file]) => [name, join(folder, file)]));
    expect(() => readTls({ ...files(), ...changed })).toThrow(said);
  });
});
