import { agencyCode } from '../../catalogues/agencies.ts';
import { isEnterpriseCode } from '../../core/enterprise-code.ts';
import { isPersonalNumber } from '../../core/personal-number.ts';
import { DAY_MS, VIETNAM_OFFSET_MS, vietnamDate } from '../../core/time.ts';
import type { DossierFacts } from './facts.ts';
import type { Hold } from './hold-reasons.ts';

/** Clocks of systems differ; a time further ahead than this was mistyped. */
const AHEAD_MS = 3_600_000;
const CODE = /^(?<unit>.+)-(?<yymmdd>\d{6})-(?:\d{4}|\d{6,7})$/;

/**
 * What stands against sending a dossier: what the portal would refuse, and what would be false if it took it. Nothing is
 * mended here: a number, a code or a date that somebody has to correct is corrected where it was typed.
 *
 * @param now UTC milliseconds
 * @returns empty where it may be sent
 */
export function validate(facts: DossierFacts, now: number): readonly Hold[] {
  return [
    ...checkCode(facts),
    ...checkUnreadable(facts),
    ...checkProcedure(facts),
    ...checkAgency(facts),
    ...checkApplicant(facts),
    ...checkDates(facts, now),
    ...checkStatus(facts),
  ];
}

function* checkCode({ code }: DossierFacts): Generator<Hold> {
  const { unit = '', yymmdd = '' } = CODE.exec(code)?.groups ?? {};
  if (agencyCode(unit) !== null && isDay(yymmdd)) return;
  yield {
    code: 'CODE_PATTERN',
    text: 'Mã hồ sơ không đúng cấu trúc {mã định danh đơn vị}-{năm tháng ngày}-{số thứ tự}. Đề nghị cán bộ tiếp nhận cấp lại mã trên phần mềm một cửa.',
    fields: ['code'],
  };
}

function* checkUnreadable({ unreadable }: DossierFacts): Generator<Hold> {
  const status = unreadable.filter((field) => ['status', 'statusAt'].includes(field));
  if (status.length > 0) {
    yield {
      code: 'STATUS_UNREADABLE',
      text: 'Không đọc được trạng thái mới nhất từ hệ thống chuyên ngành. Đề nghị quản trị hệ thống đó kiểm tra trường trạng thái của hồ sơ.',
      fields: status,
    };
  }
  const others = unreadable.filter((field) => !status.includes(field));
  if (others.length > 0) {
    yield {
      code: 'FIELD_UNREADABLE',
      text: `Không đọc được giá trị mới của trường ${others.join(', ')} từ hệ thống nguồn. Đề nghị sửa giá trị đó trên hệ thống nguồn.`,
      fields: others,
    };
  }
}

function* checkProcedure({ procedure }: DossierFacts): Generator<Hold> {
  if (procedure !== null) return;
  yield {
    code: 'UNKNOWN_PROCEDURE',
    text: 'Mã thủ tục hành chính không có trong danh mục. Đề nghị chọn lại thủ tục trên phần mềm một cửa hoặc bổ sung danh mục thủ tục của trục liên thông.',
    fields: ['procedureCode'],
  };
}

function* checkAgency({ agency }: DossierFacts): Generator<Hold> {
  if (agency !== null) return;
  yield {
    code: 'UNKNOWN_AGENCY',
    text: 'Cơ quan giải quyết không có trong danh mục cơ quan. Đề nghị chọn lại cơ quan trên phần mềm một cửa hoặc bổ sung danh mục cơ quan của trục liên thông.',
    fields: ['agencyCode'],
  };
}

