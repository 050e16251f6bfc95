import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SoapEntity, type SoapOptions, soap } from '../../connectors/soap.ts';
import type { Source } from '../../core/source.ts';
import { envelope, type SoapService, send, startSoapService } from './soap-service.ts';
import { caller } from './source-subject.ts';

/** A description in four documents and five namespaces, as generators write them. */
const WSDL = (address: string, imports = 'x.xsd') => `<?xml version="1.0"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:service" xmlns:m="urn:messages" xmlns:auth="urn:auth" targetNamespace="urn:service">
  <wsdl:types>
    <xs:schema targetNamespace="urn:messages" elementFormDefault="qualified" xmlns:c="urn:common">
      <xs:import namespace="urn:common" schemaLocation="${imports}"/>
      <xs:element name="GetPersonRequest"><xs:complexType><xs:complexContent><xs:extension base="c:Question">
        <xs:sequence><xs:element name="Numbers"><xs:complexType><xs:sequence>
          <xs:element name="Number" type="xs:string" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
          <xs:element ref="c:Purpose"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element>
      <xs:element name="GetPersonResponse"><xs:complexType><xs:sequence>
        <xs:element name="People"><xs:complexType><xs:choice><xs:element ref="c:Person"/></xs:choice></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:schema>
    <xs:schema targetNamespace="urn:auth"><xs:element name="SignIn"><xs:complexType><xs:all>
      <xs:element name="User" type="xs:string" form="qualified"/><xs:element name="Secret" type="xs:string"/></xs:all></xs:complexType></xs:element></xs:schema>
  </wsdl:types>
  <wsdl:message name="Ask"><wsdl:part name="sign" element="auth:SignIn"/><wsdl:part name="body" element="m:GetPersonRequest"/></wsdl:message>
  <wsdl:message name="Answer"><wsdl:part name="body" element="m:GetPersonResponse"/></wsdl:message>
  <wsdl:portType name="Port"><wsdl:operation name="GetPerson"><wsdl:input message="t:Ask"/><wsdl:output message="t:Answer"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="Binding" type="t:Port"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="GetPerson"><soap:operation soapAction="urn:get-person"/>
      <wsdl:input><soap:header message="t:Ask" part="sign" use="literal"/><soap:body use="literal" parts="body"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>
  <wsdl:service name="Service"><wsdl:port name="P" binding="t:Binding"><soap:address location="${address}"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
const COMMON = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:common" targetNamespace="urn:common">
  <xs:include schemaLocation="person.xsd"/>
  <xs:complexType name="Question"><xs:sequence><xs:element name="RequestId" type="xs:string"/></xs:sequence></xs:complexType>
  <xs:element name="Purpose" type="xs:string"/></xs:schema>`;
