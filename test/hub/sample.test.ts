import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, validate } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invitation } from '../../hub/demo-invitation.ts';
import { sampleDossier, sampleQuery } from '../../hub/sample-query.ts';
import { settingsPrefix } from '../../hub/sectors.ts';
import { createHub, type Hub } from '../../hub.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { dataOf } from '../support/answer.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';
import { askHub, openProvince, type Province } from '../support/province.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/```\n(curl [\s\S]*?)\n```/g)].map(([, command = '']) => command);
const blocks = readme.split(/^```\w*\n/m).filter((_, place) => place % 2 === 1);
const [reception = '', binding = ''] = blocks.filter((text) => text.includes('$visit')).map((text) => text.trim());
const sample = commands.find((command) => command.includes(sampleDossier)) ?? '';
const folder = mkdtempSync(join(tmpdir(), 'lienthong-sample-'));

let province: Province;
let issuer: TestIssuer;
let hub: Hub;
let address: string;

/** As many people and dossiers as `npm start` makes up, and on the same store a gateway that recognises whoever asks. */
beforeAll(async () => {
  province = await openProvince({
    ...{ citizens: 5_000, dossiers: 20_000, now: Date.now },
    // What is received while the test asks is read in.
    environment: { POLL_INTERVAL_MS: '2000' },
  });
  issuer = await openIssuer(join(folder, 'demo'));
  const systems = Object.entries(province.systems).flatMap(([id, { settings }]) =>
    Object.entries(settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
  );
  hub = await createHub({
    logger: pino({ level: 'silent' }),
    roles: ['gateway'],
    environment: {
      ...{ PORT: '0', DATA_DIR: join(folder, 'hub'), HEALTH_INTERVAL_MS: '3600000' },
      // What is not polled is not captured any more while the test asks.
      INDEX_STALE_MS: '3600000',
      DATABASE_URL: `sqlite://${join(province.directory, 'hub-0', 'hub.sqlite')}`,
      AUDIT_HEADS_DIR: join(folder, 'heads'),
      ...Object.fromEntries(systems),
      ...issuer.environment,
    },
  });
  address = await hub.gateway.listen();
}, 300_000);

afterAll(async () => {
  await hub?.close();
  await issuer?.close();
  await province?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a shell makes of it in the repository's folder, with the demo's data where this test has it. */
async function printedBy(command: string): Promise<string> {
  const env = { ...process.env, DATA_DIR: folder };
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: root, env, timeout: 60_000 });
  return stdout;
}

async function answerTo(command: string) {
  return JSON.parse(await printedBy(command));
}

