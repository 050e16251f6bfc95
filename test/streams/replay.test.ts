import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DossierStatusNumber } from '../../core/dossier.ts';
import { type DossierEvent, topicOf } from '../../core/event.ts';
import { replay } from '../../streams/replay.ts';
import { CODE, event, NOW, onEachStore, rowsOf, type Stage, tell } from '../support/index-stage.ts';

/** What is made of the log alone. */
const MADE = ['dossier_view', 'dossier', 'dossier_number', 'dossier_sector', 'dossier_word'];

onEachStore('a replay', (open) => {
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
  beforeEach(async () => {
    await stage.empty();
    await other.empty();
  });
  const made = async (of: Stage) =>
    Object.fromEntries(
      await Promise.all(MADE.map(async (table) => [table, await rowsOf(of, table, 'seen_at')] as const)),
    );
  /** The same log, projected into an empty store. */
  const afresh = async () => {
    await other.project();
    return other;
  };
  const run = () => {
    stage.clock.now += 1_000;
    return replay(stage.options);
  };

  it('makes what somebody broke as a fresh projection makes it, and leaves the ledger of deliveries alone', async () => {
    const codes = Array.from({ length: 20 }, (_, place) => `H41.07-261001-${String(place).padStart(4, '0')}`);
    for (const [place, code] of codes.entries()) {
      const view = { applicantName: `Lê Thị ${place}`, applicantNumbers: [`0${place}`], receivedAt: place };
      tell(stage, event({ code, view }), event({ code, version: 2, view, status: 9, at: 100 }));
      tell(stage, event({ code, version: 3, view, status: 10, at: 200 }));
      tell(stage, event({ code, sector: 'land', view: { dueAt: place }, status: 4, at: 50 }));
      if (place === 7)
        tell(stage, event({ code, version: 4, view: null }), event({ code, sector: 'land', version: 2, view: null }));
    }
    await stage.project();
    const { knex } = stage.database;
    await knex('dossier').where('code', codes[0]).delete();
    await knex('dossier')
      .where('code', codes[1])
      .update({ status_number: 3, ended_at: 5, applicant_name: 'X', deleted: 1 });
    await knex('dossier_view').where('code', codes[2]).update({ view: '{"code":', ended_at: 77 });
    await knex('dossier_view').where('code', codes[3]).delete();
    await knex('dossier_view').where('code', codes[4]).update({ view: '{}', deleted: 1, ended_at: null });
    await knex('dossier_word').where('code', codes[5]).update({ received_at: 9 });
    await knex('dossier_number').where('code', codes[6]).delete();
    await knex('dossier_number').insert({ number: 'x', code: codes[6], received_at: 1 });
    await knex('dossier_sector').insert({ sector: 'x', code: codes[7], received_at: 1 });
    await knex('delivery').update({ known_revision: 4, state: 'acknowledged' });
    const ledger = await rowsOf(stage, 'delivery');
    const history = await rowsOf(stage, 'dossier_event');
    const right = await made(await afresh());
    expect(await made(stage)).not.toEqual(right);
    expect(await run()).toMatchObject({ read: 82, added: 0, putAside: 0, unseenCount: 0 });
    expect(await made(stage)).toEqual(right);
    expect(await rowsOf(stage, 'delivery')).toEqual(ledger);
    expect(await rowsOf(stage, 'dossier_event')).toEqual(history);
  });

  it('changes nothing when it is run again', async () => {
    tell(stage, event(), event({ version: 2, status: 9 }), event({ sector: 'land', status: 10, at: NOW }));
    await stage.project();
    await run();
    const before = await made(stage);
    const events = await rowsOf(stage, 'dossier_event');
    expect(await run()).toMatchObject({ read: 3, added: 0 });
    expect(await made(stage)).toEqual(before);
    expect(await rowsOf(stage, 'dossier_event')).toEqual(events);
    expect(await rowsOf(stage, 'consumer_position')).toHaveLength(2);
  });

  it('brings back events that the history had lost, as no news', async () => {
    tell(stage, event(), event({ version: 2, status: 5 }));
    await stage.project();
    await stage.database.knex('dossier_event').where('version', 1).delete();
    expect(await run()).toMatchObject({ added: 1 });
    expect(await rowsOf(stage, 'dossier_event')).toMatchObject([
      { seq: 2, version: 2, replayed: 0 },
      { seq: 3, version: 1, replayed: 1 },
    ]);
  });

  it('counts as news what no projector has applied yet, and wants it delivered', async () => {
    tell(stage, event());
    await stage.project();
    tell(stage, event({ version: 2, status: 9 }));
    expect(await run()).toMatchObject({ added: 1 });
    expect(await rowsOf(stage, 'dossier_event')).toMatchObject([{ seq: 1 }, { seq: 2, version: 2, replayed: 0 }]);
    expect(await rowsOf(stage, 'delivery')).toMatchObject([{ wanted_revision: 2, state: 'pending' }]);
    await stage.project();
    expect(await rowsOf(stage, 'dossier_event')).toHaveLength(2);
  });

  it('reports what no event speaks of, or no event so new, and leaves it', async () => {
    tell(stage, event(), event({ code: 'H41.07-261001-0003' }), event({ code: 'H41.07-261001-0005' }));
    await stage.project();
    const { knex } = stage.database;
    await knex('dossier_view').where('code', CODE).update({ code: 'H41.07-261001-0009' });
    await knex('dossier_view').where('code', 'H41.07-261001-0003').update({ version: 8 });
    const outcome = await run();
    expect(outcome.unseenCount).toBe(2);
    expect(outcome.unseen).toEqual([
      { sector: 'one-stop', code: 'H41.07-261001-0003' },
      { sector: 'one-stop', code: 'H41.07-261001-0009' },
    ]);
    expect(await rowsOf(stage, 'dossier_view')).toHaveLength(4);
  });

  it('goes on where it was cut off', async () => {
    for (let version = 1; version <= 40; version++) tell(stage, event({ version }));
    await stage.project();
    const cut = new AbortController();
    let looked = 0;
    const first = replay({
      ...stage.options,
      batchSize: 5,
      signal: cut.signal,
      now: () => {
        if (++looked === 4) cut.abort();
        return stage.clock.now;
      },
    });
    await expect(first).rejects.toThrow('before all of the log was read');
    const [place] = (await rowsOf(stage, 'consumer_position')).filter(
      ({ consumer, topic, part }) => consumer !== 'project' && topic === topicOf('one-stop') && part === 1,
    );
    expect(place?.next_offset).toBeGreaterThan(0);
    expect(place?.next_offset).toBeLessThan(40);
    const { read } = await run();
    expect(read).toBe(40 - Number(place?.next_offset));
  });

  it('goes on beside a projector that applies new events', async () => {
    for (let version = 1; version <= 30; version++) tell(stage, event({ version }));
    await stage.project();
    const projector = stage.projector({ batchSize: 3 });
    await projector.start();
    const replaying = replay({ ...stage.options, batchSize: 2 });
    for (let version = 31; version <= 60; version++) tell(stage, event({ version, status: 9 }));
    await replaying;
    await projector.caughtUp();
    await projector.close();
    expect(await rowsOf(stage, 'dossier')).toMatchObject([{ revision: 60, status_number: 9 }]);
    expect(await rowsOf(stage, 'dossier_event')).toHaveLength(60);
    expect(await made(stage)).toEqual(await made(await afresh()));
  });

  it('agrees with a fresh projection whatever came, doubled or late, and whatever rows were lost', async () => {
    const change = fc.record({
      sector: fc.constantFrom('one-stop', 'land'),
      code: fc.constantFrom('H41.07-261001-0001', 'H41.07-261001-0002', 'H41.07-261001-0003'),
      status: fc.constantFrom<DossierStatusNumber | null>(2, 4, 5, 9, 10, null),
      deleted: fc.boolean(),
      at: fc.integer({ min: 1, max: 50 }),
      number: fc.constantFrom('1', '2', '3'),
      again: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 25 }),
        fc.array(fc.constantFrom(...MADE), { maxLength: 2 }),
        async (changes, lost) => {
          await stage.empty();
          await other.empty();
          const versions = new Map<string, number>();
          const told: DossierEvent[] = [];
          for (const { sector, code, status, deleted, at, number, again } of changes) {
            const version = (versions.get(sector + code) ?? 0) + 1;
            versions.set(sector + code, version);
            const view = deleted ? null : { applicantNumbers: [number], receivedAt: at, applicantName: `An ${number}` };
            told.push(event({ sector, code, version, status, at, view }));
            // An event that was told long ago comes once more.
            if (again) told.push(told[Math.floor(told.length / 2)] as DossierEvent);
          }
          tell(stage, ...told);
          await stage.project();
          for (const table of lost) await stage.database.knex(table).delete();
          await run();
          expect(await made(stage)).toEqual(await made(await afresh()));
        },
      ),
      { numRuns: 10 },
    );
  }, 60_000);
});
