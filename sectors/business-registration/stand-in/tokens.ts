/** Bearer tokens for a consumer key, and one token that never ends for consumers who cannot ask. */
import { randomBytes } from 'node:crypto';

export interface Credentials {
  consumerKey: string;
  consumerSecret: string;
  staticToken: string;
}

/** More tokens than this are never held: the oldest goes first. */
const maximumTokens = 1_000;

export function createTokens(credentials: Credentials, { lifetimeMs, now }: { lifetimeMs: number; now: () => number }) {
  const expiries = new Map<string, number>();
  const basic = Buffer.from(`${credentials.consumerKey}:${credentials.consumerSecret}`).toString('base64');

  return {
    /** Answers `POST /token`; the consumer stands in the Basic header or in the form. */
    grant(form: URLSearchParams, authorization: string | undefined): { status: number; body: object } {
      const inForm =
        form.get('client_id') === credentials.consumerKey && form.get('client_secret') === credentials.consumerSecret;
      if (authorization !== `Basic ${basic}` && !inForm)
        return { status: 401, body: invalidCredentials('Sai consumer key') };
      if (form.get('grant_type') !== 'client_credentials') {
        return {
          status: 400,
          body: { error: 'unsupported_grant_type', error_description: 'Chỉ nhận client_credentials' },
        };
      }
      const token = randomBytes(24).toString('hex');
      expiries.set(token, now() + lifetimeMs);
      const oldest = expiries.keys().next();
      if (expiries.size > maximumTokens && !oldest.done) expiries.delete(oldest.value);
      return {
        status: 200,
        body: { access_token: token, scope: 'dkkd', token_type: 'Bearer', expires_in: lifetimeMs / 1000 },
      };
    },

    allows(authorization: string | undefined): boolean {
      const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return false;
      return token === credentials.staticToken || (expiries.get(token) ?? 0) > now();
    },

    forget(): void {
      expiries.clear();
    },
  };
}

export function invalidCredentials(description: string) {
  return { fault: { code: 900901, message: 'Invalid Credentials', description } };
}
