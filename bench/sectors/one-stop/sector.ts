import type { Kit } from '../../../kit/index.ts';
import { benchDatabase } from '../../tables/bench-database.ts';

/** The one-stop software, here with a SQL database: what is measured is the hub, and JSON over HTTP costs more than it. */
export default (kit: Kit) => {
  const { fields } = kit;
  const database = benchDatabase(kit, { url: 'DATABASE_URL' });
  const number = ['applicant.SODDCN', 'applicant.SOCMND'];
  const time = (from: string) => fields.dateTime(from, 'yyyy-MM-dd HH:mm:ss');

  const applicant = database.entity({
    type: 'Citizen',
    identity: ['personalNumbers', 'fullName'],
    table: 'MC_NGUOINOP as applicant',
    fields: {
      personalNumbers: fields.personalNumbers(number),
      fullName: fields.text('applicant.HOTEN'),
      birthDate: fields.partialDate('applicant.NGAYSINH', ['dd/MM/yyyy', 'MM/yyyy', 'yyyy']),
      gender: fields.choice('applicant.GIOITINH', { Nam: 'MALE', Nữ: 'FEMALE' }),
    },
    lookups: { number: { anyOf: number } },
  });

  const dossier = database.entity({
    type: 'Dossier',
    identity: ['code'],
    table: 'MC_HOSO as dossier',
    fields: {
      code: fields.code('dossier.MAHOSO'),
      procedureCode: fields.code('dossier.MATHUTUC'),
      procedureTitle: fields.text('dossier.TENTHUTUC'),
      agencyCode: fields.code('dossier.MACOQUAN'),
      applicantKind: fields.choice('dossier.LOAIDOITUONG', {
        1: 'CITIZEN',
        2: 'ENTERPRISE',
        3: 'STATE_BODY',
        4: 'OTHER',
      }),
      applicantName: fields.text('dossier.TENNGUOINOP'),
      applicantNumbers: fields.derived(['dossier.SONGUOINOP'], (raw) =>
        [fields.readText(raw)].filter((one) => one !== null),
      ),
      parties: fields.derived(['dossier.DSLIENQUAN'], (raw) =>
        numbersIn(fields.readText(raw)).map((number) => ({
          role: 'Người có liên quan',
          name: null,
          personalNumbers: [number],
        })),
      ),
      channel: fields.choice('dossier.KENH', { 1: 'COUNTER', 2: 'ONLINE', 3: 'POST' }),
      status: fields.status('dossier.TRANGTHAI', STATUSES),
      statusAt: time('dossier.NGAYCAPNHAT'),
      receivedAt: time('dossier.NGAYTIEPNHAN'),
      dueAt: time('dossier.NGAYHENTRA'),
      finishedAt: time('dossier.NGAYKETTHUC'),
      returnedAt: time('dossier.NGAYTRA'),
    },
    lookups: { code: { by: 'dossier.MAHOSO' }, applicant: { by: 'dossier.SONGUOINOP' } },
    changes: { time: 'dossier.NGAYCAPNHAT', format: 'yyyy-MM-dd HH:mm:ss', key: 'dossier.MAHOSO' },
  });

  const trace = database.entity({
    type: 'DossierStep',
    identity: ['id'],
    table: 'MC_XULY as trace',
    fields: {
      id: fields.code('trace.ID'),
      officer: fields.text('trace.NGUOIXULY'),
      position: fields.text('trace.CHUCVU'),
      unit: fields.text('trace.DONVI'),
      content: fields.text('trace.NOIDUNG'),
      at: time('trace.THOIDIEM'),
      status: fields.status('trace.TRANGTHAI', STATUSES),
    },
    lookups: { dossier: { by: 'trace.MAHOSO', orderBy: ['trace.STT'] } },
  });

  const fee = database.entity({
    type: 'DossierFee',
    identity: ['id'],
    table: 'MC_LEPHI as fee',
    fields: {
      id: fields.code('fee.ID'),
      title: fields.text('fee.TEN'),
      code: fields.code('fee.MA'),
      amount: fields.decimal('fee.SOTIEN'),
      paid: fields.choice('fee.DANOP', { 1: true, 0: false }),
    },
    lookups: { dossier: { by: 'fee.MAHOSO' } },
  });

  const counterList = database.entity({
    type: 'CounterList',
    identity: ['code'],
    table: 'MC_LICH as list',
    fields: {
      code: fields.code('list.MALICH'),
      numbers: fields.derived(['list.DANHSACH'], (raw) => numbersIn(fields.readText(raw))),
      expected: fields.derived(['list.DANHSACH'], (raw) =>
        numbersIn(fields.readText(raw)).map((number) => ({
          personalNumbers: [number],
          birthDate: null,
          fullName: null,
        })),
      ),
    },
    lookups: { code: { by: 'list.MALICH' } },
  });

  return kit.sector({
    title: 'Một cửa',
    sources: { database },
    entities: { applicant, dossier, trace, fee, counterList },
    queries: {
      counterList: { to: 'counterList', by: 'code', key: ({ code }) => String(code), holders: 'expected' },
    },
    links: {
      'CounterList.people': {
        to: 'Citizen',
        needs: ['numbers'],
        keys: (parent) => parent.numbers as readonly string[],
        list: true,
      },
    },
    identity: [{ entity: 'applicant', by: 'number', rank: 20 }],
    dossiers: {
      entity: 'dossier',
      role: 'reception',
      byCode: 'code',
      byApplicant: 'applicant',
      parts: { steps: { entity: 'trace', by: 'dossier' }, fees: { entity: 'fee', by: 'dossier' } },
      changes: { poll: kit.capture.poll() },
    },
  });
};

function numbersIn(text: string | null): readonly string[] {
  return text === null ? [] : text.split(',');
}

const STATUSES = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10 } as const;
