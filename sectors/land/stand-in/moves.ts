/** Takes a dossier on as the land office's own software does: statements for any database that has its tables. */

import { two, utcTime } from '../../../stand-ins/world/time.ts';

export interface Move {
  code: string;
  /** MATRANGTHAI: 20, 21, 22 in progress, 30 supplement, 40 payment, 50 withdrawn, 60 stopped, 70 finished, 80 returned. */
  status: number;
  content?: string;
  officer?: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Of the step; one more than the greatest when left out, which two writers at once would both take. */
  stepId?: number;
}

export interface Statement {
  sql: string;
  bindings: (string | number | null)[];
}

/** To be run together, in one transaction. */
export function moveStatements(move: Move): Statement[] {
  const { code, status, content = 'Cập nhật hồ sơ', officer = '', at, stepId = null } = move;
  const time = written(at);
  return [
    {
      sql: `INSERT INTO HS_LUANCHUYEN (LUANCHUYENID, SOBIENNHAN, STT, MACANBOCHUYEN, MACANBONHAN, MATRANGTHAI, NOIDUNGXULY, NGAYCHUYEN, HANXULY)
SELECT coalesce(?, (SELECT max(LUANCHUYENID) FROM HS_LUANCHUYEN AS every_step) + 1, 1), ?, count(*) + 1, '', ?, ?, ?, ?, NULL
FROM HS_LUANCHUYEN AS own_step WHERE own_step.SOBIENNHAN = ?`,
      bindings: [stepId, code, officer, status, content, time, code],
    },
    {
      sql: `UPDATE HS_HOSO SET MATRANGTHAI = ?, NGAYCAPNHAT = ?, NGAYKETTHUC = CASE WHEN ? = 70 THEN ? ELSE NGAYKETTHUC END,
NGAYTRA = CASE WHEN ? = 80 THEN ? ELSE NGAYTRA END WHERE SOBIENNHAN = ?`,
      bindings: [status, time, status, time, status, time, code],
    },
  ];
}

/** '2026-10-08 01:12:44', in UTC and without saying so. */
function written(at: number): string {
  const { year, month, day, hour, minute, second } = utcTime(at);
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}
