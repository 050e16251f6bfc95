import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SoapEntity, type SoapOptions, soap } from '../../connectors/soap.ts';
import type { Field } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import type { Answer, Key, Row, Source } from '../../core/source.ts';
import {
  collection,
  envelope,
  fault,
  NAMESPACE,
  PEOPLE,
  type SoapService,
  send,
  startSoapService,
} from './soap-service.ts';
import { sourceContract } from './source-contract.ts';
import { caller } from './source-subject.ts';

const FIELDS = ['SoDinhDanh', 'HoVaTen/Ten', 'Nam'];
const field = (...from: string[]): Field => ({ from, read: (value) => value });
const ENTITY: SoapEntity = {
  type: 'Person',
  identity: ['number'],
  fields: { number: field('SoDinhDanh'), name: field('HoVaTen/Ten'), year: field('Nam') },
  lookups: {
    byNumber: {
      batchSize: 20,
      operation: 'TraCuu',
      soapAction: 'urn:tra-cuu',
      body: (keys, { requestId }) => ({ MaYeuCau: requestId, SoDinhDanh: keys.flat() }),
      rows: 'CongdanCollection/CongDan',
      keys: ['SoDinhDanh'],
    },
  },
};

const OPTIONS: SoapOptions = {
  url: 'SOAP_URL',
  namespace: NAMESPACE,
  prefix: 'qldc',
  namespaces: { dan: 'http://dancuquocgia.bca' },
};

function openAt(url: string, entity: Partial<SoapEntity> = {}, options: Partial<SoapOptions> = {}): Source {
  const source = soap({ ...OPTIONS, ...options });
  return source.open({
    sector: 'test',
    settings: { SOAP_URL: url, USERNAME: 'hub037', PASSWORD: 'p<w' },
    entities: { person: source.entity({ ...ENTITY, ...entity }) },
    warn: () => {},
  });
}

/** The one lookup of the entity, changed. */
function lookup(change: Partial<SoapEntity['lookups'][string]>): Partial<SoapEntity> {
  return { lookups: { byNumber: { ...(ENTITY.lookups.byNumber as SoapEntity['lookups'][string]), ...change } } };
}

function rowsOf(key: Key): readonly Row[] {
  return PEOPLE.filter(({ number }) => number === key).map(({ number, name, year }) => ({
    SoDinhDanh: number,
    'HoVaTen/Ten': name,
    Nam: year,
  }));
}

sourceContract('soap', async () => {
  const service = await startSoapService();
  const source = openAt(service.url);
  return {
    source,
    entity: 'person',
    lookup: 'byNumber',
    batchSize: 20,
    fields: FIELDS,
    keyField: 'SoDinhDanh',
    known: PEOPLE.map(({ number }) => number),
    unknownKey: '999999999999',
    expected: rowsOf,
    twins: [
      ['aB1', 'AB1'],
      ['ma', 'mã'],
    ],
    secrets: [String(service.port), 'qldc', NAMESPACE],
    hang: () => service.answerWith(() => {}),
    break: () => service.stop(),
    repair: async () => {
      service.answerWith(undefined);
      await service.stop().catch(() => {});
      await service.start();
    },
    calls: () => service.asked.length,
    dead: () => openAt('http://127.0.0.1:1/'),
    close: async () => {
      await source.close();
      await service.close();
    },
  };
});

