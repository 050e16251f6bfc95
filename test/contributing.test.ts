import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

/** The block of a step, without the step's indent. */
function printed(language: string): string {
  const [, block = ''] = new RegExp(`^ {3}\`\`\`${language}\n([\\s\\S]*?)^ {3}\`\`\`$`, 'm').exec(text) ?? [];
  return block.replaceAll(/^ {3}/gm, '');
}

describe('The sector that CONTRIBUTING shows', () => {
  it('passes the check of style as it is printed', async () => {
    const files = { 'sector.ts': printed('ts'), 'schema.graphql': printed('graphql') };
    const { vcs, ...style } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    const folder = await mkdtemp(join(tmpdir(), 'lienthong-contributing-'));
    const place = join(folder, 'sectors', 'construction');
    await mkdir(place, { recursive: true });
    await writeFile(join(folder, 'biome.json'), JSON.stringify({ ...style, $schema: undefined, root: true }));
    for (const [name, block] of Object.entries(files)) {
      expect(block.length, name).toBeGreaterThan(100);
      await writeFile(join(place, name), block);
    }
    const biome = join(root, 'node_modules', '.bin', 'biome');
    const { stdout } = await promisify(execFile)(biome, ['check', '--error-on-warnings', 'sectors'], { cwd: folder });
    expect(stdout).toContain('Checked 2 files');
    await rm(folder, { recursive: true });
  });
});
