/** What happens to a dossier after it was handed in: a plausible course in office hours, cut off at today. */

import { anyName, fullName } from './names.ts';
import { type Draw, draw } from './random.ts';
import { DAY_MINUTES, MINUTE, type OfficeHours } from './time.ts';
import type { Agency, Channel, Dossier, Procedure, StatusCode, Step, Supplement } from './types.ts';

export type Course = Pick<
  Dossier,
  | 'status'
  | 'submittedAt'
  | 'receivedAt'
  | 'dueAt'
  | 'firstDueAt'
  | 'finishedAt'
  | 'returnedAt'
  | 'updatedAt'
  | 'steps'
  | 'supplements'
>;

interface CourseOptions {
  seed: number;
  choice: Draw;
  hours: OfficeHours;
  /** Working minutes at today, and at the opening of the day it was handed in. */
  now: number;
  opening: number;
  procedure: Procedure;
  agency: Agency;
  channel: Channel;
  /** Go no further than this status, even if today is long after. */
  stopAt: StatusCode | undefined;
}

const supplementRequests = [
  'Bổ sung bản sao trích lục bản đồ địa chính',
  'Bổ sung giấy tờ chứng minh quan hệ huyết thống',
  'Bổ sung văn bản uỷ quyền có chứng thực',
  'Bản khai thiếu chữ ký, đề nghị ký lại',
  'Bổ sung bản sao điều lệ công ty',
];

const expertUnits: Record<string, string> = {
  land: 'Chi nhánh Văn phòng Đăng ký đất đai',
  'civil-status': 'Bộ phận Tư pháp - Hộ tịch',
  'business-registration': 'Phòng Đăng ký kinh doanh',
};