function* checkApplicant({ view }: DossierFacts): Generator<Hold> {
  if ((view.applicantName ?? '').trim() === '') {
    yield {
      code: 'NAME_MISSING',
      text: 'Thiếu tên chủ hồ sơ. Đề nghị cán bộ tiếp nhận nhập tên trên phần mềm một cửa.',
      fields: ['applicantName'],
    };
  }
  const kind = view.applicantKind ?? null;
  const stated = view.applicantNumbers ?? [];
  const personal = stated.filter(isPersonalNumber);
  const enterprise = stated.filter(isEnterpriseCode);
  if (stated.some((number) => !personal.includes(number) && !enterprise.includes(number))) {
    yield {
      code: 'IDENTITY_MALFORMED',
      text: 'Số giấy tờ của chủ hồ sơ không phải số định danh 12 số, CMND 9 số hoặc mã số doanh nghiệp hợp lệ. Đề nghị cán bộ tiếp nhận kiểm tra và nhập lại trên phần mềm một cửa.',
      fields: ['applicantNumbers'],
    };
    return;
  }
  if (kind === 'STATE_BODY' || kind === 'OTHER') return;
  const usable = kind === 'ENTERPRISE' ? enterprise : kind === 'CITIZEN' ? personal : stated;
  if (usable.length > 0) return;
  yield {
    code: 'MISSING_IDENTITY',
    text:
      kind === 'ENTERPRISE'
        ? 'Thiếu mã số doanh nghiệp của chủ hồ sơ. Đề nghị cán bộ tiếp nhận bổ sung trên phần mềm một cửa.'
        : 'Thiếu số định danh cá nhân hoặc số CMND của chủ hồ sơ. Đề nghị cán bộ tiếp nhận bổ sung trên phần mềm một cửa.',
    fields: ['applicantNumbers'],
  };
}

function* checkDates({ view }: DossierFacts, now: number): Generator<Hold> {
  const { receivedAt = null, dueAt = null, finishedAt = null, returnedAt = null } = view;
  const wrong = new Set<string>();
  for (const [earlier, later, fields] of [
    [receivedAt, dueAt, ['receivedAt', 'dueAt']],
    [receivedAt, finishedAt, ['receivedAt', 'finishedAt']],
    [finishedAt, returnedAt, ['finishedAt', 'returnedAt']],
    [receivedAt, returnedAt, ['receivedAt', 'returnedAt']],
  ] as const) {
    if (earlier !== null && later !== null && isAfter(earlier, later)) for (const field of fields) wrong.add(field);
  }
  for (const [at, field] of [
    [receivedAt, 'receivedAt'],
    [finishedAt, 'finishedAt'],
    [returnedAt, 'returnedAt'],
  ] as const) {
    if (at !== null && at > now + AHEAD_MS) wrong.add(field);
  }
  if (wrong.size === 0) return;
  yield {
    code: 'DATES_OUT_OF_ORDER',
    text: `Các ngày của hồ sơ không đúng trình tự (tiếp nhận, hẹn trả, kết thúc xử lý, trả kết quả) hoặc ở tương lai: ${[...wrong].join(', ')}. Đề nghị sửa ngày trên phần mềm một cửa hoặc hệ thống chuyên ngành.`,
    fields: [...wrong],
  };
}

function* checkStatus({ status }: DossierFacts): Generator<Hold> {
  if (status !== null && status.number !== null) return;
  yield {
    code: 'UNKNOWN_STATUS',
    text:
      status === null
        ? 'Không hệ thống nào cho biết trạng thái của hồ sơ. Đề nghị cập nhật trạng thái trên phần mềm một cửa hoặc hệ thống chuyên ngành.'
        : 'Trạng thái mới nhất của hồ sơ không ứng với trạng thái nào trong mười trạng thái của Cổng. Đề nghị người khai báo hệ thống chuyên ngành bổ sung ánh xạ trạng thái.',
    fields: ['status'],
  };
}

/** Systems that keep days only state midnight: on one day, midnight is neither before nor after. */
function isAfter(earlier: number, later: number): boolean {
  const aDayOnly = isMidnight(earlier) || isMidnight(later);
  return aDayOnly ? vietnamDate(earlier) > vietnamDate(later) : earlier > later;
}

function isMidnight(at: number): boolean {
  return (at + VIETNAM_OFFSET_MS) % DAY_MS === 0;
}

function isDay(yymmdd: string): boolean {
  const day = `20${yymmdd.slice(0, 2)}-${yymmdd.slice(2, 4)}-${yymmdd.slice(4, 6)}`;
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}
