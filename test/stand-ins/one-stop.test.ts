import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { populate, start, store } from '../../sectors/one-stop/stand-in/index.ts';
import type { Running } from '../../stand-ins/serve.ts';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

type Row = Record<string, unknown> & { docCode: string; status: string; lastUpdated: string };
interface Answer {
  error_code: string | number;
  data: Row[];
  hasMore?: string;
  after?: string;
}

describe('the one-stop software', () => {
  const world = createWorld();
  let directory: string;
  let running: Running;
  let session = '';

  const post = async (path: string, body: unknown): Promise<Answer & { session: string }> => {
    const answer = await fetch(running.settings.URL + path, { method: 'POST', body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Answer & { session: string };
  };
  const ask = (path: string, body: object) => post(path, { session, ...body });
  const signIn = async () => {
    const { USERNAME: username, PASSWORD: password } = running.settings;
    session = (await post('/auth', { username, password })).session;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'one-stop-'));
    await populate(world, directory);
    running = await start({ directory });
    await signIn();
  });
  afterAll(async () => {
    await running.close();
    await rm(directory, { recursive: true });
  });

  it('answers an expired session with error_code 01 and HTTP 200', async () => {
    await post('/__stand-in/expire', {});
    expect((await ask('/dossier/get', { docCodes: ['x'] })).error_code).toBe('01');
    await signIn();
    expect((await ask('/dossier/get', { docCodes: ['x'] })).data).toEqual([]);
    expect((await post('/auth', { username: 'lienthong', password: 'wrong' })).error_code).toBe('02');
  });

  it('refuses more than fifty keys, and keys that are none', async () => {
    const codes = Array.from({ length: 51 }, (_, i) => `H41-${i}`);
    expect((await ask('/dossier/get', { docCodes: codes })).error_code).toBe('17');
    expect((await ask('/dossier/trace', {})).error_code).toBe('11');
    expect((await ask('/dossier/erase', { docCodes: [] })).error_code).toBe('99');
  });

  it('says success with the text 00, and now and then with the number 0', async () => {
    const codes = new Set<unknown>();
    for (let i = 0; i < 10; i++) codes.add((await ask('/dossier/get', { docCodes: ['x'] })).error_code);
    expect(codes).toEqual(new Set(['00', 0]));
  });

  it('leaves out what it does not know and promises no order', async () => {
    const codes = [world.dossier(3).code, 'H41.99-000000-0000', world.dossier(5).code];
    const { data } = await ask('/dossier/get', { docCodes: codes });
    expect(data.map((row) => row.docCode).sort()).toEqual([codes[0], codes[2]].sort());
  });

  it('files a dossier under the one number its applicant showed', async () => {
    const byNew = await ask('/dossier/by-applicant', { applicantsIds: [demoPerson.personalNumber] });
    const byOld = await ask('/dossier/by-applicant', { applicantsIds: [demoPerson.oldNumber] });
    expect(byNew.data.length).toBeGreaterThan(5);
    expect(byOld.data.length).toBeGreaterThan(0);
    const codes = new Set(byNew.data.map((row) => row.docCode));
    expect(byOld.data.some((row) => codes.has(row.docCode))).toBe(false);
  });

  it('gives both people who held a number', async () => {
    const [first, second] = world.sharedOldNumbers[0] ?? [0, 0];
    const { data } = await ask('/applicant/get', { applicantsIds: [world.person(first).oldNumber] });
    expect(data.map((row) => row.identityNumber)).toEqual([
      world.person(first).personalNumber,
      world.person(second).personalNumber,
    ]);
  });

  it('finds people regardless of case and diacritics, page after page, each once', async () => {
    const found: unknown[] = [];
    let after = '';
    do {
      const page = await ask('/applicant/search', { name: 'NGUYEN van', limit: 40, after });
      found.push(...page.data.map((row) => row.citizenName));
      after = page.after ?? '';
      expect(page.hasMore).toBe(after === '' ? 'False' : 'True');
    } while (after !== '');
    expect(found.length).toBeGreaterThan(60);
    expect(found).toContain(demoPerson.name);
    const all = await ask('/applicant/search', { name: 'nguyễn văn hoà', birthday: '14/03/1985' });
    expect(all.data.some((row) => row.applicantsId === demoPerson.personalNumber)).toBe(true);
  });

  it('lists every dossier once by the time of its last change, with every quirk of its wire format', async () => {
    const rows: Row[] = [];
    let cursor = { updatedFrom: '', afterDocCode: '' };
    for (let more = true; more; ) {
      const page = await ask('/dossier/changes', { ...cursor, limit: 500 });
      rows.push(...page.data);
      const last = page.data.at(-1);
      if (last !== undefined) cursor = { updatedFrom: last.lastUpdated, afterDocCode: last.docCode };
      more = page.hasMore === 'True';
    }
    expect(new Set(rows.map((row) => row.docCode)).size).toBe(20_000);
    expect(new Set(rows.map((row) => row.status))).toEqual(
      new Set([
        'new',
        'receiving',
        'processing',
        'waiting',
        'paying',
        'cancelled',
        'unresolved',
        'releasing',
        'done',
        'denied',
        'archived',
      ]),
    );
    expect(new Set(rows.map((row) => row.applicantsType))).toEqual(new Set(['1', '2', '3', '4']));
    expect(new Set(rows.map((row) => row.isReturned))).toEqual(new Set(['True', 'False']));
    expect(rows.some((row) => String(row.docTypeCode).endsWith('.000.00.00.H41'))).toBe(true);
    expect(
      rows.some((row) => (row.docFees as { amount: unknown }[]).some((fee) => typeof fee.amount === 'number')),
    ).toBe(true);
    expect(rows.some((row) => row.applicantsId === '')).toBe(true);
    expect(rows.some((row) => row.citizenName !== String(row.citizenName).normalize('NFC'))).toBe(true);
    for (const row of rows) expect(row.dateSubmitted).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
  });

  it('writes the same bytes for the same seed', async () => {
    const other = await mkdtemp(join(tmpdir(), 'one-stop-'));
    const prints = new Set<string>();
    for (let turn = 0; turn < 2; turn++) {
      await populate(createWorld({ seed: 5, citizens: 200, dossiers: 300 }), other);
      prints.add(
        createHash('sha256')
          .update(await readFile(join(other, store)))
          .digest('hex'),
      );
    }
    expect(prints.size).toBe(1);
    await rm(other, { recursive: true });
  });

  it('moves a dossier on, so that the change is listed and traced', async () => {
    const docCode = world.dossier(8).code;
    await post('/__stand-in/advance', { docCode, status: 'done', at: '20/11/2026 09:00:00' });
    const changes = await ask('/dossier/changes', { updatedFrom: '20/11/2026 08:00:00' });
    expect(changes.data).toMatchObject([
      { docCode, status: 'done', isReturned: 'True', dateReturned: '20/11/2026 09:00:00' },
    ]);
    const traced = (await ask('/dossier/trace', { docCodes: [docCode] })).data.flatMap((row) => row.traces as Row[]);
    expect(traced.at(-1)).toMatchObject({
      status: 'done',
      time: '20/11/2026 09:00:00',
      userTitle: 'Công chức một cửa',
    });
  });

  it('takes a new dossier of somebody it knows, lists it as the latest change, and numbers them by unit and day', async () => {
    const given = {
      ...{ docTypeCode: '1.001776', docTypeName: 'Trợ cấp xã hội', docFieldName: 'Bảo trợ xã hội' },
      ...{ organReceiveId: 'H41.58.01', at: '22/11/2026 09:00:00', dateAppointed: '22/12/2026 09:00:00' },
    };
    const receive = async (applicantsId: string) => {
      const answer = await fetch(`${running.settings.URL}/__stand-in/receive`, {
        method: 'POST',
        body: JSON.stringify({ ...given, applicantsId }),
      });
      return { status: answer.status, docCode: ((await answer.json()) as { docCode?: string }).docCode };
    };
    for (const docCode of ['H41.58.01-261122-0001', 'H41.58.01-261122-0002']) {
      expect(await receive(demoPerson.personalNumber)).toEqual({ status: 200, docCode });
    }
    const { data } = await ask('/dossier/changes', { updatedFrom: '22/11/2026 08:59:59' });
    expect(data.map(({ docCode }) => docCode)).toEqual(['H41.58.01-261122-0001', 'H41.58.01-261122-0002']);
    // No member is missing, and none is more, of those that every other dossier has.
    const [other] = (await ask('/dossier/get', { docCodes: [world.dossier(0).code] })).data;
    expect(Object.keys(data[0] ?? {}).sort()).toEqual(Object.keys(other ?? {}).sort());
    expect(data[0]).toMatchObject({ status: 'new', applicantsId: demoPerson.personalNumber, dateReceived: given.at });
    const byApplicant = await ask('/dossier/by-applicant', { applicantsIds: [demoPerson.personalNumber] });
    expect(byApplicant.data.map(({ docCode }) => docCode)).toContain('H41.58.01-261122-0001');
    const shared = world.person(world.sharedOldNumbers[0]?.[0] ?? 0).oldNumber ?? '';
    for (const number of ['', '001085999999', shared]) expect((await receive(number)).status, number).toBe(404);
  });
});
