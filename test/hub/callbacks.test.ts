import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsPrefix } from '../../hub/sectors.ts';
import { callbackOf, createCaller, securityCode } from '../../sectors/land/stand-in/callbacks.ts';
import { openIssuer } from '../support/issuer.ts';
import { openHub, openProvince, type Province, WORLD_NOW } from '../support/province.ts';

const HOUR = 3_600_000;
const SIZES = { citizens: 120, dossiers: 400 };

let province: Province;
let free: string[];

beforeAll(async () => {
  province = await openProvince(SIZES);
  const { world } = province;
  free = Array.from({ length: world.counts.dossiers }, (_, index) => world.dossier(index))
    .filter(({ sector, steps }) => sector === 'land' && [4, 5].includes(steps.at(-1)?.status ?? 0))
    .map(({ code }) => code);
}, 120_000);

afterAll(() => province?.close());

/** A land dossier under way that no other test has touched. */
function freshCode(): string {
  const code = free.pop();
  if (code === undefined) throw new Error('The province has no more land dossiers under way');
  return code;
}

/** A time as the system writes it, hours after the day on which the world stands still begins. */
function told(hours: number): string {
  return new Date(WORLD_NOW + hours * HOUR).toISOString().slice(0, 19);
}

function shown(hours: number): string {
  return `${new Date(WORLD_NOW + (hours + 7) * HOUR).toISOString().slice(0, 19)}+07:00`;
}

