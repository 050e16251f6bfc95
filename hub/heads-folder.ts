import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { bounded } from '../audit/bounded.ts';
import { SettingsFault } from '../core/setting.ts';
import { unwritable } from './unwritable.ts';

const LOOK_MS = 2_000;
const NO_FOLDER = ['EEXIST', 'ENOTDIR'];
const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS'];

/**
 * Makes the folder into which the access log's heads leave, and tells a hub that starts where nothing can ever be written there.
 * What fails for another reason, such as a share that is away, keeps no hub from starting: its heads wait.
 *
 * @param directory AUDIT_HEADS_DIR; empty: none
 * @throws SettingsFault
 */
export async function demandHeadsFolder(directory: string): Promise<void> {
  if (directory === '') return;
  const look = async (): Promise<void> => {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  };
  try {
    // A share that hangs is one that is away.
    await bounded(look, LOOK_MS);
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    if (NO_FOLDER.includes(code)) {
      throw new SettingsFault([`AUDIT_HEADS_DIR: expected a folder, and ${directory} is none or lies in none`]);
    }
    if (NOT_WRITABLE.includes(code)) throw unwritable('AUDIT_HEADS_DIR', directory, error);
  }
}
