import { type Exposure, isLoopbackHost } from '../gateway/loopback.ts';
import type { HubSettings } from './settings.ts';

/** Signs for people who do not exist, with a key that lies about openly. */
const DEMO_ISSUER = 'urn:lienthong:demo-issuer';

/** What keeps a gateway from knowing whose tokens to believe. */
export async function identityFaults(settings: HubSettings): Promise<readonly string[]> {
  const faults: string[] = [];
  if (settings.ISSUER === '') faults.push('ISSUER is not set: expected what `iss` of every token must be');
  if (!settings.ISSUER_JWKS_URL && !settings.ISSUER_KEYS_FILE) {
    faults.push('ISSUER_JWKS_URL is not set: expected where the issuer’s keys are, or ISSUER_KEYS_FILE');
  }
  const isAccepted = settings.DEMO_ISSUER === 'accept';
  if (settings.ISSUER === DEMO_ISSUER && !isAccepted) {
    faults.push('ISSUER: the demo’s issuer signs for whoever asks; DEMO_ISSUER=accept takes it, on this machine alone');
  }
  if (isAccepted && !(await isLoopbackHost(settings.HOST))) {
    faults.push('DEMO_ISSUER: expected refuse where HOST can be reached from other machines');
  }
  return faults;
}

/** What the settings say of how the hub is reached. */
export function exposureOf(settings: HubSettings): Exposure {
  const { TLS_CERT_FILE, TLS_KEY_FILE, BEHIND_PROXY, PUBLIC_NAMES } = settings;
  return { secured: Boolean(TLS_CERT_FILE && TLS_KEY_FILE) || BEHIND_PROXY === 'on', named: Boolean(PUBLIC_NAMES) };
}
