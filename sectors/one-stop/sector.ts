import type { Kit } from '../../kit/index.ts';

/**
 * Phần mềm một cửa: where every dossier is born. JSON over HTTP with a session in the body; every answer is HTTP 200
 * and `error_code` tells. It owns what was agreed at reception and the handing over.
 */
export default (kit: Kit) => {
  const { fields } = kit;

  const software = kit.rest({
    url: 'URL',
    auth: kit.rest.session({
      path: '/auth',
      credentials: ['USERNAME', 'PASSWORD'],
      body: ({ USERNAME: username, PASSWORD: password }) => ({ username, password }),
      token: 'session',
      place: { body: 'session' },
      expired: (answer) => codeOf(answer) === '01',
    }),
    failure: (answer) => (SUCCESS.has(codeOf(answer)) ? undefined : `error_code ${codeOf(answer)}`),
  });

  const byNumbers = (path: string) => ({
    batchSize: 50,
    request: (keys: readonly unknown[]) => ({ method: 'POST' as const, path, body: { applicantsIds: keys } }),
    rows: 'data',
    keys: ['applicantsId'],
  });
  const byCodes = (path: string) => ({
    batchSize: 50,
    request: (keys: readonly unknown[]) => ({ method: 'POST' as const, path, body: { docCodes: keys } }),
    rows: 'data',
    keys: ['docCode'],
  });
  const time = (from: string) => fields.dateTime(from, 'dd/MM/yyyy HH:mm:ss');
  const readTime = (raw: unknown) => fields.readInstant(raw, 'dd/MM/yyyy HH:mm:ss');

  const applicant = software.entity({
    type: 'Citizen',
    identity: ['personalNumbers', 'fullName'],
    fields: {
      personalNumbers: fields.personalNumbers(['identityNumber', 'oldIdentityNumber']),
      fullName: fields.text('citizenName'),
      birthDate: fields.partialDate('birthday', ['dd/MM/yyyy', 'MM/yyyy', 'yyyy']),
      gender: fields.choice('gender', { Nam: 'MALE', Nữ: 'FEMALE', 1: 'MALE', 0: 'FEMALE' }),
      // House and street come first, and are nothing that a search by name may tell.
      commune: fields.derived(['address'], (raw) => fields.readText(raw)?.split(',').at(-1)?.trim() || null),
    },
    lookups: { number: byNumbers('/applicant/get') },
    search: {
      request: (criteria, limit) => ({
        method: 'POST',
        path: '/applicant/search',
        body: { name: searchablePart(criteria.name ?? ''), birthday: asTyped(criteria.birthDate), limit, after: '' },
      }),
      rows: 'data',
      most: 100,
      more: (answer) => (answer as { hasMore?: unknown }).hasMore === 'True',
    },
  });

  const dossier = software.entity({
    type: 'Dossier',
    identity: ['code'],
    fields: {
      code: fields.code('docCode'),
      procedureCode: fields.derived(['docTypeCode'], (raw) => shortProcedureCode(fields.readText(raw))),
      procedureTitle: fields.text('docTypeName'),
      agencyCode: fields.code('organInchargeIdLevel1'),
      applicantKind: fields.choice('applicantsType', {
        1: 'CITIZEN',
        2: 'ENTERPRISE',
        3: 'STATE_BODY',
        4: 'OTHER',
      }),
      applicantName: fields.derived(
        ['citizenName', 'organizationName'],
        (person, organisation) => fields.readText(organisation) ?? fields.readText(person),
      ),
      applicantNumbers: fields.derived(['applicantsId'], (raw) => [fields.readText(raw)].filter((one) => one !== null)),
      // A dossier of an organisation names the person who handed it in, and no number of theirs.
      parties: fields.derived(['citizenName', 'organizationName'], (person, organisation) => {
        const name = fields.isNothing(organisation) ? null : fields.readText(person);
        return name === null ? [] : [{ role: 'Người nộp hồ sơ', name, personalNumbers: [] }];
      }),
      applicantPhone: fields.text('phone'),
      applicantEmail: fields.text('email'),
      summary: fields.text('summary'),
      channel: fields.choice('channel', { 1: 'COUNTER', 2: 'ONLINE', 3: 'POST' }),
      status: fields.status('status', STATUSES, { titles: STATUS_TITLES }),
      statusAt: time('lastUpdated'),
      submittedAt: time('dateSubmitted'),
      receivedAt: time('dateReceived'),
      dueAt: time('dateAppointed'),
      finishedAt: time('finishedDate'),
      returnedAt: time('dateReturned'),
      returnMethod: fields.choice('returnedType', { 0: 'COUNTER', 1: 'POST' }),
      papers: fields.list('docPapers', (one) => ({
        code: fields.readText(one.paperCode),
        title: fields.readText(one.paperName),
        fileName: fields.readText(one.fileName),
        digitised: fields.readChoice(one.isDigitized, { True: true, False: false }),
      })),
      supplementRequests: fields.list('supplementaries', (one) => ({
        reason: fields.readText(one.content),
        requestedBy: fields.readText(one.requestedBy),
        requestedAt: readTime(one.dateRequested),
        receivedAt: readTime(one.dateSupplied),
        oldDueAt: readTime(one.oldDateAppointed),
        newDueAt: readTime(one.newDateAppointed),
      })),
      fees: fields.list('docFees', (one) => ({
        title: fields.readText(one.feeName),
        code: fields.readText(one.feeCode),
        amount: fields.readDecimal(one.amount),
        paid: fields.readChoice(one.isPaid, { True: true, False: false }),
      })),
      results: fields.list('docResults', (one) => ({
        title: fields.readText(one.resultName),
        code: fields.readText(one.resultNumber),
        issuedAt: readTime(one.dateIssued),
      })),
    },
    lookups: {
      code: byCodes('/dossier/get'),
      // The software gives the newest 200 of a number and says no more.
      applicant: { ...byNumbers('/dossier/by-applicant'), limitPerKey: 200 },
    },
    changes: {
      request: (after, limit) => ({
        method: 'POST',
        path: '/dossier/changes',
        body: {
          updatedFrom: after === null ? '' : kit.times.vietnamese(Math.floor(after.at / 1000) * 1000),
          afterDocCode: after?.code ?? '',
          limit,
        },
      }),
      rows: 'data',
      most: 500,
      more: (answer) => (answer as { hasMore?: unknown }).hasMore === 'True',
      place: fields.derived(['lastUpdated', 'docCode'], (at, code) => ({
        at: readTime(at) ?? 0,
        code: fields.readText(code) ?? '',
      })),
    },
    // A renamed member would read as nothing, and nothing is what every one of these may truly be.
    always: [
      'docCode',
      'docTypeCode',
      'organInchargeIdLevel1',
      'applicantsId',
      'status',
      'lastUpdated',
      'dateReceived',
      'dateAppointed',
      'finishedDate',
      'dateReturned',
      'docResults',
    ],
  });

  const trace = software.entity({
    type: 'DossierPart',
    identity: ['steps'],
    fields: {
      steps: fields.list('traces', (one) => ({
        officer: fields.readText(one.userName),
        position: fields.readText(one.userTitle),
        unit: fields.readText(one.unitName),
        content: fields.readText(one.content),
        at: readTime(one.time),
        dueAt: null,
        status: fields.readStatus(one.status, STATUSES, null),
      })),
    },
    lookups: { dossier: byCodes('/dossier/trace') },
  });

  return kit.sector({
    title: 'Một cửa',
    sources: { software },
    entities: { applicant, dossier, trace },
    identity: [{ entity: 'applicant', by: 'number', rank: 20 }],
    dossiers: {
      entity: 'dossier',
      role: 'reception',
      byCode: 'code',
      byApplicant: 'applicant',
      parts: { steps: { entity: 'trace', by: 'dossier', pick: 'steps' } },
      changes: { poll: kit.capture.poll() },
    },
  });
};

