import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accounts,
  populate,
  type RunningCivilStatus,
  start,
  store,
} from '../../sectors/civil-status/stand-in/index.ts';
import { birthRecord } from '../../sectors/civil-status/stand-in/records.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

interface Reply {
  status: number;
  errorCode: string;
  value: unknown;
}

const directory = mkdtempSync(join(tmpdir(), 'civil-status-'));
const demo = { personalNumber: '001085004213', oldNumber: '011985421' };
let running: RunningCivilStatus;
let token = '';
let clock = Date.parse('2026-11-20T08:00:00+07:00');

function grant(changes: Record<string, string> = {}): Promise<Response> {
  const { clientId, clientSecret, username, password } = accounts.rest;
  const form = { grant_type: 'password', client_id: clientId, client_secret: clientSecret, username, password };
  return fetch(`${running.settings.REST_URL}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, ...changes }),
  });
}

function post(path: string, body: unknown, bearer = token): Promise<Response> {
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

function stored<T>(sql: string): T[] {
  const database = new DatabaseSync(join(directory, store), { readOnly: true });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}

beforeAll(async () => {
  await populate(createWorld(), directory);
  running = await start({ directory, now: () => clock });
  token = ((await (await grant()).json()) as { access_token: string }).access_token;
});

afterAll(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

describe('civil status: the token', () => {
  it('is given for the right account only', async () => {
    const right = await grant();
    expect(await right.json()).toMatchObject({ token_type: 'bearer', expires_in: 600 });
    expect((await grant({ password: 'sai' })).status).toBe(400);
    expect((await grant({ client_secret: 'sai' })).status).toBe(401);
    expect(await (await grant({ grant_type: 'client_credentials' })).json()).toMatchObject({
      error: 'unsupported_grant_type',
    });
  });

  it('is refused with 401 when it is missing, strange, expired or forgotten', async () => {
    const body = { SoDDCN: [demo.personalNumber] };
    expect((await post('/tra-cuu/nguoi', body, 'la')).status).toBe(401);
    const mine = ((await (await grant()).json()) as { access_token: string }).access_token;
    expect((await post('/tra-cuu/nguoi', body, mine)).status).toBe(200);
    clock += 601_000;
    const expired = await post('/tra-cuu/nguoi', body, mine);
    expect(expired.status).toBe(401);
    expect(await expired.json()).toEqual({ error: 'invalid_token', error_description: 'Access token đã hết hạn' });
    token = ((await (await grant()).json()) as { access_token: string }).access_token;
    const forgotten = ((await (await grant()).json()) as { access_token: string }).access_token;
    running.forgetTokens();
    expect((await post('/tra-cuu/nguoi', body, forgotten)).status).toBe(401);
    token = ((await (await grant()).json()) as { access_token: string }).access_token;
  });
});

describe('civil status: questions', () => {
  it('answers the events of the demo citizen: his birth, his marriage, his children', async () => {
    const { value } = await ask('/tra-cuu/ho-tich', {
      SoDDCN: [demo.personalNumber],
      maTinh: running.settings.PROVINCE_CODE,
    });
    const events = value as Record<string, string>[];
    expect(events.map(({ module }) => module)).toEqual(expect.arrayContaining(['KS', 'KH']));
    expect(events[0]).toMatchObject({
      nksHoTen: 'Nguyễn Văn Hoà',
      nksNgaySinh: '14/03/1985',
      nksSoDDCN: demo.personalNumber,
      soTraCuu: [demo.personalNumber],
    });
  });

  it('sends one record bare and several in an array, as the field does', async () => {
    const one = await post('/tra-cuu/ho-tich', { SoDDCN: [demo.personalNumber], module: 'KH' });
    expect(await one.text()).toMatch(
      /^\{"status":1,"statusDescription":"Thành công","errorCode":"","errorDescription":"","value":\{"module":"KH"/,
    );
    const none = await ask('/tra-cuu/ho-tich', { SoDDCN: ['999999999999'] });
    expect(none.value).toEqual([]);
    const several = await ask('/tra-cuu/ho-tich', { SoDDCN: [demo.personalNumber], module: ['KS', 'LTKH'] });
    expect(Array.isArray(several.value)).toBe(true);
  });

  it('states which 9-digit number belongs to which 12-digit one', async () => {
    const { value } = await ask('/tra-cuu/nguoi', { SoDDCN: [demo.oldNumber] });
    expect(value).toMatchObject({
      SoDDCN: demo.personalNumber,
      SoGiayToTuyThan: demo.oldNumber,
      soTraCuu: [demo.oldNumber],
    });
  });

  it('answers one person once, with every number that was asked', async () => {
    const { value } = await ask('/tra-cuu/nguoi', { SoDDCN: [demo.oldNumber, demo.personalNumber] });
    expect((value as { soTraCuu: string[] }).soTraCuu.toSorted()).toEqual(
      [demo.personalNumber, demo.oldNumber].toSorted(),
    );
  });

  it('finds an entry by number and book', async () => {
    const { value } = await ask('/tra-cuu/ho-tich', { SoDDCN: [demo.personalNumber], module: 'KH' });
    const { module, soDangKy, quyenSo, maXaDangKy } = value as Record<string, string>;
    const found = await ask('/tra-cuu/so-dang-ky', { danhSach: [{ module, soDangKy, quyenSo, maXaDangKy }] });
    expect(found.value).toMatchObject({ chongSoDDCN: demo.personalNumber, soTraCuu: [] });
  });

  it('refuses more than 50 keys, strange modules and other provinces with HTTP 200 and an error code', async () => {
    const many = Array.from({ length: 51 }, (_, index) => String(100_000_000 + index));
    expect(await ask('/tra-cuu/ho-tich', { SoDDCN: many })).toMatchObject({
      status: 0,
      errorCode: 'HT02',
      value: null,
    });
    expect(await ask('/tra-cuu/nguoi', { SoDDCN: many })).toMatchObject({ errorCode: 'HT02' });
    expect(await ask('/ho-so/trang-thai', { maDinhDanhHoSo: many })).toMatchObject({ errorCode: 'HT02' });
    expect(await ask('/tra-cuu/so-dang-ky', { danhSach: many })).toMatchObject({ errorCode: 'HT02' });
    expect(await ask('/tra-cuu/nguoi', { SoDDCN: many.slice(1) })).toMatchObject({ status: 1 });
    expect(await ask('/tra-cuu/ho-tich', { SoDDCN: ['123456789'], maTinh: '01x' })).toMatchObject({
      errorCode: 'HT03',
    });
    expect(await ask('/tra-cuu/ho-tich', { SoDDCN: ['123456789'], module: 'XX' })).toMatchObject({ errorCode: 'HT04' });
    expect(await ask('/tra-cuu/nguoi', { SoDDCN: ['12'] })).toMatchObject({ errorCode: 'HT01' });
  });
});

describe('civil status: the course of dossiers', () => {
  it('is answered by code and moves when an officer works', async () => {
    const [row] = stored<{ code: string }>(
      "select code from dossier where json_extract(body, '$.trangThai') = 3 limit 1",
    );
    const code = row?.code ?? '';
    const before = (await ask('/ho-so/trang-thai', { maDinhDanhHoSo: [code] })).value as { quaTrinh: unknown[] };
    expect(
      running.move({ code, status: 2, content: 'Thiếu bản sao', at: Date.parse('2026-11-20T09:00:00+07:00') }),
    ).toBe(true);
    const after = await ask('/ho-so/trang-thai', { maDinhDanhHoSo: [code] });
    expect(after.value).toMatchObject({
      trangThai: 2,
      ngayCapNhat: '20/11/2026 09:00:00',
      yeuCauBoSung: 'Thiếu bản sao',
    });
    expect((after.value as { quaTrinh: unknown[] }).quaTrinh).toHaveLength(before.quaTrinh.length + 1);
    expect(running.move({ code: 'không có', status: 2 })).toBe(false);
  });

  it('keeps the steps of the counter out of its own course', () => {
    const [row] = stored<{ n: number }>(`select count(*) as n from dossier, json_each(body, '$.quaTrinh') step
      where step.value ->> 'chucDanh' = 'Công chức một cửa'`);
    expect(row?.n).toBe(0);
  });
});

describe('civil status: every quirk of the README is in the default data', () => {
  const count = (where: string): string => `select count(*) as n from event where ${where}`;
  const oldNumber = "json_extract(body, '$.meSoGiayToTuyThan')";
  const quirks: [string, string][] = [
    [
      'a birth date of which only the year is known',
      count("json_extract(body, '$.nksNgaySinh') glob '[0-9][0-9][0-9][0-9]'"),
    ],
    [
      'a birth date without its day',
      count("json_extract(body, '$.nksNgaySinh') glob '[0-9][0-9]/[0-9][0-9][0-9][0-9]'"),
    ],
    [
      'a parent with nothing but the 9-digit number',
      count(`${oldNumber} <> '' and json_extract(body, '$.meSoDDCN') = ''`),
    ],
    ['a birth without a father', count("module = 'KS' and json_extract(body, '$.chaHoTen') = ''")],
    ['a number given at the registration of a birth', count("json_extract(body, '$.soDinhDanh') <> ''")],
    [
      'an entry after the merger of communes',
      count(
        `substr(json_extract(body, '$.ngayDangKy'), 7) || substr(json_extract(body, '$.ngayDangKy'), 4, 2) >= '202507'`,
      ),
    ],
    ['a death', count("module = 'KT'")],
    ['a name in decomposed Unicode', count("body like '%' || char(769) || '%'")],
    [
      'a number shared by two persons',
      'select count(*) as n from (select 1 from person_number group by number having count(*) > 1)',
    ],
    [
      'a person with one number only',
      "select count(*) as n from person where json_extract(body, '$.SoGiayToTuyThan') = ''",
    ],
    ...[1, 2, 3, 4, 5, 6].map((status): [string, string] => [
      `a dossier with the number ${status}`,
      `select count(*) as n from dossier where json_extract(body, '$.trangThai') = ${status}`,
    ]),
  ];
  it.each(quirks)('%s', (_title, sql) => {
    expect(stored<{ n: number }>(sql)[0]?.n).toBeGreaterThan(0);
  });

  it('writes the code of a commune as it was on the day of the entry', () => {
    const world = createWorld();
    const after = (index: number): boolean => world.birth(index).date >= '2025-07-01';
    const indexes = Array.from({ length: world.counts.births }, (_, index) => index);
    const [early = -1, late = -1] = [indexes.find((index) => !after(index)), indexes.find(after)];
    expect(birthRecord(world, early, '97').record.maXaDangKy).toBe(world.birth(early).place.old.commune);
    expect(birthRecord(world, late, '97').record.maXaDangKy).toBe(world.birth(late).place.new.commune);
  });

  it('has only a handful of dossiers with the number nobody knows', () => {
    const [row] = stored<{ n: number }>(
      "select count(*) as n from dossier where json_extract(body, '$.trangThai') = 5",
    );
    expect(row?.n).toBeLessThanOrEqual(5);
  });
});
