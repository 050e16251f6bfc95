import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PortalUnanswered } from '../../core/portal.ts';
import { codeOf, dossierOf, stepOf } from './portal-payloads.ts';
import {
  AGENCY,
  create,
  NO_SUCCESS,
  type PortalSubject,
  patient,
  type Stage,
  saidBy,
  stored,
  TIMEOUT_MS,
  unanswered,
} from './portal-subject.ts';
import { scriptedPortal } from './scripted-portal.ts';

interface Clause {
  readonly id: `PORTAL-${string}`;
  readonly title: string;
  readonly run: (stage: Stage) => Promise<void>;
}

const CLAUSES: readonly Clause[] = [
  {
    id: 'PORTAL-01',
    title: 'MUST create a dossier exactly as it was given, and keep the receipt',
    run: async ({ portal, standIn, newCode }) => {
      const code = newCode();
      const reply = await create(portal, code);
      expect(reply).toEqual({ outcome: 'accepted', receipt: expect.stringMatching(/^[\w.-]{1,64}$/) });
      expect(stored(standIn, code)).toMatchObject({ agency: AGENCY, writes: 1, dossier: dossierOf(code), steps: [] });
    },
  },
  {
    id: 'PORTAL-02',
    title: 'MUST update a dossier the portal has',
    run: async ({ portal, standIn, newCode }) => {
      const code = newCode();
      await create(portal, code);
      const changed = dossierOf(code, { TrangThaiHoSo: '9', NgayKetThucXuLy: '20261120100000' });
      const reply = await portal.sendDossiers({ agency: AGENCY, update: true, dossiers: [changed] }, patient);
      expect(reply.outcome).toBe('accepted');
      expect(stored(standIn, code)).toMatchObject({ writes: 2, dossier: changed });
    },
  },
  {
    id: 'PORTAL-03',
    title: 'MUST send progress in its order, and accept success as "00" and as 0 alike',
    run: async ({ portal, standIn, newCode }) => {
      const code = newCode();
      await create(portal, code);
      const steps = Array.from({ length: 10 }, (_, index) => stepOf(code, index));
      expect((await portal.sendProgress({ agency: AGENCY, steps }, patient)).outcome).toBe('accepted');
      expect(stored(standIn, code)?.steps).toEqual(steps);
      // The stand-in says 0 instead of "00" once in ten answers.
      for (let index = 0; index < 12; index += 1) expect((await create(portal, newCode())).outcome).toBe('accepted');
    },
  },
  {
    id: 'PORTAL-04',
    title: 'MUST look up what the portal has, with its progress, and null only where it has nothing',
    run: async ({ portal, standIn, newCode }) => {
      const code = newCode();
      await create(portal, code);
      const steps = [stepOf(code, 0), stepOf(code, 1)];
      await portal.sendProgress({ agency: AGENCY, steps }, patient);
      standIn.write({ dossier: { MaHoSo: code, GhiChu: 'Người khác ghi' } });
      const record = await portal.lookUp({ agency: AGENCY, code }, patient);
      expect(record).toEqual({ dossier: dossierOf(code, { GhiChu: 'Người khác ghi' }), steps });
      expect(await portal.lookUp({ agency: AGENCY, code: newCode() }, patient)).toBeNull();
    },
  },
  {
    id: 'PORTAL-05',
    title: 'MUST tell what the portal refuses, with its code',
    run: async ({ portal, newCode }) => {
      const code = newCode();
      await create(portal, code);
      expect(await create(portal, code)).toMatchObject({ outcome: 'refused', code: '31' });
      const dossier = (changes: object, update = false) =>
        portal.sendDossiers({ agency: AGENCY, update, dossiers: [dossierOf(newCode(), changes)] }, patient);
      const step = (changes: object, of = code) =>
        portal.sendProgress({ agency: AGENCY, steps: [stepOf(of, 0, changes)] }, patient);
      const refusals = await Promise.all([
        dossier({}, true),
        dossier({ TrangThaiHoSo: '11' }),
        dossier({ MaHoSo: 'H41-261118-1' }),
        dossier({ NgayTiepNhan: '18/11/2026' }),
        dossier({ TrichYeuHoSo: 'x'.repeat(1001) }),
        dossier({ GhiChu: undefined }),
        step({}, newCode()),
        step({ NguoiXuLy: 'x'.repeat(51) }),
        step({ TrangThai: '0' }),
      ]);
      const codes = refusals.map((reply) => (reply.outcome === 'refused' ? reply.code : reply.outcome));
      expect(codes).toEqual(['32', '25', '26', '23', '24', '21', '33', '24', '25']);
    },
  },
  {
    id: 'PORTAL-06',
    title: 'MUST show of a refusal’s text nothing that was sent',
    run: async ({ portal, newCode }) => {
      const code = newCode();
      await create(portal, code);
      expect(await create(portal, code)).toEqual({ outcome: 'refused', code: '31', message: 'Hồ sơ … đã tồn tại' });
      const nobody = dossierOf(newCode(), { SoGiayToChuHoSo: '' });
      expect(await portal.sendDossiers({ agency: AGENCY, update: false, dossiers: [nobody] }, patient)).toEqual({
        outcome: 'refused',
        code: '21',
        message: 'Thiếu SoGiayToChuHoSo của chủ hồ sơ …',
      });
    },
  },
  {
    id: 'PORTAL-07',
    title: 'MUST NOT take any text, status or near miss for success',
    run: async ({ open, scripted, newCode }) => {
      const portal = open({ PORTAL_URL: scripted.url });
      const outcomes: Record<string, string> = {};
      for (const [status, body] of NO_SUCCESS) {
        scripted.says({ status, body });
        outcomes[`${status} ${body}`] = (await create(portal, newCode())).outcome;
      }
      await portal.close();
      expect(outcomes).toEqual(Object.fromEntries(NO_SUCCESS.map(([status, body, is]) => [`${status} ${body}`, is])));
    },
  },
  {
    id: 'PORTAL-08',
    title: 'MUST call it unknown when the dossier was taken and the answer lost, so that a lookup finds it',
    run: async ({ portal, standIn, paths, newCode }) => {
      for (const mode of ['hang', 'down', 'error', 'html', 'empty'] as const) {
        const code = newCode();
        standIn.faults({ mode, taken: true, path: paths.dossiers, times: 1 });
        expect([mode, (await create(portal, code)).outcome]).toEqual([mode, 'unknown']);
        expect((await portal.lookUp({ agency: AGENCY, code }, patient))?.dossier.MaHoSo).toBe(code);
      }
      const code = newCode();
      await create(portal, code);
      standIn.faults({ mode: 'truncate', path: paths.progress, times: 1 });
      const cut = await portal.sendProgress({ agency: AGENCY, steps: [stepOf(code, 0)] }, patient);
      expect(cut.outcome).toBe('unknown');
      expect((await portal.lookUp({ agency: AGENCY, code }, patient))?.steps).toHaveLength(1);
    },
  },
  {
    id: 'PORTAL-09',
    title: 'MUST call it unknown when the answer breaks off, drips, is huge, or says nothing readable, within its time',
    run: async ({ portal, standIn, paths, newCode }) => {
      for (const mode of ['down', 'hang', 'error', 'html', 'truncate', 'huge', 'drip', 'empty', 'slow'] as const) {
        standIn.faults({ mode, path: paths.dossiers, delayMs: mode === 'slow' ? 3 * TIMEOUT_MS : 200 });
        const began = performance.now();
        const reply = await create(portal, newCode());
        expect([mode, reply.outcome]).toEqual([mode, 'unknown']);
        expect(performance.now() - began).toBeLessThan(TIMEOUT_MS + 500);
      }
    },
  },
  {
    id: 'PORTAL-10',
    title: 'MUST pass on how long the portal asks to wait: 429 unsent, 503 unknown, in seconds or as a date',
    run: async ({ portal, standIn, paths, newCode }) => {
      const answered = async (status: number, retryAfter?: number | string) => {
        const waits = retryAfter === undefined ? {} : { retryAfter };
        standIn.faults({ mode: 'error', status, path: paths.dossiers, times: 1, ...waits });
        return create(portal, newCode());
      };
      expect(await answered(429, 3)).toMatchObject({ outcome: 'unsent', retryAfterMs: 3000 });
      expect(await answered(503, 2)).toMatchObject({ outcome: 'unknown', retryAfterMs: 2000 });
      expect(await answered(429)).toMatchObject({ outcome: 'unsent', retryAfterMs: null });
      expect(await answered(429, 'soon')).toMatchObject({ outcome: 'unsent', retryAfterMs: null });
      const dated = await answered(429, new Date(Date.now() + 60_000).toUTCString());
      expect(dated.outcome === 'unsent' && dated.retryAfterMs).toBeGreaterThan(55_000);
      standIn.faults({ mode: 'error', status: 503, path: paths.lookUp, times: 1, retryAfter: 4 });
      expect(await unanswered(portal, newCode())).toMatchObject({ retryAfterMs: 4000 });
    },
  },
  {
    id: 'PORTAL-11',
    title: 'MUST call it unsent when nobody listens, and recover by itself',
    run: async ({ open, newCode }) => {
      const gone = await scriptedPortal();
      await gone.close();
      const portal = open({ PORTAL_URL: gone.url });
      expect(await create(portal, newCode())).toMatchObject({ outcome: 'unsent', retryAfterMs: null });
      await unanswered(portal, newCode());
      await expect(portal.check(patient)).rejects.toBeInstanceOf(PortalUnanswered);
      const back = await scriptedPortal(Number(new URL(gone.url).port));
      back.says({ body: '{"error_code":"00"}' });
      expect((await create(portal, newCode())).outcome).toBe('accepted');
      await portal.close();
      await back.close();
    },
  },
  {
    id: 'PORTAL-12',
    title: 'MUST end with the caller’s signal: unsent before it began, unknown once under way',
    run: async ({ portal, standIn, paths, newCode }) => {
      standIn.forgetCalls();
      const send = (signal: AbortSignal) =>
        portal.sendDossiers({ agency: AGENCY, update: false, dossiers: [dossierOf(newCode())] }, { signal });
      expect((await send(AbortSignal.abort())).outcome).toBe('unsent');
      expect(standIn.calls().total).toBe(0);
      standIn.faults({ mode: 'hang', path: paths.dossiers, times: 1 });
      const began = performance.now();
      expect((await send(AbortSignal.timeout(80))).outcome).toBe('unknown');
      expect(performance.now() - began).toBeLessThan(TIMEOUT_MS - 100);
      await expect(
        portal.lookUp({ agency: AGENCY, code: newCode() }, { signal: AbortSignal.abort() }),
      ).rejects.toBeInstanceOf(PortalUnanswered);
    },
  },
  {
    id: 'PORTAL-13',
    title: 'MUST bound what it sends, before it sends it',
    run: async ({ portal, standIn, newCode }) => {
      const code = newCode();
      await portal.check(patient);
      standIn.forgetCalls();
      const vast = dossierOf(code, { GhiChu: 'x'.repeat(9 * 1024 * 1024) });
      const reply = await portal.sendDossiers({ agency: AGENCY, update: false, dossiers: [vast] }, patient);
      expect(reply).toMatchObject({ outcome: 'refused', code: 'TOO_LARGE' });
      const steps = Array.from({ length: 11 }, (_, index) => stepOf(code, index));
      await expect(portal.sendProgress({ agency: AGENCY, steps }, patient)).rejects.toThrow(RangeError);
      await expect(portal.sendDossiers({ agency: AGENCY, update: false, dossiers: [] }, patient)).rejects.toThrow(
        RangeError,
      );
      expect(standIn.calls().total).toBe(0);
    },
  },
  {
    id: 'PORTAL-14',
    title: 'MUST call it unsent when the portal refuses the account, and say so in its check',
    run: async ({ portal, open, standIn, newCode }) => {
      await portal.check(patient);
      const stranger = open({ PORTAL_PASSWORD: 'sai' });
      const code = newCode();
      expect((await create(stranger, code)).outcome).toBe('unsent');
      await expect(stranger.check(patient)).rejects.toBeInstanceOf(PortalUnanswered);
      await unanswered(stranger, code);
      await stranger.close();
      expect(stored(standIn, code)).toBeUndefined();
    },
  },
  {
    id: 'PORTAL-15',
    title: 'MUST NOT take an unanswered lookup, or one that cannot be read, for "has nothing"',
    run: async ({ portal, open, standIn, scripted, paths, newCode }) => {
      for (const mode of ['down', 'hang', 'error', 'html', 'truncate', 'huge', 'empty'] as const) {
        standIn.faults({ mode, path: paths.lookUp, times: 1 });
        await unanswered(portal, newCode());
      }
      const code = newCode();
      const other = open({ PORTAL_URL: scripted.url });
      const step = stepOf(code, 0);
      for (const result of [
        undefined,
        'không có',
        [[]],
        [{ MaHoSo: newCode(), DanhSachTienDo: [] }],
        [{ MaHoSo: code }],
        [{ MaHoSo: code, GhiChu: {}, DanhSachTienDo: [] }],
        [{ MaHoSo: code, TaiLieuNop: ['x'], DanhSachTienDo: [] }],
        [{ MaHoSo: code, DanhSachTienDo: ['x'] }],
        [{ MaHoSo: code, DanhSachTienDo: [{ ...step, MaHoSo: 'x' }] }],
        [{ MaHoSo: code, DanhSachTienDo: [{ ...step, ThoiDiemXuLy: '' }] }],
        [
          { MaHoSo: code, DanhSachTienDo: [] },
          { MaHoSo: code, DanhSachTienDo: [] },
        ],
      ]) {
        scripted.says({ body: JSON.stringify({ error_code: '00', result }) });
        await unanswered(other, code);
      }
      scripted.says({ body: JSON.stringify({ error_code: '44', message: 'Không tìm thấy hồ sơ', result: [] }) });
      expect(await unanswered(other, code)).toMatchObject({ answered: true });
      scripted.says({ body: '{"error_code":"00","result":null}' });
      expect(await other.lookUp({ agency: AGENCY, code }, patient)).toBeNull();
      await other.close();
    },
  },
  {
    id: 'PORTAL-16',
    title: 'MUST read numbers, booleans and null of a lookup as the wire’s text',
    run: async ({ open, scripted, newCode }) => {
      const code = newCode();
      const portal = open({ PORTAL_URL: scripted.url });
      const paper = { TepDinhKemId: 7, IsDeleted: false };
      const step = { ...stepOf(code, 0), TrangThai: 4, NgayBatDau: null };
      const result = [{ MaHoSo: code, TrangThaiHoSo: 9, GhiChu: null, TaiLieuNop: [paper], DanhSachTienDo: [step] }];
      scripted.says({ body: JSON.stringify({ error_code: 0, result }) });
      expect(await portal.lookUp({ agency: AGENCY, code }, patient)).toEqual({
        dossier: {
          MaHoSo: code,
          TrangThaiHoSo: '9',
          GhiChu: '',
          TaiLieuNop: [{ TepDinhKemId: '7', IsDeleted: 'False' }],
        },
        steps: [{ ...stepOf(code, 0), NgayBatDau: '' }],
      });
      await portal.close();
    },
  },
  {
    id: 'PORTAL-17',
    title: 'MUST NOT let the account, the address or the dossier into a reason, an error’s message or the log',
    run: async ({ portal, open, standIn, paths, newCode }) => {
      const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name));
      const told: string[] = [];
      const stranger = open({ PORTAL_PASSWORD: 'sai' });
      for (const mode of ['down', 'hang', 'error', 'html', 'truncate', 'huge', 'empty'] as const) {
        standIn.faults({ mode, path: paths.dossiers, times: 1 });
        told.push(saidBy(await create(portal, newCode())));
        standIn.faults({ mode, path: paths.lookUp, times: 1 });
        told.push((await unanswered(portal, newCode())).message);
      }
      told.push(saidBy(await create(stranger, newCode())));
      await stranger.close();
      const { ChuHoSo, SoGiayToChuHoSo, Email, SoDienThoai } = dossierOf('');
      const { URL: url = '', USERNAME = '', PASSWORD = '' } = standIn.settings;
      const secrets = [ChuHoSo, SoGiayToChuHoSo, Email, SoDienThoai, codeOf(0).slice(0, -4), AGENCY];
      const leaks = [...secrets, new URL(url).port, '127.0.0.1', USERNAME, PASSWORD].filter((secret) =>
        told.some((text) => text.includes(secret)),
      );
      expect(told.every((text) => text.length > 10)).toBe(true);
      expect(leaks).toEqual([]);
      expect(spies.flatMap((spy) => spy.mock.calls)).toEqual([]);
      vi.restoreAllMocks();
    },
  },
  {
    id: 'PORTAL-18',
    title: 'MUST close twice without harm, and send nothing once closed',
    run: async ({ open, newCode }) => {
      const portal = open();
      await create(portal, newCode());
      await portal.close();
      await portal.close();
      expect((await create(portal, newCode())).outcome).toBe('unsent');
      await unanswered(portal, newCode());
    },
  },
];

/** Holds an adapter to every clause of the port, over real HTTP. @param make called once */
export function portalContract(name: string, make: () => Promise<PortalSubject>): void {
  describe(`portal contract: ${name}`, () => {
    let stage: Stage | undefined;
    let sequence = 0;
    beforeAll(async () => {
      const subject = await make();
      const newCode = (): string => {
        sequence += 1;
        return codeOf(sequence);
      };
      stage = { ...subject, portal: subject.open(), scripted: await scriptedPortal(), newCode };
    });
    afterEach(() => stage?.standIn.faults({ mode: 'none' }));
    afterAll(async () => {
      await stage?.portal.close();
      await stage?.scripted.close();
      await stage?.close();
    });

    for (const { id, title, run } of CLAUSES) {
      it(`${id} ${title}`, async () => {
        if (stage === undefined) throw new Error('The subject was not made');
        await run(stage);
      });
    }

    it('leaves no step doubled behind, whatever failed on the way', () => {
      expect(stage?.standIn.summary().doubledSteps).toBe(0);
    });
  });
}
