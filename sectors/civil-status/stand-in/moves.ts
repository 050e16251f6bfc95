/** Takes a dossier on while the system runs, so that whoever watches it has something to see. */
import type { DatabaseSync } from 'node:sqlite';
import { writtenTime } from './dates.ts';
import { advanced, type Course, type CourseStatus, statusNames } from './dossiers.ts';

export interface Move {
  code: string;
  /** One of this system's own numbers. */
  status: CourseStatus;
  content?: string;
  officer?: string;
  /** Milliseconds since 1970; now when left out. */
  at?: number;
}

/** The answer is false for a code this system does not know and for a number it does not have. */
export function createMoves(database: DatabaseSync, now: () => number): (move: Move) => boolean {
  const read = database.prepare('select body from dossier where code = ?');
  const write = database.prepare('update dossier set body = ? where code = ?');
  return ({ code, status, content, officer = 'Cán bộ tư pháp hộ tịch', at = now() }) => {
    const row = read.get(code) as { body: string } | undefined;
    if (!row || !(status in statusNames)) return false;
    const course = JSON.parse(row.body) as Course;
    const step = {
      thoiDiem: writtenTime(at),
      canBo: officer,
      chucDanh: 'Công chức tư pháp - hộ tịch',
      phongBan: 'Hộ tịch',
      noiDung: content ?? statusNames[status],
      trangThai: status,
    };
    write.run(JSON.stringify(advanced(course, step)), code);
    return true;
  };
}
