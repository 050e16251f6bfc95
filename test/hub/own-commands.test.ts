import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownCommand } from '../../hub/own-commands.ts';

const root = join(import.meta.dirname, '..', '..');

async function run(
  name: string,
  ...args: string[]
): Promise<{ code: number | undefined; told: string; warned: string }> {
  const text = { told: '', warned: '' };
  const code = await ownCommand(name)?.({
    // Settings with which nothing could be done: whoever asks how it is called has set none yet.
    ...{ args, root, environment: { DATA_DIR: '/nowhere/at/all', AUDIT_RETENTION_DAYS: 'x' } },
    tell: (line) => (text.told += `${line}\n`),
    warn: (line) => (text.warned += `${line}\n`),
  });
  return { code, ...text };
}

describe('Asked how it is called, a command says so, does nothing and ends with 0', () => {
  it.each([
    ['access', ['--help'], ['access [FILE]']],
    ['operations', ['-h'], ['operations register DIR --to FILE']],
    ['operations', ['register', '--help'], ['operations register DIR --to FILE']],
    ['audit', ['--help'], ['audit verify', 'audit export --file FILE', 'audit retain', 'audit keys', 'audit index']],
    ['audit', ['verify', '--help'], ['--heads DIR', '--new-subject-key DAY', '0', '1', '2', '3']],
    ['audit', ['export', '--file', 'x', '--help'], ['--heads-only']],
    ['audit', ['new-subject-key', '-h'], ['audit new-subject-key']],
  ])('%s %j', async (name, args, said) => {
    const { code, told, warned } = await run(name, ...args);
    expect({ code, warned }).toEqual({ code: 0, warned: '' });
    for (const text of said) expect(told).toContain(text);
    expect(told).not.toContain('undefined');
  });

  it('and anything else is what it was: no command, or an option that there is not', async () => {
    expect(ownCommand('toString')).toBeNull();
    await expect(run('audit', 'helpless')).rejects.toThrow('audit: expected verify, export');
  });
});
