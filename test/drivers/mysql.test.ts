import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../drivers/database.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { tcpProxy } from '../services/tcp-proxy.ts';

const service = inject('mariadb');
const missing = 'missing' in service ? service.missing : undefined;

describe.skipIf(missing !== undefined)(`MySQL driver${missing === undefined ? '' : ` (${missing})`}`, () => {
  let place: Awaited<ReturnType<typeof ownDatabase>>;
  let database: Database;
  beforeAll(async () => {
    // West of the sources: a date read as midnight UTC would be the day before.
    vi.stubEnv('TZ', 'America/New_York');
    place = await ownDatabase(service);
    database = openDatabase(place.url, { connections: 3 });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await database.close();
    await place.drop();
  });
  /** Statements of ours that the server is still busy with. */
  const busy = async (): Promise<number> => {
    const rows = await database.query(
      "select info from information_schema.processlist where info like 'select sleep%'",
    );
    return rows.length;
  };
  const sessions = async (): Promise<number> =>
    (await database.query('select id from information_schema.processlist where db = database()')).length;

  it('gives zero dates, dates, times, decimals and floats as the database shows them, in any time zone of ours', async () => {
    // A server that is strict by itself takes zero dates only from a session that is not.
    const lax = openDatabase(place.url, { connections: 1 });
    await lax.query("set session sql_mode = ''");
    await lax.query(
      'create table kinds (d date, part date, stamp datetime, exact decimal(20,4), about float, hour time, counted bigint unsigned)',
    );
    await lax.query(
      "insert into kinds values ('0000-00-00', '1958-00-00', '2024-03-10 02:30:00', 123456789012345.67, 85.3, '-12:00:01', 18446744073709551615)",
    );
    await lax.query("insert into kinds (d, stamp) values ('2024-01-01', '0000-00-00 00:00:00')");
    await lax.close();
    expect(new Date('2024-01-01').getDate()).toBe(31);
    const [first, second] = await database.query('select * from kinds order by d');
    expect(first).toEqual({
      d: '0000-00-00',
      part: '1958-00-00',
      stamp: '2024-03-10 02:30:00',
      exact: '123456789012345.6700',
      about: 85.3,
      hour: '-12:00:01',
      counted: '18446744073709551615',
    });
    expect(second).toMatchObject({ d: '2024-01-01', stamp: '0000-00-00 00:00:00' });
    expect(await database.query('select count(*) as n from kinds')).toEqual([{ n: '2' }]);
    expect(await database.knex('kinds').orderBy('d').pluck('d')).toEqual(['0000-00-00', '2024-01-01']);
  });

  it('keeps a quote inside its value on a server where a backslash means nothing', async () => {
    const [{ mode } = {}] = await database.query('select @@global.sql_mode as mode');
    await database.query("set global sql_mode = 'NO_BACKSLASH_ESCAPES'");
    const late = openDatabase(place.url, { connections: 1 });
    try {
      await late.query('create table quoted (code varchar(40))');
      await late.query("insert into quoted values ('x')");
      expect(await late.query('select code from quoted where code = ?', ["' or 1=1 -- "])).toEqual([]);
      expect(await late.knex('quoted').where('code', "\\' or 1=1 -- ")).toEqual([]);
    } finally {
      await late.close();
      await database.query('set global sql_mode = ?', [String(mode)]);
    }
  });

  it('does not let an object among the values become SQL', async () => {
    await database.query('create table users (code varchar(40))');
    await database.query("insert into users values ('x')");
    const hostile = { code: 1 } as unknown as string;
    expect(await database.query('select code from users where code = ?', [hostile])).toEqual([]);
  });

  it('stops the statement on the server when the signal aborts, and frees its connection', async () => {
    for (let round = 0; round < 3; round += 1) {
      const waiting = Array.from({ length: 3 }, () =>
        database.query('select sleep(30)', [], { signal: AbortSignal.timeout(100) }),
      );
      const results = await Promise.allSettled(waiting);
      expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    }
    // By itself MariaDB looks every five seconds whether a sleeper's client is still there; at a scan it never looks.
    await vi.waitFor(async () => expect(await busy()).toBe(0), { timeout: 2_500 });
    expect(await sessions()).toBeLessThanOrEqual(4);
  });

  it('gives up a wait for a connection when the signal aborts, without losing the connection', async () => {
    const long = Array.from({ length: 3 }, () => database.query('select sleep(1)'));
    const late = database.query('select 1', [], { signal: AbortSignal.timeout(50) });
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' });
    await Promise.all(long);
    const again = await Promise.all(Array.from({ length: 30 }, () => database.query('select 1 as one')));
    expect(again).toHaveLength(30);
  });

  it('has no more than its connections after aborts, failures and floods', async () => {
    await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) =>
        index % 3 === 0
          ? database.query('select nonsense')
          : database.query('select sleep(0.02)', [], { signal: AbortSignal.timeout(1 + (index % 50)) }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await sessions()).toBeLessThanOrEqual(4);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('shares its connections with knex', async () => {
    await Promise.all(
      Array.from({ length: 30 }, () => Promise.all([database.knex.raw('select 1'), database.query('select 1')])),
    );
    expect(await sessions()).toBeLessThanOrEqual(3);
  });

  it('answers again after its connections were cut, and closes while the server is silent', async () => {
    const { hostname, port } = new URL(place.url);
    const proxy = await tcpProxy({ host: hostname, port: Number(port) });
    const url = new URL(place.url);
    url.port = String(proxy.port);
    const through = openDatabase(url.href, { connections: 3, connectMs: 500 });
    expect(await through.query('select 1 as one')).toEqual([{ one: 1 }]);
    await proxy.break();
    const failure = await through.query('select 1').catch((error: unknown) => error);
    expect(through.faultOf(failure).kind).toBe('unreachable');
    await proxy.repair();
    expect(await through.query('select 1 as one')).toEqual([{ one: 1 }]);
    await Promise.all([1, 2, 3].map(() => through.query('select sleep(0.1)')));
    expect(proxy.connections()).toBe(3);
    proxy.hang();
    const never = through.query('select 1').catch(() => 'ended');
    const silent = through.query('select 1', [], { signal: AbortSignal.timeout(100) });
    await expect(silent).rejects.toMatchObject({ name: 'TimeoutError' });
    await vi.waitFor(() => expect(proxy.connections()).toBe(2), { timeout: 3_000 });
    const start = performance.now();
    await through.close();
    await through.close();
    expect(performance.now() - start).toBeLessThan(3_000);
    await vi.waitFor(() => expect(proxy.connections()).toBe(0), { timeout: 3_000 });
    expect(await Promise.race([never, new Promise((resolve) => setTimeout(resolve, 1_000))])).toBe('ended');
    await proxy.close();
  });
});
