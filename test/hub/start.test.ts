import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SettingsFault } from '../../core/setting.ts';
import { createHub } from '../../hub.ts';
import { dataOf } from '../support/answer.ts';
import { openIssuer } from '../support/issuer.ts';
import { openAccessParts } from '../support/open-access.ts';
import { askHub, openHub, openProvince, type Province } from '../support/province.ts';

const root = join(import.meta.dirname, '..', '..');
const logger = pino({ level: 'silent' });
/** Addresses where nobody listens: a system that is down does not stop the start. */
const NOWHERE = {
  SECTOR_ONE_STOP_URL: 'http://127.0.0.1:1',
  SECTOR_ONE_STOP_USERNAME: 'a',
  SECTOR_ONE_STOP_PASSWORD: 'b',
  SECTOR_LAND_DATABASE_URL: 'sqlite:///nowhere/land.sqlite',
  SECTOR_CIVIL_STATUS_REST_URL: 'http://127.0.0.1:1',
  SECTOR_CIVIL_STATUS_REST_CLIENT_ID: 'a',
  SECTOR_CIVIL_STATUS_REST_CLIENT_SECRET: 'b',
  SECTOR_CIVIL_STATUS_REST_USERNAME: 'c',
  SECTOR_CIVIL_STATUS_REST_PASSWORD: 'd',
  SECTOR_CIVIL_STATUS_SOAP_URL: 'http://127.0.0.1:1/soap',
  SECTOR_CIVIL_STATUS_SOAP_USERNAME: 'a',
  SECTOR_CIVIL_STATUS_SOAP_PASSWORD: 'b',
  SECTOR_BUSINESS_REGISTRATION_REST_URL: 'http://127.0.0.1:1',
  SECTOR_BUSINESS_REGISTRATION_CONSUMER_KEY: 'a',
  SECTOR_BUSINESS_REGISTRATION_CONSUMER_SECRET: 'b',
  SECTOR_BUSINESS_REGISTRATION_DROP_DIRECTORY: '/nowhere',
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-start-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function faultsOf(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    const hub = await createHub({
      logger,
      access: openAccessParts(),
      environment: { PORT: '0', DATA_DIR: join(folder, 'data'), ...environment },
    });
    await hub.close();
    return [];
  } catch (error) {
    if (error instanceof SettingsFault) return error.faults;
    throw error;
  }
}

describe('Settings', () => {
  it('that are faulty or missing are told all at once, and none of their secrets', async () => {
    const faults = await faultsOf({
      ...NOWHERE,
      PORT: 'seventy',
      CALLS_PER_OPERATION: '0',
      SECTOR_ONE_STOP_URL: 'ftp://geheim',
      SECTOR_ONE_STOP_PASSWORD: '',
      SECTOR_LAND_TIMEOUT_MS: '-5',
      SECTOR_CIVIL_STATUS_SOAP_URL: '',
    });
    const named = (name: string) => faults.filter((fault) => fault.startsWith(name));
    for (const name of [
      'PORT',
      'CALLS_PER_OPERATION',
      'SECTOR_ONE_STOP_URL',
      'SECTOR_ONE_STOP_PASSWORD',
      'SECTOR_LAND_TIMEOUT_MS',
      'SECTOR_CIVIL_STATUS_SOAP_URL',
    ]) {
      expect(named(name), `${name} in ${faults.join('\n')}`).toHaveLength(1);
    }
    expect(faults).toHaveLength(6);
  });

  it('of systems that nobody answers at do not stop the start', async () => {
    const hub = await openHub({ ...NOWHERE, DATA_DIR: join(folder, 'nowhere') }, { catchesUp: false });
    try {
      const answer = await hub.ask(
        '{ citizen(id: "001085004213") { fullName } dossier(code: "H41.12-261008-0003") { code } procedures { code } sectors { id status } }',
      );
      expect(answer.data).toMatchObject({ citizen: null, dossier: null });
      // What was never seen is no dossier that does not exist.
      expect(answer.errors?.map(({ extensions }) => extensions.code).sort()).toEqual([
        'IDENTIFIERS_INCOMPLETE',
        'INDEX_STALE',
      ]);
      expect(answer.data.procedures.length).toBeGreaterThan(20);
      const { sectors } = dataOf(await hub.ask('{ sectors { id status } }'));
      expect(sectors.map(({ status }: { status: string }) => status)).toEqual(['DOWN', 'DOWN', 'DOWN', 'DOWN']);
    } finally {
      await hub.close();
    }
  });

  it.each(['0.0.0.0', '192.0.2.7', '::', 'example.invalid'])(
    'with HOST %s are refused while nobody is asked who they are',
    async (HOST) => {
      const hub = await createHub({
        logger,
        access: openAccessParts(),
        environment: { ...NOWHERE, PORT: '0', DATA_DIR: join(folder, 'host'), HOST },
      }).catch((error: unknown) => error);
      const refusal =
        hub instanceof Error
          ? hub
          : await (hub as Awaited<ReturnType<typeof createHub>>).gateway.listen().catch((error: unknown) => error);
      if (!(hub instanceof Error)) await (hub as Awaited<ReturnType<typeof createHub>>).close();
      expect(refusal).toBeInstanceOf(SettingsFault);
      expect((refusal as Error).message).toMatch(/HOST/);
    },
  );
});

