import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SettingsSpec } from '../../core/setting.ts';
import { findSectors, sectorSettings, settingsPrefix } from '../../hub/sectors.ts';
import { hubSettings } from '../../hub/settings.ts';
import { createHub, type Hub } from '../../hub.ts';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';
import { askHub } from '../support/province.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOUNDS_SECRET = /PASSWORD|SECRET|KEY|TOKEN|SECURITY_CODE|DATABASE_URL/;
/** What sounds like a secret and is none, and why. */
const NO_SECRETS: Readonly<Record<string, string>> = {
  MAX_QUERY_TOKENS: 'a number',
  TOKEN_MOST_MINUTES: 'a number',
  ISSUER_KEYS_FILE: 'where a file of public keys is',
  TLS_KEY_FILE: 'where the key is, not the key',
  AUDIT_SIGNING_KEY_FILE: 'where the key is, not the key',
  AUDIT_SUBJECT_KEY_FILE: 'where the key is, not the key',
  SECTOR_BUSINESS_REGISTRATION_CONSUMER_KEY: 'the name under which the hub signs in; the secret is beside it',
};

let settings: readonly (readonly [name: string, setting: SettingsSpec[string]])[];

beforeAll(async () => {
  const found = await findSectors([join(ROOT, 'sectors')], []);
  const ofSectors = found.flatMap(({ id, declaration }) =>
    Object.entries(sectorSettings(declaration)).map(([name, one]) => [settingsPrefix(id) + name, one] as const),
  );
  settings = [...Object.entries(hubSettings), ...ofSectors];
});

describe('A setting that sounds like a secret', () => {
  it('is marked as one, or is known not to be', () => {
    const open = settings.filter(([name, { secret }]) => SOUNDS_SECRET.test(name) && secret !== true);
    expect(open.map(([name]) => name).toSorted()).toEqual(Object.keys(NO_SECRETS).toSorted());
    expect(settings.filter(([, { secret }]) => secret === true).length).toBeGreaterThan(8);
  });
});

/** Secrets that can be found again wherever they come out, as they are and as headers carry them. */
const CANARY = 'k3nh-chim-hoang-yen';
const HEX = 'c0ffee'.repeat(11).slice(0, 64);
const SECRETS = [
  CANARY,
  HEX,
  ...[CANARY, `hub:${CANARY}`].map((text) => Buffer.from(text).toString('base64').slice(0, -4)),
];

function expectNoSecret(text: string, more: readonly string[] = []): void {
  for (const secret of [...SECRETS, ...more]) expect(text.includes(secret) ? `${secret} in ${text}` : '').toBe('');
}

/** All secrets there are, each in the form that its setting wants. */
function canaries(): Record<string, string> {
  const secret = settings.filter(([, one]) => one.secret === true).map(([name]) => name);
  return Object.fromEntries(secret.map((name) => [name, name === 'ID_KEY' ? HEX : CANARY]));
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = execFile(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    env: { PATH: process.env.PATH, ...environment },
    timeout: 60_000,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: string) => (text += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

describe('What the hub prints', () => {
  it('lists settings without the value of any secret', async () => {
    const { code, text } = await run(['settings'], canaries());
    expect(code).toBe(0);
    expect(text).toContain('SECTOR_ONE_STOP_PASSWORD');
    expectNoSecret(text);
  }, 60_000);

  it('says what is wrong with secrets, and none of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lienthong-secrets-'));
    const { code, text } = await run(['serve'], { ...canaries(), ID_KEY: CANARY, DATA_DIR: folder, PORT: '0' });
    await rm(folder, { recursive: true });
    expect(code).not.toBe(0);
    for (const name of ['ID_KEY', 'DATABASE_URL', 'SECTOR_LAND_DATABASE_URL']) expect(text).toContain(name);
    expectNoSecret(text);
  }, 60_000);
});

