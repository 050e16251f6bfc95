/** The two protocols, on one port: both end in the same services. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Answer, Call } from '../serve.ts';
import { type Reply, refused, type ServiceCall } from './services.ts';

export interface Account {
  username: string;
  password: string;
}

export interface Protocols {
  /** Undefined where no protocol has such a path. */
  answer(call: Call): Answer | undefined;
  /** Ends every session. */
  expire(): void;
}

export interface ProtocolOptions {
  account: Account;
  sessionMs: number;
  serve: (call: ServiceCall) => Reply;
}

export const AUTH_PATH = '/mapi/login';
export const SESSION_PATH = '/mapi/g';
const REST_PATH = '/SynsTTHCC/';
const MOST_SESSIONS = 1000;

export function createProtocols({ account, sessionMs, serve }: ProtocolOptions): Protocols {
  const sessions = new Map<string, number>();

  function signIn(body: Record<string, unknown> | undefined): Answer {
    const { username, password } = body ?? {};
    if (!isSame(username, account.username) || !isSame(password, account.password)) {
      return json(refused({ code: '02', message: 'Sai tài khoản hoặc mật khẩu' }));
    }
    // The oldest goes first: Map keeps the order of insertion.
    const [oldest] = sessions.keys();
    if (sessions.size >= MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    const session = randomBytes(16).toString('hex');
    sessions.set(session, Date.now() + sessionMs);
    return json({ session, error_code: '00' });
  }

  function inSession(body: Record<string, unknown> | undefined): Answer {
    if (body === undefined) return json(refused({ code: '11', message: 'Nội dung gửi lên không phải JSON' }));
    const expires = sessions.get(textOf(body.session));
    if (expires === undefined || expires <= Date.now()) {
      return json(refused({ code: '01', message: 'Phiên làm việc đã hết hạn' }));
    }
    return json(
      serve({
        service: textOf(body.service),
        agency: textOf(body.madonvi),
        isUpdating: textOf(body.isUpdating),
        data: body.data,
        code: textOf(body.mahoso),
      }),
    );
  }

  function overRest(call: Call): Answer {
    if (!mayEnter(call.headers.authorization, account)) {
      return { ...json(refused({ code: '02', message: 'Sai tài khoản hoặc mật khẩu' })), status: 401 };
    }
    const service = call.path.slice(REST_PATH.length);
    const method = service === 'TraCuuHoSo' ? 'GET' : 'POST';
    if (call.method !== method) return { status: 405, type: 'text/plain', body: `${method} only` };
    return json(
      serve({
        service,
        agency: call.query.get('MaDinhDanhDV') ?? '',
        isUpdating: call.query.get('isUpdating') ?? '',
        data: parse(call.body),
        code: call.query.get('mahoso') ?? '',
      }),
    );
  }

  return {
    answer(call) {
      if (call.path.startsWith(REST_PATH)) return overRest(call);
      if (call.path !== AUTH_PATH && call.path !== SESSION_PATH) return undefined;
      if (call.method !== 'POST') return { status: 405, type: 'text/plain', body: 'POST only' };
      const body = objectOf(parse(call.body));
      return call.path === AUTH_PATH ? signIn(body) : inSession(body);
    },
    expire: () => sessions.clear(),
  };
}

/** One path serves every service of the session protocol; counters and faults tell them apart by `/mapi/g/<service>`. */
export function pathOf(call: Call): string {
  if (call.path !== SESSION_PATH) return call.path;
  const service = textOf(objectOf(parse(call.body))?.service);
  return service === '' ? call.path : `${call.path}/${service}`;
}

/** Basic with name and password, or a bearer token, which is the password: both assumed. */
function mayEnter(authorization: string | undefined, { username, password }: Account): boolean {
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return isSame(authorization, basic) || isSame(authorization, `Bearer ${password}`);
}

function isSame(given: unknown, wanted: string): boolean {
  const [a, b] = [Buffer.from(textOf(given)), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function json(reply: Reply): Answer {
  return { body: JSON.stringify(reply) };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