describe('The issuer of tokens', () => {
  const DEMO = { ISSUER: 'urn:lienthong:demo-issuer', ISSUER_JWKS_URL: 'http://127.0.0.1:1/jwks' };

  /** What keeps a hub from starting that recognises whoever asks. */
  async function refusalOf(environment: Readonly<Record<string, string>>): Promise<string> {
    const DATA_DIR = join(folder, 'issuer-settings');
    const starting = createHub({ logger, environment: { ...NOWHERE, PORT: '0', DATA_DIR, ...environment } });
    return starting.then(
      (hub) => hub.close().then(() => 'none'),
      (error: Error) => error.message,
    );
  }

  it.each([
    ['is the demo’s, and nobody said that it may be', DEMO, /ISSUER: the demo’s issuer/],
    [
      'is the demo’s, and the hub can be reached from other machines',
      { ...DEMO, DEMO_ISSUER: 'accept', HOST: '0.0.0.0', BEHIND_PROXY: 'on', PUBLIC_NAMES: 'hub.example' },
      /DEMO_ISSUER: expected refuse/,
    ],
    ['has keys in two places', { ...DEMO, ISSUER_KEYS_FILE: 'keys.json' }, /ISSUER_JWKS_URL and ISSUER_KEYS_FILE/],
    ['publishes its keys where anybody could change them', { ...DEMO, ISSUER_JWKS_URL: 'http://a.example/' }, /https/],
    ['signs with what is no signature', { ...DEMO, ISSUER_ALGORITHMS: 'EdDSA,HS256' }, /ISSUER_ALGORITHMS/],
  ])('stops the start where it %s', async (_, environment, said) => {
    expect(await refusalOf(environment)).toMatch(said);
  });
});

