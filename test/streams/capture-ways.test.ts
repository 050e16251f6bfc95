import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, inject } from 'vitest';
import type { ChangesDeclaration } from '../../core/changes.ts';
import type { Knex } from '../../drivers/database.ts';
import { openKafka } from '../../drivers/kafka.ts';
import { kit } from '../../kit/index.ts';
import landSector from '../../sectors/land/sector.ts';
import { callbackOf, createCaller, securityCode } from '../../sectors/land/stand-in/callbacks.ts';
import oneStopSector from '../../sectors/one-stop/sector.ts';
import { start as startOneStop } from '../../sectors/one-stop/stand-in/index.ts';
import { generate } from '../../stand-ins/generate.ts';
import { createCallbackDesk } from '../../streams/capture/callbacks.ts';
import type { Change } from '../connectors/change-feed-subject.ts';
import type { Known } from '../connectors/followed.ts';
import { ownName, startKafka } from '../services/kafka.ts';
import { skipByName } from '../support/missing.ts';
import { openCallbackGateway } from './callback-stage.ts';
import { openCaptureStage, openLandOffice, written } from './capture-stage.ts';
import { captureWayContract, type WaySubject } from './capture-way-contract.ts';

const service = inject('mariadb');
const kafka = await startKafka();
afterAll(() => kafka.stop());
const TABLES = [{ table: 'HS_HOSO', key: 'SOBIENNHAN' }] as const;

if ('missing' in service) skipByName('capture in every way', service);
else {
  captureWayContract('polling MariaDB', () => landOffice({ change: kit.capture.poll() }));
  captureWayContract('polling a system over REST', counter);
  captureWayContract('calls over HTTP', () => landOffice({ change: callsOf(), calls: true }));
  captureWayContract('the binlog of MariaDB', () =>
    landOffice({ change: kit.capture.binlog({ database: 'CHANGES_URL', tables: TABLES }) }),
  );
  const noted = kit.capture.changeTable({ database: 'CHANGES_URL', tables: TABLES, everyMs: 20 });
  captureWayContract('a change table in MariaDB', () => landOffice({ change: noted, script: noted.script('mysql') }));
  captureWayContract('files that list everything', drops);
  if ('missing' in kafka.service) skipByName('capture by a topic', kafka.service);
  else {
    const { brokers } = kafka.service;
    captureWayContract('a topic of Kafka', () => connect(brokers));
  }
}

function callsOf(): ChangesDeclaration {
  const { push } = landSector(kit).dossiers?.changes ?? {};
  if (push === undefined) throw new Error('the land office calls');
  return push;
}

interface OfficeOptions {
  readonly change: ChangesDeclaration;
  /** Run in the system's database before anything else. */
  readonly script?: string;
  /** Its software calls the hub after every change. */
  readonly calls?: boolean;
  /** Told of every change after its commit. */
  readonly onWritten?: (changes: readonly Change[]) => Promise<void>;
  readonly settings?: Readonly<Record<string, string>>;
}

