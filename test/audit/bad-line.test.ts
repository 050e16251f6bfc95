import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { ownDatabase } from '../services/mariadb.ts';
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.ts';
import { entriesOf, type OpenedLog, openLog, record, verify } from './support.ts';

const ANN = '001085004213';
const mariadb = inject('mariadb');

if ('missing' in mariadb) {
  describe('The access log over a bad line', () => {
    it.runIf(process.env.CI !== undefined)(`needs MariaDB: ${mariadb.missing}`, () => expect.fail(mariadb.missing));
  });
} else {
  describe('The access log over a bad line to MariaDB', () => {
    let folder: string;
    let place: Awaited<ReturnType<typeof ownDatabase>>;
    let proxy: TcpProxy;
    let opened: OpenedLog;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lienthong-bad-line-'));
      place = await ownDatabase(mariadb);
      const url = new URL(place.url);
      proxy = await tcpProxy({ host: url.hostname, port: Number(url.port || 3306) });
      url.host = `127.0.0.1:${proxy.port}`;
      opened = await openLog(url.href, { headsDirectory: join(folder, 'heads'), timeoutMs: 2_000 });
      await opened.log.write(record([ANN], { request: 'before' }));
    });

    afterEach(async () => {
      proxy.alter(null);
      await proxy.repair();
      await opened.close();
      await proxy.close();
      await place.drop();
      await rm(folder, { recursive: true, force: true });
    });

    async function requests(): Promise<readonly string[]> {
      await expect.poll(() => opened.log.state(), { timeout: 15_000 }).toBe('writing');
      expect(await opened.log.write(record([ANN], { request: 'after' }))).toBeUndefined();
      const { said } = await verify(opened.audit.database, { headsDirectory: join(folder, 'heads') });
      expect(said).toEqual([]);
      return (await entriesOf(opened.audit)).flatMap(({ request }) => request ?? []);
    }

    it('finds a group that was written though the answer was lost, and neither writes nor counts it again', async () => {
      let isUnderWay = false;
      proxy.alter((bytes, from) => {
        if (from === 'client') isUnderWay ||= bytes.includes('insert into audit_group');
        else if (isUnderWay) {
          proxy.alter(null);
          return null;
        }
        return bytes;
      });
      await expect(opened.log.write(record([ANN], { request: 'lost' }))).rejects.toMatchObject({
        code: 'AUDIT_UNAVAILABLE',
      });
      expect(await requests()).toEqual(['before', 'lost', 'after']);
      const gaps = (await entriesOf(opened.audit)).filter(({ kind }) => kind === 'GAP');
      expect(gaps.map(({ missed }) => missed)).toEqual([0]);
    });

    it('refuses what is personal while the server is away, and goes on when it is back', async () => {
      await proxy.break();
      await expect(opened.log.write(record([ANN], { request: 'personal' }))).rejects.toMatchObject({
        code: 'AUDIT_UNAVAILABLE',
      });
      await opened.log.write(record([], { request: 'plain' }));
      await proxy.repair();
      expect(await requests()).toEqual(['before', 'after']);
      const gap = (await entriesOf(opened.audit)).find(({ kind }) => kind === 'GAP');
      expect(gap?.missed).toBe(1);
    });

    it('refuses what is personal in time while the server accepts everything and says nothing', async () => {
      proxy.hang();
      const began = performance.now();
      await expect(opened.log.write(record([ANN], { request: 'personal' }))).rejects.toMatchObject({
        code: 'AUDIT_UNAVAILABLE',
      });
      expect(performance.now() - began).toBeLessThan(6_000);
      await proxy.break();
      await proxy.repair();
      expect(await requests()).toEqual(['before', 'after']);
    });
  });
}
