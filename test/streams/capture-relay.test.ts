import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { outboxIsEmpty } from '../../store/outbox.ts';
import {
  type CaptureStage,
  type LandOffice,
  openCaptureStage,
  openLandOffice,
  until,
  versionsByCode,
} from './capture-stage.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const CODES = Array.from({ length: 30 }, (_, index) => `H41.12-261120-${String(index).padStart(4, '0')}`);

describe.each(['SQLite', `MariaDB${reason}`])('From the outbox to the log, on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const test = it.skipIf(kind === 'MariaDB' && 'missing' in service);
  let stage: CaptureStage;
  let office: LandOffice;
  const now = Date.now() - (Date.now() % 1_000);

  beforeAll(async () => {
    if (kind === 'MariaDB' && 'missing' in service) return;
    stage = await openCaptureStage(kind, service);
    office = await openLandOffice(stage);
  });
  beforeEach(async () => office?.empty());
  afterEach(async () => {
    if (stage !== undefined) stage.log.failure = null;
    await stage?.closeCaptures();
  });
  afterAll(async () => {
    await office?.close();
    await stage?.close();
  });

  test('an event that the log took without its answer arriving comes again, and none is lost', async () => {
    await office.receive(CODES, now);
    stage.log.failure = 'takes it and breaks off';
    stage.capture([office.sector]);
    await until(async () => (await stage.events(office.id)).length >= 2 * CODES.length, { what: 'it came again' });
    stage.log.failure = null;
    await until(() => outboxIsEmpty(stage.store.database, office.id), { what: 'the outbox is empty' });
    const events = await stage.events(office.id);
    expect(Object.keys(versionsByCode(events)).sort()).toEqual(CODES);
    expect(new Set(events.map(({ id }) => id)).size).toBe(CODES.length);
  });

  test('events wait while the log is away, in their order', async () => {
    stage.log.failure = 'refuses';
    await office.receive(CODES, now);
    const capture = stage.capture([office.sector]);
    const [first = ''] = CODES;
    const isCapturedAs = (status: number) =>
      until(
        async () => {
          const [row] = await stage.store.database.query(
            'select view from captured_dossier where sector = ? and code = ?',
            [office.id, first],
          );
          return row !== undefined && JSON.parse(String(row.view)).status.code === String(status);
        },
        { what: `${status} is captured` },
      );
    await isCapturedAs(20);
    for (const [place, status] of [30, 20, 70].entries()) {
      await office.move(first, status, now + (place + 1) * 1_000);
      await isCapturedAs(status);
    }
    expect(await stage.events(office.id)).toEqual([]);
    stage.log.failure = null;
    await capture.caughtUp();
    const own = (await stage.events(office.id)).filter(({ code }) => code === first);
    expect(own.map(({ version }) => version)).toEqual(own.map((_, place) => place + 1));
    // Record and steps are two questions: where a move comes between them, its step is a version of its own.
    const states = own.map(({ view }) => view?.status?.code).filter((state, place, all) => state !== all[place - 1]);
    expect(states).toEqual(['20', '30', '20', '70']);
    expect(own.at(-1)?.view?.steps?.map(({ status }) => status?.code)).toEqual(['30', '20', '70']);
  });

  test('a second process waits for the lease, and goes on when the first one ends', async () => {
    await office.receive(CODES, now);
    const first = stage.capture([office.sector]);
    await first.caughtUp();
    const second = stage.capture([office.sector]);
    await office.move(CODES[0] ?? '', 30, now);
    await second.caughtUp();
    await first.close();
    await office.move(CODES[0] ?? '', 70, now + 1_000);
    await second.caughtUp();
    const own = (await stage.events(office.id)).filter(({ code }) => code === CODES[0]);
    // A record and its steps are two questions: a change between them may show as two.
    expect(own.map(({ version }) => version)).toEqual(own.map((_, index) => index + 1));
    expect(own.at(-1)?.view).toMatchObject({
      status: { code: '70' },
      steps: [{ status: { code: '30' } }, expect.anything()],
    });
  });

  test('a process that lost its lease without knowing writes nothing more and stops', async () => {
    await office.receive(CODES, now);
    const capture = stage.capture([office.sector], { LEASE_MS: 60_000 });
    await capture.caughtUp();
    const { knex } = stage.store.database;
    await knex('lease').where('name', `capture:${office.id}`).increment('fence', 1);
    await office.move(CODES[0] ?? '', 30, now);
    // Several times as long as a change took before.
    await delay(500);
    expect(versionsByCode(await stage.events(office.id))[CODES[0] ?? '']).toEqual([1]);
  });
});
