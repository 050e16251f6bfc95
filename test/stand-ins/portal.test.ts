import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPortal, start } from '../../stand-ins/portal/index.ts';
import { codeOf, dossierOf, stepOf } from '../streams/portal-payloads.ts';

interface Reply {
  error_code: string | number;
  message: string;
  result?: Record<string, unknown>[];
  session?: string;
}

const directory = mkdtempSync(join(tmpdir(), 'portal-stand-in-'));
let running: RunningPortal;
let url = '';
let sequence = 0;

beforeAll(async () => {
  running = await start({ directory });
  url = running.settings.URL ?? '';
});
afterEach(() => {
  running.faults({ mode: 'none' });
  running.forgetCalls();
});
afterAll(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

const account = { username: 'lienthong', password: 'cong-dvc-2026' };
const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;

function newCode(): string {
  sequence += 1;
  return codeOf(sequence);
}

async function rest(call: string, body?: unknown, at = url, authorization = basic): Promise<Reply> {
  const response = await fetch(`${at}/SynsTTHCC/${call}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Reply;
}

function create(dossier: unknown, at = url): Promise<Reply> {
  return rest('DongBoHoSoMC?MaDinhDanhDV=000.00.12.H41&isUpdating=False', [dossier], at);
}

function update(dossier: unknown): Promise<Reply> {
  return rest('DongBoHoSoMC?MaDinhDanhDV=000.00.12.H41&isUpdating=True', [dossier]);
}

function progress(...steps: unknown[]): Promise<Reply> {
  return rest('CapNhatTienDoHoSoMC?MaDinhDanhDV=000.00.12.H41', steps);
}

function lookUp(code: string): Promise<Reply> {
  return rest(`TraCuuHoSo?MaDinhDanhDV=000.00.12.H41&mahoso=${code}`);
}

async function post(path: string, body: unknown): Promise<Reply> {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
  return (await response.json()) as Reply;
}

async function control<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(`${url}/__stand-in/${path}`, init)).json()) as T;
}

describe('portal: what it takes', () => {
  it('takes a dossier with every field, then its update, then its progress, and shows them when looked up', async () => {
    const code = newCode();
    expect((await create(dossierOf(code))).error_code).toBe('00');
    expect((await update(dossierOf(code, { TrangThaiHoSo: '9' }))).error_code).toBe('00');
    expect((await progress(stepOf(code, 0), stepOf(code, 1))).error_code).toBe('00');
    const { result } = await lookUp(code);
    expect(result).toEqual([
      { ...dossierOf(code, { TrangThaiHoSo: '9' }), DanhSachTienDo: [stepOf(code, 0), stepOf(code, 1)] },
    ]);
    expect((await lookUp(newCode())).result).toEqual([]);
  });

  it('takes unit identifiers and dossier codes of both orders', async () => {
    for (const code of ['000.00.06.H56-231027-0361', 'H56.14-240823-0001', 'H15.50.05.13-261008-0975012']) {
      expect([code, (await create(dossierOf(code))).error_code]).not.toEqual([code, '26']);
      expect((await lookUp(code)).result).toHaveLength(1);
    }
  });

  it('refuses a second create, and update or progress of what it does not have', async () => {
    const code = newCode();
    await create(dossierOf(code));
    expect(await create(dossierOf(code))).toEqual({ error_code: '31', message: `Hồ sơ ${code} đã tồn tại` });
    expect((await update(dossierOf(newCode()))).error_code).toBe('32');
    expect((await progress(stepOf(newCode(), 0))).error_code).toBe('33');
  });

  it('has a step as often as it was sent, and counts those beyond the first', async () => {
    const code = newCode();
    await create(dossierOf(code));
    const before = running.summary();
    await progress(stepOf(code, 0));
    await progress(stepOf(code, 0), stepOf(code, 1));
    const { steps, doubledSteps } = await control<{ steps: number; doubledSteps: number }>('summary');
    expect([steps - before.steps, doubledSteps - before.doubledSteps]).toEqual([3, 1]);
  });

  it('refuses a whole call for one faulty item', async () => {
    const code = newCode();
    const call = [dossierOf(code), dossierOf(newCode(), { TrangThaiHoSo: '0' })];
    expect((await rest('DongBoHoSoMC?MaDinhDanhDV=H41.58&isUpdating=False', call)).error_code).toBe('25');
    const twice = [dossierOf(code), dossierOf(code)];
    expect((await rest('DongBoHoSoMC?MaDinhDanhDV=H41.58&isUpdating=False', twice)).error_code).toBe('31');
    expect((await lookUp(code)).result).toEqual([]);
  });

  it('demands every field of a dossier and of a step, and none besides', async () => {
    const code = newCode();
    await create(dossierOf(code));
    for (const [send, whole] of [
      [update, dossierOf(code)],
      [progress, stepOf(code, 0)],
    ] as const) {
      for (const name of Object.keys(whole)) {
        expect([name, (await send({ ...whole, [name]: undefined })).error_code]).toEqual([name, '21']);
        expect([name, (await send({ ...whole, [name]: 1 })).error_code]).toEqual([name, '22']);
      }
      expect((await send({ ...whole, Them: '' })).error_code).toBe('21');
      expect((await send({ ...whole, toString: '' })).error_code).toBe('21');
    }
    expect((await lookUp(code)).result).toEqual([{ ...dossierOf(code), DanhSachTienDo: [] }]);
  });

  const row = dossierOf('').TaiLieuNop[0];
  const faulty: [string, object, string][] = [
    ['a time in another form', { NgayTiepNhan: '2026-11-18' }, '23'],
    ['a day that does not exist', { NgayTiepNhan: '20260231080000' }, '23'],
    ['an hour that does not exist', { NgayTiepNhan: '20260228240000' }, '23'],
    ['a summary of 1,001 characters', { TrichYeuHoSo: 'ắ'.repeat(1001) }, '24'],
    ['a status outside 1–10', { TrangThaiHoSo: '11' }, '25'],
    ['a status with a zero before it', { TrangThaiHoSo: '09' }, '25'],
    ['a channel nobody knows', { KenhThucHien: '4' }, '25'],
    ['an identity without the digits of its kind', { DinhDanhCHS: [{ LoaiDinhDanh: '1', SoDinhDanh: '1' }] }, '25'],
    ['a code without its day', { MaHoSo: 'H41.58-0001' }, '26'],
    ['a code of a day that does not exist', { MaHoSo: 'H41.58-261340-0001' }, '26'],
    ['a code with five digits at its end', { MaHoSo: 'H41.58-261118-00001' }, '26'],
    ['a citizen without a number', { SoGiayToChuHoSo: '' }, '21'],
    ['a row that is no object', { TaiLieuNop: ['x'] }, '22'],
    ['a row with an unknown field', { TaiLieuNop: [{ ...row, Them: '' }] }, '21'],
    ['a boolean spelt otherwise', { TaiLieuNop: [{ ...row, IsDeleted: 'true' }] }, '22'],
    ['an amount that is no number', { DanhSachLePhi: [{ ...dossierOf('').DanhSachLePhi[0], Gia: '15.000đ' }] }, '22'],
  ];
  it.each(faulty)('refuses %s', async (_title, changes, code) => {
    const reply = await create(dossierOf(newCode(), changes));
    expect(reply.error_code).toBe(code);
    expect(reply.message).not.toBe('');
  });

  it('takes a summary of 1,000 characters and an officer of 50', async () => {
    const code = newCode();
    expect((await create(dossierOf(code, { TrichYeuHoSo: 'ắ'.repeat(1000) }))).message).toBe('');
    expect((await progress(stepOf(code, 0, { NguoiXuLy: 'ắ'.repeat(50) }))).message).toBe('');
    expect((await progress(stepOf(code, 1, { NguoiXuLy: 'ắ'.repeat(51) }))).error_code).toBe('24');
  });
});

describe('portal: who may send', () => {
  it('gives a session for the right account, and forgets it when told to', async () => {
    expect((await post('/mapi/login', { ...account, password: 'sai' })).error_code).toBe('02');
    const { session, error_code } = await post('/mapi/login', account);
    expect(error_code).toBe('00');
    const question = { session, madonvi: '000.00.12.H41', service: 'TraCuuHoSo', mahoso: newCode() };
    expect((await post('/mapi/g', question)).result).toEqual([]);
    await control('expire', { method: 'POST' });
    expect((await post('/mapi/g', question)).error_code).toBe('01');
    expect((await post('/mapi/g', { ...question, session: undefined })).error_code).toBe('01');
  });

  it('takes basic authentication or the password as a token over REST', async () => {
    const question = `TraCuuHoSo?MaDinhDanhDV=000.00.12.H41&mahoso=${newCode()}`;
    expect((await rest(question, undefined, url, `Bearer ${account.password}`)).result).toEqual([]);
    expect((await rest(question, undefined, url, 'Basic x')).error_code).toBe('02');
  });
});

describe('portal: controls', () => {
  it('counts and fails each service of the session protocol by itself', async () => {
    const { session } = await post('/mapi/login', account);
    const code = newCode();
    const call = { session, madonvi: '000.00.12.H41', service: 'DongBoHoSoMC', isUpdating: 'False' };
    running.faults({ mode: 'error', status: 503, retryAfter: 2, taken: true, path: '/mapi/g/DongBoHoSoMC', times: 1 });
    const response = await fetch(`${url}/mapi/g`, {
      method: 'POST',
      body: JSON.stringify({ ...call, data: [dossierOf(code)] }),
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    const found = await post('/mapi/g', { ...call, service: 'TraCuuHoSo', mahoso: code });
    expect(found.result).toHaveLength(1);
    expect(running.calls().byPath).toEqual({ '/mapi/login': 1, '/mapi/g/DongBoHoSoMC': 1, '/mapi/g/TraCuuHoSo': 1 });
  });

  it('lets another sender write over a record and into a new one', async () => {
    const [code, other] = [newCode(), newCode()];
    await create(dossierOf(code));
    const write = (body: unknown) => control('write', { method: 'POST', body: JSON.stringify(body) });
    await write({ dossier: { MaHoSo: code, GhiChu: 'khác' }, steps: [stepOf(code, 3)] });
    await write({ dossier: { MaHoSo: other, TrangThaiHoSo: '4' } });
    expect((await lookUp(code)).result).toEqual([
      { ...dossierOf(code, { GhiChu: 'khác' }), DanhSachTienDo: [stepOf(code, 3)] },
    ]);
    expect((await lookUp(other)).result?.[0]).toMatchObject({ MaHoSo: other, ChuHoSo: '', DinhDanhCHS: [] });
    expect(await write({ dossier: {} })).toMatchObject({ ok: false });
  });

  it('lists everything by code, page by page', async () => {
    const all: string[] = [];
    let after = '';
    do {
      const page = await control<{ dossiers: { code: string; sender: string }[]; next: string }>(
        `dossiers?after=${after}&limit=2`,
      );
      all.push(...page.dossiers.map(({ code }) => code));
      after = page.next;
    } while (after !== '');
    expect(all).toEqual(running.dossiers().map(({ code }) => code));
    expect(all.length).toBeGreaterThan(3);
  });

  it('shows people a page that fetches nothing from elsewhere and runs nothing', async () => {
    const code = newCode();
    await create(dossierOf(code, { TenTTHC: '<script>alert(1)</script>' }));
    const response = await fetch(url);
    const html = await response.text();
    expect(html).toContain('<title>Cổng Dịch vụ công (giả lập)</title>');
    expect(html).toContain(code);
    expect(html).toContain('Đang xử lý');
    expect(html).not.toMatch(/<script|src=|href=|https?:/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('portal: as a process', () => {
  const data = mkdtempSync(join(tmpdir(), 'portal-process-'));
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(data, { recursive: true });
  });

  async function launch(): Promise<{ child: ChildProcess; at: string }> {
    const main = join(import.meta.dirname, '../../stand-ins/portal/main.ts');
    const child = spawn(process.execPath, [main, '--data', data], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      const { settings } = JSON.parse(line) as { settings: Record<string, string> };
      return { child, at: settings.URL ?? '' };
    }
    throw new Error('The stand-in ended before it was ready');
  }

  it('has lost nothing it answered when it is killed', async () => {
    const first = await launch();
    const answered: string[] = [];
    const sending = (async () => {
      for (let index = 1; index < 5000; index += 1) {
        const code = codeOf(index);
        try {
          if (['00', 0].includes((await create(dossierOf(code), first.at)).error_code)) answered.push(code);
        } catch {
          return;
        }
      }
    })();
    await expect.poll(() => answered.length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(50);
    first.child.kill('SIGKILL');
    await sending;
    const second = await launch();
    const response = await fetch(`${second.at}/__stand-in/dossiers?limit=1000`);
    const { dossiers } = (await response.json()) as { dossiers: { code: string }[] };
    const has = new Set(dossiers.map(({ code }) => code));
    expect(answered.filter((code) => !has.has(code))).toEqual([]);
    expect(answered.length).toBeLessThan(1000);
    second.child.stdin?.end();
    await once(second.child, 'exit');
    expect(second.child.exitCode).toBe(0);
  });
});
