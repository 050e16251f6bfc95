import { afterEach, describe, expect, it } from 'vitest';
import { rest } from '../../connectors/rest.ts';
import { readSettings } from '../../core/setting.ts';
import { failureOf } from '../support/failure.ts';
import { rowsOf, type Stage, stage } from './rest-stage.ts';

let staged: Stage | undefined;
afterEach(() => staged?.close());

async function on(spec: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  staged = await stage(spec);
  return staged;
}

describe('rest: the hub signs in', () => {
  const auth = rest.session({
    path: '/auth',
    credentials: ['USERNAME', { name: 'PASSWORD', standard: 'standard' }],
    body: ({ USERNAME, PASSWORD }) => ({ username: USERNAME, password: PASSWORD }),
    token: 'session',
    place: { body: 'session' },
    expired: (answer) => (answer as { error?: unknown }).error === '01',
  });
  const settings = { USERNAME: 'hub', PASSWORD: 'secret' };

  /** Sessions s1, s2, … of which only the newest is good. */
  function sessions({ server }: Stage, { delayMs = 0 } = {}) {
    let given = 0;
    let expired = false;
    server.handle(async ({ url, body }) => {
      if (url === '/auth') {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        given += 1;
        expired = false;
        return { session: `s${given}` };
      }
      return body?.session === `s${given}` && !expired ? { Data: [{ Code: 'a' }] } : { error: '01', Data: null };
    });
    return {
      given: () => given,
      expire: () => {
        expired = true;
      },
    };
  }

  it('shares one sign-in between calls that begin together, and renews once for all when the session ends', async () => {
    const at = await on({ options: { auth }, settings });
    const held = sessions(at, { delayMs: 20 });
    await Promise.all(Array.from({ length: 6 }, () => at.ask(['a'])));
    expect(held.given()).toBe(1);
    held.expire();
    const answers = await Promise.all(Array.from({ length: 6 }, () => at.ask(['a'])));
    expect(answers.every(([answer]) => rowsOf(answer).length === 1)).toBe(true);
    expect(held.given()).toBe(2);
  });

  it('tries anew once and not for ever where the system refuses every session', async () => {
    const { ask, server } = await on({ options: { auth }, settings });
    let given = 0;
    server.handle(({ url }) => (url === '/auth' ? { session: `s${++given}` } : { error: '01' }));
    const error = await failureOf(ask(['a']));
    expect([error.code, error.retryable, given]).toEqual(['SOURCE_UNAVAILABLE', false, 2]);
    expect(server.asked.filter(({ url }) => url === '/records')).toHaveLength(2);
  });

  it('does not repeat refused credentials, which would lock the account, and shows none of them', async () => {
    const { ask, server } = await on({ options: { auth }, settings });
    server.handle(() => ({ error: '02', message: 'hub/secret' }));
    const errors = [await failureOf(ask(['a'])), await failureOf(ask(['a']))];
    expect(errors.map(({ code, retryable }) => [code, retryable])).toEqual([
      ['SOURCE_UNAVAILABLE', false],
      ['SOURCE_UNAVAILABLE', false],
    ]);
    expect(server.asked).toHaveLength(1);
    expect(errors.map(({ message }) => message).join()).not.toMatch(/secret|hub\//);
  });

  it('lets the others have the sign-in when the caller who began it leaves', async () => {
    const at = await on({ options: { auth }, settings });
    const held = sessions(at, { delayMs: 60 });
    const leaving = at.ask(['a'], ['Code'], AbortSignal.timeout(15));
    const staying = at.ask(['a']);
    await expect(leaving).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(held.given()).toBe(0);
    expect(rowsOf((await staying)[0])).toHaveLength(1);
    expect(held.given()).toBe(1);
  });

  it('takes a new token after 401 and before the old one runs out', async () => {
    const password = rest.oauth2Password({
      path: '/oauth/token',
      clientId: 'ID',
      clientSecret: 'SECRET',
      username: 'USERNAME',
      password: 'PASSWORD',
    });
    const at = await on({ options: { auth: password }, settings: { ...settings, ID: 'i', SECRET: 'ê&=' } });
    let given = 0;
    at.server.handle(({ url, headers }) => {
      if (url === '/oauth/token') return { access_token: `t${++given}`, expires_in: given === 2 ? 0.05 : 600 };
      const good = headers.authorization === `Bearer t${given}` && given > 1;
      return good ? { Data: [] } : (response) => response.writeHead(401).end('{"error":"invalid_token"}');
    });
    await at.ask(['a']);
    expect(given).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await at.ask(['a']);
    expect(given).toBe(3);
    const form = Object.fromEntries(new URLSearchParams(at.server.asked[0]?.text));
    expect(form).toEqual({
      grant_type: 'password',
      client_id: 'i',
      client_secret: 'ê&=',
      username: 'hub',
      password: 'secret',
    });
  });

  it('sends client credentials and a static token in the Authorization header', async () => {
    const credentials = rest.clientCredentials({ path: '/token', clientId: 'KEY', clientSecret: 'SECRET' });
    const at = await on({ options: { auth: credentials }, settings: { KEY: 'k', SECRET: 's' } });
    at.server.handle(({ url }) => (url === '/token' ? { access_token: 't', expires_in: '3600' } : { Data: [] }));
    await at.ask(['a']);
    expect(at.server.asked.map(({ headers }) => headers.authorization)).toEqual(['Basic azpz', 'Bearer t']);
    await at.close();

    const fixed = await on({ options: { auth: rest.bearer({ token: 'TOKEN' }) }, settings: { TOKEN: 'x' } });
    fixed.server.handle(() => (response) => response.writeHead(401).end());
    expect((await failureOf(fixed.ask(['a']))).retryable).toBe(false);
    expect(fixed.server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer x']);
  });

  it('declares the address and the credentials as settings, secrets marked', () => {
    const faults: string[] = [];
    const { settings: spec = {} } = rest({ url: { name: 'REST_URL', standard: 'http://127.0.0.1:1' }, auth });
    expect(readSettings(spec, { X_USERNAME: 'u' }, faults, 'X_')).toEqual({
      REST_URL: 'http://127.0.0.1:1',
      USERNAME: 'u',
      PASSWORD: 'standard',
    });
    readSettings(spec, { X_REST_URL: 'ftp://a' }, faults, 'X_');
    expect(faults).toEqual([
      'X_REST_URL: expected a URL starting with http:// or https://; came "ftp://a"',
      'X_USERNAME is not set: For signing in to the system',
    ]);
    expect(spec.PASSWORD?.secret).toBe(true);
  });
});

describe('rest: what travels along', () => {
  it('tells who asks where the system demands it, and lets no value break out of its header', async () => {
    const headersFrom = () => ({
      'x-officer': 'Nguyễn Văn Hòa',
      'x-unit': 'H41\r\nX-Injected: 1',
      'x-plain': 'canbo01',
    });
    const { ask, server } = await on({ options: { headersFrom } });
    server.handle(() => ({ Data: [] }));
    await ask(['a']);
    const headers = server.asked[0]?.headers ?? {};
    expect([headers['x-officer'], headers['x-plain'], headers['x-injected']]).toEqual([
      'Nguy%E1%BB%85n%20V%C4%83n%20H%C3%B2a',
      'canbo01',
      undefined,
    ]);
  });

  it('takes a refusal for the caller’s own where the system is told who asks, and for the hub’s elsewhere', async () => {
    const forbidden = (at: Stage) => at.server.handle(() => (response) => response.writeHead(403).end());
    const told = await on({ options: { headersFrom: ({ actor }) => ({ 'x-officer': actor }) } });
    forbidden(told);
    expect((await failureOf(told.ask(['a']))).code).toBe('FORBIDDEN');
    await told.close();
    const untold = await on();
    forbidden(untold);
    expect(await failureOf(untold.ask(['a']))).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: false });
  });

  it('hands settings and the caller to the request', async () => {
    const { ask, server } = await on({
      lookup: {
        request: (codes, { actor }, { PROVINCE }) => ({
          method: 'POST',
          path: '/records',
          form: { codes: codes.join(), actor, province: String(PROVINCE) },
        }),
      },
      settings: { PROVINCE: '66' },
    });
    server.handle(() => ({ Data: [] }));
    await ask(['a', 'b']);
    expect(server.asked[0]?.text).toBe('codes=a%2Cb&actor=officer&province=66');
  });
});
