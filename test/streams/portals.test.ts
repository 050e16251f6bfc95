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
    expect((await create(portal, codeOf(101))).outcome).toBe('accepted');
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
});
