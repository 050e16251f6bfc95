import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { SettingsFault, shownOf } from '../core/setting.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What a hub needs before other machines may reach it. */
export interface Exposure {
  /** It speaks HTTPS, or a proxy in front of it does. */
  readonly secured: boolean;
  /** It knows by which names it is reached: see PUBLIC_NAMES. */
  readonly named: boolean;
}

/**
 * The address to listen on. Tokens travel in headers: beyond this machine they must be encrypted on their way, and pages
 * of other sites must not reach the hub by a name of theirs.
 *
 * @returns the address itself, so that what was checked is what is bound
 * @throws SettingsFault for an address beyond this machine where something is missing, and for a name that resolves to none
 */
export async function bindableAddress(host: string, { secured, named }: Exposure): Promise<string> {
  const addresses = await addressesOf(host);
  const [first] = addresses;
  const came = `came ${shownOf(host)}`;
  if (first === undefined) {
    throw new SettingsFault([`HOST: expected an address, or a name that leads to one; ${came}`]);
  }
  if ((secured && named) || addresses.every(isLoopback)) return first;
  const missing = [
    ...(secured ? [] : ['TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_PROXY=on']),
    ...(named ? [] : ['PUBLIC_NAMES']),
  ];
  throw new SettingsFault([
    `HOST: expected 127.0.0.1, ::1, localhost or another loopback address; others need ${missing.join(' and ')}; ${came}`,
  ]);
}

/** Whether nothing but this machine can reach what listens there. */
export async function isLoopbackHost(host: string): Promise<boolean> {
  const addresses = await addressesOf(host);
  return addresses.length > 0 && addresses.every(isLoopback);
}

/**
 * Whether a `Host` header names this machine (`127.0.0.1:4000`, `localhost`, `[::1]:4000`) or says one of the names under
 * which it is known.
 */
export function isOwnName(host: string | undefined, names: readonly string[] = []): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
  return name === 'localhost' || (isIP(name) !== 0 && isLoopback(name)) || names.includes(name);
}

/** Whether a request comes from no page, from one of this machine, or from one that was let in by its origin. */
export function isOwnOrigin(
  origin: string | undefined,
  names: readonly string[] = [],
  origins: readonly string[] = [],
): boolean {
  if (origin === undefined || origins.includes(origin)) return true;
  return URL.canParse(origin) && isOwnName(new URL(origin).host, names);
}

const OTHER_NAME = 'The hub answers to the names of this machine only.';
const UNLISTED_NAME =
  'Host: expected a name of this machine, or one that PUBLIC_NAMES lists; came another. Ask by such a name, or have the hub’s operator list this one.';
const OTHER_ORIGIN =
  'Origin: expected a page of a name that the hub answers to, one that CORS_ORIGINS lists, or no page at all; came another site’s. Ask from such a page, or have the hub’s operator list this one’s origin in CORS_ORIGINS.';

/**
 * Why a request is turned away before it is read: it says a name that is not the hub's, or comes from a page that may not
 * ask. The values themselves are not said back.
 *
 * @returns null where it may go on
 */
export function refusedHeader(
  { host, origin }: { readonly host?: string | undefined; readonly origin?: string | undefined },
  { names, origins }: { readonly names: readonly string[]; readonly origins: readonly string[] },
): string | null {
  if (!isOwnName(host, names)) return names.length === 0 ? OTHER_NAME : UNLISTED_NAME;
  return isOwnOrigin(origin, names, origins) ? null : OTHER_ORIGIN;
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host)) return [host];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
