import { SettingsFault } from '../core/setting.ts';

/** What a person can act on. */
const REASONS = new Map([
  ['EEXIST', 'there is something of that name already, and nothing is overwritten'],
  ['ENOENT', 'its folder is not there'],
  ['ENOTDIR', 'what stands before its name is no folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this account may not write there'],
  ['EPERM', 'this account may not write there'],
  ['EROFS', 'nothing can be written there'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'this account has no more room there'],
]);

/**
 * Says in a sentence why a file cannot be written; anything else stays what it is.
 *
 * @param option that names the file, such as `audit export: --file`
 * @param error of opening or writing it
 */
export function unwritable(option: string, file: string, error: unknown): unknown {
  const reason = REASONS.get(String((error as NodeJS.ErrnoException).code));
  return reason === undefined ? error : new SettingsFault([`${option}: ${file} cannot be written: ${reason}`]);
}
