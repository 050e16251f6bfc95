/** Both services on one port: civil status (REST JSON) and population (SOAP). */
import { type Answer, type Call, type Running, serve } from '../../../stand-ins/serve.ts';
import { openDatabase } from './database.ts';
import { createMoves, type Move } from './moves.ts';
import { createPopulation } from './population.ts';
import { createRest } from './rest.ts';
import { createTokens } from './tokens.ts';
import { wsdl } from './wsdl.ts';

export { store } from './database.ts';
export { populate } from './populate.ts';

/** What this made-up system knows its callers by; nothing of it opens anything real. */
export const accounts = {
  rest: {
    clientId: 'lienthong',
    clientSecret: 'hotich-client-chay-thu',
    username: 'motcua',
    password: 'motcua-chay-thu',
  },
  soap: { username: 'hub037', password: 'dancu-chay-thu' },
} as const;

const soapPath = '/qldc/dancu';
const xml = 'text/xml; charset=UTF-8';
const json = 'application/json; charset=utf-8';

export interface StartOptions {
  directory: string;
  port?: number;
  /** How long a bearer token lives. Default 600,000. */
  tokenLifetimeMs?: number;
  /** Milliseconds since 1970; for tests about expiry. */
  now?: () => number;
}

export interface RunningCivilStatus extends Running {
  /** Takes a dossier one step on, as an officer of this system would. False for a code it does not know. */
  move(move: Move): boolean;
  /** All tokens given out so far are worth nothing any more. */
  forgetTokens(): void;
}

export async function start(options: StartOptions): Promise<RunningCivilStatus> {
  const { directory, port, tokenLifetimeMs = 600_000, now = Date.now } = options;
  const { database, province } = openDatabase(directory);
  const tokens = createTokens(accounts.rest, { lifetimeMs: tokenLifetimeMs, now });
  const rest = createRest(database, { province });
  const population = createPopulation(database, accounts.soap);
  const move = createMoves(database, now);

  function handle(call: Call): Answer {
    if (call.path === soapPath) return answerSoap(call);
    const control = call.path.startsWith('/__stand-in/') ? answerControl(call) : undefined;
    if (control) return control;
    if (call.method !== 'POST') return { status: 405, type: json, body: '{"error":"method_not_allowed"}' };
    if (call.path === '/oauth/token') {
      const { status, body } = tokens.grant(new URLSearchParams(call.body.toString()));
      return { status, type: json, body: JSON.stringify(body) };
    }
    const fault = tokens.fault(call.headers.authorization);
    if (fault !== undefined) {
      const body = JSON.stringify({ error: 'invalid_token', error_description: fault });
      return { status: 401, type: json, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body };
    }
    const answer = rest(call.path, call.body.toString());
    return answer ? { ...answer, type: json } : { status: 404, type: json, body: '{"error":"not_found"}' };
  }

  function answerSoap({ method, query, headers, body }: Call): Answer {
    if (method === 'GET' && query.has('wsdl')) return { type: xml, body: wsdl(`http://${headers.host}${soapPath}`) };
    if (method !== 'POST') return { status: 405, type: 'text/plain; charset=utf-8', body: 'POST' };
    return { ...population(body.toString(), headers.authorization), type: xml };
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
  const url = running.settings.URL ?? '';
  return {
    ...running,
    settings: {
      REST_URL: url,
      REST_CLIENT_ID: accounts.rest.clientId,
      REST_CLIENT_SECRET: accounts.rest.clientSecret,
      REST_USERNAME: accounts.rest.username,
      REST_PASSWORD: accounts.rest.password,
      SOAP_URL: `${url}${soapPath}`,
      SOAP_USERNAME: accounts.soap.username,
      SOAP_PASSWORD: accounts.soap.password,
      PROVINCE_CODE: province,
    },
    move,
    forgetTokens: () => tokens.forget(),
  };
}
