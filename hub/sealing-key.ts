import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SettingsFault } from '../core/setting.ts';
import type { HubSettings } from './settings.ts';

/** The key of citizens' ids and cursors: from ID_KEY, or made once and kept beside the hub's data. */
export function readSealingKey(settings: Pick<HubSettings, 'ID_KEY' | 'DATA_DIR'>): Uint8Array {
  const file = join(settings.DATA_DIR, 'id.key');
  if (settings.ID_KEY !== '') return keyOf(settings.ID_KEY, 'ID_KEY');
  if (existsSync(file)) return keyOf(readFileSync(file, 'utf8').trim(), file);
  const key = randomBytes(32);
  // Two hubs that start at once must not each make a key: the flag lets one win and the other read it.
  try {
    writeFileSync(file, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    return key;
  } catch {
    return keyOf(readFileSync(file, 'utf8').trim(), file);
  }
}

function keyOf(text: string, place: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  throw new SettingsFault([`${place}: expected 64 hexadecimal digits; what came is not shown`]);
}
