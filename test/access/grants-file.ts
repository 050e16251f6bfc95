import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file of grants with this content, for as long as the test runs. @returns its path, which ends with grants.json */
export function grantsFile(content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'lienthong-grants-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'grants.json');
  writeFileSync(path, content);
  return path;
}
