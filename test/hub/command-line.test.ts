import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { dataOf } from '../support/answer.ts';
import { openIssuer } from '../support/issuer.ts';
import { NOWHERE } from '../support/nowhere.ts';
import { askHub } from '../support/province.ts';

const root = join(import.meta.dirname, '..', '..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-command-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('The command line', () => {
  const started = new Set<ChildProcess>();

  afterEach(() => {
    for (const child of started) child.kill('SIGKILL');
    started.clear();
  });

  function start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    out: number | 'pipe' = 'pipe',
  ): ChildProcess {
    const child = spawn(process.execPath, [join(root, 'cli.ts'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', DATA_DIR: join(folder, 'cli'), ...environment },
      stdio: ['ignore', out, 'pipe'],
    });
    started.add(child);
    return child;
  }

  async function finished(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
    const text = { out: '', err: '' };
    child.stdout?.on('data', (bytes) => (text.out += bytes));
    child.stderr?.on('data', (bytes) => (text.err += bytes));
    const [code] = await once(child, 'close');
    return { code, ...text };
  }

  it('lists every setting with its standard value and meaning, and no secret', async () => {
    const { code, out, err } = await finished(start(['settings']));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of [
      'HOST',
      'PORT',
      'DATA_DIR',
      'DATABASE_URL',
      'SECTORS_DIR',
      'SECTOR_LAND_DATABASE_URL',
      'SECTOR_CIVIL_STATUS_SOAP_URL',
      'SECTOR_ONE_STOP_TIMEOUT_MS',
    ]) {
      expect(out).toMatch(new RegExp(`^${name} +\\(.+\\) +\\S`, 'm'));
    }
    expect(out).toMatch(/^PORT {2}\(4000\)/m);
    expect(out).toMatch(/^SECTOR_LAND_DATABASE_URL {2}\(required\)/m);
  });

  it('refuses to start with a faulty setting: one line a fault, no stack, and not the code of success', async () => {
    const { code, err } = await finished(start(['serve'], { ...NOWHERE, PORT: 'x', SECTOR_LAND_DATABASE_URL: '' }));
    expect(code).toBe(1);
    expect(err).toMatch(/PORT: expected a whole number/);
    expect(err).toMatch(/SECTOR_LAND_DATABASE_URL/);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('refuses to serve without an issuer whose tokens it could believe', async () => {
    const { code, err } = await finished(start(['serve'], NOWHERE));
    expect(code).toBe(1);
    expect(err).toMatch(/ISSUER is not set/);
    expect(err).toMatch(/ISSUER_JWKS_URL is not set/);
  });

  it('explains itself when it is asked for something it does not have', async () => {
    const { code, out } = await finished(start(['frobnicate']));
    expect(code).toBe(2);
    expect(out).toMatch(/node cli\.ts serve/);
  });

  it('never ends `audit verify` with 1, which says that the log is broken, where it could not be read', async () => {
    const { code, err } = await finished(start(['audit', 'verify', '--heads']));
    expect(code).toBe(2);
    expect(err).toMatch(/^Settings that cannot be used:\n {2}- audit: .*--heads/);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('ends so, too, where something fails in it that nothing waits for', async () => {
    const failing =
      'process.stdout.write = () => { setImmediate(() => { throw new Error("unforeseen") }); return true }';
    const preload = `data:text/javascript,${encodeURIComponent(failing)}`;
    const { code, err } = await finished(start(['audit', 'verify'], { NODE_OPTIONS: `--import=${preload}` }));
    expect(code).toBe(2);
    expect(err).toBe('The access log was not verified: something happened that nobody foresaw (Error).\n');
  });

  it('goes on to its end where nobody reads on what a command says', async () => {
    const child = start(['audit', 'verify']);
    child.stdout?.destroy();
    expect(await finished(child)).toMatchObject({ code: 2, err: '' });
  });

  it.skipIf(!existsSync('/dev/full'))(
    'says so, and ends with no success, where what a command says is lost: on a full disk (needs /dev/full)',
    async () => {
      const full = await open('/dev/full', 'w');
      const lost = 'What was told could not be written to its end (ENOSPC): what standard output holds is not whole.\n';
      const environment = { DATA_DIR: join(folder, 'lost'), AUDIT_HEADS_DIR: join(folder, 'lost-heads') };
      const verify = ['audit', 'verify', '--heads', environment.AUDIT_HEADS_DIR];
      const run = ([, ...args]: readonly string[], given: Readonly<Record<string, string>> = {}) =>
        runAuditCommand({ args, root, environment: { ...environment, ...given }, tell: () => {}, warn: () => {} });
      const codeOf = async (args: readonly string[]) => {
        const { code, err } = await finished(start(args, environment, full.fd));
        expect(err).toBe(lost);
        return code;
      };
      try {
        // Notes itself, so that there is a log.
        expect([await run(['audit', 'index']), await run(verify)]).toEqual([0, 0]);
        expect(await codeOf(['audit', 'keys'])).toBe(1);
        expect(await codeOf(verify)).toBe(2);
        // What it found stays its code, and is told of one chain after another: that all of it is lost is told once.
        for (const AUDIT_INSTANCE of ['one', 'two']) {
          await run(['audit', 'index'], { AUDIT_INSTANCE, AUDIT_HEADS_DIR: '' });
        }
        expect(await codeOf(verify)).toBe(3);
      } finally {
        await full.close();
      }
    },
    60_000,
  );

  it('serves until SIGTERM and then ends with the code of success', async () => {
    const issuer = await openIssuer(join(folder, 'issuer'));
    const child = start(['serve'], { ...NOWHERE, ...issuer.environment, PORT: '0' });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    let address = '';
    for await (const line of lines) {
      const { msg, address: told } = JSON.parse(line) as { msg: string; address?: string };
      if (msg !== 'listening' || told === undefined) continue;
      address = told;
      break;
    }
    const authorization = await issuer.bearer('counter');
    const answer = await askHub(address, '{ procedure(code: "1.004194") { code } }', {}, { authorization });
    expect(dataOf(answer).procedure.code).toBe('1.004194');
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    await issuer.close();
  });

  it('ends so, too, where it only answers and another process follows the systems', async () => {
    const issuer = await openIssuer(join(folder, 'issuer'));
    const child = start(['serve', '--role', 'gateway'], { ...NOWHERE, ...issuer.environment, PORT: '0' });
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (line.includes('"msg":"listening"')) break;
    }
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    await issuer.close();
  });
});
