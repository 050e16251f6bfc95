import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SettingsFault } from '../core/setting.ts';
import { makeDataFolder } from './data-folder.ts';

/**
 * Takes a folder for one demo: a second one in it would start a second set of systems and officers on the same data.
 *
 * @returns gives it back
 * @throws SettingsFault where it cannot be written to, or another demo runs in it
 */
export function takeFolder(directory: string): () => void {
  makeDataFolder(directory);
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
