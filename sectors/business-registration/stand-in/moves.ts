/** Takes a dossier on while the system runs, so that whoever watches it has something to see. */
import type { DatabaseSync } from 'node:sqlite';
import { writtenTime } from './dates.ts';
import { type Course, type CourseWord, words } from './dossiers.ts';

export interface Move {
  code: string;
  /** One of this system's own words; always written as a word. */
  status: CourseWord;
  content?: string;
  officer?: string;
  /** Milliseconds since 1970; now when left out. */
  at?: number;
}

/** The answer is false for a code this system does not know and for a word it does not have. */
export function createMoves(database: DatabaseSync, now: () => number): (move: Move) => boolean {
  const read = database.prepare('select body from dossier where code = ?');
  const write = database.prepare('update dossier set body = ? where code = ?');
  return ({ code, status, content, officer = 'Chuyên viên đăng ký kinh doanh', at = now() }) => {
    const row = read.get(code) as { body: string } | undefined;
    if (!row || !Object.hasOwn(words, status)) return false;
    const course = JSON.parse(row.body) as Course;
    const time = writtenTime(at, 'stamped');
    const text = content ?? words[status].name;
    const step = { ThoiGian: time, CanBo: officer, ChucVu: '', Phong: '', NoiDung: text, TrangThai: status };
    const next: Course = {
      ...course,
      TrangThai: status,
      TenTrangThai: words[status].name,
      NgayKetThuc: status === 'CHAP_THUAN' ? time : course.NgayKetThuc,
      NgayCapNhat: time,
      LyDo: ['YEU_CAU_SUA_DOI', 'TU_CHOI', 'DUNG_THU_LY'].includes(status) ? text : null,
      LichSu: [...course.LichSu, step],
    };
    write.run(JSON.stringify(next), code);
    return true;
  };
}