describe('A declaration', () => {
  const SOURCE = `const source = kit.sql({ url: 'DATABASE_URL' });`;
  const ENTITY = `source.entity({ type: 'Thing', identity: ['id'], table: 'THING as thing',
    fields: { id: kit.fields.code('thing.ID') }, lookups: { id: { by: ['thing.ID'] } } })`;

  async function faultsOfSector(name: string, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const directory = await mkdtemp(join(folder, 'sectors-'));
    await mkdir(join(directory, name));
    for (const [file, text] of Object.entries(files)) await writeFile(join(directory, name, file), text);
    const setting = `SECTOR_${name.replaceAll('-', '_').toUpperCase()}_DATABASE_URL`;
    return faultsOf({ ...NOWHERE, SECTORS_DIR: directory, [setting]: 'sqlite:///nowhere/x.sqlite' });
  }

  const sector = (body: string, before = SOURCE) =>
    `export default (kit: any) => { ${before} return kit.sector({ title: 'Thử', sources: { source }, ${body} }); };`;

  it.each([
    [
      'a link that leads to no entity',
      sector(
        `entities: { thing: ${ENTITY} }, links: { 'Thing.other': { to: 'absent', by: 'id', needs: ['id'], keys: () => [], list: true } }`,
      ),
      'links.Thing.other',
    ],
    [
      'a link that would ask once a row without a budget',
      sector(`entities: { thing: ${ENTITY.replace("{ by: ['thing.ID'] }", "{ by: ['thing.ID'], batchSize: 1 }")} },
        links: { 'Thing.others': { to: 'thing', by: 'id', needs: ['id'], keys: () => [], list: true } }`),
      'budget',
    ],
    [
      'a query by a lookup that is not declared',
      sector(`entities: { thing: ${ENTITY} }, queries: { thing: { to: 'thing', by: 'colour', key: () => null } }`),
      'queries.thing',
    ],
    [
      'a link that needs a field nobody declares',
      sector(
        `entities: { thing: ${ENTITY} }, links: { 'Thing.others': { to: 'thing', by: 'id', needs: ['colour'], keys: () => [], list: true } }`,
      ),
      'links.Thing.others',
    ],
    [
      'an identity rank that is taken',
      sector(`entities: { person: ${ENTITY.replace("'Thing'", "'Citizen'").replace("id: kit.fields.code('thing.ID') }", "id: kit.fields.code('thing.ID'), personalNumbers: kit.fields.personalNumbers(['thing.NO']), fullName: kit.fields.text('thing.NAME') }")} },
        identity: [{ entity: 'person', by: 'id', rank: 10 }]`),
      'rank 10',
    ],
    ['no function at all', 'export default 42;', 'default export'],
    ['a syntax error', 'export default (kit) => {', 'broken-sector'],
  ])('with %s stops the start and names folder and fault', async (_what, text, expected) => {
    const faults = await faultsOfSector('broken-sector', { 'sector.ts': text });
    expect(faults.join('\n')).toContain('broken-sector');
    expect(faults.join('\n')).toContain(expected);
  });

  it('whose schema has a field that nobody fills stops the start and names folder and field', async () => {
    const faults = await faultsOfSector('dark-sector', {
      'sector.ts': sector(
        `entities: { thing: ${ENTITY} }, queries: { thing: { to: 'thing', by: 'id', key: ({ id }: any) => id } }`,
      ),
      'schema.graphql':
        'extend type Query { "Thử." thing(id: ID!): Thing @access(data: PUBLIC) } "Thử." type Thing @access(data: PUBLIC) { "Thử." id: ID "Thử." colour: String }',
    });
    expect(faults).toEqual([expect.stringMatching(/dark-sector.*Thing\.colour/)]);
  });

  it('whose schema adds a field without a class of data stops the start and names folder and field', async () => {
    const faults = await faultsOfSector('open-sector', {
      'sector.ts': sector(`entities: { thing: ${ENTITY} }`),
      'schema.graphql': 'extend type Citizen { "Thử." thing: String } "Thử." type Thing { "Thử." id: ID }',
    });
    expect(faults).toEqual([
      expect.stringMatching(/open-sector\/schema\.graphql: Citizen\.thing has no @access/),
      expect.stringMatching(/open-sector\/schema\.graphql: Thing\.id has no @access/),
    ]);
  });

  it('with a link or query that its schema does not have stops the start and names the field', async () => {
    const faults = await faultsOfSector('mute-sector', {
      'sector.ts': sector(
        `entities: { thing: ${ENTITY} }, queries: { thing: { to: 'thing', by: 'id', key: ({ id }: any) => id } }`,
      ),
    });
    expect(faults).toEqual([expect.stringMatching(/mute-sector.*Query\.thing/)]);
  });

  it('whose schema is no GraphQL stops the start and names folder and line', async () => {
    const faults = await faultsOfSector('odd-sector', {
      'sector.ts': sector(`entities: { thing: ${ENTITY} }`),
      'schema.graphql': '"Thử."\nextend type Query { thing: String }',
    });
    expect(faults).toEqual([expect.stringMatching(/odd-sector\/schema\.graphql: line 1/)]);
  });

  it('that a folder outside has under a name that is taken stops the start', async () => {
    const faults = await faultsOfSector('land', { 'sector.ts': sector(`entities: { thing: ${ENTITY} }`) });
    expect(faults.join('\n')).toContain('land');
  });

  it('of which there is no folder stops the start', async () => {
    expect(await faultsOf({ ...NOWHERE, SECTORS_DIR: join(folder, 'absent') })).toEqual([
      expect.stringContaining('SECTORS_DIR'),
    ]);
  });
});

