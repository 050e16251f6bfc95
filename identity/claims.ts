import type { Actor, Client, Role } from '../core/access.ts';
import { isPersonalNumber, parsePersonalNumber } from '../core/personal-number.ts';
import { Doubt } from './doubt.ts';

/** What the hub knows by itself, against which a token's claims are held. */
export interface KnownWorld {
  readonly clients: ReadonlyMap<string, Client>;
  /** An agency's identifier in the newer order, from one in either; null for what is no agency. */
  readonly unitOf: (code: string) => string | null;
  /** Longest life of a token. */
  readonly mostMinutes: number;
  /** UTC milliseconds. */
  readonly now: () => number;
}

/** Somebody a token speaks for, and the certificate without which it does not. */
export interface Bearer {
  readonly actor: Actor;
  /** SHA-256 of a client certificate, base64url; null where the token is bound to none. */
  readonly certificate: string | null;
}

/** Clocks differ: a token is believed so long before it begins and after it ends. */
export const CLOCK_TOLERANCE_S = 60;

const PEOPLE_OF_AGENCIES: readonly Role[] = ['counter', 'leader'];
const SYSTEMS: readonly Role[] = ['app', 'portal'];
/** Printable, since it stands in logs. */
const WORD = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;
/** SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

type Claims = Readonly<Record<string, unknown>>;

/**
 * Who it is that these claims speak of. What signed them, `iss`, `aud`, `nbf` and that `exp` is not over was checked
 * before.
 *
 * @throws Doubt
 */
export function bearerOf(claims: Claims, world: KnownWorld): Bearer {
  const expiresAt = endOf(claims, world);
  const client = world.clients.get(wordIn(claims, 'client_id'));
  if (client === undefined) throw new Doubt('CLIENT');
  const role = client.roles.find((one) => one === claims.role);
  if (role === undefined) throw new Doubt('ROLE');
  const certificate = certificateIn(claims);
  if (client.certificate === 'required' && certificate === null) throw new Doubt('CERTIFICATE');
  const id = wordIn(claims, 'sub');
  // A system that asks for itself has no other name than its own.
  if (SYSTEMS.includes(role) && id !== client.id) throw new Doubt('CLIENT');
  // Demanded of every access token (RFC 9068, 2.2); nothing is looked up by it.
  wordIn(claims, 'jti');
  const actor: Actor = {
    id,
    role,
    client: client.id,
    delegated: isDelegated(claims, client.id, role),
    unit: unitIn(claims, role, world),
    personalNumber: numberIn(claims, role),
    expiresAt,
  };
  return { actor: Object.freeze(actor), certificate };
}

function endOf({ iat, exp }: Claims, { mostMinutes, now }: KnownWorld): number {
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) throw new Doubt('CLAIMS');
  const [from, to] = [iat as number, exp as number];
  if (to <= from || to - from > mostMinutes * 60) throw new Doubt('LIFE');
  if (from > now() / 1_000 + CLOCK_TOLERANCE_S) throw new Doubt('LIFE');
  return (to + CLOCK_TOLERANCE_S) * 1_000;
}

function wordIn(claims: Claims, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || !WORD.test(value)) throw new Doubt('CLAIMS');
  return value;
}

function unitIn({ unit }: Claims, role: Role, { unitOf }: KnownWorld): string | null {
  if (unit === undefined && !PEOPLE_OF_AGENCIES.includes(role)) return null;
  if (typeof unit !== 'string' || role === 'citizen') throw new Doubt('UNIT');
  const code = unitOf(unit);
  if (code === null) throw new Doubt('UNIT');
  return code;
}

function numberIn({ personal_number: number }: Claims, role: Role): string | null {
  if (role !== 'citizen') {
    if (number !== undefined) throw new Doubt('NUMBER');
    return null;
  }
  // Stryker disable next-line ConditionalExpression: what is no text is no whole number either
  if (typeof number !== 'string') throw new Doubt('NUMBER');
  if (!isWholeNumber(number)) throw new Doubt('NUMBER');
  return number;
}

/** Exactly as it is kept: what an identity provider writes needs no mending. */
function isWholeNumber(text: string): boolean {
  if (!isPersonalNumber(text)) return false;
  const { kind, number } = parsePersonalNumber(text);
  return kind === 'twelve' && number === text;
}

/** Token exchange: the application that acts is the one that asks, and no other acts through it. */
function isDelegated({ act }: Claims, client: string, role: Role): boolean {
  if (act === undefined) return false;
  if (SYSTEMS.includes(role)) throw new Doubt('DELEGATION');
  // Whatever is no object names nobody.
  const { sub, ...more } = (act ?? {}) as Claims;
  if (sub !== client || Object.keys(more).length > 0) throw new Doubt('DELEGATION');
  return true;
}

/** A token that is bound by other means than a certificate is bound by means that the hub cannot check. */
function certificateIn({ cnf }: Claims): string | null {
  if (cnf === undefined) return null;
  const { 'x5t#S256': thumbprint, ...more } = (cnf ?? {}) as Claims;
  if (typeof thumbprint !== 'string' || !THUMBPRINT.test(thumbprint) || Object.keys(more).length > 0) {
    throw new Doubt('CERTIFICATE');
  }
  return thumbprint;
}
