import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCan } from '../../core/access/can.ts';
import type { AccessPolicy, Actor } from '../../core/access.ts';
import { HubError } from '../../core/errors.ts';
import { readSettings } from '../../core/setting.ts';
import { openDatabase } from '../../drivers/database.ts';
import type { AccessParts } from '../../hub/access-parts.ts';
import { openHubAudit } from '../../hub/audit.ts';
import { hubSettings } from '../../hub/settings.ts';
import { createHub, type Hub } from '../../hub.ts';
import { createAccessDesk } from '../../resolvers/access-desk.ts';
import { actor, grant, tree } from '../access/stage.ts';
import { verify } from './support.ts';

const PEOPLE: Readonly<Record<string, Actor>> = {
  auditor: actor({ id: 'auditor.lan', role: 'auditor', client: 'audit-desk', unit: null }),
  counter: actor({ id: 'counter.hanh', unit: 'H41' }),
  hasty: actor({ id: 'counter.hasty', unit: 'H41', client: 'hasty-desk' }),
};
const POLICY: AccessPolicy = {
  version: 1,
  grants: [
    grant({ name: 'auditor', role: 'auditor', data: ['PUBLIC', 'AUDIT'], units: 'all', purposes: ['AUDIT'] }),
    grant({ name: 'counter', role: 'counter', data: ['PUBLIC'], units: 'own' }),
  ],
  clients: new Map(),
  visits: { minutes: 30, subjects: 8 },
  delays: [],
};
const LOG = '{ accessLog(actor: "counter.hanh") { nodes { role outcome } } }';
const PUBLIC = '{ agencies { code } }';

