/** The stand-ins that run on a data folder, as whoever started them noted it: folder of the system → its settings. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function readSystems(directory: string): Record<string, Record<string, string> | undefined> {
  return JSON.parse(readFileSync(join(directory, 'systems.json'), 'utf8'));
}
