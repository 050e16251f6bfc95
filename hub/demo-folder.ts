import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SettingsFault } from '../core/setting.ts';

/**
 * Takes a folder for one demo: a second one in it would start a second set of systems and officers on the same data.
 *
 * @returns gives it back
 * @throws SettingsFault where it cannot be written to, or another demo runs in it
 */
export function takeFolder(directory: string): () => void {
  try {
    makeFolder(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsFault([`DATA_DIR: expected a folder that can be written to; ${directory} cannot be (${code})`]);
  }
  const note = join(directory, 'running');
  const other = runningDemo(note);
  if (other !== null) {
    throw new SettingsFault([
      `DATA_DIR: ${directory} is in use by another demo (pid ${other}). Stop that one, or set DATA_DIR to another folder.`,
    ]);
  }
  writeFileSync(note, String(process.pid));
  return () => rmSync(note, { force: true });
}

/** One by one: where the kernel says that there is no such place, as below /proc, Node's own way tries without end. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** A demo that was killed leaves its note, and its number may by now be another program's. */
function runningDemo(note: string): number | null {
  try {
    const pid = Number(readFileSync(note, 'utf8'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return command.some((part) => part.endsWith('cli.ts')) && command.includes('demo') ? pid : null;
  } catch {
    return null;
  }
}
