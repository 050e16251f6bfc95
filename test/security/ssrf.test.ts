import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsPrefix } from '../../hub/sectors.ts';
import { createHub } from '../../hub.ts';
import { securityCode } from '../../sectors/land/stand-in/callbacks.ts';
import { publicKeys, readKeys } from '../../stand-ins/issuer/keys.ts';
import { openIssuer } from '../support/issuer.ts';
import { askHub } from '../support/province.ts';
import { type Fortress, openFortress } from './stage.ts';

/*
 * Where the hub connects to is for its configuration to say. Nothing that a system, a file, a call, a token or a question
 * says makes it connect anywhere else. A document of XML that tries is in bombs.test.ts.
 */
const HOA = '001085004213';

let trap: Server;
let trapUrl: string;
let trapped = 0;
/** What the trap would say if it were asked: as good as the real thing. */
let bait = '{}';

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  trap = await listening((_, response) => void response.end(bait));
  trap.on('connection', () => {
    trapped += 1;
  });
  trapUrl = urlOf(trap);
});

afterAll(async () => {
  // Otherwise all of this has shown that nobody can be caught here.
  const before = trapped;
  await fetch(trapUrl);
  expect(trapped).toBe(before + 1);
  trap.closeAllConnections();
  trap.close();
});

/** Sends whoever asks somewhere else, in every way there is. */
async function openSender(): Promise<{ server: Server; asked: () => number }> {
  let count = 0;
  const server = await listening((_, response) => {
    count += 1;
    const elsewhere = `${trapUrl}/x`;
    response.writeHead([301, 302, 303, 307, 308, 201, 200][count % 7] ?? 302, {
      'content-type': 'application/json',
      location: elsewhere,
      'content-location': elsewhere,
      refresh: `0; url=${elsewhere}`,
      link: `<${elsewhere}>; rel="preload"`,
      'alt-svc': `http/1.1="127.0.0.1:${new URL(trapUrl).port}"; ma=60`,
    });
    response.end(
      JSON.stringify({ next: elsewhere, '@odata.nextLink': elsewhere, url: elsewhere, data: [{ url: elsewhere }] }),
    );
  });
  return { server, asked: () => count };
}

