import type { Kit } from '../../../../kit/index.ts';

/** A branch of the land office whose software can only write everything it has into a file, again and again. */
export default (kit: Kit) => {
  const { fields } = kit;
  const time = (from: string) => fields.dateTime(from, TIME, 'UTC');
  const drop = kit.capture.files({
    ...{ directory: 'DIRECTORY', pattern: 'ho-so-*.csv', format: kit.csv({ delimiter: ';' }), contents: 'all' },
    // Short, so that what takes minutes in life takes seconds here.
    ...{ stableMs: 300, lookMs: 150 },
  });
  const dossier = drop.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('Mã hồ sơ'),
      procedureCode: fields.code('Thủ tục'),
      summary: fields.text('Số vào sổ'),
      status: fields.status('Trạng thái', STATUSES),
      statusAt: time('Cập nhật'),
      receivedAt: time('Tiếp nhận'),
      dueAt: time('Hẹn trả'),
      finishedAt: time('Kết thúc'),
      // 2026-10-08 01:12:44 21|2026-10-09 07:00:00 22
      steps: fields.derived(['Quá trình'], (raw) =>
        (fields.readText(raw) ?? '')
          .split('|')
          .filter(Boolean)
          .map((one) => ({
            ...{ officer: null, position: null, unit: null, content: null, dueAt: null },
            at: fields.readInstant(one.slice(0, TIME.length), TIME, 'UTC'),
            status: fields.readStatus(one.slice(TIME.length + 1), STATUSES, null),
          })),
      ),
    },
  });
  return kit.sector({
    title: 'Đất đai, xuất tệp',
    sources: { drop: drop.source },
    entities: { dossier },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { drop } },
  });
};

const TIME = 'yyyy-MM-dd HH:mm:ss';
const STATUSES = { 10: 2, 20: 4, 21: 4, 22: 4, 30: 5, 40: 6, 50: 7, 60: 8, 70: 9, 80: 10 } as const;
