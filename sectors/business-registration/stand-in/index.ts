/** The business register: REST JSON for enterprises, a folder of nightly files for households. */
import { join } from 'node:path';
import { type Answer, type Call, type Running, serve } from '../../../stand-ins/serve.ts';
import { openDatabase } from './database.ts';
import { createMoves, type Move } from './moves.ts';
import { dropFolder } from './populate.ts';
import { createRest } from './rest.ts';
import { createTokens, invalidCredentials } from './tokens.ts';

export { store } from './database.ts';
export { populate } from './populate.ts';

/** What this made-up system knows its callers by; nothing of it opens anything real. */
export const account = {
  consumerKey: 'lienthong',
  consumerSecret: 'dkkd-consumer-chay-thu',
  staticToken: 'dkkd-token-tinh-chay-thu',
} as const;

const json = 'application/json; charset=utf-8';

export interface StartOptions {
  directory: string;
  port?: number;
  /** How long a bearer token lives. Default 3,600,000. */
  tokenLifetimeMs?: number;
  /** Milliseconds since 1970; for tests about expiry. */
  now?: () => number;
}

export interface RunningBusinessRegistration extends Running {
  /** Takes a dossier one step on, as an officer of this system would. False for a code it does not know. */
  move(move: Move): boolean;
  /** All tokens given out so far are worth nothing any more; the static one stays. */
  forgetTokens(): void;
}

export async function start(options: StartOptions): Promise<RunningBusinessRegistration> {
  const { directory, port, tokenLifetimeMs = 3_600_000, now = Date.now } = options;
  const database = openDatabase(directory);
  const tokens = createTokens(account, { lifetimeMs: tokenLifetimeMs, now });
  const rest = createRest(database);
  const move = createMoves(database, now);

  function handle(call: Call): Answer {
    const control = call.path.startsWith('/__stand-in/') ? answerControl(call) : undefined;
    if (control) return control;
    if (call.method !== 'POST') return { status: 405, type: json, body: '{"error":"method_not_allowed"}' };
    if (call.path === '/token') {
      const { status, body } = tokens.grant(new URLSearchParams(call.body.toString()), call.headers.authorization);
      return { status, type: json, body: JSON.stringify(body) };
    }
    if (!tokens.allows(call.headers.authorization)) {
      return {
        status: 401,
        type: json,
        body: JSON.stringify(invalidCredentials('Thiếu token, token lạ hoặc hết hạn')),
      };
    }
    const answer = rest(call.path, call.body.toString());
    return answer ? { ...answer, type: json } : { status: 404, type: json, body: '{"error":"not_found"}' };
  }

  function answerControl({ method, path, body }: Call): Answer | undefined {
    if (method === 'DELETE' && path === '/__stand-in/tokens') {
      tokens.forget();
      return { type: json, body: '{"ok":true}' };
    }
    if (method !== 'POST' || path !== '/__stand-in/moves') return undefined;
    const moved = move(JSON.parse(body.toString()) as Move);
    return { status: moved ? 200 : 404, type: json, body: JSON.stringify({ ok: moved }) };
  }

  const running = await serve({ handle, port, onClose: () => database.close() });
  return {
    ...running,
    settings: {
      REST_URL: running.settings.URL ?? '',
      CONSUMER_KEY: account.consumerKey,
      CONSUMER_SECRET: account.consumerSecret,
      STATIC_TOKEN: account.staticToken,
      DROP_DIRECTORY: join(directory, dropFolder),
    },
    move,
    forgetTokens: () => tokens.forget(),
  };
}
