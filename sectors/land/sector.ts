import type { Kit } from '../../kit/index.ts';

/**
 * Đất đai: an MPLIS-like SQL database, read directly; the software over it calls the hub when a dossier moves. Names of old rows are TCVN3 text, times are UTC, unknown dates are
 * zeros, and commune codes are those of before July 2025. It owns the course and the result of land dossiers.
 */
export default (kit: Kit) => {
  const { fields } = kit;
  const database = kit.sql({ url: 'DATABASE_URL' });

  const legacyText = (from: string) =>
    fields.text(from, {
      legacy: {
        encodingFrom: `${from.split('.')[0]}.BANGMA`,
        encodings: { UNICODE: 'unicode', TCVN3: 'tcvn3' },
      },
    });
  const day = (from: string) => fields.partialDate(from, ['iso', 'yyyy-MM-dd', 'dd/MM/yyyy', 'MM/yyyy', 'yyyy']);
  const time = (from: string) => fields.dateTime(from, 'yyyy-MM-dd HH:mm:ss', 'UTC');
  const flag = (from: string) => fields.choice(from, { 1: true, 0: false });

  const people = { table: 'DC_CANHAN as person' };
  const holding = {
    table: 'DC_QUYENSUDUNGDAT as holding',
    on: [['holding.THUADATID', 'parcel.THUADATID']],
  } as const;
  const holder = { table: 'DC_CANHAN as person', on: [['person.CANHANID', 'holding.CANHANID']] } as const;
  const holderName = legacyText('person.HOTEN');
  const holders = fields.derived(
    ['person.SODDCN', 'person.SOCMND', 'person.NGAYSINH', ...holderName.from],
    (twelve, nine, birthDate, ...name) => [
      {
        personalNumbers: fields.readPersonalNumbers([twelve, nine]),
        birthDate: fields.readPartialDate(birthDate, ['dd/MM/yyyy', 'MM/yyyy', 'yyyy']),
        fullName: holderName.read(...name),
      },
    ],
  );
  // Who held it before stands in the same table.
  const holdersNow = fields.derived(['holding.ISLASTEST', ...holders.from], (isLatest, ...raw) =>
    Number(isLatest) === 1 ? holders.read(...raw) : [],
  );
  const number = ['person.SODDCN', 'person.SOCMND'];

  const person = database.entity({
    type: 'Citizen',
    identity: ['personalNumbers', 'fullName', 'birthDate'],
    table: people.table,
    fields: {
      personalNumbers: fields.personalNumbers(number),
      fullName: legacyText('person.HOTEN'),
      birthDate: fields.partialDate('person.NGAYSINH', ['dd/MM/yyyy', 'MM/yyyy', 'yyyy']),
      gender: fields.choice('person.GIOITINH', { 1: 'MALE', 0: 'FEMALE' }),
    },
    lookups: { number: { anyOf: number, batchSize: 50 } },
    search: { name: { like: ['person.HOTEN'], letters: 'several' } },
  });

  const parcel = database.entity({
    type: 'LandParcel',
    identity: ['id'],
    table: 'DC_THUADAT as parcel',
    joins: [holding, holder],
    fields: {
      id: fields.code('parcel.THUADATID'),
      oldCommune: fields.code('parcel.XAID'),
      oldDistrict: fields.code('parcel.KVHCID'),
      sheet: fields.code('parcel.SOHIEUTOBANDO'),
      parcel: fields.code('parcel.SOTHUTUTHUA'),
      oldSheet: fields.code('parcel.SOHIEUTOBANDOCU'),
      oldParcel: fields.code('parcel.SOTHUTUTHUACU'),
      area: fields.decimal('parcel.DIENTICH'),
      legalArea: fields.decimal('parcel.DIENTICHPHAPLY'),
      notedArea: fields.decimal('parcel.DIENTICHGHICHU', { convention: 'comma' }),
      address: legacyText('parcel.DIACHI'),
      disputed: flag('parcel.DANGTRANHCHAP'),
      heldBy: holders,
      heldNow: holdersNow,
    },
    // Earlier states of a parcel stay in the table with the holders of then.
    where: { 'parcel.ISLASTEST': 1 },
    lookups: {
      position: { by: ['parcel.XAID', 'parcel.SOHIEUTOBANDO', 'parcel.SOTHUTUTHUA'] },
      holder: { anyOf: number, where: { 'holding.ISLASTEST': 1 } },
      certificate: { by: ['holding.GIAYCHUNGNHANID'], where: { 'holding.ISLASTEST': 1 } },
    },
  });

  const use = database.entity({
    type: 'LandUse',
    identity: ['id'],
    table: 'DC_MUCDICHSUDUNG as purpose',
    fields: {
      id: fields.code('purpose.MUCDICHSUDUNGID'),
      codes: fields.derived(
        ['purpose.LOAIMUCDICHSUDUNGID'],
        (raw) =>
          fields
            .readText(raw)
            ?.split('+')
            .map((one) => one.trim()) ?? null,
      ),
      area: fields.decimal('purpose.DIENTICH'),
      term: fields.text('purpose.THOIHANSUDUNG'),
      until: fields.derived(['purpose.THOIHANSUDUNG'], (raw) =>
        /^\d/.test(fields.readText(raw) ?? '') ? fields.readPartialDate(raw, ['dd/MM/yyyy', 'MM/yyyy', 'yyyy']) : null,
      ),
    },
    lookups: { parcel: { by: ['purpose.THUADATID'] } },
  });

  const landHolder = database.entity({
    type: 'LandHolder',
    identity: ['id'],
    table: 'DC_QUYENSUDUNGDAT as holding',
    joins: [holder],
    where: { 'holding.ISLASTEST': 1 },
    fields: {
      id: fields.code('holding.QUYENSUDUNGDATID'),
      fullName: legacyText('person.HOTEN'),
      order: fields.integer('holding.THUTU'),
      since: day('holding.NGAYBATDAU'),
      personalNumbers: fields.personalNumbers(number),
      heldBy: holders,
    },
    lookups: { parcel: { by: ['holding.THUADATID'], orderBy: ['holding.THUTU'] } },
  });

  const certificateHolding = {
    table: 'DC_QUYENSUDUNGDAT as holding',
    on: [['holding.GIAYCHUNGNHANID', 'certificate.GIAYCHUNGNHANID']],
  } as const;
  const certificate = database.entity({
    type: 'LandCertificate',
    identity: ['id'],
    table: 'DC_GIAYCHUNGNHAN as certificate',
    joins: [certificateHolding, holder],
    fields: {
      id: fields.code('certificate.GIAYCHUNGNHANID'),
      serial: fields.code('certificate.SOPHATHANH'),
      registerNumber: fields.code('certificate.SOVAOSO'),
      barcode: fields.code('certificate.MAVACH'),
      registeredOn: day('certificate.NGAYVAOSO'),
      issuedOn: day('certificate.NGAYCAP'),
      issuedBy: legacyText('certificate.COQUANCAP'),
      signedBy: legacyText('certificate.TENNGUOIKY'),
      heldBy: holders,
      heldNow: holdersNow,
    },
    lookups: {
      serial: { by: ['certificate.SOPHATHANH'] },
      registerNumber: { by: ['certificate.SOVAOSO'] },
      barcode: { by: ['certificate.MAVACH'] },
      holder: { anyOf: number, where: { 'holding.ISLASTEST': 1 } },
      parcel: { by: ['holding.THUADATID'], where: { 'holding.ISLASTEST': 1 } },
    },
  });

  const dossier = database.entity({
    type: 'Dossier',
    identity: ['code'],
    table: 'HS_HOSO as dossier',
    joins: [{ table: 'DM_TRANGTHAI as known', on: [['known.MATRANGTHAI', 'dossier.MATRANGTHAI']], kind: 'left' }],
    fields: {
      code: fields.code('dossier.SOBIENNHAN'),
      procedureCode: fields.code('dossier.MATHUTUC'),
      status: fields.status('dossier.MATRANGTHAI', STATUSES, { titleFrom: 'known.TENTRANGTHAI' }),
      statusAt: time('dossier.NGAYCAPNHAT'),
      receivedAt: time('dossier.NGAYTIEPNHAN'),
      dueAt: time('dossier.NGAYHENTRA'),
      finishedAt: time('dossier.NGAYKETTHUC'),
      parties: fields.derived(['dossier.HOTEN', 'dossier.SOCHUNGMINH'], (name, personalNumber) => [
        {
          role: 'Người nộp đơn',
          name: fields.readText(name),
          personalNumbers: fields.readPersonalNumbers([personalNumber]),
        },
      ]),
    },
    lookups: { code: { by: ['dossier.SOBIENNHAN'] } },
    changes: {
      time: 'dossier.NGAYCAPNHAT',
      format: 'yyyy-MM-dd HH:mm:ss',
      zone: 'UTC',
      key: 'dossier.SOBIENNHAN',
    },
  });

  const step = database.entity({
    type: 'DossierStep',
    identity: ['id'],
    table: 'HS_LUANCHUYEN as step',
    joins: [{ table: 'DM_CANBO as officer', on: [['officer.MACANBO', 'step.MACANBONHAN']] }],
    fields: {
      id: fields.code('step.LUANCHUYENID'),
      officer: fields.text('officer.HOTEN'),
      position: fields.text('officer.CHUCVU'),
      content: fields.text('step.NOIDUNGXULY'),
      at: time('step.NGAYCHUYEN'),
      dueAt: time('step.HANXULY'),
      status: fields.status('step.MATRANGTHAI', STATUSES),
    },
    lookups: { dossier: { by: ['step.SOBIENNHAN'], orderBy: ['step.STT'] } },
  });

  const result = database.entity({
    type: 'ResultDocument',
    identity: ['id'],
    table: 'HS_KETQUA as result',
    fields: {
      id: fields.code('result.KETQUAID'),
      title: fields.text('result.TENGIAYTO'),
      code: fields.code('result.SOGIAYTO'),
      issuedAt: fields.dateTime('result.NGAYCAP', 'yyyy-MM-dd HH:mm:ss'),
    },
    lookups: { dossier: { by: ['result.SOBIENNHAN'] } },
  });

  const toldTime = (from: string) => fields.dateTime(from, ['rfc3339', 'yyyy-MM-dd HH:mm:ss'], 'UTC');
  const told = { code: fields.code('SoBienNhan'), officer: fields.text('MaCanBoXuLy'), content: fields.text('GhiChu') };
  /** One step of the course and, where the call says so, the status that it brought. */
  const stepTold = (
    { code, at, ...step }: { code: string | null; officer: string | null; content: string | null; at: number | null },
    status: Stated,
    view: View = {},
  ) => ({
    code: code ?? '',
    occurredAt: at,
    view: {
      ...(status !== null && { status }),
      steps: [{ ...step, position: null, unit: null, at, dueAt: null, status }],
      ...view,
    },
  });
  const push = kit.capture.push({
    secret: { setting: 'SECURITY_CODE', member: 'SecurityCode' },
    answer: (outcome, message) => ({ Result: outcome === 'accepted' ? 1 : 0, Message: message }),
    routes: {
      DongBoTrangThaiLuanChuyenHoSo: kit.capture.callback(
        {
          code: told.code,
          at: toldTime('NgayChuyen'),
          officer: fields.text('MaCanBoNhan'),
          content: fields.text('NoiDungXuLy'),
          own: fields.code('MaTrangThai'),
        },
        ({ own, ...step }) => stepTold(step, movedTo(own)),
      ),
      DongBoTrangThaiChoBoSung: kit.capture.callback({ ...told, at: toldTime('NgayChoBoSung') }, (step) =>
        stepTold(step, { code: '30', title: null, number: 5 }),
      ),
      DongBoTrangThaiDaBoSung: kit.capture.callback(
        {
          code: told.code,
          at: toldTime('NgayNhanBoSung'),
          content: told.content,
          dueAt: toldTime('NgayHenTraMoi'),
        },
        ({ dueAt, ...step }) => stepTold({ ...step, officer: null }, movedTo(null), dueAt === null ? {} : { dueAt }),
      ),
      DongBoTrangThaiKetThuc: kit.capture.callback(
        {
          ...told,
          at: toldTime('NgayKetThuc'),
          ending: fields.code('TrangThaiKetThuc'),
          results: fields.list('DanhSachGiayToKetQua', ({ TenGiayTo }) => ({
            title: fields.readText(TenGiayTo),
            code: null,
            issuedAt: null,
          })),
        },
        ({ ending, results, ...step }) => stepTold(step, endedWith(ending), { finishedAt: step.at, results }),
      ),
      DongBoKetQuaThue: kit.capture.callback(
        {
          code: told.code,
          at: toldTime('NgayCoKetQuaThue'),
          officer: fields.text('NguoiXuLy'),
          note: told.content,
          notices: fields.list('DanhSachThongBaoThue', ({ LoaiThue, SoThongBaoThue }) =>
            [LoaiThue, SoThongBaoThue].map(fields.readText).filter(Boolean).join(' '),
          ),
        },
        ({ note, notices, ...step }) =>
          stepTold({ ...step, content: [note, ...notices].filter(Boolean).join('; ') || null }, null),
      ),
    },
  });

  const numbersOf = (parent: Readonly<Record<string, unknown>>) => parent.personalNumbers as readonly string[];
  const idOf = (parent: Readonly<Record<string, unknown>>) => [parent.id as string];

  return kit.sector({
    title: 'Đất đai',
    sources: { database },
    entities: { person, parcel, use, landHolder, certificate, dossier, step, result },
    queries: {
      landParcel: {
        to: 'parcel',
        by: 'position',
        holders: 'heldNow',
        key: ({ oldCommune, catalogue, sheet, parcel: ordinal }) => {
          if (catalogue === 'SINCE_2025_07') {
            throw new kit.FaultyValue(
              'a commune code of the catalogue BEFORE_2025_07, by which the land database keeps its sheets',
              'one of the catalogue SINCE_2025_07',
            );
          }
          return [oldCommune, sheet, ordinal].map(String);
        },
      },
      landCertificate: (['serial', 'registerNumber', 'barcode'] as const).map((by) => ({
        to: 'certificate',
        by,
        holders: 'heldNow',
        key: (args: Readonly<Record<string, unknown>>) => {
          const count = Object.values(args).filter((value) => value != null).length;
          if (count !== 1) {
            throw new kit.FaultyValue('exactly one of serial, registerNumber and barcode', `${count} of them`);
          }
          if (args[by] == null) return null;
          const given = String(args[by]).trim();
          // Letters, one blank, digits: however a serial is typed, it is printed so.
          return by === 'serial' ? given.toUpperCase().replace(/^([A-ZĐ]+)\s*(\d+)$/, '$1 $2') : given;
        },
      })),
    },
    links: {
      'Citizen.landParcels': {
        to: 'parcel',
        by: 'holder',
        needs: ['personalNumbers'],
        keys: numbersOf,
        list: true,
        holders: 'heldBy',
      },
      'Citizen.landCertificates': {
        to: 'certificate',
        by: 'holder',
        needs: ['personalNumbers'],
        keys: numbersOf,
        list: true,
        holders: 'heldBy',
      },
      'LandParcel.uses': { to: 'use', by: 'parcel', needs: ['id'], keys: idOf, list: true },
      'LandParcel.holders': {
        ...{ to: 'landHolder', by: 'parcel', needs: ['id'], keys: idOf, list: true },
        holders: 'heldBy',
      },
      'LandParcel.certificates': { to: 'certificate', by: 'parcel', needs: ['id'], keys: idOf, list: true },
      'LandCertificate.parcels': { to: 'parcel', by: 'certificate', needs: ['id'], keys: idOf, list: true },
      'LandHolder.citizen': {
        to: 'Citizen',
        needs: ['personalNumbers', 'heldBy'],
        holders: 'heldBy',
        keys: (parent) => {
          const numbers = numbersOf(parent);
          return numbers.length === 0 ? [] : [numbers];
        },
        list: false,
      },
    },
    identity: [{ entity: 'person', by: 'number', rank: 40 }],
    dossiers: {
      entity: 'dossier',
      role: 'course',
      byCode: 'code',
      parts: { steps: { entity: 'step', by: 'dossier' }, results: { entity: 'result', by: 'dossier' } },
      changes: { poll: kit.capture.poll(), push },
    },
  });
};

type Stated = ReturnType<Kit['fields']['readStatus']>;
type View = ReturnType<Parameters<Kit['capture']['callback']>[1]>['view'];

/** MATRANGTHAI → one of the ten. 35 and 99 occur and are in no list: they are shown as they are. */
const STATUSES = {
  10: 2,
  20: 4,
  21: 4,
  22: 4,
  30: 5,
  40: 6,
  50: 7,
  60: 8,
  70: 9,
  80: 10,
} as const;

/** A step within the office, which the call itself says is in progress; its own word counts where it is listed. */
function movedTo(own: string | null): Stated {
  const code = own ?? '20';
  const listed = Object.entries(STATUSES).find(([status]) => status === code);
  return { code, title: null, number: listed?.[1] ?? 4 };
}

/** 0: with a result. Any other ending (returned, withdrawn) is none of the ten for certain, and is shown as it is. */
function endedWith(ending: string | null): Stated {
  if (ending === '0') return { code: '70', title: null, number: 9 };
  return { code: `KetThuc ${ending ?? ''}`.trim(), title: null, number: null };
}
