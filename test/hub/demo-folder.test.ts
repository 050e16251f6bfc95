import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SettingsFault } from '../../core/setting.ts';
import { takeFolder } from '../../hub/demo-folder.ts';

let folder: string;
let other: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demo-folder-'));
});
afterEach(async () => {
  if (other !== undefined) {
    other.kill('SIGKILL');
    if (other.exitCode === null && other.signalCode === null) await once(other, 'exit');
    other = undefined;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A program that looks like a demo from outside. */
function startDemoLike(...words: readonly string[]): ChildProcess {
  const script = join(folder, 'cli.ts');
  writeFileSync(script, 'setTimeout(() => {}, 60_000);');
  return spawn(process.execPath, [script, ...words], { stdio: 'ignore' });
}

test('a folder in which another demo runs is refused, and named with its process', async () => {
  other = startDemoLike('demo');
  await once(other, 'spawn');
  writeFileSync(join(folder, 'running'), String(other.pid));
  expect(() => takeFolder(folder)).toThrow(new RegExp(`pid ${other.pid}`));
});

test('what a killed demo left, or a process number that is another program’s by now, does not matter', async () => {
  writeFileSync(join(folder, 'running'), '999999999');
  takeFolder(folder)();
  other = startDemoLike('settings');
  await once(other, 'spawn');
  writeFileSync(join(folder, 'running'), String(other.pid));
  takeFolder(folder)();
});

test('a folder that cannot be made is refused in words', () => {
  expect(() => takeFolder('/proc/nope')).toThrow(SettingsFault);
  expect(() => takeFolder('/proc/nope')).toThrow(/expected a folder that can be written to/);
});
