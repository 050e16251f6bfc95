import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Citizen } from '../../sectors/civil-status/stand-in/citizens.ts';
import { citizenEnvelope, faultEnvelope } from '../../sectors/civil-status/stand-in/envelope.ts';
import { accounts, populate, type RunningCivilStatus, start } from '../../sectors/civil-status/stand-in/index.ts';
import { readXml } from '../../sectors/civil-status/stand-in/xml.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

const directory = mkdtempSync(join(tmpdir(), 'population-'));
const world = createWorld({ citizens: 2_000, dossiers: 400 });
let running: RunningCivilStatus;

beforeAll(async () => {
  await populate(world, directory);
  running = await start({ directory });
});

afterAll(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

const demo = { SoDinhDanh: '001085004213', HoVaTen: 'Nguyễn Văn Hoà', NgayThangNam: '19850314' };

function envelope(fields: Record<string, string>, password: string = accounts.soap.password): string {
  const all = { MaYeuCau: 'yc-1', MaDVC: '1.004194', MaTichHop: '037', MaCanBo: 'cb01', ...fields };
  const parts = Object.entries(all).map(([name, text]) => `<q:${name}>${text}</q:${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:q="http://www.mic.gov.vn/dancu/1.0">
<e:Header><h:XacThuc xmlns:h="http://dancuquocgia.bca"><h:TaiKhoan>hub037</h:TaiKhoan><h:MatKhau>${password}</h:MatKhau></h:XacThuc></e:Header>
<e:Body><q:TraCuuThongTinCongDan>${parts.join('')}</q:TraCuuThongTinCongDan></e:Body></e:Envelope>`;
}

async function ask(
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string; xml: string }> {
  const response = await fetch(running.settings.SOAP_URL ?? '', {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=utf-8', ...headers },
    body,
  });
  const xml = await response.text();
  // A parser that is not ours: whatever is sent must be well-formed, with every prefix declared.
  new SaxesParser({ xmlns: true }).write(xml).close();
  return { status: response.status, type: response.headers.get('content-type') ?? '', xml };
}

describe('population: number, name and birth date must all match', () => {
  it('answers the demo citizen', async () => {
    const { status, type, xml } = await ask(envelope(demo));
    expect(status).toBe(200);
    expect(type).toBe('text/xml; charset=UTF-8');
    expect(xml).toContain('<qldc:SoDinhDanh>001085004213</qldc:SoDinhDanh><qldc:SoCMND>011985421</qldc:SoCMND>');
    expect(xml).toContain(
      '<qldc:NgayThangNamSinh><qldc:Nam>1985</qldc:Nam><qldc:NgayThangNam>19850314</qldc:NgayThangNam>',
    );
    expect(xml).toContain('<dan:MaYeuCau>yc-1</dan:MaYeuCau>');
    expect(xml).toContain('<qldc:VoChong>');
  });

  it('compares names without case and in NFC, but with their diacritics', async () => {
    expect((await ask(envelope({ ...demo, HoVaTen: 'NGUYỄN văn hoà'.normalize('NFD') }))).xml).toContain(
      '<qldc:CongDan>',
    );
    expect((await ask(envelope({ ...demo, HoVaTen: 'Nguyen Van Hoa' }))).xml).toContain('<qldc:MaLoi>02</qldc:MaLoi>');
    expect((await ask(envelope({ ...demo, HoVaTen: 'Nguyễn Văn Hòa' }))).xml).toContain('<qldc:MaLoi>02</qldc:MaLoi>');
  });

  it('says apart a number nobody has and a number of someone else', async () => {
    const unknown = await ask(envelope({ ...demo, SoDinhDanh: '099999999999' }));
    expect(unknown.status).toBe(200);
    expect(unknown.xml).toContain(
      '<qldc:MaLoi>01</qldc:MaLoi><qldc:MoTaLoi>KHONG_TIM_THAY</qldc:MoTaLoi></qldc:CongdanCollection>',
    );
    const otherDay = await ask(envelope({ ...demo, NgayThangNam: '19850315' }));
    expect(otherDay.xml).toContain('<qldc:MaLoi>02</qldc:MaLoi><qldc:MoTaLoi>KHONG_KHOP</qldc:MoTaLoi>');
    expect((await ask(envelope({ ...demo, NgayThangNam: '1985' }))).xml).toContain('KHONG_KHOP');
  });

  it('compares the birth date only as far as it is held', async () => {
    const index = Array.from({ length: 2_000 }, (_, at) => at).find((at) => {
      const { knownBirthDate, personalNumber } = world.person(at);
      return knownBirthDate.length === 4 && personalNumber !== undefined;
    });
    const person = world.person(index ?? -1);
    const asked = { SoDinhDanh: person.personalNumber ?? '', HoVaTen: person.name };
    const { xml } = await ask(envelope({ ...asked, NgayThangNam: `${person.knownBirthDate}0312` }));
    expect(xml).toContain(`<qldc:Nam>${person.knownBirthDate}</qldc:Nam><qldc:NgayThangNam/>`);
  });

  it('finds the right one of two people who held the same 9-digit number', async () => {
    for (const index of world.sharedOldNumbers[0] ?? []) {
      const person = world.person(index);
      const asked = {
        SoCMND: person.oldNumber ?? '',
        HoVaTen: person.name,
        NgayThangNam: person.knownBirthDate.replaceAll('-', ''),
      };
      expect((await ask(envelope(asked))).xml).toContain(`<qldc:SoCMND>${person.oldNumber}</qldc:SoCMND>`);
    }
    expect(world.sharedOldNumbers.length).toBeGreaterThan(0);
  });
});

describe('population: bad requests', () => {
  const { HoVaTen: _name, ...nameless } = demo;
  const cases: [string, string, string, number][] = [
    ['a missing name', envelope(nameless), 'THIEU_THAM_SO', 500],
    ['two numbers', envelope({ ...demo, SoCMND: '011985421' }), 'NHIEU_NGUOI', 500],
    ['a number of eleven digits', envelope({ ...demo, SoDinhDanh: '00108500421' }), 'SAI_DINH_DANG', 500],
    ['a date with slashes', envelope({ ...demo, NgayThangNam: '14/03/1985' }), 'SAI_DINH_DANG', 500],
    ['another integration', envelope({ ...demo, MaTichHop: '038' }), 'MA_TICH_HOP', 500],
    ['a wrong password', envelope(demo, 'sai'), 'XAC_THUC', 401],
    ['half a document', envelope(demo).slice(0, 400), 'XML', 500],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${envelope(demo)}`, 'XML', 500],
  ];
  it.each(cases)('%s is a SOAP Fault', async (_title, body, code, status) => {
    const answer = await ask(body);
    expect(answer.status).toBe(status);
    expect(answer.xml).toContain('<faultcode>soapenv:Client</faultcode>');
    expect(answer.xml).toContain(`<dan:Ma>${code}</dan:Ma>`);
  });

  it('takes the account from HTTP Basic where there is no header part', async () => {
    const bare = envelope(demo).replace(/<e:Header>.*<\/e:Header>/, '');
    expect((await ask(bare)).status).toBe(401);
    const basic = Buffer.from(`${accounts.soap.username}:${accounts.soap.password}`).toString('base64');
    expect((await ask(bare, { authorization: `Basic ${basic}` })).xml).toContain('<qldc:CongDan>');
  });
});

describe('population: bytes', () => {
  const citizen: Citizen = {
    personalNumber: '066058000123',
    oldNumber: '',
    name: { family: '', middle: '', given: 'LÊ "ÚT" <A&B>' },
    gender: '2',
    ethnicity: '12',
    birthDate: '195807',
    home: { province: '66', district: '', commune: '', detail: 'Tỉnh Trà Giang' },
    permanent: { province: '66', district: '643', commune: '24121', detail: '12 Lê Lợi' },
    current: { province: '66', district: '643', commune: '24121', detail: '12 Lê Lợi' },
    father: undefined,
    mother: { name: 'TRẦN THỊ MẸ', personalNumber: '', oldNumber: '240123456' },
    spouse: undefined,
    head: { relation: 'CH01', name: 'LÊ ÚT', personalNumber: '066058000123', oldNumber: '' },
  };
  const place =
    '<qldc:MaTinhThanh>66</qldc:MaTinhThanh><qldc:MaQuanHuyen>643</qldc:MaQuanHuyen><qldc:MaPhuongXa>24121</qldc:MaPhuongXa><qldc:ChiTiet>12 Lê Lợi</qldc:ChiTiet><qldc:QuocGia>VN</qldc:QuocGia>';

  it('are exactly these for a known citizen', () => {
    expect(
      citizenEnvelope(citizen, { requestId: 'yc<1>', integrationId: '037' }),
    ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
<soapenv:Header xmlns:dan="http://dancuquocgia.bca"><dan:ThongTinPhanHoi><dan:MaYeuCau>yc&#60;1&#62;</dan:MaYeuCau><dan:MaTichHop>037</dan:MaTichHop></dan:ThongTinPhanHoi></soapenv:Header>
<soapenv:Body>
<qldc:CongdanCollection xmlns:qldc="http://www.mic.gov.vn/dancu/1.0"><qldc:CongDan>
<qldc:SoDinhDanh>066058000123</qldc:SoDinhDanh><qldc:SoCMND/>
<qldc:HoVaTen><qldc:Ho/><qldc:ChuDem/><qldc:Ten>LÊ &#34;ÚT&#34; &#60;A&#38;B&#62;</qldc:Ten></qldc:HoVaTen>
<qldc:GioiTinh>2</qldc:GioiTinh><qldc:DanToc>12</qldc:DanToc>
<qldc:NgayThangNamSinh><qldc:Nam>1958</qldc:Nam><qldc:NgayThangNam>195807</qldc:NgayThangNam></qldc:NgayThangNamSinh>
<qldc:QuocTich>VN</qldc:QuocTich>
<qldc:QueQuan><qldc:MaTinhThanh>66</qldc:MaTinhThanh><qldc:MaQuanHuyen/><qldc:MaPhuongXa/><qldc:ChiTiet>Tỉnh Trà Giang</qldc:ChiTiet><qldc:QuocGia>VN</qldc:QuocGia></qldc:QueQuan>
<qldc:ThuongTru>${place}</qldc:ThuongTru>
<qldc:NoiOHienTai>${place}</qldc:NoiOHienTai>
<qldc:Me><qldc:HoVaTen>TRẦN THỊ MẸ</qldc:HoVaTen><qldc:QuocTich>VN</qldc:QuocTich><qldc:SoDinhDanh/><qldc:SoCMND>240123456</qldc:SoCMND></qldc:Me>
<qldc:ChuHo><qldc:QuanHe>CH01</qldc:QuanHe><qldc:SoDinhDanh>066058000123</qldc:SoDinhDanh><qldc:SoCMND/><qldc:HoVaTen>LÊ ÚT</qldc:HoVaTen></qldc:ChuHo>
</qldc:CongDan></qldc:CongdanCollection>
</soapenv:Body>
</soapenv:Envelope>`);
  });

  it('of a Fault are well-formed whatever its text', () => {
    const xml = faultEnvelope({ side: 'Client', code: 'XML', text: '<&>\u0000' });
    expect(readXml(xml).name).toBe('Envelope');
    expect(xml).toContain('<faultstring xml:lang="vi">&#60;&#38;&#62;</faultstring>');
  });

  it('of the WSDL are well-formed and import two namespaces', async () => {
    const xml = await (await fetch(`${running.settings.SOAP_URL}?wsdl`)).text();
    new SaxesParser({ xmlns: true }).write(xml).close();
    expect(xml).toContain('<xsd:import namespace="http://www.mic.gov.vn/dancu/1.0"/>');
    expect(xml).toContain('<xsd:import namespace="http://dancuquocgia.bca"/>');
    expect(xml).toContain(`<soap:address location="${running.settings.SOAP_URL}"/>`);
    expect(xml).toContain('<soap:header message="qldc:XacThuc" part="xacThuc" use="literal"/>');
  });
});
