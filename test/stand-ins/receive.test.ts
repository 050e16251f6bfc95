import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Running, serve } from '../../stand-ins/serve.ts';

const script = join(import.meta.dirname, '..', '..', 'stand-ins', 'receive.ts');
const KNOWN = '001085004213';

describe('npm run receive', () => {
  let counter: Running;
  let folder: string;
  let failure: Answer | Promise<Answer> | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-receive-'));
    counter = await serve({
      handle: ({ body }) => {
        if (failure !== undefined) return failure;
        return String(body).includes(KNOWN)
          ? { body: '{"ok":true,"docCode":"H41.58.01-261122-0001"}' }
          : { status: 404, body: '{"ok":false}' };
      },
    });
    await writeFile(join(folder, 'systems.json'), JSON.stringify({ 'one-stop': counter.settings }));
  });
  afterEach(() => {
    failure = undefined;
  });
  afterAll(async () => {
    await counter.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function receive(number: string, data = folder) {
    const child = spawn(process.execPath, [script, '--data', data, number], { stdio: ['ignore', 'pipe', 'pipe'] });
    const told = { out: '', err: '' };
    child.stdout.on('data', (bytes) => (told.out += bytes));
    child.stderr.on('data', (bytes) => (told.err += bytes));
    const [code] = await once(child, 'close');
    return { code, ...told };
  }

  it('prints the code of the new dossier and nothing else', async () => {
    expect(await receive(KNOWN)).toEqual({ code: 0, out: 'H41.58.01-261122-0001\n', err: '' });
  });

  it('says that the software knows nobody by the number where that is so', async () => {
    const { code, err } = await receive('001085999999');
    expect([code, err]).toEqual([1, expect.stringMatching(/knows nobody by this number/)]);
  });

  it('says that no demo runs on a folder where none was started', async () => {
    const { code, err } = await receive(KNOWN, join(folder, 'none'));
    expect([code, err]).toEqual([1, expect.stringMatching(/^No demo runs on this folder/)]);
  });

  it.each<[string, Answer | Promise<Answer>]>([
    ['fails', { status: 500, body: 'Internal Server Error' }],
    ['answers something else', { type: 'text/html', body: '<!DOCTYPE html>' }],
    ['does not answer', new Promise<never>(() => {})],
  ])(
    'blames no number where the software %s',
    async (_, what) => {
      failure = what;
      const { code, out, err } = await receive(KNOWN);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^The counter software did not say within 5 seconds that it took the dossier/);
    },
    30_000,
  );
});
