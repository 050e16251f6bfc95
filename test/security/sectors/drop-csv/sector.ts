import type { Kit } from '../../../../kit/index.ts';

/** An office that drops what changed into a folder, as text, and calls as well. */
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
      procedureTitle: fields.text('Tên thủ tục'),
      applicantName: fields.text('Người nộp'),
      status: fields.status('Trạng thái', STATUSES, { titleFrom: 'Tên trạng thái' }),
      statusAt: fields.dateTime('Cập nhật', 'yyyy-MM-dd HH:mm:ss', 'UTC'),
    },
  });
  const told = kit.capture.push({
    secret: { setting: 'SECURITY_CODE', member: 'SecurityCode' },
    answer: (outcome, message) => ({ Result: outcome === 'accepted' ? 1 : 0, Message: message }),
    routes: {
      DaDoi: kit.capture.callback(
        {
          ...{
            code: fields.code('Ma'),
            procedureCode: fields.code('ThuTuc'),
            procedureTitle: fields.text('TenThuTuc'),
          },
          ...{ applicantName: fields.text('NguoiNop'), at: fields.dateTime('CapNhat', 'rfc3339') },
          status: fields.status('TrangThai', STATUSES, { titleFrom: 'TenTrangThai' }),
        },
        ({ code, at, ...view }) => ({ code: code ?? '', occurredAt: at, view }),
      ),
    },
  });
  return kit.sector({
    title: 'Văn phòng gửi tệp',
    sources: { drop: drop.source },
    entities: { dossier },
    dossiers: { entity: 'dossier', role: 'course', byCode: 'code', changes: { drop, told } },
  });
};

const STATUSES = { 10: 2, 21: 4, 70: 9 } as const;
