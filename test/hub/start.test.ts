import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SettingsFault } from '../../core/setting.ts';
import { createHub } from '../../hub.ts';
import { dataOf } from '../support/answer.ts';
import { NOWHERE } from '../support/nowhere.ts';
import { openAccessParts } from '../support/open-access.ts';
import { openHub, openProvince, type Province } from '../support/province.ts';

const _root = join(import.meta.dirname, '..', '..');
const logger = pino({ level: 'silent' });
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

const DEMO = { ISSUER: 'urn:lienthong:demo-issuer', ISSUER_JWKS_URL: 'http://127.0.0.1:1/jwks' };
const OTHER = { ...DEMO, ISSUER: 'https://dinh-danh.example', ACCESS_FILE: 'hub/demo-access.json' };

/** What keeps a hub from starting that recognises whoever asks. */
async function refusalOf(environment: Readonly<Record<string, string>>): Promise<string> {
  const DATA_DIR = join(folder, 'issuer-settings');
  const starting = createHub({ logger, environment: { ...NOWHERE, PORT: '0', DATA_DIR, ...environment } });
  return starting.then(
    (hub) => hub.close().then(() => 'none'),
    (error: Error) => error.message,
  );
}

describe('The issuer of tokens', () => {
  it.each([
    ['is the demo’s, and nobody said that it may be', DEMO, /ISSUER: the demo’s issuer/],
    [
      'is the demo’s, and the hub can be reached from other machines',
      { ...DEMO, DEMO_ISSUER: 'accept', HOST: '0.0.0.0', BEHIND_PROXY: 'on', PUBLIC_NAMES: 'hub.example' },
      /DEMO_ISSUER: expected refuse, since other machines reach the hub: HOST, BEHIND_PROXY, PUBLIC_NAMES$/m,
    ],
    [
      'is the demo’s, and a proxy in front of the hub can be reached from other machines',
      { ...DEMO, DEMO_ISSUER: 'accept', BEHIND_PROXY: 'on' },
      /DEMO_ISSUER: expected refuse, since other machines reach the hub: BEHIND_PROXY$/m,
    ],
    [
      'is the demo’s, and the hub has a name of another machine’s',
      { ...DEMO, DEMO_ISSUER: 'accept', PUBLIC_NAMES: 'localhost, hub.example' },
      /DEMO_ISSUER: expected refuse, since other machines reach the hub: PUBLIC_NAMES$/m,
    ],
    [
      'is the demo’s, and pages of other machines are let in',
      { ...DEMO, DEMO_ISSUER: 'accept', CORS_ORIGINS: 'http://localhost:3000,https://motcua.example' },
      /DEMO_ISSUER: expected refuse, since other machines reach the hub: CORS_ORIGINS$/m,
    ],
    ['has keys in two places', { ...DEMO, ISSUER_KEYS_FILE: 'keys.json' }, /ISSUER_JWKS_URL and ISSUER_KEYS_FILE/],
    [
      'has its keys in a file that is not there',
      { ...OTHER, ISSUER_JWKS_URL: '', ISSUER_KEYS_FILE: '/nowhere/keys.json' },
      /^ *- ISSUER_KEYS_FILE: the file of keys cannot be read: ENOENT$/m,
    ],
    [
      'has something else in its file of keys',
      { ...OTHER, ISSUER_JWKS_URL: '', ISSUER_KEYS_FILE: 'package.json' },
      /^ *- ISSUER_KEYS_FILE: expected a JSON Web Key Set: an object with `keys`$/m,
    ],
    ['publishes its keys where anybody could change them', { ...DEMO, ISSUER_JWKS_URL: 'http://a.example/' }, /https/],
    ['signs with what is no signature', { ...DEMO, ISSUER_ALGORITHMS: 'EdDSA,HS256' }, /ISSUER_ALGORITHMS/],
  ])('stops the start where it %s', async (_, environment, said) => {
    expect(await refusalOf(environment)).toMatch(said);
  });
});

describe('The folder of the access log’s heads', () => {
  it.each([
    ['is a file', join(import.meta.dirname, 'start.test.ts')],
    ['lies in a file', join(import.meta.dirname, 'start.test.ts', 'heads')],
  ])('stops the start where it %s', async (_, AUDIT_HEADS_DIR) => {
    const fault = `AUDIT_HEADS_DIR: expected a folder, and ${AUDIT_HEADS_DIR} is none or lies in none`;
    expect(await refusalOf({ ...OTHER, AUDIT_HEADS_DIR })).toContain(fault);
  });
});

describe('A setting that cannot be read', () => {
  it.each([
    ['LEASE_MS', { ...OTHER, LEASE_MS: 'x', PORTAL_URL: 'http://127.0.0.1:1' }],
    ['ISSUER_JWKS_URL', { ...OTHER, ISSUER_JWKS_URL: 'http://a.example/' }],
    ['DEMO_ISSUER', { ...DEMO, DEMO_ISSUER: 'yes' }],
    ['BEHIND_PROXY', { ...DEMO, DEMO_ISSUER: 'accept', BEHIND_PROXY: 'yes', CORS_ORIGINS: 'https://motcua.example' }],
    ['BEHIND_PROXY', { ...OTHER, BEHIND_PROXY: 'yes', TLS_CLIENT_CA_FILE: '/nowhere/clients.pem' }],
    ['BEHIND_PROXY', { ...OTHER, BEHIND_PROXY: 'yes', HOST: '0.0.0.0', PUBLIC_NAMES: 'hub.example' }],
  ])('is the only one that is faulty, whatever it is weighed against: %s', async (name, environment) => {
    const lines = (await refusalOf(environment)).split('\n').slice(1);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^ *- ${name}: expected `))]);
  });
});

describe('Client certificates', () => {
  it.each([
    [
      'are to be known by an authority, and nobody can show any for want of TLS',
      { ...DEMO, DEMO_ISSUER: 'accept', TLS_CLIENT_CA_FILE: '/nowhere/clients.pem' },
      /- TLS_CLIENT_CA_FILE: expected TLS_CERT_FILE with it/,
    ],
    [
      'are demanded by the grants, and end at the proxy',
      { ...OTHER, BEHIND_PROXY: 'on' },
      /- ACCESS_FILE: client statistics: certificate: required cannot be met with BEHIND_PROXY=on/,
    ],
    [
      'are demanded by the grants, and nobody is asked for any',
      { ...OTHER, TLS_CERT_FILE: '/nowhere/hub.pem', TLS_KEY_FILE: '/nowhere/hub.key' },
      /- ACCESS_FILE: client statistics: certificate: required cannot be met without TLS_CLIENT_CA_FILE/,
    ],
  ])('stop the start where they %s', async (_, environment, said) => {
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
          links: { 'Business.taxDebt': { to: 'debt', by: 'business', needs: ['code'], keys: ({ code }: any) => [code], list: false, part: true } } });
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
