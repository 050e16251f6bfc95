import type { Kit } from '../../kit/index.ts';
import { STATUSES } from './statuses.ts';

/** The calls by which the land software tells the hub that a dossier moved, one for each kind of step. */
export function landCallbacks(kit: Kit) {
  const { fields } = kit;
  const toldTime = (from: string) => fields.dateTime(from, ['rfc3339', 'yyyy-MM-dd HH:mm:ss'], 'UTC');
  const told = { code: fields.code('SoBienNhan'), officer: fields.text('MaCanBoXuLy'), content: fields.text('GhiChu') };
  /** One step of the course and, where the call says so, the status that it brought. */
  const stepTold = (
    { code, at, ...step }: { code: string | null; officer: string | null; content: string | null; at: number | null },
    status: Stated,
    view: View = {},
  ) => ({
    code: code ?? '',
    occurredAt: at,
    view: {
      ...(status !== null && { status }),
      steps: [{ ...step, position: null, unit: null, at, dueAt: null, status }],
      ...view,
    },
  });
  return kit.capture.push({
    secret: { setting: 'SECURITY_CODE', member: 'SecurityCode' },
    answer: (outcome, message) => ({ Result: outcome === 'accepted' ? 1 : 0, Message: message }),
    routes: {
      DongBoTrangThaiLuanChuyenHoSo: kit.capture.callback(
        {
          code: told.code,
          at: toldTime('NgayChuyen'),
          officer: fields.text('MaCanBoNhan'),
          content: fields.text('NoiDungXuLy'),
          own: fields.code('MaTrangThai'),
        },
        ({ own, ...step }) => stepTold(step, movedTo(own)),
      ),
      DongBoTrangThaiChoBoSung: kit.capture.callback({ ...told, at: toldTime('NgayChoBoSung') }, (step) =>
        stepTold(step, { code: '30', title: null, number: 5 }),
      ),
      DongBoTrangThaiDaBoSung: kit.capture.callback(
        {
          code: told.code,
          at: toldTime('NgayNhanBoSung'),
          content: told.content,
          dueAt: toldTime('NgayHenTraMoi'),
        },
        ({ dueAt, ...step }) => stepTold({ ...step, officer: null }, movedTo(null), dueAt === null ? {} : { dueAt }),
      ),
      DongBoTrangThaiKetThuc: kit.capture.callback(
        {
          ...told,
          at: toldTime('NgayKetThuc'),
          ending: fields.code('TrangThaiKetThuc'),
          results: fields.list('DanhSachGiayToKetQua', ({ TenGiayTo }) => ({
            title: fields.readText(TenGiayTo),
            code: null,
            issuedAt: null,
          })),
        },
        ({ ending, results, ...step }) => stepTold(step, endedWith(ending), { finishedAt: step.at, results }),
      ),
      DongBoKetQuaThue: kit.capture.callback(
        {
          code: told.code,
          at: toldTime('NgayCoKetQuaThue'),
          officer: fields.text('NguoiXuLy'),
          note: told.content,
          notices: fields.list('DanhSachThongBaoThue', ({ LoaiThue, SoThongBaoThue }) =>
            [LoaiThue, SoThongBaoThue].map(fields.readText).filter(Boolean).join(' '),
          ),
        },
        ({ note, notices, ...step }) =>
          stepTold({ ...step, content: [note, ...notices].filter(Boolean).join('; ') || null }, null),
      ),
    },
  });
}

type Stated = ReturnType<Kit['fields']['readStatus']>;
type View = ReturnType<Parameters<Kit['capture']['callback']>[1]>['view'];

/** A step within the office, which the call itself says is in progress; its own word counts where it is listed. */
function movedTo(own: string | null): Stated {
  const code = own ?? '20';
  const listed = Object.entries(STATUSES).find(([status]) => status === code);
  return { code, title: null, number: listed?.[1] ?? 4 };
}

/** 0: with a result. Any other ending (returned, withdrawn) is none of the ten for certain, and is shown as it is. */
function endedWith(ending: string | null): Stated {
  if (ending === '0') return { code: '70', title: null, number: 9 };
  return { code: `KetThuc ${ending ?? ''}`.trim(), title: null, number: null };
}
