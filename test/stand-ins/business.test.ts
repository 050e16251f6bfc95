import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { words } from '../../sectors/business-registration/stand-in/dossiers.ts';
import {
  account,
  populate,
  type RunningBusinessRegistration,
  start,
  store,
} from '../../sectors/business-registration/stand-in/index.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

interface Reply {
  ErrorCode: string;
  Data: Record<string, unknown>[] | null;
}

const directory = mkdtempSync(join(tmpdir(), 'business-'));
const world = createWorld();
const demoNumber = '001085004213';
let running: RunningBusinessRegistration;
let clock = Date.parse('2026-11-20T08:00:00+07:00');

beforeAll(async () => {
  await populate(world, directory);
  running = await start({ directory, now: () => clock });
});

afterAll(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

function post(path: string, body: unknown, bearer: string = account.staticToken): Promise<Response> {
  return fetch(`${running.settings.REST_URL}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function ask(path: string, body: unknown): Promise<Reply> {
  const response = await post(path, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Reply;
}

function grant(secret: string = account.consumerSecret): Promise<Response> {
  const basic = Buffer.from(`${account.consumerKey}:${secret}`).toString('base64');
  return fetch(`${running.settings.REST_URL}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

function stored<T>(sql: string): T[] {
  const database = new DatabaseSync(join(directory, store), { readOnly: true });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}

describe('business: the token', () => {
  it('is given to a consumer and ends, while the static one stays', async () => {
    const { access_token, expires_in } = (await (await grant()).json()) as { access_token: string; expires_in: number };
    expect(expires_in).toBe(3600);
    expect((await post('/dkkd/ho-so', { MaHoSo: ['x'] }, access_token)).status).toBe(200);
    clock += 3_600_001;
    const expired = await post('/dkkd/ho-so', { MaHoSo: ['x'] }, access_token);
    expect(expired.status).toBe(401);
    expect(await expired.json()).toMatchObject({ fault: { code: 900901 } });
    expect((await post('/dkkd/ho-so', { MaHoSo: ['x'] })).status).toBe(200);
    expect((await grant('sai')).status).toBe(401);
  });
});

describe('business: questions', () => {
  it('answers enterprises by code, a branch under its own code', async () => {
    const branchIndex = Array.from({ length: world.counts.businesses }, (_, index) => index).find(
      (index) => world.business(index).kind === 'branch',
    );
    const branch = world.business(branchIndex ?? -1);
    const parent = world.business(branch.parent ?? -1);
    const { Data } = await ask('/dkkd/doanh-nghiep', { MaSoDoanhNghiep: [branch.code, parent.code, '0000000000'] });
    expect(Data).toHaveLength(2);
    expect(Data?.[0]).toMatchObject({ MainInformation: { ENTERPRISE_CODE: parent.code }, BranchCodes: [branch.code] });
    expect(Data?.[1]).toMatchObject({
      MainInformation: { ENTERPRISE_CODE: branch.code, CAPITAL_AMOUNT: null },
      ParentCode: parent.code,
    });
  });

  it('answers the enterprises of a person with the number that matched', async () => {
    const { Data } = await ask('/dkkd/doanh-nghiep/theo-giay-to', { SoGiayTo: [demoNumber, '999999999'] });
    expect(Data?.length).toBeGreaterThan(0);
    for (const entry of Data ?? []) expect(entry).toMatchObject({ SoGiayToKhop: [demoNumber], HOAdress: {} });
  });

  it('answers the persons it knows', async () => {
    const { Data } = await ask('/dkkd/nguoi-dai-dien', { SoGiayTo: [demoNumber] });
    expect(Data).toMatchObject([{ FULL_NAME: 'Nguyễn Văn Hoà', IDENTITY_NO: demoNumber, SoGiayToKhop: [demoNumber] }]);
  });

  it('says in HTTP 200 that more than 20 keys are too many', async () => {
    const keys = Array.from({ length: 21 }, (_, index) => String(6_000_000_000 + index));
    const papers = Array.from({ length: 21 }, (_, index) => String(100_000_000 + index));
    const refused = { ErrorCode: 'E20', Message: 'Quá 20 mã trong một lần gọi', Data: null };
    expect(await ask('/dkkd/doanh-nghiep', { MaSoDoanhNghiep: keys })).toEqual(refused);
    expect(await ask('/dkkd/doanh-nghiep/theo-giay-to', { SoGiayTo: papers })).toEqual(refused);
    expect(await ask('/dkkd/nguoi-dai-dien', { SoGiayTo: papers })).toEqual(refused);
    expect(await ask('/dkkd/ho-so', { MaHoSo: keys })).toEqual(refused);
    expect(await ask('/dkkd/doanh-nghiep', { MaSoDoanhNghiep: keys.slice(1) })).toMatchObject({
      ErrorCode: '0',
      Data: [],
    });
    expect(await ask('/dkkd/doanh-nghiep', { SoGiayTo: papers })).toMatchObject({ ErrorCode: 'E01' });
    expect(await ask('/dkkd/doanh-nghiep', { MaSoDoanhNghiep: ['12'] })).toMatchObject({ ErrorCode: 'E01' });
  });

  it('sends a capital that passes 2^53 digit by digit as a JSON number', async () => {
    const [row] = stored<{ code: string }>(
      `select code from enterprise where body like '%"CAPITAL_AMOUNT":9007199254740993,%'`,
    );
    const response = await post('/dkkd/doanh-nghiep', { MaSoDoanhNghiep: [row?.code] });
    expect(await response.text()).toContain('"CAPITAL_AMOUNT":9007199254740993,"NUMBER_CHANGES":');
  });

  it('moves a dossier when an officer works', async () => {
    const [row] = stored<{ code: string }>(
      `select code from dossier where body like '%"TrangThai":"DANG_XU_LY","TenTrangThai"%'`,
    );
    const code = row?.code ?? '';
    const at = Date.parse('2026-11-20T09:00:07+07:00');
    expect(running.move({ code, status: 'CHAP_THUAN', content: 'Chấp thuận', at })).toBe(true);
    const { Data } = await ask('/dkkd/ho-so', { MaHoSo: [code] });
    expect(Data).toMatchObject([{ MaHoSo: code, TrangThai: 'CHAP_THUAN', NgayCapNhat: '2026-11-20T09:00:07' }]);
    expect(running.move({ code: 'không có', status: 'CHAP_THUAN' })).toBe(false);
  });
});

describe('business: every quirk of the README is in the default data', () => {
  const enterprises = (where: string): string => `select count(*) as n from enterprise where ${where}`;
  const text = (path: string): string => `json_extract(body, '$.MainInformation.${path}')`;
  const statuses = Object.entries(words).filter(([word]) => word !== 'CHO_NOP_LE_PHI');
  const quirks: [string, string][] = [
    ['one representative as an object', enterprises("json_type(body, '$.Representatives') = 'object'")],
    ['several representatives as an array', enterprises("json_type(body, '$.Representatives') = 'array'")],
    ['a capital as text with dots', enterprises(`${text('CAPITAL_AMOUNT')} like '%.000.000.000'`)],
    ['a capital as a number', enterprises("json_type(body, '$.MainInformation.CAPITAL_AMOUNT') = 'integer'")],
    ['no capital', enterprises("json_type(body, '$.MainInformation.CAPITAL_AMOUNT') = 'null'")],
    ['a date with slashes', enterprises(`${text('FOUNDING_DATE')} like '__/__/____'`)],
    ['a date with a time', enterprises(`${text('FOUNDING_DATE')} like '____-__-__T00:00:00'`)],
    ['no change yet', enterprises(`${text('LAST_AMEND_DATE')} is null`)],
    [
      'a representative under the 9-digit number',
      enterprises("length(json_extract(body, '$.Representatives.IDENTITY_NO')) = 9"),
    ],
    [
      'a birthday of which only the year is known',
      enterprises("length(json_extract(body, '$.Representatives.BIRTHDAY')) = 4"),
    ],
    ['a line of business with a leading zero', enterprises(`body like '%{"CODE":"0126"%'`)],
    ['an enterprise without a branch', enterprises(`body like '%"BranchCodes":[]%'`)],
    ['a person with both numbers', "select count(*) as n from person where body not like '%null%'"],
    [
      'a fee waited for in some history',
      `select count(*) as n from dossier where body like '%"TrangThai":"CHO_NOP_LE_PHI"%'`,
    ],
    [
      'a time without seconds',
      `select count(*) as n from dossier where json_extract(body, '$.NgayHenTra') like '__/__/____ __:__'`,
    ],
    [
      'a time with seconds',
      `select count(*) as n from dossier where json_extract(body, '$.NgayHenTra') like '____-__-__T__:__:__'`,
    ],
    ...statuses.map(([word, { number }]): [string, string] => [
      `a dossier with ${word} as a word or as ${number}`,
      `select count(*) as n from dossier where json_extract(body, '$.TrangThai') in ('${word}', ${number})`,
    ]),
  ];
  it.each(quirks)('%s', (_title, sql) => {
    expect(stored<{ n: number }>(sql)[0]?.n).toBeGreaterThan(0);
  });

  it('writes a status as a number in dossiers of the older version', () => {
    const kinds = stored<{ kind: string }>(
      "select distinct json_type(body, '$.TrangThai') as kind from dossier order by 1",
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['integer', 'text']);
  });

  it('has only a handful of dossiers with the word nobody knows', () => {
    const [row] = stored<{ n: number }>(
      "select count(*) as n from dossier where json_extract(body, '$.TrangThai') in ('LIEN_THONG_THUE', 45)",
    );
    expect(row?.n).toBeLessThanOrEqual(5);
  });
});
