import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { binlog } from '../../connectors/binlog.ts';
import { openDatabase } from '../../drivers/database.ts';
import { ownDatabase, type StartedMariadb, startMariadb } from '../services/mariadb.ts';
import { skipByName } from '../support/missing.ts';
import { changeFeedContract } from './change-feed-contract.ts';
import { createFollower, followToNow } from './followed.ts';
import { type FollowedDatabase, openFollowed, TABLES } from './followed-database.ts';

const service = inject('mariadb');
const warnings: string[] = [];
const way = binlog({ database: 'URL', tables: TABLES });
const openFeed = (url: string, declared = way) =>
  declared.open({ sector: 'test', settings: { URL: url }, warn: (message) => warnings.push(message) });

if ('missing' in service) skipByName('change feed contract: binlog', service);
else {
  changeFeedContract(
    'binlog of MariaDB',
    async () => {
      const own = await ownDatabase(service);
      const followed = await openFollowed(own.url);
      return {
        ...followed,
        capability: way.capability,
        rowOf: () => null,
        open: () => openFeed(own.url),
        mostInBatch: 500,
        breaks: 60,
        close: async () => {
          await followed.close();
          await own.drop();
        },
      };
    },
    { 'CHG-13': 'of the log only codes are read' },
  );

  describe('binlog', () => {
    let server: StartedMariadb;
    let own: { readonly url: string };
    let adminUrl: string;
    let followed: FollowedDatabase;
    beforeAll(async () => {
      // Logs are purged and settings changed here: other suites would feel it.
      server = await startMariadb({ ...process.env, TEST_DATABASE_URL: '' });
      if ('missing' in server.service) throw new Error(server.service.missing);
      adminUrl = server.service.url;
      own = await ownDatabase(server.service);
      followed = await openFollowed(own.url);
    });
    afterAll(async () => {
      await followed?.close();
      await server?.stop();
    });

    async function withFeed(work: (follower: ReturnType<typeof createFollower>) => Promise<void>): Promise<void> {
      const follower = createFollower({ rowOf: () => null, read: followed.read });
      const feed = openFeed(own.url);
      const stop = new AbortController();
      const run = follower.follow(feed, stop.signal);
      try {
        await Promise.race([work(follower), run]);
      } finally {
        stop.abort();
        await run;
        await feed.close();
      }
    }

    it('sees a step of a dossier as a change of the dossier, and both codes when a code changes', () =>
      withFeed(async (follower) => {
        await followed.write([['step-1', '1']]);
        await follower.caughtUp();
        const { knex } = followed.database;
        const before = follower.history.get('step-1')?.length ?? 0;
        await knex('HS_LUANCHUYEN').insert({ ID: 's1', SOBIENNHAN: 'step-1' });
        await follower.caughtUp();
        expect(follower.history.get('step-1')).toHaveLength(before + 1);
        await knex('HS_HOSO').where({ SOBIENNHAN: 'step-1' }).update({ SOBIENNHAN: 'step-2' });
        await knex('HS_LUANCHUYEN').where({ ID: 's1' }).delete();
        await follower.caughtUp();
        expect(follower.known.has('step-1')).toBe(false);
        expect(follower.known.get('step-2')).toBe('1');
        expect(follower.history.get('step-2')).toEqual(['touched']);
      }));

    it('never calls a dossier gone because one of its steps was deleted', () =>
      withFeed(async (follower) => {
        await followed.write([['kept', '1']]);
        await followed.database.knex('HS_LUANCHUYEN').insert({ ID: 's2', SOBIENNHAN: 'kept' });
        await follower.caughtUp();
        await followed.database.knex('HS_LUANCHUYEN').where({ ID: 's2' }).delete();
        await follower.caughtUp();
        expect(follower.known.get('kept')).toBe('1');
        expect(follower.history.get('kept')).not.toContain('gone');
      }));

    it('says nothing of a transaction that was rolled back', () =>
      withFeed(async (follower) => {
        await follower.caughtUp();
        const trx = await followed.database.knex.transaction();
        await trx('HS_HOSO').insert({ SOBIENNHAN: 'rolled-back', GHICHU: '1' });
        await trx.rollback();
        await follower.caughtUp();
        expect(follower.history.has('rolled-back')).toBe(false);
      }));

    it('lists everything anew after TRUNCATE, which is logged without rows, and so finds what is gone', () =>
      withFeed(async (follower) => {
        await followed.write([['truncated', '1']]);
        await follower.caughtUp();
        await followed.database.knex.raw('truncate table HS_HOSO');
        await followed.write([['after-truncate', '1']]);
        await follower.caughtUp();
        expect([...follower.known.keys()]).toEqual(['after-truncate']);
        expect(warnings.at(-1)).toContain('without the rows');
      }));

    it('lists everything anew when the log was purged past its place, with a warning; or stops, where declared', async () => {
      const follower = createFollower({ rowOf: () => null, read: followed.read });
      await followed.write([['purged-1', '1']]);
      const first = openFeed(own.url);
      const stopped = new AbortController();
      const run = follower.follow(first, stopped.signal);
      await follower.caughtUp();
      stopped.abort();
      await run;
      await first.close();
      await followed.write([
        ['purged-1', null],
        ['purged-2', '1'],
      ]);
      const admin = openDatabase(adminUrl, { connections: 1 });
      await admin.knex.raw('flush binary logs');
      const logs = async () => ((await admin.knex.raw('show binary logs')) as [{ Log_name: string }[]])[0];
      // A reader that has just left still holds its file for a moment.
      await vi.waitFor(async () => {
        await admin.knex.raw(`purge binary logs to '${(await logs()).at(-1)?.Log_name}'`);
        expect(await logs()).toHaveLength(1);
      }, 10_000);
      await admin.close();

      const strict = openFeed(own.url, binlog({ database: 'URL', tables: TABLES, onPurged: 'stop' }));
      const failing = strict.run(follower.position, async () => {}, AbortSignal.timeout(10_000));
      await expect(failing).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: false });
      await strict.close();

      const feed = openFeed(own.url);
      await followToNow(follower, feed);
      expect(follower.known.get('purged-2')).toBe('1');
      expect(follower.known.has('purged-1')).toBe(false);
      expect(warnings.at(-1)).toContain('listed anew');
    });

    it('goes on in the middle of a listing, and still knows at its end what is gone', async () => {
      await followed.write(Array.from({ length: 1_200 }, (_, index) => [`listed-${index}`, '1'] as const));
      const follower = createFollower({ rowOf: () => null, read: followed.read });
      const first = openFeed(own.url);
      await expect(
        follower.follow(first, AbortSignal.timeout(10_000), () => {
          if (follower.batches > 2) throw new Error('broken off');
        }),
      ).rejects.toThrow('broken off');
      await first.close();
      expect(follower.position).toMatch(/^binlog\.\d+:\d+ after listed-/);
      const codes: number[] = [];
      const feed = openFeed(own.url);
      const stop = new AbortController();
      const run = follower.follow(feed, stop.signal, (batch) => {
        for (const one of batch.observations) if (one.kind === 'whole') codes.push(one.codes.size);
      });
      await Promise.race([follower.caughtUp(), run]);
      stop.abort();
      await run;
      await feed.close();
      const truth = await followed.truth();
      expect(codes).toEqual([truth.size]);
      expect(follower.known).toEqual(truth);
    });

    it('waits for a transaction to be committed, which is logged and sent before it can be seen', () =>
      withFeed(async (follower) => {
        await followed.write([['unseen', '1']]);
        await follower.caughtUp();
        const admin = openDatabase(adminUrl, { connections: 1 });
        // Without a replica that confirms, each commit waits between the log and the tables until the time is up.
        await admin.knex.raw("set global rpl_semi_sync_master_wait_point = 'AFTER_SYNC'");
        await admin.knex.raw('set global rpl_semi_sync_master_timeout = 700');
        await admin.knex.raw('set global rpl_semi_sync_master_enabled = 1');
        try {
          await followed.write([['unseen', '2']]);
          await follower.caughtUp();
        } finally {
          await admin.knex.raw('set global rpl_semi_sync_master_enabled = 0');
          await admin.close();
        }
        expect(follower.known.get('unseen')).toBe('2');
      }));

    it('goes on saying that it has caught up, and moves its place, while others write to other tables all the time', () =>
      withFeed(async (follower) => {
        const { knex } = followed.database;
        await knex.raw('create table if not exists OTHER (ID bigint auto_increment primary key)');
        await follower.caughtUp();
        const { position } = follower;
        let writing = true;
        const writers = Array.from({ length: 3 }, async () => {
          while (writing) await knex('OTHER').insert({});
        });
        try {
          await follower.caughtUp(6_000);
          await follower.caughtUp(6_000);
          expect(follower.position).not.toBe(position);
        } finally {
          writing = false;
          await Promise.all(writers);
        }
      }));

    it('refuses a server that does not log rows in full, and says which setting it needs', async () => {
      const admin = openDatabase(adminUrl, { connections: 1 });
      await admin.knex.raw('set global binlog_row_image = MINIMAL');
      try {
        const feed = openFeed(own.url);
        await expect(feed.run(null, async () => {}, AbortSignal.timeout(5_000))).rejects.toMatchObject({
          code: 'SOURCE_MALFORMED',
          message: 'the server has binlog_row_image = MINIMAL; following its log needs binlog_row_image = FULL',
        });
        await feed.close();
      } finally {
        await admin.knex.raw('set global binlog_row_image = FULL');
        await admin.close();
      }
    });

    it('rejects when the connection is lost, so that whoever runs it can begin anew', async () => {
      const feed = openFeed(own.url);
      const follower = createFollower({ rowOf: () => null, read: followed.read });
      const run = follower.follow(feed, AbortSignal.timeout(15_000));
      await follower.caughtUp();
      const admin = openDatabase(adminUrl, { connections: 1 });
      const ended = expect(run).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
      await vi.waitFor(async () => {
        const [threads] = (await admin.knex.raw('show processlist')) as [{ Id: number; Command: string }[]];
        const dump = threads.find(({ Command }) => Command === 'Binlog Dump');
        if (dump === undefined) throw new Error('nobody follows');
        await admin.knex.raw('kill ?', [dump.Id]);
      }, 5_000);
      await admin.close();
      await ended;
      await feed.close();
    });

    it('holds the server back while the work takes long: what waits here stays bounded', async () => {
      const feed = openFeed(own.url);
      const follower = createFollower({ rowOf: () => null, read: followed.read });
      const stop = new AbortController();
      let slow = false;
      const run = follower.follow(feed, stop.signal, async () => {
        if (slow) await delay(1_500);
        slow = false;
      });
      await follower.caughtUp();
      globalThis.gc?.();
      const before = process.memoryUsage().heapUsed;
      slow = true;
      for (let round = 0; round < 30; round += 1) {
        await followed.write(Array.from({ length: 1_000 }, (_, index) => [`much-${index}`, `${round}`] as const));
      }
      const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024;
      await follower.caughtUp();
      expect(grown).toBeLessThan(150);
      expect(follower.known).toEqual(await followed.truth());
      stop.abort();
      await run;
      await feed.close();
    });
  });
}
