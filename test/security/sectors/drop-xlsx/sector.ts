import type { Kit } from '../../../../kit/index.ts';

/** An office that drops what changed into a folder, as a workbook. */
export default (kit: Kit) => {
  const { fields } = kit;
  const drop = kit.capture.files({
    ...{ directory: 'DIRECTORY', pattern: 'ho-so-*.xlsx', format: kit.xlsx(), contents: 'changes' },
    // Short, since tests wait for it.
    ...{ stableMs: 0, lookMs: 500, maxRows: 10_000 },
  });
  const dossier = drop.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('Mã hồ sơ'),
      status: fields.status('Trạng thái', { 10: 2, 21: 4, 70: 9 }),
      statusAt: fields.dateTime('Cập nhật', 'yyyy-MM-dd HH:mm:ss', 'UTC'),
    },
  });
  return kit.sector({
    title: 'Văn phòng gửi bảng tính',
    sources: { drop: drop.source },
    entities: { dossier },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { drop } },
  });
};
