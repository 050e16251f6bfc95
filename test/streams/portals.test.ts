import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPortal, start } from '../../stand-ins/portal/index.ts';
import { openPortal, type PortalSettings } from '../../streams/portals/open-portal.ts';
import { sayable } from '../../streams/portals/sayable.ts';
import { portalContract } from './portal-contract.ts';
import { codeOf, dossierOf } from './portal-payloads.ts';
import { AGENCY, create, type PortalSubject, patient, stored, TIMEOUT_MS } from './portal-subject.ts';

type Protocol = PortalSettings['PORTAL_PROTOCOL'];

function settingsOf(standIn: RunningPortal, PORTAL_PROTOCOL: Protocol): PortalSettings {
  const { URL = '', USERNAME = '', PASSWORD = '' } = standIn.settings;
  return {
    PORTAL_URL: URL,
    PORTAL_PROTOCOL,
    PORTAL_USERNAME: USERNAME,
    PORTAL_PASSWORD: PASSWORD,
    PORTAL_TIMEOUT_MS: TIMEOUT_MS,
    PORTAL_CONCURRENCY: 16,
  };
}

async function subject(protocol: Protocol, root: string): Promise<PortalSubject> {
  const directory = mkdtempSync(join(tmpdir(), 'portal-'));
  const standIn = await start({ directory });
  return {
    standIn,
    open: (changes) => openPortal({ ...settingsOf(standIn, protocol), ...changes }),
    paths: {
      dossiers: `${root}/DongBoHoSoMC`,
      progress: `${root}/CapNhatTienDoHoSoMC`,
      lookUp: `${root}/TraCuuHoSo`,
    },
    async close() {
      await standIn.close();
      rmSync(directory, { recursive: true });
    },
  };
}

portalContract('session', () => subject('session', '/mapi/g'));
portalContract('rest', () => subject('rest', '/SynsTTHCC'));

describe('portal: who the hub is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portal-account-'));
  let standIn: RunningPortal;
  beforeAll(async () => {
    standIn = await start({ directory });
  });
  afterEach(() => {
    standIn.faults({ mode: 'none' });
    standIn.forgetCalls();
  });
  afterAll(async () => {
    await standIn.close();
    rmSync(directory, { recursive: true });
  });
  const signIns = () => standIn.calls().byPath['/mapi/login'] ?? 0;

  it('signs in once for all calls, and once more for all when the session has expired', async () => {
    const portal = openPortal(settingsOf(standIn, 'session'));
    const codes = Array.from({ length: 40 }, (_, index) => codeOf(index));
    const first = await Promise.all(codes.slice(0, 20).map((code) => create(portal, code)));
    expect(signIns()).toBe(1);
    standIn.expireSessions();
    const second = await Promise.all(codes.slice(20).map((code) => create(portal, code)));
    expect(signIns()).toBe(2);
    expect(new Set([...first, ...second].map(({ outcome }) => outcome))).toEqual(new Set(['accepted']));
    expect(standIn.dossiers().every(({ writes }) => writes === 1)).toBe(true);
    await portal.close();
  });

  it('calls it unsent when the session has expired and cannot be renewed', async () => {
    const portal = openPortal(settingsOf(standIn, 'session'));
    await portal.check(patient);
    standIn.expireSessions();
    standIn.faults({ mode: 'error', status: 429, retryAfter: 7, path: '/mapi/login' });
    expect(await create(portal, codeOf(101))).toMatchObject({ outcome: 'unsent', retryAfterMs: 7000 });
    standIn.faults({ mode: 'hang', path: '/mapi/login' });
    expect(await create(portal, codeOf(101))).toMatchObject({ outcome: 'unsent', retryAfterMs: null });
    standIn.faults({ mode: 'none' });
    expect(stored(standIn, codeOf(101))).toBeUndefined();
    // The sign-in that hung is shared until its own time is over, and what shares it is unsent.
    await expect.poll(async () => (await create(portal, codeOf(101))).outcome).toBe('accepted');
    expect(stored(standIn, codeOf(101))?.writes).toBe(1);
    await portal.close();
  });

  it('does not try a refused account again at once, which would lock it', async () => {
    const portal = openPortal({ ...settingsOf(standIn, 'session'), PORTAL_PASSWORD: 'sai' });
    for (let index = 0; index < 5; index += 1) expect((await create(portal, codeOf(102))).outcome).toBe('unsent');
    expect(signIns()).toBe(1);
    await portal.close();
  });

  it('shows a password without a name as a token, over REST', async () => {
    const portal = openPortal({ ...settingsOf(standIn, 'rest'), PORTAL_USERNAME: '' });
    expect((await create(portal, codeOf(103))).outcome).toBe('accepted');
    await portal.close();
  });

  it('keeps what stands in the address: a path before its own, and parameters', async () => {
    const { PORTAL_URL, ...rest } = settingsOf(standIn, 'session');
    standIn.faults({ mode: 'none' });
    const portal = openPortal({ ...rest, PORTAL_URL: `${PORTAL_URL}/adapter?dstcode=VN` });
    expect((await create(portal, codeOf(104))).outcome).toBe('unsent');
    expect(standIn.calls().byPath).toEqual({ '/adapter/mapi/login': 1 });
    await portal.close();
  });

  it('sends several dossiers of an agency in one call, all or none', async () => {
    const portal = openPortal(settingsOf(standIn, 'rest'));
    const [one, two, three] = [codeOf(105), codeOf(106), codeOf(107)];
    const send = (...codes: string[]) =>
      portal.sendDossiers({ agency: AGENCY, update: false, dossiers: codes.map((code) => dossierOf(code)) }, patient);
    expect((await send(one, two)).outcome).toBe('accepted');
    expect((await send(three, two)).outcome).toBe('refused');
    expect(stored(standIn, three)).toBeUndefined();
    await portal.close();
  });
});

