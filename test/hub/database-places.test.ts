import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { openOwnAudit } from '../../hub/audit-database.ts';
import { makeDataFolder } from '../../hub/data-folder.ts';
import { openOwnStore } from '../../hub/store-url.ts';
import { openAt, UnusableDatabase } from '../../hub/unusable-database.ts';

const seal = createSeal(new Uint8Array(32));
let folder: string;
/** What it says to whoever connects: an error packet of MySQL. */
let says: { readonly code: number; readonly state: string };
let server: Server;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-places-'));
  await writeFile(join(folder, 'file'), 'this is no database, and long enough to be told from an empty one'.repeat(20));
  await mkdir(join(folder, 'folder.sqlite'));
  server = createServer((socket) => {
    socket.on('error', () => {});
    const body = Buffer.concat([
      Buffer.from([0xff, says.code & 0xff, says.code >> 8]),
      Buffer.from(`#${says.state}No`),
    ]);
    socket.end(Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const OPEN = {
  DATABASE_URL: async (url: string) => {
    await openOwnStore({ DATABASE_URL: url, DATA_DIR: folder }, { seal });
  },
  AUDIT_DATABASE_URL: async (url: string) => {
    await openOwnAudit({ AUDIT_DATABASE_URL: url, DATABASE_URL: '', DATA_DIR: folder });
  },
};
const WHAT = { DATABASE_URL: 'the hub’s own store', AUDIT_DATABASE_URL: 'the access log' };

/** All that is told of it. */
async function said(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UnusableDatabase);
  return (error as UnusableDatabase).faults.join('\n');
}

describe.each(['DATABASE_URL', 'AUDIT_DATABASE_URL'] as const)('A database that cannot be opened, by %s', (name) => {
  const cannot = (place: string) => `${name}: ${WHAT[name]} cannot be opened in ${place}: `;

  it('at whose address nobody answers is told without its password', async () => {
    const fault = await said(OPEN[name]('mysql://u:bimat@127.0.0.1:9/x'));
    expect(fault).toBe(`${cannot('127.0.0.1:9/x')}nobody answers there. Start it, or correct ${name}`);
  });

  it.each([
    [1045, '28000', `it refused the account or its password. Correct them there, or in`],
    [1044, '42000', 'the account has not the rights that it needs. Give it all rights on that database, or correct'],
    [1049, '42000', 'there is no database of that name. Make it, or correct'],
  ])('for the error %i of its server is told in words', async (code, state, why) => {
    says = { code, state };
    const fault = await said(OPEN[name](`mysql://u:bimat@127.0.0.1:${port}/x`));
    expect(fault).toBe(`${cannot(`127.0.0.1:${port}/x`)}${why} ${name}`);
  });

  it.each([
    ['nope/a.sqlite', 'its folder is not there. Make the folder, or correct'],
    ['file/a.sqlite', 'what stands before its name is no folder. Correct'],
    ['folder.sqlite', 'it is a folder. Put the name of a file behind it in'],
    ['file', 'it is no SQLite database. Move it away, or correct'],
  ])('as a file is told by its path and why: %s', async (file, why) => {
    const fault = await said(OPEN[name](`sqlite://${join(folder, file)}`));
    expect(fault).toBe(`${cannot(join(folder, file))}${why} ${name}`);
  });

  it.each([
    ['sqlite://a.sqlite', 'expected sqlite:///absolute/path or sqlite::memory:'],
    ['mysql:///x', 'expected mysql://user:password@host:port/name'],
  ])('for it is no address of one is told what was expected: %s', async (url, expected) => {
    expect(await said(OPEN[name](url))).toBe(`${name}: ${expected}`);
  });
});

it('The access log that is kept with the store is told by the setting of the store', async () => {
  const opening = openOwnAudit({
    ...{ AUDIT_DATABASE_URL: '', DATABASE_URL: 'mysql://u:bimat@127.0.0.1:9/x', DATA_DIR: folder },
  });
  expect(await said(opening)).toMatch(/^DATABASE_URL: the access log cannot be opened in 127\.0\.0\.1:9\/x: nobody/);
});

it('A store that no setting names is told by the folder of the hub’s data', async () => {
  const place = { DATABASE_URL: '', DATA_DIR: join(folder, 'gone') };
  expect(await said(openOwnStore(place, { seal }))).toMatch(
    /^DATA_DIR: the hub’s own store .* Make the folder, or correct DATA_DIR$/,
  );
  const audit = { ...place, AUDIT_DATABASE_URL: '' };
  expect(await said(openOwnAudit(audit))).toMatch(/^DATA_DIR: the access log .* Make the folder, or correct DATA_DIR$/);
});

it('What nobody foresaw stays what it is', async () => {
  const strange = new Error('strange');
  const place = { setting: 'DATABASE_URL', what: 'the store', url: 'sqlite::memory:' };
  await expect(openAt(place, () => Promise.reject(strange))).rejects.toBe(strange);
});

it('A file in the place of the folder of the hub’s data is told as one', () => {
  expect(() => makeDataFolder(join(folder, 'file'))).toThrow(
    `DATA_DIR: expected a folder that can be written to; ${join(folder, 'file')} is no folder`,
  );
});
