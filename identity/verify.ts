import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { HubError } from '../core/errors.ts';
import { type Bearer, bearerOf, CLOCK_TOLERANCE_S, type KnownWorld } from './claims.ts';
import { Doubt, type DoubtReason } from './doubt.ts';
import type { KeySet } from './key-set.ts';

export interface VerifierOptions extends KnownWorld {
  readonly keySet: Pick<KeySet, 'keyFor'>;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

/**
 * Whom a token speaks for.
 *
 * @throws Doubt for every token that is not certainly good; HubError KEYS_UNAVAILABLE where no key is known that could check it
 */
export type Verify = (token: string) => Promise<Bearer>;

const MOST_CHARACTERS = 4_096;
/** Three parts, none empty: an unsigned token has no third, an encrypted one has five. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** RFC 9068: an access token, not one of the other tokens that an issuer signs with the same keys. */
const TYPE = 'at+jwt';
/** Any other member would change what a token means, or bring a key of its own. */
const HEADER_MEMBERS: ReadonlySet<string> = new Set(['typ', 'alg', 'kid', 'x5t', 'x5t#S256']);
const MOST_KEY_ID = 200;

export function createVerifier(options: VerifierOptions): Verify {
  const { keySet, issuer, audience, algorithms, now } = options;

  return async (token) => {
    const header = headerOf(token, algorithms);
    const key = await keySet.keyFor(header);
    const checks = {
      ...{ issuer, audience, typ: TYPE, clockTolerance: CLOCK_TOLERANCE_S },
      // Stryker disable next-line all: the header was held against the list already; said again where it is checked.
      algorithms: [header.alg],
      // Stryker disable next-line ArrayDeclaration: both are demanded of the claims; said again where they are checked.
      requiredClaims: ['exp', 'iat'],
      currentDate: new Date(now()),
    };
    const { payload } = await doubting(jwtVerify(token, key, checks));
    return bearerOf(payload, options);
  };
}

/**
 * The token in an `Authorization` header.
 *
 * @throws Doubt
 */
export function tokenIn(authorization: string | undefined): string {
  const token = /^Bearer +([^ ]+)$/i.exec(`${authorization}`)?.[1];
  if (token === undefined) throw new Doubt('FORM');
  return token;
}

/**
 * A token that is bound to a certificate is good only on a connection that showed it.
 *
 * @throws Doubt
 */
export function demandCertificate(bearer: Bearer, shown: string | undefined): void {
  if (bearer.certificate !== null && bearer.certificate !== shown) throw new Doubt('CERTIFICATE');
}

/** Checked before any key is looked for: what a stranger writes there must not choose how it is checked. */
function headerOf(token: string, algorithms: readonly string[]): { readonly alg: string; readonly kid: string } {
  if (token.length > MOST_CHARACTERS || !COMPACT.test(token)) throw new Doubt('FORM');
  const header = decoded(token);
  const { kid } = header;
  const alg = algorithms.find((one) => one === header.alg);
  if (!Object.keys(header).every((member) => HEADER_MEMBERS.has(member))) throw new Doubt('HEADER');
  if (alg === undefined) throw new Doubt('HEADER');
  if (typeof kid !== 'string' || kid === '' || kid.length > MOST_KEY_ID) throw new Doubt('HEADER');
  return { alg, kid };
}

function decoded(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new Doubt('FORM');
  }
}

/** Whatever the library says of a token, and whatever it stumbles over, the token is not good. */
async function doubting<T>(checking: Promise<T>): Promise<T> {
  try {
    return await checking;
  } catch (error) {
    throw error instanceof HubError ? error : new Doubt(reasonOf(error));
  }
}

function reasonOf(error: unknown): DoubtReason {
  if (error instanceof errors.JWTExpired) return 'EXPIRED';
  if (error instanceof errors.JWTClaimValidationFailed) return error.claim === 'typ' ? 'HEADER' : 'CLAIMS';
  return error instanceof errors.JWSSignatureVerificationFailed ? 'SIGNATURE' : 'FORM';
}
