import type { Kit } from '../../kit/index.ts';

/**
 * Đăng ký kinh doanh: the register of enterprises over REST, and the household businesses of the districts as a CSV
 * file dropped every night, in Windows-1258 and with the leading zeros a spreadsheet lost.
 */
export default (kit: Kit) => {
  const { fields, numbers } = kit;

  const register = kit.rest({
    url: 'REST_URL',
    auth: kit.rest.clientCredentials({ path: '/token', clientId: 'CONSUMER_KEY', clientSecret: 'CONSUMER_SECRET' }),
    failure: (answer) => {
      const { ErrorCode: code } = (answer ?? {}) as { ErrorCode?: unknown };
      return code === '0' || code === 0 ? undefined : `ErrorCode ${String(code)}`;
    },
  });

  const households = kit.file({
    directory: 'DROP_DIRECTORY',
    pattern: 'ho-kinh-doanh-*.csv',
    format: kit.csv({ delimiter: ';', encoding: 'cp1258' }),
  });

  const asked = (path: string, name: string) => ({
    batchSize: 20,
    request: (keys: readonly unknown[]) => ({ method: 'POST' as const, path, body: { [name]: keys } }),
    rows: 'Data',
  });
  // Days come in both forms in every field.
  const day = (from: string) => fields.partialDate(from, DAYS);
  const time = (from: string) => fields.dateTime(from, TIMES);
  const readTime = (raw: unknown) => fields.readInstant(raw, TIMES);
  const restored = (raw: unknown) => fields.readPersonalNumbers([raw], { restoreZeros: true });

  const representative = register.entity({
    type: 'Citizen',
    identity: ['personalNumbers', 'fullName', 'birthDate'],
    fields: {
      personalNumbers: fields.personalNumbers(['IDENTITY_NO', 'OLD_IDENTITY_NO']),
      fullName: fields.text('FULL_NAME'),
      birthDate: day('BIRTHDAY'),
      gender: fields.choice('GENDER', { Nam: 'MALE', Nữ: 'FEMALE' }),
    },
    lookups: { number: { ...asked('/dkkd/nguoi-dai-dien', 'SoGiayTo'), keys: ['SoGiayToKhop[]'] } },
  });

  const representatives = (raw: unknown) =>
    fields.elementsOf(raw).map((one) => ({
      fullName: fields.readText(one.FULL_NAME),
      position: fields.readText(one.POSITION),
      birthDate: fields.readPartialDate(one.BIRTHDAY, DAYS),
      personalNumbers: fields.readPersonalNumbers([one.IDENTITY_NO]),
    }));

  const enterprise = register.entity({
    type: 'Business',
    identity: ['code'],
    fields: {
      code: fields.code('MainInformation.ENTERPRISE_CODE'),
      name: fields.text('MainInformation.NAME'),
      kind: fields.derived(['MainInformation.ENTERPRISE_CODE'], (raw) =>
        fields.readText(raw)?.includes('-') ? 'BRANCH' : 'ENTERPRISE',
      ),
      foreignName: fields.text('MainInformation.NAME_F'),
      shortName: fields.text('MainInformation.SHORT_NAME'),
      taxCode: fields.code('MainInformation.ENTERPRISE_GDT_CODE'),
      status: fields.text('MainInformation.ENTERPRISE_STATUS_NAME'),
      legalForm: fields.text('MainInformation.ENTERPRISE_TYPE_NAME'),
      foundedOn: day('MainInformation.FOUNDING_DATE'),
      amendedOn: day('MainInformation.LAST_AMEND_DATE'),
      capital: fields.decimal('MainInformation.CAPITAL_AMOUNT', { convention: 'comma' }),
      address: fields.text('HOAdress.AddressFullText'),
      oldCommune: fields.code('HOAdress.WardID'),
      lines: fields.list('BusinessLines', (one) => ({
        code: fields.readText(one.CODE),
        title: fields.readText(one.NAME),
        main: fields.readChoice(one.IS_MAIN, { Y: true, N: false }),
      })),
      representatives: fields.derived(['Representatives'], representatives),
      heldBy: fields.derived(['Representatives'], representatives),
      parentCode: fields.code('ParentCode'),
      // One code where a list is meant is a list of one, as with representatives.
      branchCodes: fields.derived(['BranchCodes'], (raw) =>
        [raw ?? []].flat().map((one) => numbers.enterprise(fields.readText(one) ?? '').code),
      ),
    },
    lookups: {
      code: { ...asked('/dkkd/doanh-nghiep', 'MaSoDoanhNghiep'), keys: ['MainInformation.ENTERPRISE_CODE'] },
      representative: { ...asked('/dkkd/doanh-nghiep/theo-giay-to', 'SoGiayTo'), keys: ['SoGiayToKhop[]'] },
    },
  });

  const owner = households.entity({
    type: 'Citizen',
    identity: ['personalNumbers', 'fullName', 'birthDate'],
    fields: {
      personalNumbers: fields.personalNumbers(['Số giấy tờ chủ hộ'], { restoreZeros: true }),
      fullName: fields.text('Chủ hộ'),
      birthDate: day('Ngày sinh chủ hộ'),
      asOf: fields.derived(['#modifiedAt'], (raw) => (typeof raw === 'number' ? raw : null)),
    },
    lookups: { number: { keys: (row) => numbersIn(row['Số giấy tờ chủ hộ']) } },
    search: { name: 'Chủ hộ' },
  });

  const household = households.entity({
    type: 'Business',
    identity: ['code'],
    fields: {
      code: fields.code('Mã số hộ kinh doanh'),
      name: fields.text('Tên hộ kinh doanh'),
      kind: fields.derived([], () => 'HOUSEHOLD'),
      taxCode: fields.derived(['Mã số thuế'], (raw) => {
        const plain = fields.readText(raw);
        return plain === null ? null : numbers.restoreEnterprise(plain).code;
      }),
      status: fields.text('Tình trạng'),
      foundedOn: day('Ngày đăng ký'),
      capital: fields.decimal('Vốn kinh doanh', { convention: 'comma' }),
      // By runs of blanks: blanks around a line break, looked for as such, would be tried from each of them on.
      address: fields.derived(
        ['Địa chỉ'],
        (raw) => fields.readText(raw)?.replace(/\s+/g, (gap) => (gap.includes('\n') ? ', ' : gap)) ?? null,
      ),
      oldCommune: fields.code('Mã xã'),
      lines: fields.derived(['Mã ngành', 'Ngành nghề'], (code, title) => [
        { code: fields.readText(code)?.padStart(4, '0') ?? null, title: fields.readText(title), main: true },
      ]),
      representatives: fields.derived(
        ['Chủ hộ', 'Ngày sinh chủ hộ', 'Số giấy tờ chủ hộ'],
        (fullName, birthDate, number) => [
          {
            fullName: fields.readText(fullName),
            position: 'Chủ hộ',
            birthDate: fields.readPartialDate(birthDate, DAYS),
            personalNumbers: restored(number),
          },
        ],
      ),
      heldBy: fields.derived(['Ngày sinh chủ hộ', 'Số giấy tờ chủ hộ', 'Chủ hộ'], (birthDate, number, fullName) => [
        {
          birthDate: fields.readPartialDate(birthDate, DAYS),
          personalNumbers: restored(number),
          fullName: fields.readText(fullName),
        },
      ]),
    },
    lookups: {
      code: { keys: ['Mã số hộ kinh doanh'] },
      owner: { keys: (row) => numbersIn(row['Số giấy tờ chủ hộ']) },
    },
  });

  /** The number of a row as it was before a spreadsheet took its zeros; none when that is not certain. */
  function numbersIn(raw: unknown): readonly string[] {
    try {
      return restored(raw);
    } catch {
      return [];
    }
  }

  const dossier = register.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('MaHoSo'),
      procedureCode: fields.code('LoaiHoSo'),
      status: fields.status('TrangThai', STATUSES, { titleFrom: 'TenTrangThai' }),
      statusAt: time('NgayCapNhat'),
      receivedAt: time('NgayNhan'),
      dueAt: time('NgayHenTra'),
      finishedAt: time('NgayKetThuc'),
      steps: fields.list('LichSu', (one) => ({
        officer: fields.readText(one.CanBo),
        position: fields.readText(one.ChucVu),
        unit: fields.readText(one.Phong),
        content: fields.readText(one.NoiDung),
        at: readTime(one.ThoiGian),
        dueAt: null,
        status: fields.readStatus(one.TrangThai, STATUSES, null),
      })),
      results: fields.list('KetQua', (one) => ({
        title: fields.readText(one.TenGiayTo),
        code: fields.readText(one.SoGiayTo),
        issuedAt: readTime(one.NgayCap),
      })),
    },
    lookups: { code: { ...asked('/dkkd/ho-so', 'MaHoSo'), keys: ['MaHoSo'] } },
    // A renamed member would read as nothing.
    always: ['LoaiHoSo', 'TrangThai', 'NgayCapNhat', 'NgayNhan', 'NgayHenTra', 'NgayKetThuc', 'LichSu', 'KetQua'],
  });

  return kit.sector({
    title: 'Đăng ký kinh doanh',
    sources: { register, households },
    entities: { representative, enterprise, owner, household, dossier },
    queries: {
      business: [
        {
          to: 'enterprise',
          by: 'code',
          holders: 'heldBy',
          key: ({ code }) => {
            const parsed = numbers.enterprise(String(code));
            return parsed.kind === 'household' ? null : parsed.code;
          },
        },
        {
          to: 'household',
          by: 'code',
          holders: 'heldBy',
          key: ({ code }) => {
            const parsed = numbers.enterprise(String(code));
            return parsed.kind === 'household' ? parsed.code : null;
          },
        },
      ],
    },
    links: {
      'Citizen.businesses': [
        {
          to: 'enterprise',
          by: 'representative',
          needs: ['personalNumbers'],
          keys: ({ personalNumbers }) => personalNumbers as readonly string[],
          list: true,
          holders: 'heldBy',
        },
        {
          to: 'household',
          by: 'owner',
          needs: ['personalNumbers'],
          keys: ({ personalNumbers }) => personalNumbers as readonly string[],
          list: true,
          holders: 'heldBy',
        },
      ],
      'Business.parent': {
        to: 'enterprise',
        by: 'code',
        needs: ['parentCode'],
        keys: ({ parentCode }) => (typeof parentCode === 'string' ? [parentCode] : []),
        list: false,
        holders: 'heldBy',
      },
      'Business.branches': {
        to: 'enterprise',
        by: 'code',
        needs: ['branchCodes'],
        keys: ({ branchCodes }) => (branchCodes ?? []) as readonly string[],
        list: true,
        holders: 'heldBy',
      },
    },
    identity: [
      { entity: 'representative', by: 'number', rank: 30 },
      { entity: 'owner', by: 'number', rank: 50 },
    ],
    dossiers: {
      entity: 'dossier',
      role: 'course',
      byCode: 'code',
      changes: { follow: kit.capture.follow() },
    },
  });
};

const DAYS = ['dd/MM/yyyy', 'iso', 'MM/yyyy', 'yyyy'] as const;
const TIMES = ['dd/MM/yyyy HH:mm:ss', 'rfc3339'] as const;

/** TrangThai is a word in newer dossiers and a number in older ones; LIEN_THONG_THUE and 45 are in no list. */
const STATUSES = {
  TIEP_NHAN: 2,
  10: 2,
  DANG_XU_LY: 4,
  20: 4,
  YEU_CAU_SUA_DOI: 5,
  30: 5,
  CHO_NOP_LE_PHI: 6,
  40: 6,
  CHAP_THUAN: 9,
  50: 9,
  DA_TRA_KET_QUA: 10,
  60: 10,
  TU_CHOI: 3,
  70: 3,
  DA_RUT: 7,
  80: 7,
  DUNG_THU_LY: 8,
  90: 8,
} as const;
