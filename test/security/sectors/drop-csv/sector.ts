import type { Kit } from '../../../../kit/index.ts';

/** An office that drops what changed into a folder, as text. */
export default (kit: Kit) => {
  const { fields } = kit;
  const drop = kit.capture.files({
    ...{ directory: 'DIRECTORY', pattern: 'ho-so-*.csv', format: kit.csv({ delimiter: ';' }), contents: 'changes' },
    // Short, since tests wait for it.
    ...{ stableMs: 0, lookMs: 500, maxBytes: 1_048_576, maxRows: 10_000 },
  });
  const dossier = drop.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('Mã hồ sơ'),
      procedureCode: fields.code('Thủ tục'),
      summary: fields.text('Trích yếu'),
      status: fields.status('Trạng thái', { 10: 2, 21: 4, 70: 9 }),
      statusAt: fields.dateTime('Cập nhật', 'yyyy-MM-dd HH:mm:ss', 'UTC'),
    },
  });
  return kit.sector({
    title: 'Văn phòng gửi tệp',
    sources: { drop: drop.source },
    entities: { dossier },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { drop } },
  });
};
