import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../stand-ins/faults.ts';
import { type Running, serve } from '../../stand-ins/serve.ts';

describe('a stand-in over HTTP', () => {
  let running: Running;
  const call = (path = '/names', init: RequestInit = {}) => fetch(running.settings.URL + path, init);

  beforeAll(async () => {
    running = await serve({ handle: () => ({ body: '{"name":"Nguyễn Văn Hoà"}' }), settings: { TOKEN: 'x' } });
  });
  afterEach(() => running.faults({ mode: 'none' }));
  afterAll(() => running.close());

  it('counts calls by path and forgets them when told', async () => {
    await call('/__stand-in/calls', { method: 'DELETE' });
    await call('/names?page=2');
    await call('/places');
    expect(await (await call('/__stand-in/calls')).json()).toEqual({ total: 2, byPath: { '/names': 1, '/places': 1 } });
    expect(running.settings).toMatchObject({ TOKEN: 'x' });
  });

  it('refuses a fault it does not know', async () => {
    const answer = await call('/__stand-in/faults', { method: 'POST', body: '{"mode":"sleepy"}' });
    expect(answer.status).toBe(400);
  });

  it('keeps a fault to its path and to its number of times', async () => {
    running.faults({ mode: 'error', status: 503, path: '/names', times: 1 });
    expect((await call('/places')).status).toBe(200);
    expect((await call()).status).toBe(503);
    expect((await call()).status).toBe(200);
  });

  it.each<[Fault, (answer: () => Promise<Response>) => Promise<void>]>([
    [{ mode: 'down' }, async (answer) => expect(answer()).rejects.toThrow()],
    [{ mode: 'empty' }, async (answer) => expect(await (await answer()).text()).toBe('')],
    [
      { mode: 'html', status: 502 },
      async (answer) => expect(await (await answer()).text()).toContain('<!DOCTYPE html>'),
    ],
    [{ mode: 'truncate' }, async (answer) => expect((await answer()).json()).rejects.toThrow()],
    [{ mode: 'wrong-encoding' }, async (answer) => expect(await (await answer()).text()).not.toContain('Nguyễn')],
    [
      { mode: 'slow', delayMs: 60 },
      async (answer) => expect(await (await answer()).json()).toEqual({ name: 'Nguyễn Văn Hoà' }),
    ],
    [
      { mode: 'drip', delayMs: 1 },
      async (answer) => expect(await (await answer()).json()).toEqual({ name: 'Nguyễn Văn Hoà' }),
    ],
  ])('fails as told: %o', async (fault, check) => {
    running.faults(fault);
    await check(() => call());
  });

  it('leaves a caller hanging until the caller gives up', async () => {
    running.faults({ mode: 'hang' });
    await expect(call('/names', { signal: AbortSignal.timeout(80) })).rejects.toThrow(/timeout/i);
  });

  it('streams far more than anyone should read', async () => {
    running.faults({ mode: 'huge' });
    const reader = (await call()).body?.getReader();
    let size = 0;
    while (size < 2_000_000) size += (await reader?.read())?.value?.length ?? Number.POSITIVE_INFINITY;
    await reader?.cancel();
    expect(size).toBeLessThan(100_000_000);
  });

  it('closes twice without complaint', async () => {
    const other = await serve({ handle: () => ({ body: '' }) });
    await Promise.all([other.close(), other.close()]);
  });
});

describe('a stand-in as a program', () => {
  it.each(['one-stop', 'land'])('%s says it is ready in one line and ends with its parent', async (name) => {
    const directory = await mkdtemp(join(tmpdir(), 'stand-in-'));
    const main = join(import.meta.dirname, `../../sectors/${name}/stand-in/main.ts`);
    const child = spawn(process.execPath, [main, '--data', directory, '--citizens', '60', '--dossiers', '30'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(JSON.parse(line)).toMatchObject({ ready: true, settings: expect.any(Object) });
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
    await rm(directory, { recursive: true });
  });
});
