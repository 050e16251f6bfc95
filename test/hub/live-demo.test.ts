import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Demo } from '../../hub/demo.ts';
import { type DemoProcess, startProcess } from '../../hub/demo-process.ts';
import { type LiveDemo, portalLine, showDemo } from '../../hub/live-demo.ts';
import type { Hub } from '../../hub.ts';

/** A stand-in as far as its beginning and end go. */
const READY = `
  process.on('SIGTERM', () => process.exit(0));
  process.stdin.on('end', () => process.exit(0)).resume();
  console.log(JSON.stringify({ ready: true, settings: {} }));
`;

describe('The terminal of the demo', () => {
  const started: DemoProcess[] = [];
  let show: LiveDemo | undefined;
  let told: string[] = [];

  afterEach(async () => {
    await show?.close();
    await Promise.all(started.splice(0).map((one) => one.stop()));
    told = [];
  });

  async function start(name: string): Promise<DemoProcess> {
    const one = await startProcess(name, ['--eval', READY]);
    started.push(one);
    return one;
  }

  /** Of a hub that is still reading the dossiers in, for as long as the test runs. */
  function open(processes: ReadonlyMap<string, DemoProcess>): void {
    const hub = { caughtUp: () => new Promise(() => {}), registry: { sectors: [] } } as unknown as Hub;
    const demo = { processes, environment: {} } as unknown as Demo;
    show = showDemo({ hub, demo, address: '', tell: (text) => void told.push(text) });
  }

  it.each(['SIGKILL', 'SIGTERM'] as const)('tells in a line that a made-up system was ended by %s', async (signal) => {
    const system = await start('civil-status');
    open(new Map([['civil-status', system]]));
    process.kill(system.pid, signal);
    await expect.poll(() => told.filter((line) => line.startsWith('Ended'))).toHaveLength(1);
    const how = signal === 'SIGKILL' ? 'SIGKILL' : 'code 0';
    expect(told.at(-1)).toBe(
      `Ended: civil-status (pid ${system.pid}, ${how}). Stop with Ctrl+C and start again to bring it back.`,
    );
  });

  it('tells nothing of systems that end with the demo', async () => {
    const systems = [await start('one-stop'), await start('issuer')];
    open(new Map(systems.map((one, place) => [`system ${place}`, one])));
    await show?.close();
    for (const one of systems) await one.stop();
    await Promise.all(systems.map(({ ended }) => ended));
    expect(told.filter((line) => line.startsWith('Ended'))).toEqual([]);
  });
});

describe('The line about the portal', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

  it('says of what each figure is, and stands so in the README', () => {
    const line = portalLine({ coverage: 0.641_29, acknowledged: 12_881, pending: 7_092, held: 27 });
    expect(line).toBe(
      'portal: 64.12 % of finished dossiers; of all, finished or not: 12881 acknowledged, 7092 pending, 27 held',
    );
    expect(readme).toContain(line);
    expect(portalLine({ coverage: null, acknowledged: 0, pending: 0, held: 0 })).toMatch(/^portal: – of finished/);
  });
});
