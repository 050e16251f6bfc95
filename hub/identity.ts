import type { AccessPolicy } from '../core/access.ts';
import type { Identity } from '../core/identity.ts';
import { SettingsFault } from '../core/setting.ts';
import { openIdentity } from '../identity/identity.ts';
import { keysAtUrl, keysInFile } from '../identity/key-sources.ts';
import type { PartOptions } from './access-parts.ts';

/**
 * Opens what recognises whoever asks, as the settings say. Settings with `identityFaults` never come here.
 *
 * @throws SettingsFault for a file of keys that cannot be used; an issuer that does not answer is asked again later
 */
export async function openHubIdentity(options: PartOptions & { readonly policy: AccessPolicy }): Promise<Identity> {
  const { settings, catalogues, policy, now, warn } = options;
  const { ISSUER_KEYS_FILE: file, ISSUER_JWKS_URL: url } = settings;
  if (file) await demandKeysIn(file);
  return openIdentity({
    source: file ? keysInFile(file) : keysAtUrl(url, settings.JWKS_REFRESH_MS),
    issuer: settings.ISSUER,
    audience: settings.AUDIENCE,
    algorithms: settings.ISSUER_ALGORITHMS,
    mostMinutes: settings.TOKEN_MOST_MINUTES,
    staleMs: settings.JWKS_STALE_MS,
    clients: policy.clients,
    unitOf: (code) => catalogues.agencies.byCode(code)?.code ?? null,
    now,
    warn,
  });
}

/** Later it may be gone for a moment while it is replaced; a hub that starts without it would recognise nobody. */
async function demandKeysIn(file: string): Promise<void> {
  try {
    await keysInFile(file).read(new AbortController().signal);
  } catch (error) {
    throw new SettingsFault([`ISSUER_KEYS_FILE: ${(error as Error).message}`]);
  }
}