/** The land office's tables in a MariaDB of its own, captured in one way. */
async function landOffice(options: OfficeOptions): Promise<WaySubject> {
  if ('missing' in service) throw new Error(service.missing);
  const stage = await openCaptureStage('MariaDB', service);
  const office = await openLandOffice(stage);
  const { knex } = office.database;
  for (const statement of statementsOf(options.script ?? '')) await knex.raw(statement);
  const declaration = landSector(kit);
  const { dossiers } = declaration;
  if (dossiers === undefined) throw new Error('the land office has dossiers');
  const own = { ...declaration, dossiers: { ...dossiers, changes: { only: options.change } } };
  const settings = { DATABASE_URL: office.url, SECURITY_CODE: securityCode, CHANGES_URL: office.url };
  const sector = stage.sector('land', own, { ...settings, ...options.settings, RETRIES: '0' });
  const desk = createCallbackDesk({ sectors: [sector], database: stage.store.database, now: Date.now, warn: () => {} });
  const gateway = await openCallbackGateway(desk);
  const caller = createCaller({ url: `${gateway.url}/land` });

  async function apply(trx: Knex.Transaction, changes: readonly Change[], at: number): Promise<void> {
    const rows = changes.flatMap(([code, revision]) =>
      revision === null
        ? []
        : [
            {
              ...{ SOBIENNHAN: code, MATHUTUC: '1.012753', MATRANGTHAI: Number(revision), NGAYCAPNHAT: written(at) },
              ...{ HOTEN: 'Nguyễn Văn Hoà', BANGMA: 'UNICODE' },
            },
          ],
    );
    for (let from = 0; from < rows.length; from += 200) {
      await trx('HS_HOSO')
        .insert(rows.slice(from, from + 200))
        .onConflict('SOBIENNHAN')
        .merge();
    }
    const gone = changes.flatMap(([code, revision]) => (revision === null ? [code] : []));
    if (gone.length > 0) await trx('HS_HOSO').whereIn('SOBIENNHAN', gone).delete();
  }
  async function tell(changes: readonly Change[], at: number): Promise<void> {
    await options.onWritten?.(changes);
    if (options.calls !== true) return;
    for (const [code, revision] of changes) {
      const told = revision === null ? undefined : callbackOf({ code, status: 21, content: revision, at });
      // Of a delete the software tells nobody.
      if (told !== undefined) await caller.call({ ...told, body: { ...told.body, MaTrangThai: revision } });
    }
  }
  async function write(changes: readonly Change[]): Promise<void> {
    const at = Date.now();
    await knex.transaction((trx) => apply(trx, changes, at));
    await tell(changes, at);
  }
  return {
    stage,
    sector,
    write,
    hadBefore: (changes) => knex.transaction((trx) => apply(trx, changes, Date.now() - 3_600_000)),
    async writeLate(changes) {
      const at = Date.now() - 30_000;
      const trx = await knex.transaction();
      await apply(trx, changes, at);
      return async () => {
        await trx.commit();
        await tell(changes, at);
      };
    },
    truth: async () => {
      const rows = await office.database.query('select SOBIENNHAN, MATRANGTHAI from HS_HOSO', []);
      return new Map(rows.map(({ SOBIENNHAN, MATRANGTHAI }) => [String(SOBIENNHAN), String(MATRANGTHAI)]));
    },
    async close() {
      caller.close();
      await gateway.close();
      await stage.closeCaptures();
      await office.close();
      await stage.close();
    },
  };
}

/** The script as a person would run it: statement by statement. */
function statementsOf(script: string): readonly string[] {
  const text = script.replaceAll(/^--.*\n/gm, '');
  const statements = text.match(/create trigger[\s\S]*?(?:end;|;)$|(?:create table|drop)[\s\S]*?;$/gm) ?? [];
  return statements.map((statement) => statement.replaceAll('?', '\\?'));
}