describe('A system that sends the hub elsewhere', () => {
  it('is not followed, whatever it is asked: the hub says that it failed', async () => {
    const sender = await openSender();
    const url = urlOf(sender.server);
    const folder = await mkdtemp(join(tmpdir(), 'lienthong-ssrf-'));
    const issuer = await openIssuer(join(folder, 'issuer'));
    const of = (id: string, values: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [settingsPrefix(id) + name, value]));
    const oauth = { CONSUMER_KEY: 'hub', CONSUMER_SECRET: 'x', DROP_DIRECTORY: folder };
    const civil = { REST_CLIENT_ID: 'hub', REST_CLIENT_SECRET: 'x', REST_USERNAME: 'hub', REST_PASSWORD: 'x' };
    const hub = await createHub({
      logger: pino({ level: 'silent' }),
      environment: {
        ...{ PORT: '0', DATA_DIR: join(folder, 'hub'), HEALTH_INTERVAL_MS: '200', POLL_INTERVAL_MS: '200' },
        ...issuer.environment,
        ...of('one-stop', { URL: url, USERNAME: 'hub', PASSWORD: 'x' }),
        ...of('business-registration', { REST_URL: url, ...oauth }),
        ...of('civil-status', { REST_URL: url, SOAP_URL: url, ...civil, SOAP_USERNAME: 'hub', SOAP_PASSWORD: 'x' }),
        ...of('land', { DATABASE_URL: `sqlite://${folder}/land.sqlite`, SECURITY_CODE: 'x' }),
        ...{ PORTAL_URL: url, PORTAL_USERNAME: 'hub', PORTAL_PASSWORD: 'x', PORTAL_MODE: 'send' },
      },
    });
    await hub.gateway.listen();
    try {
      const authorization = await issuer.bearer('counter');
      // Everything it needs itself is only just coming up.
      let visit = '';
      const openVisit = async () => {
        const { data } = await askHub(hub.gateway.address(), 'mutation { openVisit { id } }', {}, { authorization });
        visit = data?.openVisit.id ?? '';
        return visit;
      };
      await expect.poll(openVisit, { timeout: 15_000 }).not.toBe('');
      const headers = { authorization, 'x-purpose': 'RECEPTION', 'x-visit': visit };
      const person = `{ citizen(id: "${HOA}") { fullName population businesses { name } civilStatusRecords { number } } }`;
      for (let i = 0; i < 5; i += 1) {
        const answer = await askHub(hub.gateway.address(), person, {}, headers);
        expect(answer.data?.citizen ?? null).toBeNull();
      }
      // Its checks and its capture ask by themselves.
      for (let waited = 0; sender.asked() < 30 && waited < 20_000; waited += 50) await delay(50);
      expect(sender.asked()).toBeGreaterThanOrEqual(30);
      expect(trapped).toBe(0);
    } finally {
      await hub.close();
      await issuer.close();
      sender.server.closeAllConnections();
      sender.server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 90_000);

  it('is not followed where it should have the issuer’s keys, though they are there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lienthong-ssrf-'));
    const sender = await openSender();
    const fortress = await openFortress({ ISSUER_JWKS_URL: `${urlOf(sender.server)}/jwks` });
    try {
      bait = JSON.stringify({ keys: publicKeys(readKeys(fortress.issuer.directory)) });
      const headers = { authorization: await fortress.bearer('counter') };
      const { data, errors } = await askHub(fortress.url, '{ sectors { id } }', {}, headers);
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([{ extensions: { code: 'KEYS_UNAVAILABLE' } }]);
      expect(sender.asked()).toBeGreaterThan(0);
      expect(trapped).toBe(0);
    } finally {
      await fortress.close();
      sender.server.closeAllConnections();
      sender.server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describe('An address that comes as a value', () => {
  let fortress: Fortress;
  beforeAll(async () => {
    fortress = await openFortress();
  }, 120_000);
  afterAll(() => fortress?.close());

  it('is a value: in a question, a call, a file, a token and a header', async () => {
    const url = `${trapUrl}/x`;
    const text = JSON.stringify(url);
    const authorization = await fortress.bearer('counter');
    const { data } = await askHub(fortress.url, 'mutation { openVisit { id } }', {}, { authorization });
    const headers = { authorization, 'x-purpose': 'RECEPTION', 'x-visit': data.openVisit.id };
    const questions = [
      `citizen(id: ${text}) { fullName }`,
      `citizens(name: ${text}) { nodes { fullName } }`,
      `dossier(code: ${text}) { code }`,
      `business(code: ${text}) { name }`,
      `landCertificate(serial: ${text}) { serial }`,
      `landParcel(oldCommune: ${text}, sheet: ${text}, parcel: ${text}) { area }`,
      `civilStatusRecord(kind: BIRTH, number: ${text}, book: ${text}, commune: ${text}) { page }`,
      `procedure(code: ${text}) { title }`,
      `dossiers(filter: { text: ${text} }) { totalCount }`,
    ];
    for (const question of questions) await askHub(fortress.url, `{ ${question} }`, {}, headers);
    const { world } = fortress.province;
    const code = Array.from({ length: world.counts.dossiers }, (_, index) => world.dossier(index)).find(
      ({ sector }) => sector === 'land',
    )?.code;
    const ended = {
      SecurityCode: securityCode,
      SoBienNhan: code,
      NgayKetThuc: '2026-11-20T01:00:00',
      TrangThaiKetThuc: 0,
    };
    const papers = [{ TenGiayTo: url, KieuFile: 'pdf', LinkFile: url }];
    const called = await fetch(`${fortress.url}/callbacks/land/DongBoTrangThaiKetThuc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ended, GhiChu: url, DanhSachGiayToKetQua: papers }),
    });
    expect(called.status).toBe(200);
    const columns = 'Mã hồ sơ;Thủ tục;Trích yếu;Trạng thái;Cập nhật';
    await fortress.drops.drop('csv', `${columns}\r\nH41.58-261119-0701;${url};${url};21;2026-11-19 01:12:44\r\n`);
    const odd = { 'x-forwarded-host': trapUrl, forwarded: `host=${trapUrl}`, 'x-original-url': url, referer: url };
    await askHub(fortress.url, '{ sectors { id } }', {}, { authorization, ...odd });
    await fortress.hub.caughtUp();
    expect(trapped).toBe(0);
  }, 60_000);
});
