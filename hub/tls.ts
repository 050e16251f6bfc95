import type { GatewayOptions } from '../gateway/gateway.ts';
import type { HubSettings } from './settings.ts';

/** The hub's own certificate and key, as the settings name them; undefined where it speaks plain HTTP. */
export function readTls(_: HubSettings): GatewayOptions['tls'] {
  return undefined;
}
