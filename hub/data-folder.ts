import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SettingsFault } from '../core/setting.ts';

/** Makes the folder in which the hub keeps its own data. @throws SettingsFault where it cannot be made or written to */
export function makeDataFolder(directory: string): void {
  try {
    makeFolder(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsFault([`DATA_DIR: expected a folder that can be written to; ${directory} cannot be (${code})`]);
  }
  if (!statSync(directory).isDirectory()) {
    throw new SettingsFault([
      `DATA_DIR: expected a folder that can be written to; ${directory} is no folder. Move it away, or name another`,
    ]);
  }
}

/** One by one: where the kernel says that there is no such place, as below /proc, Node's own way tries without end. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}
