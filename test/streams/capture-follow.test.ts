import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { kit } from '../../kit/index.ts';
import civilStatusSector from '../../sectors/civil-status/sector.ts';
import { type RunningCivilStatus, start as startCivilStatus } from '../../sectors/civil-status/stand-in/index.ts';
import oneStopSector from '../../sectors/one-stop/sector.ts';
import { start as startOneStop } from '../../sectors/one-stop/stand-in/index.ts';
import { generate } from '../../stand-ins/generate.ts';
import type { Running } from '../../stand-ins/serve.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { readCaptureWay } from '../../store/capture-way.ts';
import { type CaptureStage, openCaptureStage, until } from './capture-stage.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const SIZES = { seed: 1, citizens: 120, dossiers: 300 };
const world = createWorld(SIZES);

describe.each(['SQLite', `MariaDB${reason}`])('Systems behind REST, captured into a store on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const isSkipped = kind === 'MariaDB' && 'missing' in service;
  const test = it.skipIf(isSkipped);
  let stage: CaptureStage;
  let directory: string;
  let counter: Running;
  let register: RunningCivilStatus;

  beforeAll(async () => {
    if (isSkipped) return;
    directory = await mkdtemp(join(tmpdir(), 'lienthong-rest-'));
    await generate({ ...SIZES, out: directory });
    counter = await startOneStop({ directory });
    register = await startCivilStatus({ directory });
    stage = await openCaptureStage(kind, service);
  }, 60_000);

  afterEach(async () => stage?.closeCaptures());

  afterAll(async () => {
    await stage?.close();
    await counter?.close();
    await register?.close();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  const latestOf = async (sector: string, code: string) =>
    (await stage.events(sector)).filter((event) => event.code === code).at(-1);

  test('one that lists its changes is polled: all its dossiers, then what is done at the counter', async () => {
    const sector = stage.sector('one-stop', oneStopSector(kit), counter.settings);
    const capture = stage.capture([sector]);
    await capture.caughtUp();
    expect(new Set((await stage.events('one-stop')).map(({ code }) => code)).size).toBe(world.counts.dossiers);
    const [first] = await stage.events('one-stop');
    expect(first?.view).toMatchObject({
      summary: expect.any(String),
      returnMethod: expect.stringMatching(/COUNTER|POST/),
    });
    expect(first?.view?.papers?.length).toBeGreaterThan(0);
    expect(first?.view?.steps?.length).toBeGreaterThan(0);
    const code = first?.code ?? '';
    // A look that is under way would ask for the dossier before this and for its steps after it: half of either.
    await capture.close();
    const moved = await fetch(`${counter.settings.URL}/__stand-in/advance`, {
      method: 'POST',
      body: JSON.stringify({ docCode: code, status: 'done', at: '22/11/2026 09:30:00' }),
    });
    expect(moved.status).toBe(200);
    await stage.capture([sector]).caughtUp();
    const latest = await latestOf('one-stop', code);
    expect(latest).toMatchObject({ version: 2, occurredAt: Date.parse('2026-11-22T09:30:00+07:00') });
    expect(latest?.view).toMatchObject({ status: { number: 10 }, steps: expect.arrayContaining([]) });
    expect(latest?.view?.steps).toHaveLength((first?.view?.steps?.length ?? 0) + 1);
  });

  test('one that can only be asked by code is followed: what the index says is its own, as it moves, until it is gone', async () => {
    const sector = stage.sector('civil-status', civilStatusSector(kit), register.settings);
    const file = new DatabaseSync(join(directory, 'civil-status.sqlite'));
    const own = file
      .prepare('select code from dossier order by code')
      .all()
      .map(({ code }) => String(code));
    const absent = 'H41.99-261120-9999';
    const capture = stage.capture([sector]);
    await capture.caughtUp();
    expect(await stage.events('civil-status')).toEqual([]);

    await index([...own, absent]);
    await capture.caughtUp();
    const first = await stage.events('civil-status');
    expect(first.map(({ code }) => code).sort()).toEqual(own);
    const running = first.find(({ view }) => view?.status?.number === 4);
    const code = running?.code ?? '';
    const at = Date.UTC(2026, 10, 22, 2);
    register.move({ code, status: 4, at });
    await capture.caughtUp();
    expect(await latestOf('civil-status', code)).toMatchObject({ version: 2, change: 'upsert', occurredAt: at });

    const another = first.find(({ view, code: other }) => view?.status?.number === 4 && other !== code)?.code ?? '';
    file.prepare('delete from dossier where code = ?').run(another);
    await capture.caughtUp();
    expect(await latestOf('civil-status', another)).toMatchObject({ version: 2, change: 'delete', view: null });
    await capture.caughtUp();
    expect(await stage.events('civil-status')).toHaveLength(own.length + 2);

    const deletes = async () => (await stage.events('civil-status')).filter(({ change }) => change === 'delete').length;
    const held = async () => (await readCaptureWay(stage.store.database, 'civil-status', 'follow')).heldDeletes;
    const remove = (codes: readonly string[]) => {
      for (const gone of codes) file.prepare('delete from dossier where code = ?').run(gone);
    };
    const rested = await stage.store.database.knex('captured_dossier').where('follow_at', '>', 0).pluck('code');
    const ended = rested.filter((one: string) => one !== another && own.includes(one));
    expect(ended.length).toBeGreaterThan(5);
    // Those that ended are asked for a few at a time: the loss shows over several passes.
    remove(ended);
    await stage.store.database.knex('captured_dossier').whereIn('code', ended).update({ follow_at: 1 });
    await until(async () => (await held()) === ended.length, { what: 'the loss of those that ended is held' });
    const atWork = own.filter((one) => ![code, another, ...ended].includes(one));
    expect(atWork.length).toBeGreaterThan(5);
    remove(atWork);
    file.close();
    await until(async () => (await held()) === ended.length + atWork.length, { what: 'both losses are held' });
    expect(await deletes()).toBe(1);
  });

  async function index(codes: readonly string[]): Promise<void> {
    const now = Date.now();
    await stage.store.database.knex('dossier').insert(
      codes.map((code) => ({
        ...{ code, procedure_sector: 'civil-status', received_at: now, changed_at: now },
        ...{ running: true, deleted: false, sectors: 'one-stop', revision: 1 },
      })),
    );
  }
});