describe('soap', () => {
  let service: SoapService;
  const sources: Source[] = [];
  beforeAll(async () => {
    service = await startSoapService();
  });
  afterEach(async () => {
    service.answerWith(undefined);
    await Promise.all(sources.splice(0).map((source) => source.close()));
  });
  afterAll(() => service.close());

  function open(entity?: Partial<SoapEntity>, options?: Partial<SoapOptions>): Source {
    const source = openAt(service.url, entity, options);
    sources.push(source);
    return source;
  }

  const read = (source: Source, keys: readonly Key[] = ['aB1'], fields = FIELDS) =>
    source.read({ entity: 'person', lookup: 'byNumber', keys, fields }, { caller, signal: AbortSignal.timeout(5_000) });

  async function failure(source: Source): Promise<HubError> {
    const error = await read(source).then(
      (answers): unknown => answers,
      (reason: unknown) => reason,
    );
    if (!(error instanceof HubError)) throw new Error('A HubError was expected', { cause: error });
    return error;
  }

  const answering = (body: string | Buffer, status?: number, type?: string): Source => {
    service.answerWith((response) => send(response, body, status, type));
    return open();
  };

  it('asks with the action, the namespace under its prefix, and texts that cannot break out of their element', async () => {
    await read(open(), ['</qldc:SoDinhDanh><x/>&"', 'mã']);
    const { headers, body } = service.asked.at(-1) ?? {};
    expect(headers?.soapaction).toBe('"urn:tra-cuu"');
    expect(headers?.['content-type']).toBe('text/xml; charset=utf-8');
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:qldc="http://www.mic.gov.vn/dancu/1.0"><soap:Body><qldc:TraCuu><qldc:MaYeuCau>contract</qldc:MaYeuCau><qldc:SoDinhDanh>&lt;/qldc:SoDinhDanh&gt;&lt;x/&gt;&amp;"</qldc:SoDinhDanh><qldc:SoDinhDanh>mã</qldc:SoDinhDanh></qldc:TraCuu></soap:Body></soap:Envelope>',
    );
  });

  it('writes the service’s own header from settings and caller', async () => {
    const header: SoapOptions['header'] = (settings, { actor }) => ({
      'dan:XacThuc': { 'dan:TaiKhoan': `${settings.USERNAME}`, 'dan:CanBo': actor },
    });
    await read(open({}, { header }));
    expect(service.asked.at(-1)?.body).toContain(
      '<soap:Header><dan:XacThuc><dan:TaiKhoan>hub037</dan:TaiKhoan><dan:CanBo>contract</dan:CanBo></dan:XacThuc></soap:Header>',
    );
  });

  it('signs in with HTTP Basic', async () => {
    await read(open({}, { auth: soap.basic({ username: 'USERNAME', password: 'PASSWORD' }) }));
    expect(service.asked.at(-1)?.headers.authorization).toBe('Basic aHViMDM3OnA8dw==');
  });

  it('signs in with a UsernameToken, in clear or as a digest that never repeats', async () => {
    const credentials = { username: 'USERNAME', password: 'PASSWORD' };
    await read(open({}, { auth: soap.usernameToken(credentials) }));
    expect(service.asked.at(-1)?.body).toMatch(
      /<wsse:Security soap:mustUnderstand="1"><wsse:UsernameToken><wsse:Username>hub037<\/wsse:Username><wsse:Password Type="[^"]+#PasswordText">p&lt;w</,
    );
    const source = open({}, { auth: soap.usernameToken({ ...credentials, digest: true }) });
    await read(source);
    await read(source);
    const [one, two] = service.asked.slice(-2).map(({ body }) => /#PasswordDigest">([^<]+)</.exec(body)?.[1]);
    expect(one).toMatch(/^[\w+/]{27}=$/);
    expect(two).not.toBe(one);
    expect(service.asked.at(-1)?.body).not.toContain('p&lt;w');
  });

  it('speaks SOAP 1.2 with the action in the content type', async () => {
    const twelve = collection(['aB1']).replaceAll(
      'http://schemas.xmlsoap.org/soap/envelope/',
      'http://www.w3.org/2003/05/soap-envelope',
    );
    service.answerWith((response) => send(response, twelve, 200, 'application/soap+xml'));
    expect(await read(open({}, { version: '1.2' }))).toEqual([rowsOf('aB1')]);
    const headers = service.asked.at(-1)?.headers;
    expect(headers?.['content-type']).toBe('application/soap+xml; charset=utf-8; action="urn:tra-cuu"');
    expect(headers?.soapaction).toBeUndefined();
  });

  it('takes an empty collection for nothing', async () => {
    service.answerWith((response) => send(response, collection([])));
    expect(await read(open(), ['aB1', 'ma'])).toEqual([[], []]);
  });

  it('refuses an answer whose collection is missing, as an element that was renamed looks like nothing', async () => {
    const error = await failure(answering(collection(['aB1']).replaceAll('CongdanCollection', 'DanhSachCongDan')));
    expect(error).toMatchObject({ code: 'SOURCE_MALFORMED', field: 'CongdanCollection', retryable: false });
  });

  it('refuses an answer whose records are in another namespace', async () => {
    const error = await failure(answering(collection(['aB1']).replace(NAMESPACE, 'http://www.mic.gov.vn/dancu/2.0')));
    expect(error.code).toBe('SOURCE_MALFORMED');
    expect(error.message).toContain('another namespace');
  });

  it('refuses records that lost the element which says whose they are', async () => {
    const renamed = collection(['aB1']).replaceAll('SoDinhDanh', 'SoDDCN');
    service.answerWith((response) => send(response, renamed));
    const [answer] = await read(open(), ['aB1'], ['Nam']);
    expect(answer).toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('gives a faulty value, not null, for a path that every record has and this one has not', async () => {
    service.answerWith((response) => send(response, collection(['aB1']).replaceAll(':Ten', ':TenGoi')));
    const [rows] = await read(open({ always: ['HoVaTen/Ten'] }));
    expect((rows as readonly Row[])[0]?.['HoVaTen/Ten']).toBeInstanceOf(FaultyValue);
    expect((rows as readonly Row[])[0]?.SoDinhDanh).toBe('aB1');
  });

  it('gives all records to the one key where keys are asked one at a time', async () => {
    service.answerWith((response) => send(response, collection(['ma', 'mã'])));
    expect(await read(open(lookup({ batchSize: 1, keys: undefined })), ['x'])).toEqual([
      [...rowsOf('ma'), ...rowsOf('mã')],
    ]);
  });

  it('lets the declaration say what an answer without records means', async () => {
    const said = (code: string) =>
      envelope(`<q:CongdanCollection xmlns:q="${NAMESPACE}"><q:MaLoi>${code}</q:MaLoi></q:CongdanCollection>`);
    const answer = (found: Row): Answer => (found['CongdanCollection/MaLoi'] === '01' ? null : [{ MaLoi: '02' }]);
    const source = open(lookup({ whenEmpty: { needs: ['CongdanCollection/MaLoi'], answer } }));
    service.answerWith((response) => send(response, said('01')));
    expect(await read(source)).toEqual([null]);
    service.answerWith((response) => send(response, said('02')));
    expect(await read(source)).toEqual([[{ MaLoi: '02' }]]);
  });

  it('lets the declaration take a fault for an answer', async () => {
    service.answerWith((response) => send(response, fault('soapenv:Server', 'không có 0042'), 500));
    const judged = (meant: string) =>
      lookup({
        whenFault: {
          needs: ['none:detail/dan:Ma'],
          answer: (found) => (found['none:detail/dan:Ma'] === meant ? null : undefined),
        },
      });
    expect(await read(open(judged('KHONG_TIM_THAY')))).toEqual([null]);
    expect(await failure(open(judged('KHAC')))).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });

  it.each([
    ['a fault of the service', fault('soapenv:Server', 'ORA-00942 at 10.0.0.1'), 500, 'SOURCE_UNAVAILABLE', true],
    ['a fault with status 200', fault('soapenv:Server', 'x'), 200, 'SOURCE_UNAVAILABLE', true],
    ['a fault that blames the question', fault('soapenv:Client', 'aB1'), 500, 'SOURCE_MALFORMED', false],
    ['a refined code', fault('soapenv:Client.Authentication', 'x'), 500, 'SOURCE_MALFORMED', false],
    ['a fault without a known code', fault('E-17', 'x'), 500, 'SOURCE_UNAVAILABLE', true],
    ['a refused sign-in', fault('soapenv:Client', 'hub037'), 401, 'SOURCE_UNAVAILABLE', false],
    ['an envelope that failed without a fault', collection(['aB1']), 500, 'SOURCE_UNAVAILABLE', true],
    ['a page of HTML with status 200', '<!DOCTYPE html><html><body>Lỗi</body></html>', 200, 'SOURCE_MALFORMED', false],
    [
      'a page of XHTML',
      '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>',
      200,
      'SOURCE_MALFORMED',
      false,
    ],
    ['a page of HTML with status 502', '<html>Bad Gateway</html>', 502, 'SOURCE_UNAVAILABLE', true],
    ['a page of HTML with status 500', '<html>Error</html>', 500, 'SOURCE_UNAVAILABLE', true],
    ['an empty answer', '', 200, 'SOURCE_MALFORMED', false],
    ['an empty failure', '', 500, 'SOURCE_UNAVAILABLE', true],
    ['a redirect', '', 302, 'SOURCE_MALFORMED', false],
    ['other XML', '<a/>', 200, 'SOURCE_MALFORMED', false],
    ['an envelope without a body', envelope('').replace(/<soapenv:Body>.*Body>/s, ''), 200, 'SOURCE_MALFORMED', false],
    ['an empty body', envelope(''), 200, 'SOURCE_MALFORMED', false],
    ['JSON', '{"error":"aB1"}', 200, 'SOURCE_MALFORMED', false],
    ['a truncated envelope', collection(['aB1']).slice(0, -30), 200, 'SOURCE_MALFORMED', false],
    [
      'a document type',
      collection(['aB1']).replace('?>', '?><!DOCTYPE a [<!ENTITY x "aB1">]>'),
      200,
      'SOURCE_MALFORMED',
      false,
    ],
    [
      'another SOAP version',
      collection(['aB1']).replaceAll('schemas.xmlsoap.org/soap/envelope/', 'www.w3.org/2003/05/soap-envelope'),
      200,
      'SOURCE_MALFORMED',
      false,
    ],
  ])('tells %s as an error that quotes nothing', async (_, body, status, code, retryable) => {
    const error = await failure(answering(body, status));
    expect(error).toMatchObject({ code, retryable });
    for (const secret of ['aB1', '10.0.0.1', 'ORA', 'hub037', '127.0.0.1']) {
      expect(`${error.message} ${error.cause}`).not.toContain(secret);
    }
  });

  it('says whether an envelope was missing, its body, or all of it', async () => {
    expect((await failure(answering(''))).message).toBe('expected a SOAP envelope, came an empty answer');
    expect((await failure(answering('<a/>'))).message).toBe('expected a SOAP 1.1 envelope, came other XML');
    const empty = envelope('').replace(/<soapenv:Body>.*Body>/s, '');
    expect((await failure(answering(empty))).message).toBe('the envelope has no body');
  });

  it('refuses an answer with attachments', async () => {
    const error = await failure(answering(collection(['aB1']), 200, 'multipart/related; boundary=x'));
    expect(error.code).toBe('SOURCE_MALFORMED');
  });

  it('refuses an answer that is larger than allowed', async () => {
    service.answerWith((response) => send(response, collection(['aB1']) + ' '.repeat(20_000)));
    expect(await failure(open({}, { maxBytes: 10_000 }))).toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('reads Latin-1 where the content type or the document says so, and refuses it where neither does', async () => {
    const text = collection(['aB1']).replace('>0042<', '>Café<');
    const bytes = Buffer.from(text, 'latin1');
    const named = Buffer.from(text.replace('UTF-8', 'ISO-8859-1'), 'latin1');
    const nameIn = async (source: Source) => ((await read(source))[0] as readonly Row[])[0]?.['HoVaTen/Ten'];
    expect(await nameIn(answering(bytes, 200, 'text/xml; charset=ISO-8859-1'))).toBe('Café');
    expect(await nameIn(answering(named, 200, 'text/xml'))).toBe('Café');
    expect(await failure(answering(bytes))).toMatchObject({ code: 'SOURCE_MALFORMED' });
    service.answerWith((response) => send(response, bytes));
    expect(await nameIn(open({}, { encoding: 'latin1' }))).toBe('Café');
  });

  it('answers null for a key that XML cannot hold, without asking for it', async () => {
    const before = service.asked.length;
    expect(await read(open(), ['a\0b', '\ud800'])).toEqual([null, null]);
    expect(service.asked).toHaveLength(before);
  });

  it('honours the wait a busy service asks for', async () => {
    service.answerWith((response) => {
      response.writeHead(503, { 'retry-after': '7' });
      response.end('busy');
    });
    expect(await failure(open())).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryAfterMs: 7_000 });
  });

  it.each([
    ['a path that is none', { fields: { number: field('a b') } }],
    ['a prefix nobody declared', { fields: { number: field('abc:SoDinhDanh') } }],
    ['records that nobody can tell apart', lookup({ keys: undefined })],
    ['a batch of no keys', lookup({ batchSize: 0 })],
  ])('refuses a declaration with %s', (_, entity) => {
    expect(() => soap(OPTIONS).entity({ ...ENTITY, ...entity })).toThrow(/Person/);
  });
});
