import type { Kit } from '../../../../kit/index.ts';

/** A branch of the land office: the same tables in a database of its own, followed by its binary log. */
export default (kit: Kit) => {
  const { fields } = kit;
  const database = kit.sql({ url: 'DATABASE_URL' });
  const time = (from: string) => fields.dateTime(from, 'yyyy-MM-dd HH:mm:ss', 'UTC');

  const dossier = database.entity({
    type: 'Dossier',
    identity: ['code'],
    table: 'HS_HOSO as dossier',
    fields: {
      code: fields.code('dossier.SOBIENNHAN'),
      procedureCode: fields.code('dossier.MATHUTUC'),
      status: fields.status('dossier.MATRANGTHAI', STATUSES),
      statusAt: time('dossier.NGAYCAPNHAT'),
      receivedAt: time('dossier.NGAYTIEPNHAN'),
      dueAt: time('dossier.NGAYHENTRA'),
      finishedAt: time('dossier.NGAYKETTHUC'),
    },
    lookups: { code: { by: ['dossier.SOBIENNHAN'] } },
  });
  const step = database.entity({
    type: 'DossierStep',
    identity: ['id'],
    table: 'HS_LUANCHUYEN as step',
    fields: {
      id: fields.code('step.LUANCHUYENID'),
      content: fields.text('step.NOIDUNGXULY'),
      at: time('step.NGAYCHUYEN'),
      status: fields.status('step.MATRANGTHAI', STATUSES),
    },
    lookups: { dossier: { by: ['step.SOBIENNHAN'], orderBy: ['step.STT'] } },
  });

  const log = kit.capture.binlog({
    database: 'DATABASE_URL',
    tables: [
      { table: 'HS_HOSO', key: 'SOBIENNHAN' },
      { table: 'HS_LUANCHUYEN', key: 'SOBIENNHAN' },
    ],
  });
  return kit.sector({
    title: 'Đất đai, chi nhánh',
    sources: { database },
    entities: { dossier, step },
    dossiers: {
      entity: 'dossier',
      role: 'course',
      byCode: 'code',
      parts: { steps: { entity: 'step', by: 'dossier' } },
      changes: { log },
    },
  });
};

const STATUSES = { 10: 2, 20: 4, 21: 4, 22: 4, 30: 5, 40: 6, 50: 7, 60: 8, 70: 9, 80: 10 } as const;
