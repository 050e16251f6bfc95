import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HubSettings } from './settings.ts';

/** Where the hub's own store is: DATABASE_URL, or an SQLite file under DATA_DIR. */
export function storeUrl({ DATABASE_URL, DATA_DIR }: Pick<HubSettings, 'DATABASE_URL' | 'DATA_DIR'>): string {
  return DATABASE_URL || `sqlite://${pathToFileURL(join(resolve(DATA_DIR), 'hub.sqlite')).pathname}`;
}
