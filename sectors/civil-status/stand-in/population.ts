/** The population service: one person a call, and number, name and birth date must all three match. */
import type { DatabaseSync } from 'node:sqlite';
import { type Citizen, fullName, nameKey } from './citizens.ts';
import { citizenEnvelope, type Echo, faultEnvelope, namespaces, notFoundEnvelope } from './envelope.ts';
import { childOf, readXml, type XmlElement } from './xml.ts';

export interface SoapReply {
  status: number;
  body: string;
}

export interface Account {
  username: string;
  password: string;
}

const integrationId = '037';

/** `answer(xml, authorization)` never throws: whatever is wrong with a request becomes a SOAP Fault. */
export function createPopulation(database: DatabaseSync, account: Account) {
  const byPersonalNumber = database.prepare('select body from citizen where personal_number = ?');
  const byOldNumber = database.prepare('select body from citizen where old_number = ?');

  function citizensBy(kind: 'SoDinhDanh' | 'SoCMND', number: string): Citizen[] {
    const rows = (kind === 'SoDinhDanh' ? byPersonalNumber : byOldNumber).all(number) as { body: string }[];
    return rows.map((row) => JSON.parse(row.body) as Citizen);
  }

  return function answer(xml: string, authorization: string | undefined): SoapReply {
    let root: XmlElement;
    try {
      root = readXml(xml);
    } catch (error) {
      return fault('XML', error instanceof Error ? error.message : 'XML sai');
    }
    if (root.namespace !== namespaces.envelope || root.name !== 'Envelope') return fault('XML', 'Không phải SOAP 1.1');
    if (!allowed(root, authorization, account)) return fault('XAC_THUC', 'Sai tài khoản hoặc mật khẩu', 401);
    const body = childOf(root, namespaces.envelope, 'Body');
    if (body && body.children.length > 1) return fault('NHIEU_NGUOI', 'Mỗi lần chỉ tra cứu một người');
    const request = childOf(body, namespaces.population, 'TraCuuThongTinCongDan');
    if (!request) return fault('THIEU_THAM_SO', 'Thiếu TraCuuThongTinCongDan');
    return answerRequest(request);
  };

  function answerRequest(request: XmlElement): SoapReply {
    const asked = (name: string): string => childOf(request, namespaces.population, name)?.text.trim() ?? '';
    const needed = ['MaYeuCau', 'MaDVC', 'MaTichHop', 'MaCanBo', 'HoVaTen', 'NgayThangNam'].find(
      (name) => asked(name) === '',
    );
    if (needed) return fault('THIEU_THAM_SO', `Thiếu ${needed}`);
    if (asked('MaTichHop') !== integrationId) return fault('MA_TICH_HOP', 'MaTichHop phải là 037');
    const numbers = request.children.filter(({ name }) => name === 'SoDinhDanh' || name === 'SoCMND');
    const given = numbers.filter(({ text }) => text.trim() !== '');
    if (given.length > 1) return fault('NHIEU_NGUOI', 'Chỉ một trong SoDinhDanh, SoCMND, và chỉ một lần');
    const kind = given[0]?.name === 'SoCMND' ? 'SoCMND' : 'SoDinhDanh';
    const number = given[0]?.text.trim() ?? '';
    if (number === '') return fault('THIEU_THAM_SO', 'Thiếu SoDinhDanh hoặc SoCMND');
    if (!(kind === 'SoDinhDanh' ? /^\d{12}$/ : /^\d{9}$/).test(number))
      return fault('SAI_DINH_DANG', `${kind} sai định dạng`);
    const birthDate = asked('NgayThangNam');
    if (!/^\d{4}(\d{2}){0,2}$/.test(birthDate))
      return fault('SAI_DINH_DANG', 'NgayThangNam phải là yyyyMMdd, yyyyMM hoặc yyyy');

    const echo: Echo = { requestId: asked('MaYeuCau'), integrationId };
    const known = citizensBy(kind, number);
    if (known.length === 0) return ok(notFoundEnvelope({ code: '01', text: 'KHONG_TIM_THAY' }, echo));
    const name = nameKey(asked('HoVaTen'));
    const match = known.find(
      (citizen) => nameKey(fullName(citizen)) === name && birthDate.startsWith(citizen.birthDate),
    );
    if (!match) return ok(notFoundEnvelope({ code: '02', text: 'KHONG_KHOP' }, echo));
    return ok(citizenEnvelope(match, echo));
  }
}

/** The account is taken from the soap:Header part, or from HTTP Basic. */
function allowed(root: XmlElement, authorization: string | undefined, account: Account): boolean {
  const part = childOf(childOf(root, namespaces.envelope, 'Header'), namespaces.header, 'XacThuc');
  if (part) {
    const username = childOf(part, namespaces.header, 'TaiKhoan')?.text.trim();
    const password = childOf(part, namespaces.header, 'MatKhau')?.text.trim();
    return username === account.username && password === account.password;
  }
  const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64');
  return authorization === `Basic ${basic}`;
}

function ok(body: string): SoapReply {
  return { status: 200, body };
}

function fault(code: string, text: string, status = 500): SoapReply {
  return { status, body: faultEnvelope({ side: 'Client', code, text }) };
}
