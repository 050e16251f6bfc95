import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accounts } from '../../stand-ins/issuer/accounts.ts';
import { signToken } from '../../stand-ins/issuer/sign.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';

let folder: string;
let issuer: TestIssuer;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-issuer-'));
  issuer = await openIssuer(folder);
  url = new URL('/', issuer.environment.ISSUER_JWKS_URL).href;
});

afterAll(async () => {
  await issuer.close();
  await rm(folder, { recursive: true, force: true });
});

async function keys(): Promise<JSONWebKeySet> {
  return (await (await fetch(`${url}jwks`)).json()) as JSONWebKeySet;
}

/** The claims of a token that the published keys believe; null where they do not. */
async function believed(token: string): Promise<Record<string, unknown> | null> {
  const checked = await jwtVerify(token, createLocalJWKSet(await keys()), { typ: 'at+jwt' }).catch(() => null);
  return checked?.payload ?? null;
}

async function post(form: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}token`, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function rotate(query = ''): Promise<void> {
  await (await fetch(`${url}__stand-in/rotate${query}`, { method: 'POST' })).arrayBuffer();
}

const APP = { client_id: 'citizen-app', client_secret: 'ung-dung-chay-thu' };
const EXCHANGE = {
  ...APP,
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

describe('the made-up issuer', () => {
  it('publishes the key that signs and the next one, and neither’s private part', async () => {
    const published = await keys();
    expect(published.keys).toHaveLength(2);
    for (const key of published.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect((await stat(join(folder, 'issuer', 'keys.json'))).mode & 0o077).toBe(0);
  });

  it('listens on this machine alone', () => {
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  it('gives a system that proves itself a token of its own', async () => {
    const { status, body } = await post({
      ...{ grant_type: 'client_credentials', client_id: 'province-portal', client_secret: 'cong-tinh-chay-thu' },
    });
    expect(status).toBe(200);
    expect(await believed(String(body.access_token))).toMatchObject({ sub: 'province-portal', role: 'portal' });
  });

  it('gives an application a token for a person who signed in elsewhere, in which both are named', async () => {
    const subject_token = await signToken(folder, accounts.citizen);
    const { body } = await post({ ...EXCHANGE, subject_token });
    expect(await believed(String(body.access_token))).toMatchObject({
      ...{ sub: 'citizen.hoa', client_id: 'citizen-app', role: 'citizen', personal_number: '001085004213' },
      act: { sub: 'citizen-app' },
    });
  });

  it.each<[string, Record<string, string>, number]>([
    ['a wrong secret', { grant_type: 'client_credentials', client_id: 'statistics', client_secret: 'x' }, 401],
    ['no secret', { grant_type: 'client_credentials', client_id: 'statistics' }, 401],
    ['an unknown application', { grant_type: 'client_credentials', client_id: 'toString', client_secret: '' }, 401],
    ['an application that is nobody by itself', { ...APP, grant_type: 'client_credentials' }, 400],
    ['another kind of grant', { ...APP, grant_type: 'password' }, 400],
    ['a token that somebody else has signed', { ...EXCHANGE, subject_token: 'a.b.c' }, 400],
    ['no token', EXCHANGE, 400],
  ])('gives nothing for %s', async (_, form, status) => {
    const answer = await post(form);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toHaveProperty('access_token');
  });

  it('signs with its next key after a rotation; what was signed before holds until it is revoked', async () => {
    const before = await signToken(folder, accounts.counter);
    const [, next] = (await keys()).keys;
    await rotate();
    const after = await signToken(folder, accounts.counter);
    expect(decodeProtectedHeader(after).kid).toBe(next?.kid);
    expect(await believed(before)).not.toBeNull();
    expect(await believed(after)).not.toBeNull();
    await rotate('?revoke');
    expect(await believed(before)).toBeNull();
    expect((await keys()).keys).toHaveLength(2);
  });
});

describe('npm run token', () => {
  const run = (args: readonly string[], data = folder) =>
    promisify(execFile)(process.execPath, ['stand-ins/issuer/token.ts', ...args, '--data', data]);

  it('prints one line, which is the token of the account that is named', async () => {
    const { stdout, stderr } = await run(['counter']);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stderr).toBe('');
    expect(await believed(stdout.trim())).toMatchObject({ ...accounts.counter, aud: 'lienthong' });
  });

  it('changes what it is told to', async () => {
    const { stdout } = await run([
      ...['citizen', '--number', '001090000001', '--account', 'citizen.lan', '--as', 'citizen-app', '--minutes', '5'],
    ]);
    const claims = decodeJwt(stdout.trim());
    expect(claims).toMatchObject({ sub: 'citizen.lan', personal_number: '001090000001', act: { sub: 'citizen-app' } });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300);
  });

  it('says what to do where there is no issuer yet, and how it is used', async () => {
    const nowhere = join(folder, 'nowhere');
    await expect(run(['counter'], nowhere)).rejects.toMatchObject({ code: 1, stdout: '', stderr: /npm start/ });
    expect(existsSync(nowhere)).toBe(false);
    for (const args of [[], ['root'], ['counter', 'leader'], ['counter', '--minutes', 'x']]) {
      await expect(run(args)).rejects.toMatchObject({ code: 2, stdout: '' });
    }
  });
});
