import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { inject, vi } from 'vitest';
import { openDatabase } from '../../drivers/database.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { tcpProxy } from '../services/tcp-proxy.ts';
import { skipByName } from '../support/missing.ts';
import { sourceContract } from './source-contract.ts';
import type { Subject } from './source-subject.ts';
import { CONTRACT, fillRegistry, openRegistry } from './sql-subject.ts';

sourceContract('sql on SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sql-contract-'));
  const path = join(folder, 'registry.sqlite');
  const writer = openDatabase(`sqlite://${path}`);
  await fillRegistry(writer);
  // Without a write-ahead log, as other programs' files often are: a writer can then lock readers out.
  await writer.knex.raw('pragma journal_mode = delete');
  await writer.close();
  const statements = vi.spyOn(StatementSync.prototype, 'all');
  const source = openRegistry(`sqlite://${path}`);
  let locker: DatabaseSync | undefined;
  return {
    ...CONTRACT,
    source,
    calls: () => statements.mock.calls.length,
    dead: () => openRegistry(`sqlite://${join(folder, 'nowhere', 'none.sqlite')}`),
    hang: () => {
      locker = new DatabaseSync(path);
      locker.exec('begin exclusive');
    },
    break: async () => {
      await rename(path, `${path}.away`);
      // A read-only file is looked at once a second.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    },
    repair: async () => {
      locker?.close();
      locker = undefined;
      await rename(`${path}.away`, path).catch(() => {});
    },
    close: async () => {
      statements.mockRestore();
      await source.close();
      await rm(folder, { recursive: true, force: true });
    },
  } satisfies Subject;
});

const service = inject('mariadb');
if ('missing' in service) skipByName('source contract: sql on MariaDB', service);
else {
  sourceContract('sql on MariaDB', async () => {
    const database = await ownDatabase(service);
    const filler = openDatabase(database.url);
    await fillRegistry(filler);
    await filler.close();
    const { hostname, port } = new URL(database.url);
    const proxy = await tcpProxy({ host: hostname, port: Number(port) });
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const source = openRegistry(url.href);
    return {
      ...CONTRACT,
      source,
      calls: proxy.statements,
      dead: () => openRegistry('mysql://nobody:secret@127.0.0.1:1/none'),
      hang: proxy.hang,
      break: proxy.break,
      repair: proxy.repair,
      close: async () => {
        await source.close();
        await proxy.close();
        await database.drop();
      },
    } satisfies Subject;
  });
}
