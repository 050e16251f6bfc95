import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { SettingsFault } from '../core/setting.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * The address to listen on, if it can be reached from this machine only. Nobody is asked who they are yet, so any
 * other address would hand every record to the network.
 *
 * @returns the address itself, so that what was checked is what is bound
 * @throws SettingsFault for any other address, and for a name that resolves to one or to none
 */
export async function loopbackAddress(host: string): Promise<string> {
  const addresses = isIP(host) ? [host] : await lookup(host, { all: true }).then(addressesOf, () => []);
  const [first] = addresses;
  if (first === undefined || !addresses.every(isLoopback)) {
    throw new SettingsFault([
      'HOST: expected 127.0.0.1, ::1, localhost or another loopback address, because the hub does not check yet ' +
        `who asks; came ${JSON.stringify(host.slice(0, 80))}`,
    ]);
  }
  return first;
}

/** Whether a `Host` header names this machine: `127.0.0.1:4000`, `localhost`, `[::1]:4000`. */
export function isOwnName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
  return name === 'localhost' || (isIP(name) !== 0 && isLoopback(name));
}

/** Whether a request comes from no page, or from one of this machine. */
export function isOwnOrigin(origin: string | undefined): boolean {
  return origin === undefined || (URL.canParse(origin) && isOwnName(new URL(origin).host));
}

function addressesOf(found: readonly { address: string }[]): string[] {
  return found.map(({ address }) => address);
}

function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
