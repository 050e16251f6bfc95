import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DossierEvent } from '../../core/event.ts';
import { CODE, event, onEachStore, rowsOf, type Stage, tell } from '../support/index-stage.ts';

/** What dossiers are found by. */
const FOUND_BY = ['dossier', 'dossier_number', 'dossier_sector', 'dossier_word'];

onEachStore('projection in batches', (open) => {
  let stage: Stage;
  let other: Stage;
  beforeAll(async () => {
    stage = await open();
    other = await stage.fresh();
  });
  afterAll(async () => {
    await stage.close();
    await other.close();
  });
  beforeEach(() => stage.empty());
  const made = async (of: Stage) =>
    Object.fromEntries(await Promise.all(FOUND_BY.map(async (table) => [table, await rowsOf(of, table)] as const)));
  const project = async (of: Stage, batchSize: number) => {
    const projector = of.projector({ batchSize });
    await projector.start();
    await projector.caughtUp();
    await projector.close();
  };

  it('finds dossiers by the same, whether events come one by one or together', async () => {
    const change = fc.record({
      sector: fc.constantFrom('one-stop', 'land'),
      code: fc.constantFrom('H41.07-261001-0001', 'H41.07-261001-0003'),
      deleted: fc.boolean(),
      receivedAt: fc.constantFrom(null, 1, 2),
      applicantName: fc.constantFrom(null, 'Lê An', 'Le An', `Lê ${'dài '.repeat(80)}`),
      applicantNumbers: fc.subarray(['1', '2', '3']),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        await stage.empty();
        await other.empty();
        const versions = new Map<string, number>();
        const told: DossierEvent[] = [];
        for (const { sector, code, deleted, ...view } of changes) {
          const version = (versions.get(sector + code) ?? 0) + 1;
          versions.set(sector + code, version);
          told.push(event({ sector, code, version, view: deleted ? null : view }));
        }
        tell(stage, ...told);
        await project(stage, 1);
        await project(other, 500);
        expect(await made(stage)).toEqual(await made(other));
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('keeps nothing of a batch that lost against another transaction, and does it again', async ({ skip }) => {
    const { database } = stage;
    if (database.traits.name === 'sqlite') skip('SQLite has one writer at a time: none can lose');
    tell(stage, event());
    await stage.project();
    const blocker = await database.knex.transaction();
    // The server gives up the one that has changed fewer rows.
    const many = Array.from({ length: 2_000 }, (_, part) => ({ consumer: 'x', topic: 'x', part, next_offset: 1 }));
    await blocker.batchInsert('consumer_position', many, 500);
    await blocker('dossier').where({ code: CODE }).forUpdate();
    tell(stage, event({ version: 2, status: 9 }));
    const projector = stage.projector();
    await projector.start();
    const waiting = async () => {
      const [rows] = await database.knex.raw(
        "select count(*) as n from information_schema.innodb_trx where trx_state = 'LOCK WAIT'",
      );
      return Number(rows[0].n);
    };
    // The server looks again only when it was not asked for a tenth of a second.
    await expect.poll(waiting, { timeout: 10_000, interval: 250 }).toBe(1);
    await blocker('dossier_lock').where({ code: CODE }).forUpdate();
    await delay(100);
    await blocker.rollback();
    await projector.caughtUp();
    await projector.close();
    expect(stage.warnings).toEqual([]);
    expect((await rowsOf(stage, 'dossier_event')).map(({ seq, version }) => [seq, version])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await rowsOf(stage, 'dossier')).toMatchObject([{ revision: 2, status_number: 9 }]);
  });
});
