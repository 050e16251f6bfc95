import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hubSettings } from '../hub/settings.ts';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs', 'security.md'), 'utf8');
const settings: Readonly<Record<string, { readonly standard?: unknown }>> = hubSettings;

describe('docs/security.md', () => {
  it('names tests that are there, at least one for each promise', () => {
    const promises = text.split(/^\*\*(?=P\d+ ·)/m).slice(1);
    const named = promises.map((promise) =>
      [...promise.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file),
    );
    expect(promises.length).toBeGreaterThan(10);
    expect(named.filter((files) => files.length === 0)).toEqual([]);
    expect(named.flat().filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('tells the standard values that the limits have', () => {
    const rows = [...text.matchAll(/^\| .+ \| `([A-Z_]+)` \| ([\d,]+) \|$/gm)];
    const told = rows.map(([, name = '', number = '']) => [name, Number(number.replaceAll(',', ''))]);
    expect(told.length).toBeGreaterThan(20);
    expect(told).toEqual(told.map(([name = '']) => [name, settings[name]?.standard]));
  });

  it('names no setting that there is not', () => {
    const names = [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`/g)].map(([, name = '']) => name);
    expect(new Set(names.filter((name) => !Object.hasOwn(settings, name)))).toEqual(new Set([]));
  });
});
