import type { Actor } from './access.ts';

/** What a request brings to be recognised by. Read from headers, from `connection_init`, and from the connection itself. */
export interface Credentials {
  /** The whole `Authorization` header; undefined where none came. */
  readonly authorization: string | undefined;
  /** SHA-256 of the client's certificate, base64url, where the connection brought one that the configured authority signed. */
  readonly certificate: string | undefined;
}

/** Whom a token says it speaks for, before anybody has checked it. */
export type Claimed = Pick<Actor, 'id' | 'client'>;

/**
 * Asked before a signature is checked, which takes time, of a token that was not found good before.
 *
 * @param claimed null where the token does not say it
 * @throws whatever the token is to be refused with, unchecked
 */
export type DemandCheck = (claimed: () => Claimed | null) => void;

/** Recognises whoever asks. Answers from a cache for a token it has checked within the last minute. */
export interface Identity {
  /**
   * @throws HubError UNAUTHENTICATED for anything that is not certainly a good token, whatever the reason; KEYS_UNAVAILABLE where no
   * key is known that could check it and the issuer does not answer; whatever `demandCheck` throws
   */
  authenticate(credentials: Credentials, demandCheck?: DemandCheck): Promise<Actor>;
  /**
   * `readyz` shows it: `fresh`, `stale` (the issuer does not answer, earlier keys still hold), `empty` (it answers and
   * publishes none: every token is refused), `none`.
   */
  keys(): 'fresh' | 'stale' | 'empty' | 'none';
  close(): Promise<void>;
}

/** Claims of an access token (RFC 9068), exactly as they are named in it. */
export interface TokenClaims {
  readonly iss: string;
  /** Must hold AUDIENCE. */
  readonly aud: string | readonly string[];
  readonly sub: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** One of ROLES: a token acts in one role. */
  readonly role: string;
  /** Agency identifier in either order; demanded of counter and leader. */
  readonly unit?: string;
  /** Demanded of citizen, refused of all others. */
  readonly personal_number?: string;
  /** RFC 8693: the application that acts for `sub`; its `sub` equals `client_id`. */
  readonly act?: { readonly sub: string };
  /** RFC 8705: the certificate the token is bound to. */
  readonly cnf?: { readonly 'x5t#S256': string };
}
