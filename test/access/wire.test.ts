import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fortress, openFortress } from '../security/stage.ts';
import { askHub } from '../support/province.ts';
import { openRecorder, type Recorder } from './recorder.ts';

/*
 * Somebody asks with a token that the issuer signed; systems that want to be told who asks are told it, each in its own
 * words, on the wire.
 */
const HOA = '001085004213';

let fortress: Fortress;
let soap: Recorder;
let register: Recorder;
let dossier: string;

beforeAll(async () => {
  soap = await openRecorder(async ({ method, path, headers, body }) => {
    const {
      'content-type': type = 'text/xml',
      authorization = '',
      soapaction = '',
    } = headers as Record<string, string>;
    const answer = await fetch(new URL(path, fortress.province.systems['civil-status'].settings.SOAP_URL), {
      ...{ method, headers: { 'content-type': type, authorization, soapaction } },
      ...(method === 'POST' && { body }),
    });
    return { status: answer.status, type: answer.headers.get('content-type') ?? type, body: await answer.text() };
  });
  register = await openRecorder(({ body }) => {
    const [number] = (JSON.parse(body) as { SoDinhDanh: string[] }).SoDinhDanh;
    const Data = [{ SoDinhDanh: number, HoTen: 'Nguyễn Văn Hoà', DiaChi: 'Ấp 3, xã An Phước' }];
    return { status: 200, type: 'application/json', body: JSON.stringify({ Data }) };
  });
  fortress = await openFortress({
    SECTORS_DIR: join(import.meta.dirname, 'sectors'),
    SECTOR_CIVIL_STATUS_SOAP_URL: `${soap.url}/qldc/dancu`,
    SECTOR_RESIDENCE_URL: register.url,
  });
  const own = await ask('citizen', '{ dossiers(first: 1) { nodes { code } } }');
  dossier = own.data.dossiers.nodes[0].code;
}, 120_000);

afterAll(async () => {
  await fortress?.close();
  await soap.close();
  await register.close();
});

beforeEach(() => {
  soap.asked.length = 0;
  register.asked.length = 0;
});

type Change = Parameters<Fortress['issuer']['bearer']>[1];

async function ask(who: 'counter' | 'citizen', query: string, headers: Record<string, string> = {}, change?: Change) {
  const authorization = await fortress.issuer.bearer(who, change);
  return askHub(fortress.url, query, {}, { authorization, ...headers });
}

const QUESTION = `{ citizen(id: "${HOA}") { population } residence(number: "${HOA}") { address } }`;
const ANSWER = { citizen: { population: 'VERIFIED' }, residence: { address: 'Ấp 3, xã An Phước' } };
const processing = () => ({ 'x-purpose': 'PROCESSING', 'x-dossier': dossier });
const officersIn = () =>
  soap.asked.flatMap(({ body }) => [...body.matchAll(/<(?:\w+:)?MaCanBo>([^<]*)</g)].map((one) => one[1]));

describe('Whoever asks with a token', () => {
  it('is told to systems by account, application, unit, purpose and dossier', async () => {
    expect(await ask('counter', QUESTION, processing())).toEqual({ data: ANSWER });
    expect(officersIn()).toEqual(['counter.hanh']);
    expect(register.asked).toHaveLength(1);
    expect(register.asked[0]?.headers).toMatchObject({
      ...{ 'x-tai-khoan': 'counter.hanh', 'x-thay-mat': '', 'x-ung-dung': 'counter-desk', 'x-don-vi': 'H41' },
      ...{ 'x-muc-dich': 'PROCESSING', 'x-ho-so': dossier, 'x-yeu-cau': expect.stringMatching(/./) },
    });
  });

  it('is told beside the application that acts for them through token exchange', async () => {
    const exchanged = { act: { sub: 'counter-desk' } };
    expect(await ask('counter', QUESTION, processing(), exchanged)).toEqual({ data: ANSWER });
    expect(officersIn()).toEqual(['counter.hanh']);
    const named = { 'x-tai-khoan': 'counter-desk', 'x-thay-mat': 'counter.hanh', 'x-ung-dung': 'counter-desk' };
    expect(register.asked[0]?.headers).toMatchObject(named);
  });

  it('is told as themself where they ask for what is their own', async () => {
    expect(await ask('citizen', QUESTION)).toEqual({ data: ANSWER });
    expect(officersIn()).toEqual(['citizen.hoa']);
    expect(register.asked[0]?.headers).toMatchObject({
      'x-tai-khoan': 'citizen.hoa',
      'x-muc-dich': 'SELF',
      'x-ho-so': '',
    });
  });

  it('is told to nobody where they may not ask', async () => {
    expect((await ask('counter', QUESTION)).data).toEqual({ citizen: null, residence: null });
    expect([soap.asked, register.asked]).toEqual([[], []]);
  });
});
