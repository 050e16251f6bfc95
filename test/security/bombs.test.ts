import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { workbook, zip } from '../connectors/workbook.ts';
import { askHub } from '../support/province.ts';
import { type DropFormat, type Fortress, openFortress } from './stage.ts';
import { WORKBOOK_BOMBS } from './workbook-bombs.ts';

const HOA = '001085004213';
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const NAMESPACE = 'http://www.mic.gov.vn/dancu/1.0';
/** What a bomb may add to the memory of the hub, in bytes; none of these does, but the rest of the house breathes. */
const MOST_GROWTH = 400 * 1024 * 1024;

let fortress: Fortress;
let population: Server;
/** What the population service says to every question; its description is the real one. */
let answer: Buffer;
let description: ((real: string) => string) | null = null;
let real = '';
/** Where no document may send the hub. */
let trap: Server;
let trapped = 0;
let dossier: string;

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

beforeAll(async () => {
  trap = await listening(
    createServer((_, response) => void response.end('<a/>')).on('connection', () => (trapped += 1)),
  );
  population = await listening(
    createServer(async (request, response) => {
      response.setHeader('content-type', 'text/xml; charset=utf-8');
      if (request.method === 'POST') return response.end(answer);
      if (real === '') return response.writeHead(503).end();
      const told = await (await fetch(`${real}?wsdl`)).text();
      return response.end(description === null ? told : description(told));
    }),
  );
  fortress = await openFortress({
    SECTOR_CIVIL_STATUS_SOAP_URL: `${urlOf(population)}/qldc`,
    OPERATION_TIMEOUT_MS: '8000',
  });
  real = fortress.province.systems['civil-status'].settings.SOAP_URL as string;
  const own = await ask('citizen', '{ dossiers(first: 1) { nodes { code } } }');
  dossier = own.data.dossiers.nodes[0].code;
}, 120_000);

afterAll(async () => {
  await fortress?.close();
  for (const server of [population, trap]) {
    server.closeAllConnections();
    server.close();
  }
});

beforeEach(() => {
  trapped = 0;
});

async function ask(who: 'counter' | 'citizen', query: string, headers: Record<string, string> = {}) {
  return askHub(fortress.url, query, {}, { authorization: await fortress.bearer(who), ...headers });
}

