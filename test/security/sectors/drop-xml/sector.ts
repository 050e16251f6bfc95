import type { Kit } from '../../../../kit/index.ts';

/** An office that drops what changed into a folder, as XML. */
export default (kit: Kit) => {
  const { fields } = kit;
  const drop = kit.capture.files({
    ...{
      directory: 'DIRECTORY',
      pattern: 'ho-so-*.xml',
      format: kit.xml({ record: 'HoSo/Dong' }),
      contents: 'changes',
    },
    // Short, since tests wait for it.
    ...{ stableMs: 0, lookMs: 500, maxBytes: 1_048_576, maxRows: 10_000 },
  });
  const dossier = drop.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('Ma'),
      summary: fields.text('TrichYeu'),
      procedureCode: fields.code('ThuTuc'),
      procedureTitle: fields.text('TenThuTuc'),
      applicantName: fields.text('NguoiNop'),
      status: fields.status('TrangThai', { 10: 2, 21: 4, 70: 9 }, { titleFrom: 'TenTrangThai' }),
      statusAt: fields.dateTime('CapNhat', 'yyyy-MM-dd HH:mm:ss', 'UTC'),
    },
  });
  return kit.sector({
    title: 'Văn phòng gửi XML',
    sources: { drop: drop.source },
    entities: { dossier },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { drop } },
  });
};
