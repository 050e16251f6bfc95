/** Bearer tokens by OAuth2 password grant. They live in memory: a restart forgets them, as the real one does. */
import { randomBytes } from 'node:crypto';

export interface Credentials {
  clientId: string;
  clientSecret: string;
  username: string;
  password: string;
}

/** More tokens than this are never held: the oldest goes first. */
const maximumTokens = 1_000;

export function createTokens(credentials: Credentials, { lifetimeMs, now }: { lifetimeMs: number; now: () => number }) {
  const expiries = new Map<string, number>();

  return {
    /** Answers `POST /oauth/token`. */
    grant(form: URLSearchParams): { status: number; body: Record<string, string | number> } {
      if (form.get('client_id') !== credentials.clientId || form.get('client_secret') !== credentials.clientSecret) {
        return refusal(401, 'invalid_client', 'Sai client_id hoặc client_secret');
      }
      if (form.get('grant_type') !== 'password') return refusal(400, 'unsupported_grant_type', 'Chỉ nhận password');
      if (form.get('username') !== credentials.username || form.get('password') !== credentials.password) {
        return refusal(400, 'invalid_grant', 'Sai tên đăng nhập hoặc mật khẩu');
      }
      const token = randomBytes(24).toString('hex');
      expiries.set(token, now() + lifetimeMs);
      const oldest = expiries.keys().next();
      if (expiries.size > maximumTokens && !oldest.done) expiries.delete(oldest.value);
      const body = { access_token: token, token_type: 'bearer', expires_in: lifetimeMs / 1000, scope: 'hotich' };
      return { status: 200, body };
    },

    /** Undefined when the header carries a living token, else what is wrong with it. */
    fault(authorization: string | undefined): string | undefined {
      const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return 'Thiếu access token';
      const expiry = expiries.get(token);
      if (expiry === undefined) return 'Access token không hợp lệ';
      return expiry > now() ? undefined : 'Access token đã hết hạn';
    },

    forget(): void {
      expiries.clear();
    },
  };
}

function refusal(status: number, error: string, description: string) {
  return { status, body: { error, error_description: description } };
}