const envelope = (inner: string, before = '') =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>${before}<e:Envelope xmlns:e="${ENVELOPE}"><e:Body>${inner}</e:Body></e:Envelope>`,
  );
const people = (inner: string) =>
  `<CongdanCollection xmlns="${NAMESPACE}"><CongDan>${inner}</CongDan></CongdanCollection>`;
const ENTITIES = Array.from({ length: 20 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('');

describe('A system that answers in XML', () => {
  const bombs: readonly (readonly [string, () => Buffer])[] = [
    [
      'a billion laughs',
      () => envelope(people('<SoDinhDanh>&e20;</SoDinhDanh>'), `<!DOCTYPE a [<!ENTITY e0 "ha">${ENTITIES}]>`),
    ],
    [
      'an entity that is a file of this machine',
      () => envelope(people('<SoDinhDanh>&f;</SoDinhDanh>'), '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
    ],
    [
      'an entity that is elsewhere',
      () => envelope(people('<SoDinhDanh>&f;</SoDinhDanh>'), `<!DOCTYPE a [<!ENTITY f SYSTEM "${urlOf(trap)}/a">]>`),
    ],
    ['a document type that is elsewhere', () => envelope(people(''), `<!DOCTYPE a SYSTEM "${urlOf(trap)}/a.dtd">`)],
    [
      'a parameter entity that is elsewhere',
      () => envelope(people(''), `<!DOCTYPE a [<!ENTITY % f SYSTEM "${urlOf(trap)}/a"> %f;]>`),
    ],
    [
      'a part that is to be fetched',
      () => envelope(people(`<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="${urlOf(trap)}/a"/>`)),
    ],
    ['elements a hundred thousand deep', () => envelope(people(`${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`))],
    [
      'an element with a hundred thousand attributes',
      () => envelope(people(`<a ${Array.from({ length: 100_000 }, (_, at) => `a${at}="1"`).join(' ')}/>`)),
    ],
    ['a text of twenty megabytes', () => envelope(people(`<SoDinhDanh>${'0'.repeat(20_000_000)}</SoDinhDanh>`))],
    ['a name of ten megabytes', () => envelope(people(`<${'a'.repeat(10_000_000)}/>`))],
    ['bytes that never become a document', () => Buffer.alloc(1_000_000, '<')],
  ];

  it.each(bombs)('%s costs its own field, and takes the hub nowhere', async (_, bomb) => {
    answer = bomb();
    const before = process.memoryUsage.rss();
    const { data, errors } = await ask('counter', `{ citizen(id: "${HOA}") { fullName population } }`, {
      'x-purpose': 'PROCESSING',
      'x-dossier': dossier,
    });
    expect(data.citizen).toEqual({ fullName: 'Nguyễn Văn Hoà', population: null });
    expect(errors).toMatchObject([{ path: ['citizen', 'population'], extensions: { sector: 'civil-status' } }]);
    expect(errors?.[0]?.extensions.code).toMatch(/^SOURCE_/);
    expect(JSON.stringify(errors)).not.toMatch(/root:|ha{2}|127\.0\.0\.1|file:/);
    expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_GROWTH);
    expect(trapped).toBe(0);
  });

  it('may describe itself by whatever documents: the hub fetches none of another place, nor asks there', async () => {
    const other = urlOf(trap);
    description = (told) =>
      told
        .replaceAll(/(<(?:\w+:)?address[^>]*location=")[^"]*/g, `$1${other}/qldc`)
        .replace(
          /(<(?:\w+:)?definitions[^>]*>)/,
          `$1<wsdl:import xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" namespace="urn:x" location="${other}/x.wsdl"/>`,
        );
    const apart = await openFortress({ SECTOR_CIVIL_STATUS_SOAP_URL: `${urlOf(population)}/qldc` });
    try {
      answer = envelope(people(`<SoDinhDanh>${HOA}</SoDinhDanh>`));
      const headers = { 'x-purpose': 'PROCESSING', 'x-dossier': dossier, authorization: await apart.bearer('counter') };
      await askHub(apart.url, `{ citizen(id: "${HOA}") { population } }`, {}, headers);
      expect(trapped).toBe(0);
    } finally {
      description = null;
      await apart.close();
    }
  }, 120_000);

  const asks = '<xsd:element name="TraCuuThongTinCongDan"><xsd:complexType><xsd:sequence>';
  const groups = (levels: number) =>
    Array.from({ length: levels }, (_, at) => {
      const next = at + 1 < levels ? `<xsd:group ref="qldc:g${at + 1}"/>`.repeat(4) : '';
      return `<xsd:group name="g${at}"><xsd:sequence>${next}</xsd:sequence></xsd:group>`;
    }).join('');
  const prefixes = (count: number) => Array.from({ length: count }, (_, at) => ` xmlns:p${at}="urn:${at}"`).join('');

  it.each([
    [
      'groups of groups, 4^13 of them in three kilobytes',
      (told: string) =>
        told.replace(asks, `${asks}<xsd:group ref="qldc:g0"/>`).replace('<xsd:complexType name=', `${groups(13)}$&`),
      undefined,
    ],
    [
      'twenty thousand namespaces on one element',
      (told: string) => told.replace('<wsdl:definitions', `$&${prefixes(20_000)}`),
      'SOURCE_MALFORMED',
    ],
    [
      'ninety namespaces on each element that holds another',
      (told: string) =>
        told.replace(
          '<wsdl:types>',
          `$&${`<a${prefixes(90)}><b${prefixes(90).replaceAll(':p', ':q')}/></a>`.repeat(20)}`,
        ),
      'SOURCE_MALFORMED',
    ],
  ])(
    'may describe itself by %s: others are answered',
    async (_, bomb, code) => {
      description = bomb;
      const apart = await openFortress({ SECTOR_CIVIL_STATUS_SOAP_URL: `${urlOf(population)}/qldc` });
      try {
        answer = envelope(people(`<SoDinhDanh>${HOA}</SoDinhDanh>`));
        const headers = {
          'x-purpose': 'PROCESSING',
          'x-dossier': dossier,
          authorization: await apart.bearer('counter'),
        };
        const [{ data, errors }, other] = await Promise.all([
          askHub(apart.url, `{ citizen(id: "${HOA}") { fullName population } }`, {}, headers),
          askHub(apart.url, '{ sectors { id } }', {}, headers),
        ]);
        expect(other.errors).toBeUndefined();
        expect(data.citizen.fullName).toBe('Nguyễn Văn Hoà');
        expect(errors?.[0]?.extensions.code).toBe(code);
      } finally {
        description = null;
        await apart.close();
      }
    },
    60_000,
  );
});