describe('A hub with an access log', () => {
  let folder: string;
  let hub: Hub;
  let address: string;
  const url = () => `sqlite://${folder}/audit.sqlite`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-audit-hub-'));
    await mkdir(join(folder, 'sectors'));
    const environment = {
      ...{ PORT: '0', DATA_DIR: folder, AUDIT_HEADS_DIR: join(folder, 'heads'), AUDIT_TIMEOUT_MS: '3000' },
      ...{ RATE_PER_MINUTE: '100000', AT_ONCE: '100', ADDRESS_FAILURES_PER_MINUTE: '1000' },
    };
    const settings = readSettings(hubSettings, environment, []);
    const { log, reader, noteRefusal, hashSubject, ...audit } = await openHubAudit({
      ...{ settings, now: Date.now, warn: () => {}, delays: [] },
    });
    const can = createCan({ grants: POLICY.grants, units: tree });
    const access: AccessParts = {
      authenticate: async ({ authorization = '' }) => {
        const person = PEOPLE[authorization.replace('Bearer ', '')];
        if (person === undefined) throw new HubError('UNAUTHENTICATED', 'nobody of this name');
        return person;
      },
      noteRefusal,
      limits: { of: (client) => ({ perMinute: client === 'hasty-desk' ? 1 : 100_000, atOnce: 100 }) },
      introspection: () => false,
      audit: reader,
      desk: (registry, rules) =>
        createAccessDesk({ registry, rules, policy: POLICY, can, units: tree, log, hashSubject }),
      state: () => ({ audit: log.state(), heads: audit.heads() }),
      close: audit.close,
    };
    hub = await createHub({
      ...{ environment, access, logger: pino({ level: 'silent' }), sectorDirectories: [join(folder, 'sectors')] },
    });
    address = await hub.gateway.listen();
  });

  afterAll(async () => {
    await hub?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(
    who: string,
    query: string,
    said: Record<string, string> = {},
  ): Promise<{ status: number; codes: string[]; data: unknown }> {
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${who}` },
        ...(who === 'auditor' && { 'x-purpose': 'AUDIT' }),
        ...said,
      },
      body: JSON.stringify({ query }),
    });
    const { data, errors = [] } = (await response.json()) as {
      data: unknown;
      errors?: { extensions: { code: string } }[];
    };
    return { status: response.status, data, codes: errors.map(({ extensions }) => extensions.code) };
  }

  async function operations() {
    const database = openDatabase(url());
    const rows = await database.query('select entries from audit_group order by chain, first_seq');
    await database.close();
    const entries = rows.flatMap(({ entries: text }) => String(text).split('\n')).map((line) => JSON.parse(line));
    return entries.filter(({ kind }) => kind === 'OPERATION');
  }

  it('has one entry for each operation of each client, refused ones too', async () => {
    const asked = Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 5; round++) {
        expect((await ask('counter', PUBLIC)).status).toBe(200);
        expect((await ask('counter', LOG)).codes).toEqual(['FORBIDDEN']);
        expect((await ask('auditor', LOG)).codes).toEqual([]);
        expect((await ask('counter', '{ nothing }')).codes).toEqual(['GRAPHQL_VALIDATION_FAILED']);
        expect((await ask('nobody', PUBLIC)).status).toBe(401);
      }
    });
    await Promise.all(asked);
    const found = await operations();
    const count = (who: string, outcome: string) =>
      found.filter((entry) => entry.actor === who && entry.outcome === outcome).length;
    expect(found).toHaveLength(8 * 5 * 4);
    expect(count('counter.hanh', 'ANSWERED')).toBe(40);
    expect(count('counter.hanh', 'REFUSED')).toBe(80);
    expect(found.filter(({ codes }) => codes.includes('FORBIDDEN')).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 40 }, () => 'REFUSED'),
    );
    expect(count('auditor.lan', 'ANSWERED')).toBe(40);
    expect(found.find(({ actor: who }) => who === 'auditor.lan')).toMatchObject({
      ...{ purpose: 'AUDIT', sought: [{ what: 'ACCESSES', actor: 'counter.hanh' }], codes: [] },
      fields: expect.arrayContaining(['Query.accessLog', 'Access.role']),
    });
  });

  it('has of a refused operation the dossier’s code as units issue it, and nothing that was typed in its place', async () => {
    const before = new Set((await operations()).map(({ request }) => request));
    for (const dossier of ['h41.59-261119-0001', 'CCCD-001085004213', 'H41.59-261119-0001-001085004213']) {
      const said = { 'x-purpose': 'PROCESSING', 'x-dossier': dossier };
      expect((await ask('counter', '{ nothing }', said)).codes).toEqual(['GRAPHQL_VALIDATION_FAILED']);
      expect((await ask('counter', PUBLIC, said)).codes).toEqual(['FORBIDDEN']);
    }
    const noted = (await operations()).filter(({ request }) => !before.has(request));
    expect(noted.map(({ dossier }) => dossier)).toEqual([
      ...['H41.59-261119-0001', 'H41.59-261119-0001'],
      ...[null, null, null, null],
    ]);
    expect(JSON.stringify(noted)).not.toContain('001085004213');
  });

  it('keeps of what a client calls an operation a name of GraphQL, bounded and without numbers, and nothing else', async () => {
    const longest = `A${'a'.repeat(99)}`;
    expect((await ask('counter', `query ${longest} ${PUBLIC}`)).codes).toEqual([]);
    expect((await ask('counter', `query ${longest}${'a'.repeat(100_000)} ${PUBLIC}`)).codes).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    expect((await ask('counter', `query Of001085004213 ${PUBLIC}`)).codes).toEqual([]);
    for (const operationName of ['Nguyễn Văn Hoà', `${longest}b`, 'B']) {
      const stream = await fetch(`${address}/graphql/stream`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer counter' },
        body: JSON.stringify({ query: 'subscription A { nothing }', operationName }),
      });
      await stream.text();
    }
    const names = (await operations()).map(({ op }) => op.name as string | null);
    expect(names.slice(-6)).toEqual([longest, null, 'Of…', null, longest, 'B']);
  });

  it('answers nothing personal while it cannot be written, says so, and goes on by itself', async () => {
    // Everything is indexed, so that reading needs no writing.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const locker = new DatabaseSync(join(folder, 'audit.sqlite'), { timeout: 10_000 });
    locker.exec('begin immediate');
    try {
      expect(await ask('auditor', LOG)).toEqual({ status: 503, data: undefined, codes: ['AUDIT_UNAVAILABLE'] });
      expect(await ask('counter', PUBLIC)).toMatchObject({ status: 200, codes: [] });
      const ready = await fetch(`${address}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain('unwritable');
    } finally {
      locker.exec('rollback');
      locker.close();
    }
    await expect.poll(async () => (await fetch(`${address}/readyz`)).status, { timeout: 15_000 }).toBe(200);
    expect(await ask('auditor', LOG)).toMatchObject({ status: 200, codes: [] });
  }, 60_000);

  it('closes its chain with the hub, whole and proven, and with how many were refused alike', async () => {
    for (let turn = 0; turn < 12; turn++) await ask('hasty', PUBLIC);
    await hub.close();
    const hasty = (await operations()).filter((entry) => entry.actor === 'counter.hasty');
    expect(hasty.map(({ outcome, codes, times }) => [outcome, codes[0], times])).toEqual([
      ['ANSWERED', undefined, undefined],
      ['REFUSED', 'TOO_MANY_REQUESTS', undefined],
      ['REFUSED', 'TOO_MANY_REQUESTS', 10],
    ]);
    const database = openDatabase(url());
    const { said, chains } = await verify(database, { headsDirectory: join(folder, 'heads'), now: Date.now() });
    await database.close();
    expect(said).toEqual([]);
    expect(chains).toBe(1);
  });
});
