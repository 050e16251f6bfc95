/** The counter software over HTTP. What it answers is described in README.md. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Answer, type Call, type Running, serve } from '../../../stand-ins/serve.ts';
import { store } from './populate.ts';
import { queries } from './queries.ts';
import { reception } from './reception.ts';

export { populate, store } from './populate.ts';

export interface StartOptions {
  directory: string;
  port?: number;
  /** Default 1,200. */
  sessionSeconds?: number;
}

const USERNAME = 'lienthong';
const PASSWORD = 'mot-cua-2026';
const SESSION_SECONDS = 20 * 60;
/** It answers success with the number 0 now and then. */
const NUMBER_EVERY = 10;

export async function start(options: StartOptions): Promise<Running> {
  const database = new DatabaseSync(join(options.directory, store));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  const answers = queries(database);
  const receive = reception(database);
  const sessions = new Map<string, number>();
  const lifetimeMs = (options.sessionSeconds ?? SESSION_SECONDS) * 1000;
  let answered = 0;

  function handle(call: Call): Answer {
    if (call.method !== 'POST') return { status: 405, type: 'text/plain', body: 'POST only' };
    if (call.path === '/__stand-in/expire') {
      sessions.clear();
      return { body: '{"ok":true}' };
    }
    const body = parse(call.body);
    if (call.path === '/__stand-in/advance') return changed(body && answers.advance(body));
    if (call.path === '/__stand-in/correct') return changed(body && answers.correct(body));
    if (call.path === '/__stand-in/receive') return changed(body && receive(body));
    return {
      body: JSON.stringify(
        body === undefined ? failure('11', 'Nội dung gửi lên không phải JSON') : answer(call.path, body),
      ),
    };
  }

  function answer(path: string, body: Record<string, unknown>): Record<string, unknown> {
    if (path === '/auth') return signIn(body);
    const expires = sessions.get(String(body.session ?? ''));
    if (expires === undefined || expires <= Date.now()) return failure('01', 'Phiên làm việc đã hết hạn');
    const query = answers.get(path);
    if (query === undefined) return failure('99', 'Không có dịch vụ này');
    const result = query(body);
    if ('error' in result) return failure(result.error, result.message);
    answered += 1;
    return { error_code: answered % NUMBER_EVERY === 0 ? 0 : '00', message: '', ...result };
  }

  function signIn(body: Record<string, unknown>): Record<string, unknown> {
    if (body.username !== USERNAME || body.password !== PASSWORD) return failure('02', 'Sai tài khoản hoặc mật khẩu');
    const session = randomBytes(16).toString('hex');
    sessions.set(session, Date.now() + lifetimeMs);
    return { session, error_code: '00' };
  }

  function changed(what: object | undefined): Answer {
    return what === undefined ? { status: 404, body: '{"ok":false}' } : { body: JSON.stringify({ ok: true, ...what }) };
  }

  return serve({
    handle,
    settings: { USERNAME, PASSWORD },
    port: options.port,
    onClose: () => database.close(),
  });
}

function failure(code: string, message: string): Record<string, unknown> {
  return { error_code: code, message };
}

function parse(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