const PERSON = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:common" elementFormDefault="qualified">
  <xs:element name="Person"><xs:complexType><xs:group ref="c:Fields"/></xs:complexType></xs:element>
  <xs:group name="Fields"><xs:sequence><xs:element name="Number"/><xs:element name="Note" form="unqualified"/></xs:sequence></xs:group></xs:schema>`;

const ANSWER = envelope(
  '<m:GetPersonResponse xmlns:m="urn:messages" xmlns:c="urn:common"><m:People><c:Person><c:Number>0042</c:Number><Note>x</Note></c:Person></m:People></m:GetPersonResponse>',
);

const ENTITY: SoapEntity = {
  type: 'Person',
  identity: ['number'],
  fields: { number: { from: ['Number'], read: (raw) => raw }, note: { from: ['Note'], read: (raw) => raw } },
  lookups: {
    number: {
      batchSize: 1,
      operation: 'GetPerson',
      body: (keys) => ({ RequestId: '1', Numbers: { Number: keys.flat() }, Purpose: 'p' }),
      rows: 'GetPersonResponse/People/Person',
      keys: ['Number'],
    },
  },
};

describe('soap with a WSDL', () => {
  let service: SoapService;
  let folder: string;
  const sources: Source[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wsdl-'));
  });
  beforeEach(async () => {
    service = await startSoapService();
    service.serve('/qldc/dancu?wsdl', WSDL('http://internal.local:8080/other/path'));
    service.serve('/qldc/x.xsd', COMMON);
    service.serve('/qldc/person.xsd', PERSON);
    service.answerWith((response) => send(response, ANSWER));
  });
  afterEach(async () => {
    await Promise.all(sources.splice(0).map((source) => source.close()));
    await service.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function open(options: Partial<SoapOptions> = {}, entity: SoapEntity = ENTITY): Source {
    const declared = soap({ url: 'SOAP_URL', wsdl: true, ...options });
    const source = declared.open({
      sector: 'test',
      settings: { SOAP_URL: service.url },
      entities: { person: declared.entity(entity) },
      warn: () => {},
    });
    sources.push(source);
    return source;
  }

  const read = (source: Source) =>
    source.read(
      { entity: 'person', lookup: 'number', keys: ['0042'], fields: ['Number', 'Note'] },
      { caller, signal: AbortSignal.timeout(5_000) },
    );
  const lastBody = () => service.asked.at(-1)?.body.replace(/^.*?<soap:Envelope[^>]*>/, '') ?? '';

  it('takes from it the action, the element that asks, and every namespace, through imports and extensions', async () => {
    expect(await read(open())).toEqual([[{ Number: '0042', Note: 'x' }]]);
    expect(service.asked.at(-1)?.headers.soapaction).toBe('"urn:get-person"');
    expect(service.asked.at(-1)?.body).toContain(
      '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n2="urn:messages" xmlns:n3="urn:common">',
    );
    expect(lastBody()).toBe(
      '<soap:Body><n2:GetPersonRequest><RequestId>1</RequestId><n2:Numbers><n2:Number>0042</n2:Number></n2:Numbers><n3:Purpose>p</n3:Purpose></n2:GetPersonRequest></soap:Body></soap:Envelope>',
    );
  });

  it('names the parts of the envelope’s header by it', async () => {
    await read(open({ header: () => ({ SignIn: { User: 'u', Secret: 's' } }) }));
    expect(lastBody()).toContain(
      '<soap:Header><n2:SignIn><n2:User>u</n2:User><Secret>s</Secret></n2:SignIn></soap:Header>',
    );
    expect(service.asked.at(-1)?.body).toContain('xmlns:n2="urn:auth"');
  });

  it('refuses an answer whose elements are in other namespaces than it says', async () => {
    service.answerWith((response) => send(response, ANSWER.replace('urn:common', 'urn:other')));
    await expect(read(open())).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('stays at the host of the setting, whatever address the description names', async () => {
    await read(open());
    expect(service.asked.at(-1)?.path).toBe('/qldc/dancu');
    service.serve('/qldc/dancu?wsdl', WSDL(`http://127.0.0.1:${service.port}/real/path?x=1`));
    await read(open());
    expect(service.asked.at(-1)?.path).toBe('/real/path?x=1');
  });

  it('fetches imports from its own host only', async () => {
    service.serve('/qldc/dancu?wsdl', WSDL('http://internal.local/x', 'http://internal.local:8080/qldc/x.xsd'));
    expect(await read(open())).toEqual([[{ Number: '0042', Note: 'x' }]]);
  });

  it('reads it once for all who ask at the same time, and again after a failure', async () => {
    const source = open();
    service.serve('/qldc/dancu?wsdl', '<html/>');
    await expect(read(source)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    service.serve('/qldc/dancu?wsdl', WSDL('http://internal.local/x'));
    const served = service.described();
    await Promise.all([read(source), read(source), read(source)]);
    expect(service.described() - served).toBe(3);
    await read(source);
    expect(service.described() - served).toBe(3);
  });

  it('reads it from files of one folder', async () => {
    await writeFile(join(folder, 'service.wsdl'), WSDL('http://internal.local/x'));
    await writeFile(join(folder, 'x.xsd'), COMMON);
    await writeFile(join(folder, 'person.xsd'), PERSON);
    expect(await read(open({ wsdl: pathToFileURL(join(folder, 'service.wsdl')) }))).toHaveLength(1);
    await mkdir(join(folder, 'inner'));
    await writeFile(join(folder, 'inner', 'service.wsdl'), WSDL('http://internal.local/x', '../x.xsd'));
    const outside = open({ wsdl: pathToFileURL(join(folder, 'inner', 'service.wsdl')) });
    await expect(read(outside)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
  });

  it('is read from another path of the host where the declaration says so', async () => {
    service.serve('/docs/service.wsdl', WSDL('http://internal.local/x', '/qldc/x.xsd'));
    expect(await read(open({ wsdl: '/docs/service.wsdl' }))).toHaveLength(1);
  });

  it('writes the style in which parts are elements of an operation', async () => {
    service.serve(
      '/qldc/dancu?wsdl',
      WSDL('http://internal.local/x')
        .replace('<soap:binding transport', '<soap:binding style="rpc" transport')
        .replace(
          '<wsdl:part name="body" element="m:GetPersonRequest"/>',
          '<wsdl:part name="RequestId" type="xs:string"/>',
        )
        .replace('parts="body"', 'namespace="urn:rpc"')
        .replace(
          '<wsdl:part name="body" element="m:GetPersonResponse"/>',
          '<wsdl:part name="Number" type="xs:string"/>',
        )
        .replace(
          '<wsdl:output><soap:body use="literal"/>',
          '<wsdl:output><soap:body use="literal" namespace="urn:rpc"/>',
        ),
    );
    service.answerWith((response) =>
      send(response, envelope('<r:GetPersonResponse xmlns:r="urn:rpc"><Number>0042</Number></r:GetPersonResponse>')),
    );
    const lookup = {
      batchSize: 1,
      operation: 'GetPerson',
      body: () => ({ RequestId: '1' }),
      rows: 'GetPersonResponse',
      keys: ['Number'],
    };
    const [rows] = await read(open({}, { ...ENTITY, lookups: { number: lookup } }));
    expect(rows).toMatchObject([{ Number: '0042' }]);
    expect(lastBody()).toBe(
      '<soap:Body><n2:GetPerson><RequestId>1</RequestId></n2:GetPerson></soap:Body></soap:Envelope>',
    );
  });

  it.each([
    [
      'has no such operation',
      (text: string) => text.replaceAll('name="GetPerson"', 'name="GetCompany"'),
      'has no operation',
    ],
    ['speaks another version', (text: string) => text.replace('/wsdl/soap/"', '/wsdl/soap12/"'), 'has no service'],
    ['is truncated', (text: string) => text.slice(0, -20), 'not well-formed'],
    ['is something else', () => '<a/>', 'is not one'],
    ['imports itself without end', (text: string) => text.replace('x.xsd', 'loop.xsd'), 'more than 30 documents'],
  ])('refuses a description that %s', async (_, change, why) => {
    for (let number = 0; number < 60; number += 1) {
      const name = number === 0 ? 'loop' : `loop${number}`;
      const next = `<xs:include schemaLocation="loop${number + 1}.xsd"/>`;
      service.serve(`/qldc/${name}.xsd`, COMMON.replace(/<xs:include[^>]*>/, next));
    }
    service.serve('/qldc/dancu?wsdl', change(WSDL('http://internal.local/x')));
    const message = expect.stringContaining(why);
    await expect(read(open())).rejects.toMatchObject({ code: 'SOURCE_MALFORMED', message });
  });
});