describe('A sector outside the repository', () => {
  let province: Province | undefined;

  afterEach(() => province?.close());

  it('adds its own fields to those that are there, from its own system', async () => {
    const directory = await mkdtemp(join(folder, 'outside-'));
    await mkdir(join(directory, 'tax'));
    await mkdir(join(folder, 'tax-drop'));
    await writeFile(
      join(directory, 'tax', 'sector.ts'),
      `export default (kit: any) => {
        const list = kit.file({ directory: 'DROP_DIRECTORY', pattern: 'debts-*.csv', format: kit.csv({ delimiter: ',' }) });
        const debt = list.entity({ type: 'TaxDebt', identity: ['business'],
          fields: { business: kit.fields.code('business'), amount: kit.fields.decimal('amount') },
          lookups: { business: { keys: ['business'] } } });
        return kit.sector({ title: 'Thuế', sources: { list }, entities: { debt },
          links: { 'Business.taxDebt': { to: 'debt', by: 'business', needs: ['code'], keys: ({ code }: any) => [code], list: false } } });
      };`,
    );
    await writeFile(
      join(directory, 'tax', 'schema.graphql'),
      'extend type Business { "Nợ thuế." taxDebt: TaxDebt @access(data: PERSONAL) } "Một khoản nợ thuế." type TaxDebt @access(data: PERSONAL) { "Mã số." business: ID "Số tiền, đồng." amount: Decimal }',
    );
    province = await openProvince({
      citizens: 40,
      dossiers: 20,
      prepare: async () => {
        await writeFile(join(folder, 'tax-drop', 'debts-2026.csv'), 'business,amount\n6112345684,1250000.50\n');
      },
      environment: { SECTORS_DIR: directory, SECTOR_TAX_DROP_DIRECTORY: join(folder, 'tax-drop') },
    });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const { citizen, sectors } = dataOf(
      await province.ask(
        '{ citizen(id: "001085004213") { businesses { code taxDebt { amount } } } sectors { id title } }',
      ),
    );
    expect(citizen.businesses).toContainEqual({
      code: province.world.business(0).code,
      taxDebt: { amount: '1250000.50' },
    });
    expect(citizen.businesses).toContainEqual({ code: province.world.business(1).code, taxDebt: null });
    expect(sectors).toContainEqual({ id: 'tax', title: 'Thuế' });
  });
});

describe('The command line', () => {
  const started = new Set<ChildProcess>();

  afterEach(() => {
    for (const child of started) child.kill('SIGKILL');
    started.clear();
  });

  function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, [join(root, 'cli.ts'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', DATA_DIR: join(folder, 'cli'), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(child);
    return child;
  }

  async function finished(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
    const text = { out: '', err: '' };
    child.stdout?.on('data', (bytes) => (text.out += bytes));
    child.stderr?.on('data', (bytes) => (text.err += bytes));
    const [code] = await once(child, 'close');
    return { code, ...text };
  }

  it('lists every setting with its standard value and meaning, and no secret', async () => {
    const { code, out, err } = await finished(start(['settings']));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of [
      'HOST',
      'PORT',
      'DATA_DIR',
      'DATABASE_URL',
      'SECTORS_DIR',
      'SECTOR_LAND_DATABASE_URL',
      'SECTOR_CIVIL_STATUS_SOAP_URL',
      'SECTOR_ONE_STOP_TIMEOUT_MS',
    ]) {
      expect(out).toMatch(new RegExp(`^${name} +\\(.+\\) +\\S`, 'm'));
    }
    expect(out).toMatch(/^PORT {2}\(4000\)/m);
    expect(out).toMatch(/^SECTOR_LAND_DATABASE_URL {2}\(required\)/m);
  });

  it('refuses to start with a faulty setting: one line a fault, no stack, and not the code of success', async () => {
    const { code, err } = await finished(start(['serve'], { ...NOWHERE, PORT: 'x', SECTOR_LAND_DATABASE_URL: '' }));
    expect(code).toBe(1);
    expect(err).toMatch(/PORT: expected a whole number/);
    expect(err).toMatch(/SECTOR_LAND_DATABASE_URL/);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('refuses to serve without an issuer whose tokens it could believe', async () => {
    const { code, err } = await finished(start(['serve'], NOWHERE));
    expect(code).toBe(1);
    expect(err).toMatch(/ISSUER is not set/);
    expect(err).toMatch(/ISSUER_JWKS_URL is not set/);
  });

  it('explains itself when it is asked for something it does not have', async () => {
    const { code, out } = await finished(start(['frobnicate']));
    expect(code).toBe(2);
    expect(out).toMatch(/node cli\.ts serve/);
  });

  it('serves until SIGTERM and then ends with the code of success', async () => {
    const issuer = await openIssuer(join(folder, 'issuer'));
    const child = start(['serve'], { ...NOWHERE, ...issuer.environment, PORT: '0' });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    let address = '';
    for await (const line of lines) {
      const { msg, address: told } = JSON.parse(line) as { msg: string; address?: string };
      if (msg !== 'listening' || told === undefined) continue;
      address = told;
      break;
    }
    const authorization = await issuer.bearer('counter');
    const answer = await askHub(address, '{ procedure(code: "1.004194") { code } }', {}, { authorization });
    expect(dataOf(answer).procedure.code).toBe('1.004194');
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    await issuer.close();
  });

  it('ends so, too, where it only answers and another process follows the systems', async () => {
    const issuer = await openIssuer(join(folder, 'issuer'));
    const child = start(['serve', '--role', 'gateway'], { ...NOWHERE, ...issuer.environment, PORT: '0' });
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (line.includes('"msg":"listening"')) break;
    }
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    await issuer.close();
  });
});
