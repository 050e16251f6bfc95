import type { Portal } from '../../core/portal.ts';
import { openHttp } from '../../drivers/http.ts';
import type { StreamSettings } from '../settings.ts';
import { portalOver } from './portal-over.ts';
import { restWire } from './rest.ts';
import { sessionWire } from './session.ts';

export type PortalSettings = Pick<
  StreamSettings,
  'PORTAL_URL' | 'PORTAL_PROTOCOL' | 'PORTAL_USERNAME' | 'PORTAL_PASSWORD' | 'PORTAL_TIMEOUT_MS' | 'PORTAL_CONCURRENCY'
>;

/** Largest answer, in bytes: a dossier with all its steps. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;
/** Connections for what goes on beside deliveries: signing in, checking. */
const SPARE_CONNECTIONS = 2;
const MOST_CONNECT_MS = 5_000;

/** Connects to nothing until the first call. @param settings PORTAL_URL must not be empty */
export function openPortal(settings: PortalSettings): Portal {
  const { PORTAL_TIMEOUT_MS: timeoutMs, PORTAL_PROTOCOL: protocol } = settings;
  const http = openHttp({
    baseUrl: settings.PORTAL_URL,
    maxBytes: MOST_ANSWER_BYTES,
    connections: settings.PORTAL_CONCURRENCY + SPARE_CONNECTIONS,
    silenceMs: timeoutMs,
    // A connection that does not come about must be told from an answer that does not: the first is certainly unsent.
    connectMs: Math.min(MOST_CONNECT_MS, Math.ceil(timeoutMs / 2)),
  });
  const account = { username: settings.PORTAL_USERNAME, password: settings.PORTAL_PASSWORD };
  const wire = protocol === 'session' ? sessionWire(http, account, timeoutMs) : restWire(http, account);
  return portalOver(wire, { timeoutMs, close: () => http.close() });
}
