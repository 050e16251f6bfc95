import { keepTokens } from '../../connectors/rest/tokens.ts';
import { HubError } from '../../core/errors.ts';
import type { HttpClient } from '../../drivers/http.ts';
import { judge, type Verdict } from './judge.ts';
import {
  bodyOf,
  JSON_HEADERS,
  NotSent,
  type PortalAccount,
  type PortalWire,
  type WireCall,
  wireBoolean,
} from './wire.ts';

/** Assumed, as every portal's adapter is told its own; what stands before them is the setting PORTAL_URL. */
const SIGN_IN_PATH = '/mapi/login';
const SERVICE_PATH = '/mapi/g';

/**
 * The older generation: one endpoint for all services, and a session in the body. The session is kept until the portal
 * no longer knows it; calls that find that out together share one sign-in.
 *
 * @param signInMs longest sign-in, in milliseconds
 */
export function sessionWire(http: HttpClient, account: PortalAccount, signInMs: number): PortalWire {
  const sessions = keepTokens(async (signal) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(signInMs)]);
    const { username, password } = account;
    const verdict = await post(SIGN_IN_PATH, { username, password }, limited);
    return { token: sessionIn(verdict) };
  });

  async function post(path: string, body: unknown, signal: AbortSignal): Promise<Verdict> {
    return judge(await http.request({ method: 'POST', path, headers: JSON_HEADERS, body: bodyOf(body), signal }));
  }

  /** @throws NotSent */
  async function signedIn(signal: AbortSignal, stale?: string): Promise<string> {
    try {
      return await sessions.get(signal, stale);
    } catch (error) {
      const told = error instanceof HubError ? error : undefined;
      const reason = told?.message ?? 'the call ended while the hub was signing in';
      throw new NotSent(reason, told?.retryAfterMs ?? null, error);
    }
  }

  return {
    protocol: 'session',
    async ask(call, signal) {
      const session = await signedIn(signal);
      const verdict = await post(SERVICE_PATH, { session, ...membersOf(call) }, signal);
      if (verdict.kind !== 'signed-out') return verdict;
      const renewed = await signedIn(signal, session);
      return post(SERVICE_PATH, { session: renewed, ...membersOf(call) }, signal);
    },
  };
}

function membersOf(call: WireCall): Record<string, unknown> {
  const { service, agency: madonvi } = call;
  switch (service) {
    case 'DongBoHoSoMC':
      return { madonvi, service, isUpdating: wireBoolean(call.update), data: call.data };
    case 'CapNhatTienDoHoSoMC':
      return { madonvi, service, data: call.data };
    case 'TraCuuHoSo':
      return { madonvi, service, mahoso: call.code };
  }
}

/** @throws HubError; one that is not retryable says that the portal refuses the account */
function sessionIn(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'done': {
      const { session } = verdict.body;
      if (typeof session === 'string' && session !== '') return session;
      throw new HubError('SOURCE_MALFORMED', 'the portal signed the hub in without naming a session');
    }
    case 'signed-out':
    case 'refused':
      throw new HubError('SOURCE_UNAVAILABLE', 'the portal refuses the hub’s account', { retryable: false });
    default: {
      const retryAfterMs = verdict.retryAfterMs ?? undefined;
      throw new HubError('SOURCE_UNAVAILABLE', `the hub could not sign in: ${verdict.reason}`, { retryAfterMs });
    }
  }
}