describe('portal: what may be shown of a refusal', () => {
  it('makes a hole of every value that was sent, however it is written, and of addresses and long numbers', () => {
    const sent = dossierOf('H41.58.01-261118-0002');
    const shown = (message: string) => sayable(message, sent);
    expect(shown('Công dân NGUYỄN VĂN HOÀ không có trong CSDL')).toBe('Công dân … không có trong CSDL');
    expect(shown('Công dân Nguyễn Văn Hoà không hợp lệ'.normalize('NFD'))).toBe('Công dân … không hợp lệ');
    expect(shown('Số 011985421 đã đổi')).toBe('Số … đã đổi');
    expect(shown('Lỗi tại http://10.0.80.189:8084/test, máy 10.0.80.189:8084')).toBe('Lỗi tại … máy …');
    expect(shown('MaTTHC không có trong danh mục')).toBe('MaTTHC không có trong danh mục');
    expect(shown('một\r\nhai\u0000ba')).toBe('một hai ba');
    const long = dossierOf('H41.58.01-261118-0002', { GhiChu: 'x'.repeat(1_000_000) });
    expect(sayable('GhiChu quá dài', long)).toBe('GhiChu quá dài');
    expect(shown('dài '.repeat(1000)).length).toBeLessThanOrEqual(300);
  });

  it.each([
    ['NGUYEN VAN HOA da ton tai', '… da ton tai'],
    ['nguyễn văn hòa đã tồn tại', '… đã tồn tại'],
    ['chu ho so: nguyen  van-hoa.', 'chu ho so: ….'],
    ['HoTen=NGUYEN_VAN_HOA', 'HoTen=…'],
    ['Nguyễn Văn Hoàng không có', '… không có'],
    ['van hoa khong hop le', 'van hoa khong hop le'],
  ])('makes a hole of a value in whatever case and diacritics: %s', (message, shown) => {
    expect(sayable(message, { ChuHoSo: 'Nguyễn Văn Hoà' })).toBe(shown);
  });

  it('makes a hole of names and numbers that were not sent', () => {
    const shown = (message: string) => sayable(message, { ChuHoSo: 'Nguyễn Văn Hoà' });
    expect(shown('Hồ sơ trùng với hồ sơ của ông Trần Văn Bình; NGUYEN VAN HOA da ton tai')).toBe(
      'Hồ sơ trùng với hồ sơ của ông …; … da ton tai',
    );
    expect(shown('Da co TRAN THI LE, H’Hen Niê, Y-Blo Êban')).toBe('Da co …, …, …');
    expect(shown('Đã có Lê T. Bình'.normalize('NFD'))).toBe('Đã có …');
    expect(shown('Số 001 085 004 213 và 012.345.678 đã có')).toBe('Số … và … đã có');
  });

  it.each([
    ["Người nộp 'Nguyễn Bình' đã có hồ sơ", "Người nộp '…' đã có hồ sơ"],
    ['Người nộp ‘Nguyễn Bình’ đã có hồ sơ', 'Người nộp ‘…’ đã có hồ sơ'],
    ["Trùng ('Lê Hoa')", "Trùng ('…')"],
    ["'Trần Thị Hoa'", "'…'"],
    ['ʼTrần Thị Hoaʼ', 'ʼ…ʼ'],
    ["Trùng 'Trần' 'Hoa'", "Trùng '…'"],
    ["tên'Trần Thị Hoa'là", '…'],
    ["của 'H’Hen Niê', 'Y`Blo Êban'", "của '…', '…'"],
    ["của 'nguyễn văn hoà'", "của '…'"],
  ])('makes a hole of a name in apostrophes: %s', (message, shown) => {
    expect(sayable(message, { ChuHoSo: 'Nguyễn Văn Hoà' })).toBe(shown);
  });

  it.each([
    ['2024-06-15 08:30 001085004213', '2024-06-15 08:30 …'],
    ['001085 15.06.2024 08:30', '…'],
    ['15.06.2024 001085004', '…'],
    ['2024-06-15 08:301085004', '…'],
    ['15.06.2024.vn', '…'],
    ['2024-06-15@thu.vn', '…'],
    ['0010 85.00 4213-may.vn:80, a', '…, a'],
  ])('makes a hole of a number that stands beside a date, or looks like one: %s', (message, shown) => {
    expect(sayable(message, {})).toBe(shown);
  });

  it('makes a hole of a date that was sent', () => {
    expect(sayable('Ngày 2001-05-02 08:30 sai', { NgaySinh: '2001-05-02' })).toBe('Ngày … 08:30 sai');
  });

  it.each([
    'Mã TTHC không có trong danh mục',
    'Thiếu SoGiayToChuHoSo, NgayTiepNhan của DongBoHoSoMC',
    'Ngày hẹn trả phải sau ngày tiếp nhận 20/11/2026. Không tìm thấy CSDL.',
    'UBND không đúng',
    'Ngày 2024-06-15 08:30 phải sau 2024-06-14T23:59:59.123+07:00',
    'Từ 15-06-2024 8:30:00 đến 16.06.2024 17:00',
    'Lúc 08:30 15-06-2024, hạn 16.06.2024',
    "Trường 'Status' Không có; 'Ngày' sai",
  ])('leaves what tells an operator what to mend: %s', (message) => {
    expect(sayable(message, { ChuHoSo: 'Nguyễn Văn Hoà' })).toBe(message);
  });
});
