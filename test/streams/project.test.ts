import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { toLogRecord, topicOf } from '../../core/event.ts';
import { deletedAtSource } from '../../streams/deliver/portal-holds.ts';
import { CODE, DAY, event, NOW, onEachStore, rowsOf, type Stage, TABLES, tell } from '../support/index-stage.ts';

onEachStore('projection', (open) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.empty());
  const everything = async (): Promise<Record<string, Record<string, unknown>[]>> =>
    Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await rowsOf(stage, table)])));
  const withoutPlaces = async (): ReturnType<typeof everything> => ({ ...(await everything()), consumer_position: [] });
  const dossier = async (code = CODE) =>
    (await rowsOf(stage, 'dossier')).find((row) => 'code' in row && row.code === code);
  const delivery = async () => (await rowsOf(stage, 'delivery'))[0];

  it('writes view, history, merged dossier, what it is found by and what is to be delivered', async () => {
    const view = {
      ...{ procedureCode: '1.012790.000.00.00.H41', agencyCode: '000.00.07.H41', applicantKind: 'CITIZEN' as const },
      ...{
        applicantName: 'Đặng Thị Hòa',
        applicantNumbers: ['012345678901', '123456789'],
        channel: 'COUNTER' as const,
      },
      ...{ receivedAt: NOW - 2 * DAY, dueAt: NOW + DAY },
    } satisfies Partial<DossierView>;
    tell(stage, event({ view }));
    await stage.project();
    expect(await dossier()).toMatchObject({
      ...{ procedure_code: '1.012790', procedure_sector: 'land', agency_code: 'H41.07', applicant_kind: 'CITIZEN' },
      ...{ applicant_name: 'Đặng Thị Hòa', channel: 'COUNTER', status_number: 4, received_at: NOW - 2 * DAY },
      ...{ due_at: NOW + DAY, running: 1, ended_at: null, deleted: 0, sectors: 'one-stop', revision: 1 },
    });
    const found = await everything();
    expect(found.dossier_number?.map(({ number }) => number)).toEqual([123456789, 12345678901]);
    expect(found.dossier_word?.map((row) => String(row.word)).sort()).toEqual(
      ['261001', '1', 'dang', 'h41.07', 'hoa', 'thi'].sort(),
    );
    expect(found.dossier_sector).toEqual([{ sector: 'one-stop', code: CODE, received_at: NOW - 2 * DAY }]);
    expect(found.dossier_event).toMatchObject([
      { seq: 1, version: 1, status_number: 4, status_code: 's4', replayed: 0 },
    ]);
    expect(await delivery()).toMatchObject({ wanted_revision: 1, wanted_at: NOW, known_revision: 0, state: 'pending' });
  });

  it('merges what each sector’s system says, whichever comes first', async () => {
    const reception = event({ view: { applicantName: 'Lê An', receivedAt: 5, dueAt: 9 }, at: NOW - 900 });
    const course = event({ sector: 'land', status: 9, at: NOW - 500, view: { dueAt: 7, finishedAt: NOW - 500 } });
    tell(stage, course, reception);
    await stage.project();
    expect(await dossier()).toMatchObject({
      ...{ applicant_name: 'Lê An', due_at: 9, status_number: 9, finished_at: NOW - 500, running: 0, revision: 2 },
      ...{ sectors: 'land one-stop', ended_at: NOW - 500 },
    });
  });

  it('changes nothing when events come twice, in the same batch or later', async () => {
    tell(stage, event(), event({ version: 2, status: 5 }), event({ version: 2, status: 5 }));
    await stage.project();
    const before = await withoutPlaces();
    tell(stage, event(), event({ version: 2, status: 5 }));
    await stage.project();
    expect(await withoutPlaces()).toEqual(before);
    expect(before.dossier_event).toHaveLength(2);
  });

  it('adds an older version to the history and leaves what is current', async () => {
    tell(stage, event({ version: 3, status: 9 }));
    await stage.project();
    expect(stage.warnings).toMatchObject([{ details: { gaps: [{ code: CODE, after: 0, came: 3 }] } }]);
    const before = await everything();
    tell(stage, event({ version: 2, status: 4 }));
    await stage.project();
    const after = await everything();
    expect(after.dossier_event).toHaveLength(2);
    for (const table of ['dossier_view', 'dossier', 'delivery']) expect(after[table]).toEqual(before[table]);
  });

  it('keeps since when a dossier has ended, until it goes on', async () => {
    tell(stage, event({ status: 9, at: 1_000 }), event({ version: 2, status: 10, at: 2_000 }));
    await stage.project();
    expect(await dossier()).toMatchObject({ status_number: 10, status_at: 2_000, ended_at: 1_000 });
    tell(stage, event({ version: 3, status: 4, at: 3_000 }), event({ version: 4, status: 10, at: 4_000 }));
    await stage.project();
    expect(await dossier()).toMatchObject({ ended_at: 4_000 });
  });

  it('rewrites what a dossier is found by when it changes', async () => {
    tell(stage, event({ view: { applicantName: 'An', applicantNumbers: ['1'] } }));
    tell(stage, event({ version: 2, view: { applicantName: 'Bình', applicantNumbers: ['2'], receivedAt: 8 } }));
    await stage.project();
    tell(stage, event({ version: 3, view: { applicantName: 'Bình', applicantNumbers: ['3'], receivedAt: 8 } }));
    await stage.project();
    const { dossier_number: numbers, dossier_word: words } = await everything();
    expect(numbers).toEqual([{ number: 3, code: CODE, received_at: 8 }]);
    expect(words?.map(({ word }) => word)).toContain('binh');
    expect(words?.map(({ word }) => word)).not.toContain('an');
  });

  it('marks what all its systems have deleted, and holds the portal’s copy for a person', async () => {
    const lands = event({ sector: 'land', view: { applicantName: 'Vẫn còn' } });
    tell(stage, event({ view: { applicantName: 'Lê An', applicantNumbers: ['1'] } }), lands);
    await stage.project();
    await stage.database.knex('delivery').update({ known_revision: 2, state: 'acknowledged' });
    tell(stage, event({ version: 2, view: null }));
    await stage.project();
    expect(await dossier()).toMatchObject({ deleted: 0, applicant_name: 'Vẫn còn', sectors: 'land' });
    expect(await delivery()).toMatchObject({ state: 'pending', wanted_revision: 3 });
    tell(stage, event({ sector: 'land', version: 2, view: null }));
    await stage.project();
    expect(await dossier()).toMatchObject({ deleted: 1, applicant_name: null, sectors: '', running: 0 });
    const { code: reason_code, text: reason } = deletedAtSource();
    const held = await delivery();
    expect(held).toMatchObject({ state: 'held', reason_code, reason, wanted_revision: 4 });
    expect(Number(held?.held_since)).toBeGreaterThan(0);
    expect((await everything()).dossier_number).toEqual([]);
    tell(stage, event({ sector: 'land', version: 3 }));
    await stage.project();
    expect(await dossier()).toMatchObject({ deleted: 0, sectors: 'land' });
    expect(await delivery()).toMatchObject({ state: 'pending', reason_code: null });
  });

  it('wants the newest revision delivered, since the first that was missing, also where delivery was off', async () => {
    tell(stage, event());
    await stage.project();
    stage.clock.now = NOW + 5_000;
    await stage.database.knex('delivery').update({ attempts: 3, next_try_at: NOW + 60_000 });
    tell(stage, event({ version: 2 }));
    await stage.project();
    const waiting = {
      wanted_revision: 3 - 1,
      wanted_at: NOW,
      attempts: 3,
      next_try_at: NOW + 60_000,
      state: 'pending',
    };
    expect(await delivery()).toMatchObject(waiting);
    await stage.database
      .knex('delivery')
      .update({ known_revision: 2, state: 'acknowledged', claimed_by: 'w', fence: 7 });
    tell(stage, event({ version: 3 }));
    await stage.project();
    const again = { wanted_revision: 3, wanted_at: NOW + 5_000, attempts: 0, state: 'pending', known_revision: 2 };
    expect(await delivery()).toMatchObject({ ...again, claimed_by: 'w', fence: 7 });
    // Due at once by the clock that all hubs share, whatever this one's own says.
    const due = Number((await delivery())?.next_try_at);
    expect(Math.abs(due - Date.now())).toBeLessThan(60_000);
    await stage.database.knex('delivery').update({ state: 'off' });
    tell(stage, event({ version: 4 }));
    await stage.project();
    expect(await delivery()).toMatchObject({ state: 'pending', wanted_revision: 4 });
  });

  it('keeps text in any script, and cuts what is too long between letters', async () => {
    const name = `Nguyễn Văn Hoà 𠮷 ${'😀'.repeat(300)}`;
    tell(stage, event({ view: { applicantName: name.normalize('NFD'), summary: 'Đơn “𠮷”' } }));
    await stage.project();
    const [{ applicant_name: kept } = { applicant_name: '' }] = (await rowsOf(stage, 'dossier')) as {
      applicant_name: string;
    }[];
    expect(kept).toBe(Array.from(name.normalize('NFC')).slice(0, 255).join(''));
    const [view] = (await rowsOf(stage, 'dossier_view')) as { view: string }[];
    expect(JSON.parse(view?.view ?? '')).toMatchObject({ summary: 'Đơn “𠮷”' });
  });

  it('takes a strange view without falling over it', async () => {
    const strange = { applicantNumbers: 'none', receivedAt: 'yesterday', applicantName: 7, dueAt: 1.5, steps: {} };
    tell(stage, event({ status: null, view: strange as never }));
    await stage.project();
    expect(await dossier()).toMatchObject({ received_at: 0, applicant_name: null, due_at: null, status_number: null });
    expect((await everything()).dossier_event).toMatchObject([{ status_number: null, status_code: 'odd' }]);
  });

  it('shows no title and no code that is about a person, whoever wrote it into the log', async () => {
    const named = { code: '95', title: 'Trả cho ông Nguyễn Văn Hoà', number: null };
    const view = { applicantName: 'Nguyễn Văn Hoà', procedureCode: '9.999999', procedureTitle: 'Số 001085004213' };
    tell(stage, event({ status: null, view: { ...view, status: named } }));
    tell(stage, event({ version: 2, view: { ...view, agencyCode: '001085004213' } }));
    await stage.project();
    const { dossier_event: history, dossier_view: views } = await everything();
    expect(history).toMatchObject([{ status_code: 95, status_title: null }]);
    expect(JSON.parse(String(views?.[0]?.view))).toMatchObject({ procedureTitle: null, status: { title: null } });
    expect(String(views?.[0]?.faults)).toMatch(/statusTitle.*procedureTitle/);
    expect(JSON.stringify([history, views])).not.toContain('001085004213');
  });

  it('puts aside what is no event, says where and why, and goes on', async () => {
    const topic = topicOf('one-stop');
    const good = toLogRecord(event());
    const broken = { ...good, value: '{"secret":"012345678901"' };
    const odd = toLogRecord(event({ version: 2, view: { status: { code: 'x', title: null, number: 42 as never } } }));
    stage.log.put(topic, 1, [broken, good, odd, toLogRecord(event({ version: 3, status: 5 }))]);
    await stage.project();
    expect(await dossier()).toMatchObject({ status_number: 5, revision: 3 });
    const aside = [...(stage.log.topics.get(`${topic}.dlq`) ?? [])].flat();
    expect(aside.map(({ value }) => value).sort()).toEqual([broken.value, odd.value].sort());
    expect(aside[0]?.headers).toMatchObject({
      ...{ 'dead-letter-topic': topic, 'dead-letter-partition': '1', 'dead-letter-offset': '0' },
      'dead-letter-reason': 'expected JSON as data',
    });
    expect(JSON.stringify([stage.warnings, aside.map(({ headers }) => headers)])).not.toContain('012345678901');
  });

  it('does not pass what could not be put aside', async () => {
    const topic = topicOf('one-stop');
    stage.log.put(topic, 1, [{ key: 'x', headers: {}, value: '' }]);
    const failing = { ...stage.log, append: () => Promise.reject(new Error('full')) };
    const projector = stage.projector({ log: failing });
    await projector.start();
    await expect.poll(() => stage.warnings.length).toBeGreaterThan(1);
    await projector.close();
    expect(await rowsOf(stage, 'consumer_position')).toEqual([]);
  });

  it('writes a batch whole or not at all, and goes on when it can', async () => {
    tell(stage, event(), event({ code: 'H41.07-261001-0003' }));
    const { knex } = stage.database;
    for (const table of ['feed', 'delivery', 'dossier_word', 'dossier_event']) {
      const failed = stage.warnings.length;
      await knex.schema.renameTable(table, 'away');
      const projector = stage.projector();
      await projector.start();
      await expect.poll(() => stage.warnings.length, { timeout: 5_000 }).toBeGreaterThan(failed);
      await projector.close();
      await knex.schema.renameTable('away', table);
      const untouched = Object.fromEntries(TABLES.map((name) => [name, []]));
      expect(await everything()).toEqual(untouched);
    }
    await stage.project();
    const { dossier_event: events, dossier: dossiers, consumer_position: places } = await everything();
    expect([events?.length, dossiers?.length]).toEqual([2, 2]);
    expect(events?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(places).toEqual([{ consumer: 'project', topic: topicOf('one-stop'), part: 1, next_offset: 2 }]);
  });

  it('goes on where it was, and tells of what is new only', async () => {
    let told = 0;
    const run = async () => {
      const projector = stage.projector({ onApplied: () => told++ });
      await projector.start();
      await projector.caughtUp();
      await projector.close();
      await projector.ended;
    };
    tell(stage, event());
    await run();
    expect(told).toBe(1);
    await run();
    tell(stage, event());
    await run();
    expect(told).toBe(1);
  });

  it('loses nothing when two read at once, each some partitions of both sectors', async () => {
    const codes = Array.from({ length: 60 }, (_, place) => `H41.07-261001-${String(place).padStart(4, '0')}`);
    for (const [place, code] of codes.entries()) {
      for (const version of [1, 2, 3]) {
        // The two systems of one dossier lie in partitions that different readers hold.
        stage.log.put(topicOf('one-stop'), place % 2, [toLogRecord(event({ code, version, at: version * 10 }))]);
        const course = event({ code, sector: 'land', version, status: 6, at: version * 10 + 5 });
        stage.log.put(topicOf('land'), (place + 1) % 2, [toLogRecord(course)]);
      }
    }
    const two = [stage.projector({ batchSize: 7 }), stage.projector({ batchSize: 7 })];
    await Promise.all(two.map((one) => one.start()));
    await Promise.all(two.map((one) => one.caughtUp()));
    await Promise.all(two.map((one) => one.close()));
    const { dossier: dossiers, dossier_event: events, delivery: wanted } = await everything();
    expect(dossiers?.map(({ code }) => code).sort()).toEqual(codes);
    for (const row of dossiers ?? []) {
      expect(row).toMatchObject({ revision: 6, status_number: 6, sectors: 'land one-stop' });
    }
    expect(events?.map(({ seq }) => seq).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 360 }, (_, seq) => seq + 1),
    );
    expect(wanted?.every(({ wanted_revision: revision }) => revision === 6)).toBe(true);
  });
});