describe('A folder into which anybody may drop', () => {
  const HONEST = { csv: 'H41.58-261119-0801', xml: 'H41.58-261119-0802', xlsx: 'H41.58-261119-0803' };
  /** These would take more memory than all others together. */
  const BOMBS_IN_CELLS = [
    'a text of four megabytes that every row names',
    'a text just not too long that twenty thousand rows name',
    'a cell in a column that is named by six letters',
  ];
  const COLUMNS = 'Mã hồ sơ;Thủ tục;Trích yếu;Trạng thái;Cập nhật;Người nộp;Tên trạng thái;Tên thủ tục';

  it('takes from bombs and links nothing, names each, and goes on with what is honest', async () => {
    const { drops, directory } = fortress;
    const before = process.memoryUsage.rss();
    const names: string[] = [];
    const drop = async (format: DropFormat, bytes: Uint8Array | string) => names.push(await drops.drop(format, bytes));
    await drop('csv', `${COLUMNS}\r\n"${'x'.repeat(900_000)}`);
    await drop('csv', `${COLUMNS}${';x'.repeat(200_000)}\r\n`);
    await drop('csv', `${COLUMNS}\r\n${'1;2;3;4;5;6;7;8\r\n'.repeat(20_000)}`);
    await drop('csv', Buffer.alloc(2_000_000, 'a'));
    await drop('xml', `<!DOCTYPE a [<!ENTITY e0 "ha">${ENTITIES}]><HoSo><Dong><Ma>&e20;</Ma></Dong></HoSo>`);
    await drop('xml', '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><HoSo><Dong><Ma>&f;</Ma></Dong></HoSo>');
    await drop('xml', `<HoSo>${'<Dong>'.repeat(50_000)}`);
    const sheet = `<worksheet><sheetData>${' '.repeat(300_000_000)}</sheetData></worksheet>`;
    await drop('xlsx', zip({ 'xl/worksheets/sheet1.xml': sheet }, { 'xl/worksheets/sheet1.xml': 1_000 }));
    await drop('xlsx', zip({ 'xl/worksheets/sheet1.xml': sheet }));
    await drop('xlsx', zip({ '../../../../evil': 'x', 'xl/workbook.xml': '<!DOCTYPE a><a/>' }));
    await drop('xlsx', Buffer.from('MZ'));
    for (const bomb of BOMBS_IN_CELLS) await drop('xlsx', WORKBOOK_BOMBS[bomb]?.[1]() ?? '');
    for (const format of ['csv', 'xml', 'xlsx'] as const) {
      for (const target of ['/etc/passwd', join(directory, 'audit-signing.key'), '/dev/zero', '.']) {
        const name = `ho-so-1000000${names.length}.${format}`;
        await symlink(target, join(drops.folderOf(format), name));
        names.push(name);
      }
    }
    const at = '2026-11-19 01:12:44';
    const honest = {
      csv: `${COLUMNS}\r\n${HONEST.csv};1.004194;x;21;${at};;;\r\n`,
      xml: `<HoSo><Dong><Ma>${HONEST.xml}</Ma><TrangThai>21</TrangThai><CapNhat>${at}</CapNhat></Dong></HoSo>`,
      xlsx: workbook([
        ['Mã hồ sơ', 'Trạng thái', 'Cập nhật'],
        [HONEST.xlsx, '21', at],
      ]),
    };
    await drops.dropLast('csv', honest.csv);
    await drops.dropLast('xml', honest.xml);
    await drops.dropLast('xlsx', honest.xlsx);

    const store = new DatabaseSync(join(directory, 'hub.sqlite'), { readOnly: true });
    const codes = Object.values(HONEST);
    const captured = store.prepare(`select count(*) as count from captured_dossier where code in (?, ?, ?)`);
    await expect.poll(() => captured.get(...codes)?.count, { timeout: 60_000 }).toBe(3);
    const kept = store.prepare("select place, reason from quarantine where sector like 'drop-%'").all() as {
      place: string;
      reason: string;
    }[];
    store.close();
    for (const name of names) expect(kept.map(({ place }) => place.split(':')[0])).toContain(name);
    expect(JSON.stringify(kept)).not.toMatch(/root:|PRIVATE|\/tmp|\/etc|haha/);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 * MOST_GROWTH);
    expect(fortress.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  }, 120_000);
});