describe('A hub whose systems all fail, and say back whatever they were told', () => {
  let folder: string;
  let issuer: TestIssuer;
  let echo: Server;
  let hub: Hub;
  let echoed = '';
  const logged: string[] = [];
  const told: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-secrets-'));
    issuer = await openIssuer(join(folder, 'issuer'));
    echo = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const said = JSON.stringify({ headers: request.headers, url: request.url, body: String(Buffer.concat(parts)) });
        echoed += said;
        response.writeHead([500, 401, 200][echoed.length % 3] ?? 500, { 'content-type': 'application/json' });
        response.end(said);
      });
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const needed = settings.filter(([, { standard }]) => standard === undefined);
    const environment = {
      ...Object.fromEntries(needed.map(([name]) => [name, name.endsWith('URL') ? url : 'hub'])),
      ...canaries(),
      ...issuer.environment,
      ...{ PORT: '0', DATA_DIR: join(folder, 'hub'), HEALTH_INTERVAL_MS: '200', POLL_INTERVAL_MS: '200' },
      DATABASE_URL: `sqlite://${folder}/${CANARY}.sqlite`,
      AUDIT_DATABASE_URL: `sqlite://${folder}/${CANARY}-audit.sqlite`,
      SECTOR_LAND_DATABASE_URL: `mysql://hub:${CANARY}@127.0.0.1:9/land`,
      ...{ PORTAL_URL: url, PORTAL_USERNAME: 'hub', PORTAL_MODE: 'send' },
    };
    hub = await createHub({
      logger: pino({ level: 'trace' }, { write: (line) => logged.push(line) }),
      environment,
    });
    await hub.gateway.listen();
  }, 60_000);

  afterAll(async () => {
    await hub?.close();
    await issuer.close();
    echo.closeAllConnections();
    echo.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells nobody any of its secrets, nor anybody’s token: no log line, no answer, no word of its readiness', async () => {
    const url = hub.gateway.address();
    const tokens: string[] = [];
    const ask = async (who: Parameters<TestIssuer['bearer']>[0], query: string, headers = {}) => {
      const authorization = await issuer.bearer(who);
      tokens.push(authorization.slice(-40));
      const answer = await askHub(url, query, {}, { authorization, ...headers });
      told.push(JSON.stringify(answer));
      return answer;
    };
    // Everything it needs itself is only just coming up.
    let visit: string | undefined;
    const openVisit = async () => {
      visit = (await ask('counter', 'mutation { openVisit { id } }')).data?.openVisit.id;
      return visit;
    };
    await expect.poll(openVisit, { timeout: 15_000 }).toBeDefined();
    const reception = { 'x-purpose': 'RECEPTION', 'x-visit': visit };
    const person = `{ citizen(id: "${demoPerson.personalNumber}") { fullName population landParcels { sheet } } }`;
    await ask('counter', person, reception);
    await ask('counter', `{ citizens(name: "${demoPerson.name}") { nodes { fullName } } }`, reception);
    await ask('counter', '{ business(code: "0100233488") { name } }', reception);
    const systems =
      '{ sectors { id status changes { way failing { code } } capabilities { system } } portalSync { held } }';
    await ask('admin', systems, { 'x-purpose': 'SUPERVISION' });
    await ask('auditor', '{ accessLog(actor: "counter.hanh") { nodes { operation outcome } } }', {
      'x-purpose': 'AUDIT',
    });
    for (const SecurityCode of [CANARY, 'wrong']) {
      const body = JSON.stringify({ SecurityCode, SoBienNhan: [CANARY] });
      const headers = { 'content-type': 'application/json' };
      const call = await fetch(`${url}/callbacks/land/DongBoTrangThaiKetThuc`, { method: 'POST', headers, body });
      told.push(await call.text());
    }
    await ask('citizen', '{ sectors { id } }', { authorization: `${await issuer.bearer('citizen')}x` });
    await expect
      .poll(() => logged.filter((line) => line.includes('SOURCE_')).length, { timeout: 15_000 })
      .toBeGreaterThan(3);
    for (const path of ['/readyz', '/healthz', '/']) told.push(await (await fetch(url + path)).text());

    // The systems have been told them: otherwise there was nothing to say back.
    expect(echoed).toContain(CANARY);
    for (const text of [...told, ...logged]) expectNoSecret(text, tokens);
  }, 60_000);
});