export function courseOf(options: CourseOptions): Course {
  const { choice, hours, now, opening, procedure, channel, stopAt } = options;
  const steps: Step[] = [];
  const supplements: Supplement[] = [];
  const counter = officer(options.seed, options.agency.code, choice.between(0, 2), 'Công chức một cửa');
  const expert = officer(options.seed, procedure.field, choice.between(0, 5), 'Chuyên viên');
  const chief = officer(options.seed, procedure.field, 9, 'Trưởng phòng');
  const seconds = choice.between(0, 59) * 1000;
  const instant = (minutes: number) => hours.instantOf(minutes) + seconds;
  let ended = false;

  /** Adds what happens at a working minute; false when it has not happened yet or the course stops before. */
  const happens = (minutes: number, by: Step['by'], who: Officer, status: StatusCode, content: string): boolean => {
    if (ended || minutes >= now) {
      ended = true;
      return false;
    }
    const unit = by === 'counter' ? options.agency.title : (expertUnits[procedure.sector] ?? 'Phòng chuyên môn');
    steps.push({ at: instant(minutes), by, officer: who.name, officerTitle: who.title, unit, content, status });
    if (stopAt === status) ended = true;
    return true;
  };

  const arrived = opening + choice.between(5, DAY_MINUTES - 10);
  const budget = Math.max(60, procedure.durationHours * 60);
  const submittedAt = channel === 1 ? instant(arrived) : instant(arrived) - choice.between(20, 900) * MINUTE;
  const course: Course = {
    status: 1,
    submittedAt,
    receivedAt: undefined,
    dueAt: undefined,
    firstDueAt: undefined,
    finishedAt: undefined,
    returnedAt: undefined,
    updatedAt: submittedAt,
    steps,
    supplements,
  };

  const handIn = () =>
    steps.push({
      at: submittedAt,
      by: 'counter',
      officer: '',
      officerTitle: '',
      unit: options.agency.title,
      content: 'Công dân nộp hồ sơ',
      status: 1,
    });
  if (channel !== 1 || stopAt === 1) {
    handIn();
    ended = stopAt === 1 || choice.chance(0.004);
  }
  const ending = stopAt ?? endingOf(choice);
  // At the counter a dossier is received in the moment it is handed in, unless it is refused.
  if (ending === 3 && steps.length === 0) handIn();
  if (ending === 3) {
    happens(
      arrived + choice.between(1, 300),
      'counter',
      counter,
      3,
      'Từ chối tiếp nhận: hồ sơ không thuộc thẩm quyền giải quyết',
    );
    return finish(course);
  }
  if (!happens(arrived, 'counter', counter, 2, 'Tiếp nhận hồ sơ, hẹn trả kết quả')) return finish(course);
  course.receivedAt = instant(arrived);
  course.firstDueAt = instant(arrived + budget);
  course.dueAt = course.firstDueAt;

  const speed = choice.chance(0.91) ? 0.35 + choice.next() * 0.62 : 1.05 + choice.next() * 0.9;
  let done = arrived + Math.max(40, Math.floor(budget * speed));
  let at = arrived + choice.between(5, Math.min(120, Math.floor(budget * 0.15)));
  happens(at, 'counter', counter, 2, 'Chuyển hồ sơ đến cơ quan chuyên môn');
  at += choice.between(5, Math.min(240, Math.floor(budget * 0.15)));
  happens(at, 'sector', expert, 4, 'Thụ lý, thẩm định hồ sơ');

  if (ending === 5 || (ending > 8 && choice.chance(0.13))) {
    const content = choice.pick(supplementRequests);
    at += choice.between(10, Math.floor(budget * 0.2) + 20);
    if (happens(at, 'sector', expert, 5, content)) {
      const pause = choice.between(60, 6 * DAY_MINUTES);
      const request = { requestedAt: instant(at), requestedBy: expert.name, content, oldDueAt: course.dueAt };
      const supplied = happens(at + pause, 'counter', counter, 4, 'Tiếp nhận giấy tờ bổ sung, tiếp tục xử lý');
      // The clock stood still while the citizen looked for the paper.
      if (supplied) course.dueAt = instant(arrived + budget + pause);
      supplements.push({
        ...request,
        suppliedAt: supplied ? instant(at + pause) : undefined,
        newDueAt: supplied ? course.dueAt : undefined,
      });
      at += pause;
      done += pause;
    }
  }
  if (ending === 6 || (ending > 8 && procedure.sector === 'land' && choice.chance(0.3))) {
    at += choice.between(10, Math.floor(budget * 0.2) + 20);
    if (happens(at, 'sector', expert, 6, 'Thông báo thực hiện nghĩa vụ tài chính')) {
      const pause = choice.between(120, 8 * DAY_MINUTES);
      if (happens(at + pause, 'sector', expert, 4, 'Đã hoàn thành nghĩa vụ tài chính') && course.dueAt !== undefined) {
        course.dueAt = instant(hours.minutesAt(course.dueAt - seconds) + pause);
      }
      at += pause;
      done += pause;
    }
  }
  done = Math.max(done, at + 30);
  if (ending === 7) happens(at + choice.between(20, 900), 'counter', counter, 7, 'Công dân có đơn xin rút hồ sơ');
  else if (ending === 8)
    happens(at + choice.between(20, 900), 'sector', chief, 8, 'Dừng xử lý: hồ sơ đang có tranh chấp');
  else {
    happens(at + Math.floor((done - at) * 0.7), 'sector', chief, 4, 'Trình lãnh đạo ký duyệt');
    if (happens(done, 'sector', chief, 9, 'Đã có kết quả, chuyển bộ phận trả kết quả'))
      course.finishedAt = instant(done);
    if (choice.chance(0.94)) {
      const collected = done + choice.between(15, 5 * DAY_MINUTES);
      if (happens(collected, 'counter', counter, 10, 'Trả kết quả cho công dân'))
        course.returnedAt = instant(collected);
    }
  }
  return finish(course);
}

/** Refused, withdrawn, stopped, stuck waiting for a paper or for money, or carried through. */
function endingOf(choice: Draw): StatusCode {
  return ([10, 3, 7, 8, 5, 6] as const)[choice.weighted([930, 25, 15, 12, 10, 8])] ?? 10;
}

function finish(course: Course): Course {
  const last = course.steps.at(-1);
  if (last !== undefined) {
    course.status = last.status;
    course.updatedAt = last.at;
  }
  return course;
}

interface Officer {
  name: string;
  title: string;
}

const officers = new Map<string, Officer>();

function officer(seed: number, office: string, place: number, title: string): Officer {
  const key = `${seed} ${office} ${place}`;
  let found = officers.get(key);
  if (found === undefined) {
    found = {
      name: fullName(anyName(draw(seed, `officer ${office}`, place), place % 2 === 0 ? 'female' : 'male')),
      title,
    };
    officers.set(key, found);
  }
  return found;
}