/** The one-stop software over REST; its clerks write into its database. */
async function counter(): Promise<WaySubject> {
  const stage = await openCaptureStage('SQLite', service);
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-counter-'));
  await generate({ seed: 1, citizens: 20, dossiers: 5, out: directory });
  const file = new DatabaseSync(join(directory, 'one-stop.sqlite'), { timeout: 5_000 });
  file.exec('PRAGMA journal_mode = WAL');
  const [sample] = file.prepare('SELECT body FROM dossiers LIMIT 1').all();
  const body = JSON.parse(String(sample?.body));
  file.exec('DELETE FROM dossiers');
  const running = await startOneStop({ directory });
  const sector = stage.sector('one-stop', oneStopSector(kit), running.settings);
  const insert = file.prepare(
    `INSERT INTO dossiers (doc_code, applicants_id, received_at, updated_at, body, traces) VALUES (?, '', 0, ?, ?, '[]')
     ON CONFLICT (doc_code) DO UPDATE SET updated_at = excluded.updated_at, body = excluded.body`,
  );
  const remove = file.prepare('DELETE FROM dossiers WHERE doc_code = ?');
  const write = (changes: readonly Change[], at = Math.floor(Date.now() / 1_000) * 1_000): void => {
    file.exec('BEGIN IMMEDIATE');
    const lastUpdated = kit.times.vietnamese(at);
    for (const [docCode, status] of changes) {
      if (status === null) remove.run(docCode);
      else insert.run(docCode, at, JSON.stringify({ ...body, docCode, status, lastUpdated }));
    }
    file.exec('COMMIT');
  };
  return {
    stage,
    sector,
    write: async (changes) => write(changes),
    async writeLate(changes) {
      const at = Math.floor(Date.now() / 1_000) * 1_000 - 30_000;
      return async () => write(changes, at);
    },
    truth: async () => {
      const rows = file.prepare("SELECT doc_code AS code, body ->> '$.status' AS status FROM dossiers").all();
      return new Map(rows.map(({ code, status }) => [String(code), String(status)]));
    },
    async close() {
      await stage.closeCaptures();
      file.close();
      await running.close();
      await stage.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A system that writes a file with everything it has after every change. */
async function drops(): Promise<WaySubject> {
  const stage = await openCaptureStage('SQLite', service);
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-drops-'));
  const aside = `${directory}.aside`;
  await mkdir(aside);
  const { fields } = kit;
  const dropped = kit.capture.files({
    ...{ directory: 'DROP', pattern: 'ho-so-*', format: kit.csv({ delimiter: ';' }) },
    ...{ contents: 'all', stableMs: 0, lookMs: 20 },
  });
  const dossier = dropped.entity({
    ...{ type: 'Dossier', identity: ['code'] },
    fields: { code: fields.code('Mã hồ sơ'), status: fields.status('Trạng thái', {}) },
  });
  const declaration = kit.sector({
    ...{ title: 'Thử', sources: { dropped: dropped.source }, entities: { dossier } },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { only: dropped } },
  });
  const truth = new Map<string, string>();
  let count = 0;
  return {
    stage,
    sector: stage.sector('dropped', declaration, { DROP: directory }),
    async write(changes) {
      for (const [code, revision] of changes) {
        if (revision === null) truth.delete(code);
        else truth.set(code, revision);
      }
      count += 1;
      const name = `ho-so-${String(count).padStart(6, '0')}.csv`;
      const lines = ['Mã hồ sơ;Trạng thái', ...[...truth].map((pair) => pair.join(';')), ''];
      await writeFile(join(aside, name), lines.join('\r\n'));
      await rename(join(aside, name), join(directory, name));
    },
    truth: async (): Promise<Known> => truth,
    async close() {
      await stage.close();
      for (const folder of [directory, aside]) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The land office's tables, of whose changes a Kafka Connect writes into a topic. */
async function connect(brokers: string): Promise<WaySubject> {
  const client = openKafka({ brokers, warn: () => {} });
  const [producer, admin] = [client.producer(), client.admin()];
  await producer.connect();
  await admin.connect();
  const name = ownName('hoso.HS_HOSO');
  await admin.createTopics({
    ...{ topics: [{ topic: name, numPartitions: 3, replicationFactor: 1 }], waitForLeaders: true },
  });
  const onWritten = async (changes: readonly Change[]): Promise<void> => {
    const messages = changes.flatMap(([code, revision]) => {
      const key = JSON.stringify({ SOBIENNHAN: code });
      const row = { SOBIENNHAN: code };
      const source = { ts_ms: Date.now() };
      if (revision !== null) return [{ key, value: JSON.stringify({ before: null, after: row, op: 'c', source }) }];
      return [
        { key, value: JSON.stringify({ before: row, after: null, op: 'd', source }) },
        { key, value: null },
      ];
    });
    await producer.send({ topic: name, messages });
  };
  const change = kit.capture.topic({ brokers: 'BROKERS', tables: [{ topic: name, key: 'SOBIENNHAN' }] });
  const office = await landOffice({ change, onWritten, settings: { BROKERS: brokers } });
  return {
    ...office,
    hadBefore: office.write,
    async close() {
      await office.close();
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}