async function post(path: string, body: unknown, options: { headers?: Record<string, string>; at?: string } = {}) {
  const response = await fetch(`${options.at ?? province.address}/callbacks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const call = (route: string, body: object, options: { at?: string } = {}) =>
  post(`land/${route}`, { SecurityCode: securityCode, ...body }, options);
const ACCEPTED = { status: 200, text: JSON.stringify({ Result: 1, Message: '' }) };

const moved = (code: string, hours: number, content: string, status = '21') =>
  call('DongBoTrangThaiLuanChuyenHoSo', {
    ...{ SoBienNhan: code, MaCanBoChuyen: 'CB000001', MaCanBoNhan: 'CB000002', MaTrangThai: status },
    ...{ NoiDungXuLy: content, NgayChuyen: told(hours), HanXuLy: 8 },
  });

const QUERY = `query ($code: ID!) { dossier(code: $code) {
  status dueAt finishedAt results { title code } steps { sector officer content at status }
  history { id sector version change status way sourceStatusCode } } }`;

async function dossier(code: string, hub: Pick<Province, 'ask' | 'hub'> = province) {
  await hub.hub.caughtUp();
  const { data, errors } = await hub.ask(QUERY, { code });
  expect(errors).toBeUndefined();
  const own = data.dossier.history.filter(({ sector }: { sector: string }) => sector === 'land');
  return { ...data.dossier, history: own };
}

describe('What the land office’s software calls', () => {
  it('reaches the API and the history: moved on, waiting for papers, supplemented, taxed, finished with its documents', async () => {
    const code = freshCode();
    expect(await moved(code, 1, 'Đo đạc, trích lục')).toEqual(ACCEPTED);
    expect(await dossier(code)).toMatchObject({ status: 'PROCESSING' });

    const waiting = { SoBienNhan: code, NgayChoBoSung: `${told(2)}Z`, MaCanBoXuLy: 'CB000002', LaTamDung: true };
    expect(await call('DongBoTrangThaiChoBoSung', { ...waiting, GhiChu: 'Thiếu trích lục' })).toEqual(ACCEPTED);
    expect(await dossier(code)).toMatchObject({ status: 'SUPPLEMENT_REQUIRED' });

    const supplemented = { SoBienNhan: code, NgayNhanBoSung: told(3), NgayHenTraMoi: told(30) };
    expect(await call('DongBoTrangThaiDaBoSung', { ...supplemented, GhiChu: 'Đã nhận đủ' })).toEqual(ACCEPTED);
    expect(await dossier(code)).toMatchObject({ status: 'PROCESSING' });

    const taxed = { SoBienNhan: code, NguoiXuLy: 'Chi cục Thuế', NgayCoKetQuaThue: told(4), GhiChu: null };
    const notices = [{ HoTenChu: 'Nguyễn Văn Hoà', LoaiThue: 'Lệ phí trước bạ', SoThongBaoThue: 'LTB2600012' }];
    expect(await call('DongBoKetQuaThue', { ...taxed, DanhSachThongBaoThue: notices })).toEqual(ACCEPTED);

    const finished = { SoBienNhan: code, NgayKetThuc: told(5), MaCanBoXuLy: 'CB000003', TrangThaiKetThuc: 0 };
    const papers = [{ TenGiayTo: 'Giấy chứng nhận quyền sử dụng đất', KieuFile: 'pdf', LinkFile: '/ketqua/1.pdf' }];
    expect(await call('DongBoTrangThaiKetThuc', { ...finished, DanhSachGiayToKetQua: papers })).toEqual(ACCEPTED);

    const last = await dossier(code);
    expect(last).toMatchObject({
      status: 'COMPLETED',
      finishedAt: shown(5),
      results: [{ title: 'Giấy chứng nhận quyền sử dụng đất', code: null }],
    });
    const told5 = { officer: 'CB000002', content: 'Đo đạc, trích lục', at: shown(1), status: 'PROCESSING' };
    expect(last.steps.slice(-5)).toMatchObject([
      { sector: 'land', ...told5 },
      { officer: 'CB000002', content: 'Thiếu trích lục', at: shown(2), status: 'SUPPLEMENT_REQUIRED' },
      { officer: null, content: 'Đã nhận đủ', at: shown(3), status: 'PROCESSING' },
      { officer: 'Chi cục Thuế', content: 'Lệ phí trước bạ LTB2600012', at: shown(4), status: null },
      { officer: 'CB000003', content: null, at: shown(5), status: 'COMPLETED' },
    ]);
    const [, ...pushed] = last.history;
    expect(pushed).toMatchObject([
      { version: 2, change: 'STEP', way: 'push', status: 'PROCESSING', sourceStatusCode: '21' },
      { version: 3, change: 'STEP', way: 'push', status: 'SUPPLEMENT_REQUIRED' },
      { version: 4, change: 'STEP', way: 'push', status: 'PROCESSING' },
      { version: 5, change: 'STEP', way: 'push', status: 'PROCESSING' },
      { version: 6, change: 'STEP', way: 'push', status: 'COMPLETED', sourceStatusCode: '70' },
    ]);
  });

  it('shows an ending without a result as the system states it, and never as completed', async () => {
    const code = freshCode();
    await call('DongBoTrangThaiKetThuc', { SoBienNhan: code, NgayKetThuc: told(1), TrangThaiKetThuc: 1 });
    const { status, history } = await dossier(code);
    expect(status).toBeNull();
    expect(history.at(-1)).toMatchObject({ status: null, sourceStatusCode: 'KetThuc 1' });
  });

  it('is one when it comes twice, and accepted both times, however its members are arranged', async () => {
    const code = freshCode();
    const members = { SoBienNhan: code, NgayChuyen: told(1), MaTrangThai: '22', NoiDungXuLy: 'Trình ký' };
    const turned = Object.fromEntries(Object.entries(members).reverse());
    for (const body of [members, members, turned]) {
      expect(await call('DongBoTrangThaiLuanChuyenHoSo', body)).toEqual(ACCEPTED);
    }
    const { history, steps } = await dossier(code);
    expect(history).toHaveLength(2);
    expect(steps.filter(({ content }: { content: string }) => content === 'Trình ký')).toHaveLength(1);
    expect(await call('DongBoTrangThaiLuanChuyenHoSo', members)).toEqual(ACCEPTED);
    expect((await dossier(code)).history).toHaveLength(2);
  });

  it('sets no status back when it comes late, and its step is added where it belongs in time', async () => {
    const code = freshCode();
    await call('DongBoTrangThaiKetThuc', {
      SoBienNhan: code,
      NgayKetThuc: told(3),
      TrangThaiKetThuc: 0,
      GhiChu: 'Xong',
    });
    await dossier(code);
    await moved(code, 1, 'Trình ký muộn', '22');
    const { status, history, steps } = await dossier(code);
    expect(status).toBe('COMPLETED');
    expect(history.slice(1)).toMatchObject([
      { change: 'STEP', status: 'COMPLETED' },
      { change: 'STEP', status: 'COMPLETED' },
    ]);
    expect(steps.slice(-2)).toMatchObject([{ content: 'Trình ký muộn' }, { content: 'Xong' }]);
  });

  it('loses no step and doubles none when thirty calls about one dossier come at once', async () => {
    const code = freshCode();
    const all = Array.from({ length: 30 }, (_, place) => place);
    const before = (await dossier(code)).history.length;
    const answers = await Promise.all(all.map((place) => moved(code, 1 + place / 10, `Bước ${place}`)));
    expect(answers).toEqual(all.map(() => ACCEPTED));
    const { steps, history } = await dossier(code);
    const contents = steps.map(({ content }: { content: string }) => content);
    expect(contents.filter((content: string) => /^Bước/.test(content))).toEqual(all.map((place) => `Bước ${place}`));
    expect(history.map(({ version }: { version: number }) => version)).toEqual(
      Array.from({ length: before + 30 }, (_, place) => place + 1),
    );
  });

  it('is in the sectors’ list of ways, with what it cannot see', async () => {
    await province.hub.caughtUp();
    const { data } = await province.ask(
      '{ sectors { id changes { way deletes order intermediate initial lateCommits currentUntil failing { code } } } }',
    );
    const land = data.sectors.find(({ id }: { id: string }) => id === 'land');
    expect(land.changes.find(({ way }: { way: string }) => way === 'push')).toEqual({
      ...{ way: 'push', deletes: false, order: true, intermediate: true, initial: false, lateCommits: true },
      currentUntil: '2026-11-20T00:00:00+07:00',
      failing: null,
    });
  });
});

describe('A call that is refused', () => {
  it('because of its secret is told nothing more than that, whatever else it holds', async () => {
    const code = freshCode();
    const route = 'land/DongBoTrangThaiLuanChuyenHoSo';
    const good = { SoBienNhan: code, NgayChuyen: told(1), MaTrangThai: '22', NoiDungXuLy: 'Trình ký' };
    const secrets = [undefined, null, '', 'vbdlis-2025', `${securityCode} `, 7, [securityCode], { $ne: '' }];
    const answers = await Promise.all([
      ...secrets.map((SecurityCode) => post(route, { ...good, SecurityCode })),
      post(route, { SecurityCode: 'wrong', NgayChuyen: 'never' }),
      post(route, []),
      post(route, 'null'),
    ]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ status: 403, text: '{"Result":0,"Message":"The call is refused."}' })]),
    );
    expect((await dossier(code)).history).toHaveLength(1);
  });

  it('because of its body is told in the system’s own protocol what was expected, and no value of it', async () => {
    const route = 'DongBoTrangThaiLuanChuyenHoSo';
    const answers = [
      await call(route, { SoBienNhan: 'H41', NgayChuyen: '31/02/2026 lúc 8 giờ' }),
      await call(route, { NgayChuyen: told(1) }),
      await call(route, { SoBienNhan: 'có khoảng trắng', NgayChuyen: told(1) }),
      await call(route, { SoBienNhan: { $gt: '' }, NgayChuyen: told(1) }),
      await call(route, { SoBienNhan: 'H41', NgayChuyen: '2199-01-01T00:00:00' }),
      await call('DongBoTrangThaiKetThuc', { SoBienNhan: 'H41', DanhSachGiayToKetQua: ['bí mật'] }),
    ];
    expect(answers.map(({ status, text }) => [status, JSON.parse(text).Result])).toEqual(answers.map(() => [400, 0]));
    expect(answers.map(({ text }) => JSON.parse(text).Message)).toMatchObject([
      expect.stringContaining('as NgayChuyen, came text of 20 characters with 9 digits'),
      expect.stringContaining('came empty text'),
      expect.stringContaining('without blank or colon'),
      expect.stringContaining('as SoBienNhan, came an object'),
      expect.stringContaining('a time that has come'),
      expect.stringContaining('DanhSachGiayToKetQua'),
    ]);
    for (const { text } of answers) expect(text).not.toMatch(/khoảng|31\/02|2199|bí mật/);
  });

  it('because it cannot be taken at all is answered in that protocol too', async () => {
    const huge = await call('DongBoTrangThaiKetThuc', { SoBienNhan: 'H41', GhiChu: 'x'.repeat(300_000) });
    const garbage = await post('land/DongBoTrangThaiKetThuc', '{"SoBienNhan": "H4');
    const deep = await post(
      'land/DongBoTrangThaiKetThuc',
      `{"SecurityCode":"${securityCode}","SoBienNhan":"H41","x":${'['.repeat(90_000)}${']'.repeat(90_000)}}`,
    );
    const form = await post('land/DongBoTrangThaiKetThuc', 'a=1', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const unknown = await call('XoaHoSo', {});
    const inherited = await call('constructor', {});
    const answers = [huge, garbage, deep, form, unknown, inherited];
    expect(answers.map(({ status }) => status)).toEqual([413, 400, 400, 415, 404, 404]);
    for (const { text } of answers) expect(JSON.parse(text)).toEqual({ Result: 0, Message: expect.any(String) });
  });

  it('because no such sector is called says so as the hub does, and to pages of other sites nothing', async () => {
    expect((await post('one-stop/DongBo', {})).status).toBe(404);
    expect((await post('nowhere/DongBo', {})).status).toBe(404);
    const messageOf = ({ text }: { text: string }) => JSON.parse(text).errors?.[0].message ?? JSON.parse(text).Message;
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    for (const [body, options, status, expected] of [
      ['not json', {}, 400, 'a JSON object is expected'],
      ['a=1', form, 415, 'send application/json'],
      [`{"a":"${'x'.repeat(300_000)}"}`, {}, 413, 'MAX_BODY_BYTES'],
    ] as const) {
      const answers = await Promise.all(['nowhere', 'one-stop', 'land'].map((at) => post(`${at}/x`, body, options)));
      expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
      // The same cause, whoever is called or nobody.
      expect(new Set(answers.map(messageOf))).toEqual(new Set([expect.stringContaining(expected)]));
    }
    const origin = { origin: 'https://example.org' };
    expect((await post('land/DongBoTrangThaiKetThuc', {}, { headers: origin })).status).toBe(403);
  });

  it('while nobody has set the secret, even by an empty one', async () => {
    const hub = await province.another({ SECTOR_LAND_SECURITY_CODE: '' }, { catchesUp: false });
    for (const SecurityCode of ['', '\0', securityCode, null]) {
      const answer = await post('land/DongBoTrangThaiKetThuc', { SecurityCode }, { at: hub.address });
      expect(answer.status).toBe(403);
    }
    await hub.close();
  });
});

it('keeps the secret out of store and log, right or wrong, refused or not', async () => {
  const code = freshCode();
  await moved(code, 1, 'Có bí mật');
  await call('DongBoTrangThaiKetThuc', { SoBienNhan: 'H41', NgayKetThuc: 'x' });
  await post('land/DongBoTrangThaiKetThuc', { SecurityCode: 'almost-vbdlis', SoBienNhan: code });
  await dossier(code);
  const folder = join(province.directory, 'hub-0');
  const files = (await readdir(folder)).filter((name) => name.includes('sqlite'));
  const stored = (await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))).join('');
  expect(stored).toContain(code);
  expect(stored).toContain('"SoBienNhan"');
  for (const text of [stored, province.logged.join('\n')]) {
    expect(text).not.toContain(securityCode);
    expect(text).not.toContain('almost-vbdlis');
  }
  expect(province.logged.join('\n')).toContain('a call without the right secret was refused');
});

it('is worked on by the next process when the one that took it was killed', { timeout: 60_000 }, async () => {
  const code = freshCode();
  const DATA_DIR = join(province.directory, 'killed');
  const settings = Object.entries(province.systems).flatMap(([id, system]) =>
    Object.entries(system.settings).map(([name, value]) => [settingsPrefix(id) + name, value]),
  );
  const issuer = await openIssuer(DATA_DIR);
  const environment = { ...Object.fromEntries(settings), ...issuer.environment, DATA_DIR, PORT: '0' };
  // A gateway takes calls and leaves the work to others.
  const taker = spawn(process.execPath, ['cli.ts', 'serve', '--role', 'gateway'], {
    env: { ...process.env, ...environment, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let address = '';
    for await (const line of createInterface({ input: taker.stdout })) {
      address = JSON.parse(line).address ?? '';
      if (address !== '') break;
    }
    const caller = createCaller({ url: `${address}/callbacks/land`, pauseMs: 20 });
    const move = { code, status: 70, content: 'Đã có kết quả', at: WORLD_NOW + HOUR };
    const callback = callbackOf(move);
    if (callback === undefined) throw new Error('the software tells of an ending');
    expect(await caller.call(callback)).toBe(true);
  } finally {
    taker.kill('SIGKILL');
    await issuer.close();
  }
  const next = await openHub(environment);
  try {
    const { status, history } = await dossier(code, next);
    expect(status).toBe('COMPLETED');
    expect(history.filter(({ way }: { way: string }) => way === 'push').length).toBeGreaterThan(0);
  } finally {
    await next.close();
  }
});
