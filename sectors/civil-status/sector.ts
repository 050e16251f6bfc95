import type { Kit } from '../../kit/index.ts';

/**
 * Hộ tịch: the justice ministry's register over REST, and the national population service over SOAP. The register knows
 * which old number goes with which new one; the population service only says whether number, name and birth date agree.
 */
export default (kit: Kit) => {
  const { fields } = kit;

  const register = kit.rest({
    url: 'REST_URL',
    auth: kit.rest.oauth2Password({
      path: '/oauth/token',
      clientId: 'REST_CLIENT_ID',
      clientSecret: 'REST_CLIENT_SECRET',
      username: 'REST_USERNAME',
      password: 'REST_PASSWORD',
    }),
    failure: (answer) => {
      const { status, errorCode } = (answer ?? {}) as { status?: unknown; errorCode?: unknown };
      return status === 1 || status === '1' ? undefined : `errorCode ${String(errorCode)}`;
    },
  });

  const population = kit.soap({
    url: 'SOAP_URL',
    wsdl: true,
    namespace: 'http://www.mic.gov.vn/dancu/1.0',
    prefix: 'qldc',
    namespaces: { dan: 'http://dancuquocgia.bca' },
    settings: {
      SOAP_USERNAME: kit.settings.text({ description: 'Account of the hub at the population service' }),
      SOAP_SERVICE_CODE: kit.settings.text({
        description: 'MaDVC: the public service on whose behalf the hub asks, as agreed with the population service',
        standard: 'lienthong',
      }),
      SOAP_PASSWORD: kit.settings.text({ description: 'Password of that account', secret: true }),
    },
    header: ({ SOAP_USERNAME: account, SOAP_PASSWORD: password }) => ({
      'dan:XacThuc': { 'dan:TaiKhoan': String(account), 'dan:MatKhau': String(password) },
    }),
  });

  const asked = (path: string, name: string) => ({
    batchSize: 50,
    request: (keys: readonly unknown[]) => ({ method: 'POST' as const, path, body: { [name]: keys } }),
    rows: 'value',
  });
  const day = (from: string) => fields.partialDate(from, DAYS);
  const time = (from: string) => fields.dateTime(from, 'dd/MM/yyyy HH:mm:ss');
  const readTime = (raw: unknown) => fields.readInstant(raw, 'dd/MM/yyyy HH:mm:ss');
  const readDay = (raw: unknown) => fields.readPartialDate(raw, DAYS);
  const readGender = (raw: unknown) => fields.readChoice(raw, GENDERS);

  /** One person of a record: its fields all begin with the role's prefix. */
  const readPerson = (record: Readonly<Record<string, unknown>>, prefix: string) => {
    const of = (name: string) => record[`${prefix}${name}`];
    return {
      role: ROLES[prefix],
      fullName: fields.readText(of('HoTen')),
      birthDate: readDay(of('NgaySinh')),
      gender: readGender(of('GioiTinh')),
      ethnicity: fields.readText(of('DanToc')),
      nationality: fields.readText(of('QuocTich')),
      residence: fields.readText(of('NoiCuTru')),
      personalNumbers: fields.readPersonalNumbers([of('SoDDCN'), of('SoGiayToTuyThan')]),
    };
  };
  const readPersons = (raw: unknown) => {
    const [record = {}] = fields.elementsOf(raw);
    return Object.keys(ROLES)
      .filter((prefix) => `${prefix}HoTen` in record)
      .map((prefix) => readPerson(record, prefix));
  };

  const person = register.entity({
    type: 'Citizen',
    identity: ['personalNumbers', 'fullName', 'birthDate'],
    fields: {
      personalNumbers: fields.personalNumbers(['SoDDCN', 'SoGiayToTuyThan']),
      fullName: fields.text('HoTen'),
      birthDate: day('NgaySinh'),
      gender: fields.choice('GioiTinh', GENDERS),
    },
    lookups: { number: { ...asked('/tra-cuu/nguoi', 'SoDDCN'), keys: ['soTraCuu[]'] } },
  });

  const record = register.entity({
    type: 'CivilStatusRecord',
    identity: ['kind', 'number', 'book', 'commune'],
    fields: {
      kind: fields.choice('module', KINDS),
      number: fields.code('soDangKy'),
      book: fields.code('quyenSo'),
      page: fields.code('trangSo'),
      registeredOn: day('ngayDangKy'),
      registeredAt: fields.text('noiDangKy'),
      commune: fields.code('maXaDangKy'),
      persons: fields.derived([''], readPersons),
      diedOn: day('nktNgayChet'),
      // Who asked for the registration is named in it, but it is not that person's record.
      heldBy: fields.derived([''], (raw) => readPersons(raw).filter(({ role }) => role !== 'REQUESTER')),
    },
    lookups: {
      person: { ...asked('/tra-cuu/ho-tich', 'SoDDCN'), keys: ['soTraCuu[]'] },
      register: {
        batchSize: 50,
        keyParts: 4,
        request: (keys) => ({
          method: 'POST',
          path: '/tra-cuu/so-dang-ky',
          body: {
            danhSach: keys.map((key) => {
              const [module, soDangKy, quyenSo, maXaDangKy] = key as readonly string[];
              return { module, soDangKy, quyenSo, ...(maXaDangKy !== '' && { maXaDangKy }) };
            }),
          },
        }),
        rows: 'value',
        // A record answers the question that named its commune and the one that did not.
        keys: (row) => {
          const own = ['module', 'soDangKy', 'quyenSo'].map((name) => String(row[name]));
          return [
            [...own, ''],
            [...own, String(row.maXaDangKy)],
          ];
        },
      },
    },
  });

  const answer = population.entity({
    type: 'PopulationAnswer',
    identity: ['outcome'],
    fields: {
      personalNumbers: fields.personalNumbers(['CongDan/SoDinhDanh', 'CongDan/SoCMND']),
      outcome: fields.derived(['CongDan/SoDinhDanh', 'CongDan/SoCMND', 'MaLoi'], (twelve, nine, code) => {
        if (!fields.isNothing(twelve) || !fields.isNothing(nine)) return 'VERIFIED';
        // Neither a person nor a reason: the service has changed, and silence is not an answer.
        if (fields.isNothing(code)) throw new kit.FaultyValue('CongDan or MaLoi', 'neither');
        return fields.readChoice(code, { '01': 'UNKNOWN', '02': 'MISMATCH' });
      }),
    },
    lookups: {
      person: {
        // One person a call, says the service; number, name and birth date must all agree.
        batchSize: 1,
        operation: 'TraCuuThongTinCongDan',
        body: (keys, caller, settings) => {
          const [number = '', fullName = '', birthDate = ''] = keys[0] as readonly string[];
          return {
            MaYeuCau: caller.requestId,
            MaDVC: String(settings.SOAP_SERVICE_CODE),
            MaTichHop: '037',
            MaCanBo: caller.onBehalfOf ?? caller.actor,
            ...(number.length === 12 ? { SoDinhDanh: number } : { SoCMND: number }),
            HoVaTen: fullName,
            NgayThangNam: birthDate.replaceAll('-', ''),
          };
        },
        rows: 'CongdanCollection',
      },
    },
  });

  const dossier = register.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('maDinhDanhHoSo'),
      status: fields.status('trangThai', STATUSES, { titleFrom: 'tenTrangThai' }),
      statusAt: time('ngayCapNhat'),
      receivedAt: time('ngayTiepNhan'),
      dueAt: time('ngayHenTra'),
      finishedAt: time('ngayKetThuc'),
      steps: fields.list('quaTrinh', (one) => ({
        officer: fields.readText(one.canBo),
        position: fields.readText(one.chucDanh),
        unit: fields.readText(one.phongBan),
        content: fields.readText(one.noiDung),
        at: readTime(one.thoiDiem),
        dueAt: null,
        status: fields.readStatus(one.trangThai, STATUSES, null),
      })),
      results: fields.list('ketQua', (one) => ({
        title: fields.readText(one.tenGiayTo),
        code: fields.readText(one.soKyHieu),
        issuedAt: readTime(one.ngayCap),
      })),
    },
    lookups: { code: { ...asked('/ho-so/trang-thai', 'maDinhDanhHoSo'), keys: ['maDinhDanhHoSo'] } },
    // A renamed member would read as nothing.
    always: ['trangThai', 'ngayCapNhat', 'ngayTiepNhan', 'ngayHenTra', 'ngayKetThuc', 'quaTrinh', 'ketQua'],
  });

  return kit.sector({
    title: 'Hộ tịch',
    sources: { register, population },
    entities: { person, record, answer, dossier },
    queries: {
      civilStatusRecord: {
        to: 'record',
        by: 'register',
        holders: 'heldBy',
        key: ({ kind, number, book, commune }) => [
          MODULES[kind as keyof typeof MODULES],
          String(number).trim(),
          String(book).trim(),
          commune == null ? '' : String(commune).trim(),
        ],
      },
    },
    links: {
      'Citizen.civilStatusRecords': {
        to: 'record',
        by: 'person',
        needs: ['personalNumbers'],
        keys: ({ personalNumbers }) => personalNumbers as readonly string[],
        list: true,
        holders: 'heldBy',
      },
      'Citizen.population': {
        to: 'answer',
        by: 'person',
        needs: ['personalNumbers', 'fullName', 'birthDate'],
        keys: ({ personalNumbers, fullName, birthDate }) => {
          const [number] = personalNumbers as readonly string[];
          // Without all three the service cannot be asked.
          if (!number || !fullName || !birthDate) return [];
          // It compares letter by letter, and blanks between the parts of a name are typing, not the name.
          return [[number, String(fullName).replace(/\s+/g, ' '), String(birthDate)]];
        },
        list: false,
        pick: 'outcome',
        states: 'personalNumbers',
        budget: 50,
      },
    },
    identity: [{ entity: 'person', by: 'number', rank: 10 }],
    dossiers: {
      entity: 'dossier',
      role: 'course',
      byCode: 'code',
      changes: { follow: kit.capture.follow() },
    },
  });
};

const DAYS = ['dd/MM/yyyy', 'MM/yyyy', 'yyyy'] as const;
const GENDERS = { 1: 'MALE', 2: 'FEMALE' };
const KINDS = { KS: 'BIRTH', KH: 'MARRIAGE', KT: 'DEATH' };
const MODULES = { BIRTH: 'KS', MARRIAGE: 'KH', DEATH: 'KT' } as const;

/** Prefix of a person's fields in a record → the part that person has in it. */
const ROLES: Readonly<Record<string, string>> = {
  nks: 'CHILD',
  me: 'MOTHER',
  cha: 'FATHER',
  chong: 'HUSBAND',
  vo: 'WIFE',
  nkt: 'DECEASED',
  nyc: 'REQUESTER',
};

/** 5 occurs and is in no document: it is shown as it is. */
const STATUSES = { 1: 4, 2: 5, 3: 4, 4: 9, 6: 3 } as const;