describe('The README', () => {
  const here = (command: string) => command.replaceAll('http://127.0.0.1:4000', address);

  it('has a sample that is answered, pasted as it stands, with exactly what is printed below it', async () => {
    const printed = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(readme)?.[1] ?? '');
    expect(await answerTo(here(sample))).toEqual(printed);
    for (const list of ['landParcels', 'civilStatusRecords', 'businesses'])
      expect(printed.data.citizen[list].length, list).toBeGreaterThan(1);
    expect(printed.data.citizen.dossiers.nodes).toHaveLength(2);
  });

  it.each(commands.filter((command) => ![sample, binding].includes(command) && !command.startsWith('curl -sN')))(
    'has a command that is answered without an error: %s',
    async (command) => {
      const { data, errors } = await answerTo(here(command));
      expect(errors).toBeUndefined();
      expect(data).toBeDefined();
    },
  );

  it('walks a visit to its end: opened, asked in, and bound to the dossier that was received meanwhile', async () => {
    const counter = JSON.stringify({ 'one-stop': province.systems['one-stop'].settings });
    writeFileSync(join(folder, 'demo', 'systems.json'), counter);
    // Until the dossier has been read in.
    const bound = `for turn in $(seq 100); do answer=$(
${binding}
); case $answer in *'"bindVisit":{'*) break;; esac; sleep 0.2; done; echo "$answer"`;
    const lines = (await printedBy(`${here(reception)}\n${bound}`)).split('\n').filter((line) => line !== '');
    const [citizen, dossier, answer] = lines;
    expect(JSON.parse(citizen ?? '')).toEqual({
      data: { citizen: { fullName: 'NGUYỄN VĂN BÌNH', birthDate: '1980-11-11' } },
    });
    expect(dossier).toMatch(/^H41\.58\.01-\d{6}-0001$/);
    const printed = /^\{"data":\{"bindVisit".*$/m.exec(readme)?.[0] ?? '';
    expect(answer).toBe(printed.replace(/H41\.58\.01-\d{6}-0001/, dossier ?? ''));
  });
});

describe('What the demo prints', () => {
  const printed = () =>
    invitation({ address, token: 'TOKEN', tokenCommand: (account) => `npm run --silent token -- ${account}` });
  const lineOf = (account: string) => printed().find((line) => line.includes(`token -- ${account})`)) ?? '';

  it('is answered to the counter with who the citizen is and what they have', async () => {
    const { data, errors } = await answerTo(lineOf('counter'));
    expect(errors).toBeUndefined();
    expect(data.citizen.fullName).toBe('Nguyễn Văn Hoà');
    expect(data.citizen.landParcels).toHaveLength(2);
    expect(data.citizen.businesses).toHaveLength(2);
  });

  it('is answered to the leader with how work stands', async () => {
    const { data, errors } = await answerTo(lineOf('leader'));
    expect(errors).toBeUndefined();
    expect(data.dossiers.nodes).toHaveLength(3);
    expect(data.portalSync.pending).toBeGreaterThanOrEqual(0);
  });

  it('is answered to the citizen and to the auditor with who looked', async () => {
    await answerTo(lineOf('counter'));
    const own = await answerTo(lineOf('citizen'));
    expect(own.errors).toBeUndefined();
    expect(own.data.citizen.accesses.nodes).toContainEqual(
      expect.objectContaining({ role: 'counter', purpose: 'PROCESSING' }),
    );
    const { data, errors } = await answerTo(lineOf('auditor'));
    expect(errors).toBeUndefined();
    expect(data.accessLog.nodes[0]).toMatchObject({ actor: 'citizen.hoa', role: 'citizen', purpose: 'SELF' });
  });

  it('leads the counter’s browser to a question that is answered whole', async () => {
    const link = printed().find((line) => line.includes('/#token=')) ?? '';
    const stated = new URLSearchParams(new URL(link.trim()).hash.slice(1));
    const headers = {
      authorization: await issuer.bearer('counter'),
      'x-purpose': stated.get('purpose') ?? '',
      'x-dossier': stated.get('dossier') ?? '',
    };
    const { data, errors } = await askHub(address, sampleQuery, {}, headers);
    expect(errors).toBeUndefined();
    expect(data.citizen.dossiers.nodes).toHaveLength(5);
  });
});

describe('The query the editor opens with', () => {
  it('is valid, and returns records of all sectors without an error', async () => {
    const { sectors } = province.hub.registry;
    const sdl = sectors.map(({ id }) => ({ sector: id, sdl: sdlOf(id) }));
    expect(validate(buildSchema(province.hub.registry, sdl), parse(sampleQuery))).toEqual([]);
    const { citizen, sectors: states } = dataOf(await province.ask(sampleQuery));
    expect(citizen.fullName).toBe('Nguyễn Văn Hoà');
    for (const list of ['statements', 'landParcels', 'civilStatusRecords', 'businesses']) {
      expect(citizen[list].length, list).toBeGreaterThan(1);
    }
    expect(citizen.dossiers.nodes).toHaveLength(5);
    expect(citizen.dossiers.missing).toEqual([]);
    expect(citizen.population).toBe('VERIFIED');
    expect(states.map(({ id }: { id: string }) => id)).toEqual([
      'business-registration',
      'civil-status',
      'land',
      'one-stop',
    ]);
  });
});

function sdlOf(id: string): string {
  try {
    return readFileSync(join(root, 'sectors', id, 'schema.graphql'), 'utf8');
  } catch {
    return '';
  }
}
