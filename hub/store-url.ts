import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Seal } from '../core/seal.ts';
import { openStore, type Store } from '../store/store.ts';
import type { HubSettings } from './settings.ts';
import { openAt } from './unusable-database.ts';

type Place = Pick<HubSettings, 'DATABASE_URL' | 'DATA_DIR'>;

/** Opens the hub's own store. @throws UnusableDatabase where it cannot be opened as the settings say */
export async function openOwnStore(settings: Place, options: { seal: Seal }): Promise<Store> {
  const url = storeUrl(settings);
  const setting = settings.DATABASE_URL === '' ? 'DATA_DIR' : 'DATABASE_URL';
  return openAt({ setting, what: 'the hub’s own store', url }, () => openStore(url, options));
}

/** Where the hub's own store is: DATABASE_URL, or an SQLite file under DATA_DIR. */
export function storeUrl({ DATABASE_URL, DATA_DIR }: Place): string {
  return DATABASE_URL || `sqlite://${pathToFileURL(join(resolve(DATA_DIR), 'hub.sqlite')).pathname}`;
}
