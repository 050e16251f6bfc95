/** The population service's bytes: every template of the SOAP side is here. */
import type { Citizen, HeldPlace, HeldRelative } from './citizens.ts';
import { element, escapeXml } from './xml.ts';

export const namespaces = {
  envelope: 'http://schemas.xmlsoap.org/soap/envelope/',
  population: 'http://www.mic.gov.vn/dancu/1.0',
  header: 'http://dancuquocgia.bca',
} as const;

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

export type NotFound = { code: '01'; text: 'KHONG_TIM_THAY' } | { code: '02'; text: 'KHONG_KHOP' };

export interface Echo {
  requestId: string;
  integrationId: string;
}

export function citizenEnvelope(citizen: Citizen, echo: Echo): string {
  return envelope(`<qldc:CongDan>\n${citizenParts(citizen)}\n</qldc:CongDan>`, echo);
}

export function notFoundEnvelope(reason: NotFound, echo: Echo): string {
  return envelope(element('qldc:MaLoi', reason.code) + element('qldc:MoTaLoi', reason.text), echo);
}

export function faultEnvelope(fault: { side: 'Client' | 'Server'; code: string; text: string }): string {
  return `${declaration}<soapenv:Envelope xmlns:soapenv="${namespaces.envelope}">
<soapenv:Body><soapenv:Fault>
<faultcode>soapenv:${fault.side}</faultcode>
<faultstring xml:lang="vi">${escapeXml(fault.text)}</faultstring>
<detail><dan:ChiTietLoi xmlns:dan="${namespaces.header}">${element('dan:Ma', fault.code)}</dan:ChiTietLoi></detail>
</soapenv:Fault></soapenv:Body>
</soapenv:Envelope>`;
}

function envelope(content: string, { requestId, integrationId }: Echo): string {
  return `${declaration}<soapenv:Envelope xmlns:soapenv="${namespaces.envelope}">
<soapenv:Header xmlns:dan="${namespaces.header}"><dan:ThongTinPhanHoi>${element('dan:MaYeuCau', requestId)}${element('dan:MaTichHop', integrationId)}</dan:ThongTinPhanHoi></soapenv:Header>
<soapenv:Body>
<qldc:CongdanCollection xmlns:qldc="${namespaces.population}">${content}</qldc:CongdanCollection>
</soapenv:Body>
</soapenv:Envelope>`;
}

function citizenParts(citizen: Citizen): string {
  const { name, birthDate } = citizen;
  const year = birthDate.slice(0, 4);
  return [
    element('qldc:SoDinhDanh', citizen.personalNumber) + element('qldc:SoCMND', citizen.oldNumber),
    group('HoVaTen', [
      ['Ho', name.family],
      ['ChuDem', name.middle],
      ['Ten', name.given],
    ]),
    element('qldc:GioiTinh', citizen.gender) + element('qldc:DanToc', citizen.ethnicity),
    group('NgayThangNamSinh', [
      ['Nam', year],
      ['NgayThangNam', birthDate === year ? '' : birthDate],
    ]),
    element('qldc:QuocTich', 'VN'),
    place('QueQuan', citizen.home),
    place('ThuongTru', citizen.permanent),
    place('NoiOHienTai', citizen.current),
    relative('Cha', citizen.father),
    relative('Me', citizen.mother),
    relative('VoChong', citizen.spouse),
    group('ChuHo', [
      ['QuanHe', citizen.head.relation],
      ['SoDinhDanh', citizen.head.personalNumber],
      ['SoCMND', citizen.head.oldNumber],
      ['HoVaTen', citizen.head.name],
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function place(name: string, held: HeldPlace): string {
  return group(name, [
    ['MaTinhThanh', held.province],
    ['MaQuanHuyen', held.district],
    ['MaPhuongXa', held.commune],
    ['ChiTiet', held.detail],
    ['QuocGia', 'VN'],
  ]);
}

function relative(name: string, held: HeldRelative | undefined): string {
  if (!held) return '';
  return group(name, [
    ['HoVaTen', held.name],
    ['QuocTich', 'VN'],
    ['SoDinhDanh', held.personalNumber],
    ['SoCMND', held.oldNumber],
  ]);
}

function group(name: string, parts: [string, string][]): string {
  return `<qldc:${name}>${parts.map(([part, text]) => element(`qldc:${part}`, text)).join('')}</qldc:${name}>`;
}