const SUCCESS: ReadonlySet<string> = new Set(['00', '0']);

/** `error_code` is text, and now and then the number 0. */
function codeOf(answer: unknown): string {
  const { error_code: code } = (answer ?? {}) as { error_code?: unknown };
  return String(code);
}

const STATUSES = {
  new: 2,
  receiving: 1,
  processing: 4,
  waiting: 5,
  paying: 6,
  cancelled: 7,
  unresolved: 8,
  releasing: 9,
  done: 10,
  denied: 3,
} as const;

const STATUS_TITLES = {
  new: 'Đã tiếp nhận',
  receiving: 'Mới đăng ký',
  processing: 'Đang xử lý',
  waiting: 'Chờ bổ sung',
  paying: 'Chờ nộp phí',
  cancelled: 'Đã rút',
  unresolved: 'Dừng xử lý',
  releasing: 'Chờ trả kết quả',
  done: 'Đã trả kết quả',
  denied: 'Từ chối tiếp nhận',
};

/** The national code in front of the publishing unit: 1.012790.000.00.00.H41 → 1.012790. */
function shortProcedureCode(code: string | null): string | null {
  return code === null ? null : (/^\d\.\d{6}/.exec(code)?.[0] ?? code);
}

/**
 * The longest part of a name that is found however the name was written: the software's own search counts apostrophes,
 * while "H'Mai" is typed "H’Mai" and "Hmai" as well. No Vietnamese syllable begins as "hm" does, so an apostrophe may be
 * missing there. What is found too much the hub sorts out itself.
 */
function searchablePart(name: string): string {
  const parts = name
    .normalize('NFC')
    .replace(/(?<!\p{L})(?!ch|gh|kh|ng|nh|ph|th|tr)([bcdghklmnpqrstvx])(?=[bcdđghklmnpqrstvx])/giu, "$1'")
    .split(/['‘’ʼʻ`´′]/);
  return parts.reduce((longest, part) => (part.trim().length > longest.length ? part.trim() : longest), '');
}

/** 1958-07-12 as the software's own search takes it; a month alone it cannot search by, so the year must do. */
function asTyped(date: string | undefined): string {
  const [year = '', , day] = date?.split('-') ?? [];
  return day === undefined ? year : (date?.split('-').reverse().join('/') ?? '');
}
