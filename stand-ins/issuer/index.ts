/**
 * The province's identity provider: publishes its keys, gives systems tokens of their own (RFC 6749, client credentials)
 * and applications tokens for people who signed in elsewhere (RFC 8693, token exchange). Nobody signs in here: people's
 * tokens come from token.ts. README.md says what is assumed.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeJwt } from 'jose';
import { type Answer, type Call, type Running, serve } from '../serve.ts';
import { accounts, clientSecrets } from './accounts.ts';
import { KEYS_FILE, makeKeys, publicKeys, readKeys, rotateKeys } from './keys.ts';
import { type Account, signToken } from './sign.ts';
import { isOwnToken } from './verify-own.ts';

export const store = KEYS_FILE;

/** @returns how many keys */
export async function populate(_: unknown, directory: string): Promise<number> {
  return makeKeys(directory);
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const TOKEN_MINUTES = 30;

export async function start({ directory, port }: { directory: string; port?: number }): Promise<Running> {
  async function handle(call: Call): Promise<Answer> {
    const place = `${call.method} ${call.path}`;
    if (place === 'GET /jwks') return json(200, { keys: publicKeys(readKeys(directory)) });
    if (place === 'POST /token') return token(new URLSearchParams(call.body.toString()));
    if (place !== 'POST /__stand-in/rotate') return json(404, { error: 'not_found' });
    await rotateKeys(directory, call.query.has('revoke'));
    return json(200, { ok: true });
  }

  async function token(form: URLSearchParams): Promise<Answer> {
    const client = form.get('client_id') ?? '';
    const known = Object.hasOwn(clientSecrets, client) ? clientSecrets[client] : undefined;
    if (known === undefined || !sameText(form.get('client_secret') ?? '', known.secret)) {
      return json(401, { error: 'invalid_client' });
    }
    const grant = form.get('grant_type');
    if (grant === 'client_credentials') {
      return known.account === null ? json(400, { error: 'unauthorized_client' }) : give(accounts[known.account]);
    }
    if (grant !== EXCHANGE) return json(400, { error: 'unsupported_grant_type' });
    const subject = form.get('subject_token') ?? '';
    if (form.get('subject_token_type') !== ACCESS_TOKEN || !(await isOwnToken(directory, subject))) {
      return json(400, { error: 'invalid_request' });
    }
    const { sub, role, unit, personal_number } = decodeJwt(subject) as unknown as Account;
    return give({ sub, role, unit, personal_number, client_id: client, act: { sub: client } });
  }

  async function give(account: Account): Promise<Answer> {
    return json(200, {
      access_token: await signToken(directory, account, { minutes: TOKEN_MINUTES }),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: TOKEN_MINUTES * 60,
    });
  }

  // The address is 127.0.0.1, whatever is asked for: these keys stand for nobody.
  const running = await serve({ handle, port });
  return { ...running, settings: { JWKS_URL: `${running.settings.URL}/jwks` } };
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'cache-control': 'no-store' }, body: JSON.stringify(body) };
}

function sameText(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(first as Buffer, second as Buffer);
}
