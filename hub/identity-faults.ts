import { areRead } from '../core/setting.ts';
import { type Exposure, isLoopbackHost, isOwnName, isOwnOrigin } from '../gateway/loopback.ts';
import { listed } from './listed.ts';
import type { HubSettings } from './settings.ts';

/** Signs for people who do not exist. Whoever can run its program, or read its key, may be each of them. */
const DEMO_ISSUER = 'urn:lienthong:demo-issuer';

/** What keeps a gateway from knowing whose tokens to believe. */
export async function identityFaults(settings: HubSettings): Promise<readonly string[]> {
  const faults: string[] = [];
  if (settings.ISSUER === '') faults.push('ISSUER is not set: expected what `iss` of every token must be');
  if (settings.ISSUER_JWKS_URL === '' && !settings.ISSUER_KEYS_FILE) {
    faults.push('ISSUER_JWKS_URL is not set: expected where the issuer’s keys are, or ISSUER_KEYS_FILE');
  }
  const isAccepted = settings.DEMO_ISSUER === 'accept';
  if (settings.ISSUER === DEMO_ISSUER && settings.DEMO_ISSUER === 'refuse') {
    faults.push('ISSUER: the demo’s issuer signs for whoever asks; DEMO_ISSUER=accept takes it, on this machine alone');
  }
  const ways = isAccepted ? await waysFromElsewhere(settings) : [];
  if (ways.length > 0) {
    faults.push(`DEMO_ISSUER: expected refuse, since other machines reach the hub: ${ways.join(', ')}`);
  }
  return faults;
}

/** The settings that let somebody in who is not at this machine, be it through what listens in front of the hub. */
async function waysFromElsewhere(settings: HubSettings): Promise<readonly string[]> {
  const { HOST, BEHIND_PROXY, PUBLIC_NAMES, CORS_ORIGINS } = settings;
  if (!areRead(BEHIND_PROXY, PUBLIC_NAMES, CORS_ORIGINS)) return [];
  return [
    ...((await isLoopbackHost(HOST)) ? [] : ['HOST']),
    ...(BEHIND_PROXY === 'on' ? ['BEHIND_PROXY'] : []),
    ...(listed(PUBLIC_NAMES).every((name) => isOwnName(name)) ? [] : ['PUBLIC_NAMES']),
    ...(listed(CORS_ORIGINS).every((origin) => isOwnOrigin(origin)) ? [] : ['CORS_ORIGINS']),
  ];
}

/** What the settings say of how the hub is reached. What could not be read is not missing: it has a fault of its own. */
export function exposureOf(settings: HubSettings): Exposure {
  const { TLS_CERT_FILE, TLS_KEY_FILE, BEHIND_PROXY, PUBLIC_NAMES } = settings;
  return { secured: Boolean(TLS_CERT_FILE && TLS_KEY_FILE) || BEHIND_PROXY !== 'off', named: PUBLIC_NAMES !== '' };
}
