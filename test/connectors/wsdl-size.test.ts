import { describe, expect, it } from 'vitest';
import { loadWsdl, type Wsdl } from '../../connectors/soap/wsdl.ts';
import { scopeOf } from '../../connectors/xml/xml.ts';

interface Parts {
  readonly imports?: string;
  readonly message?: string;
  readonly parts?: string;
  readonly headers?: string;
}

const describing = ({ imports = '', message = '', parts = '', headers = '' }: Parts) =>
  Buffer.from(`<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:t="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">${imports}
  <types><xs:schema targetNamespace="urn:t"><xs:element name="Ask"/></xs:schema></types>
  <message name="M">${message}<part name="body" element="t:Ask"/></message>
  <portType name="P"><operation name="Ask"><input message="t:M"/><output message="t:M"/></operation></portType>
  <binding name="B" type="t:P"><soap:binding/><operation name="Ask"><soap:operation soapAction="urn:ask"/>
    <input>${headers}<soap:body${parts}/></input><output><soap:body/></output></operation></binding>
  <service name="S"><port name="Q" binding="t:B"><soap:address location="http://h/x"/></port></service></definitions>`);

function load(parts: Parts): Promise<Wsdl> {
  return loadWsdl('http://h/0', '1.1', async () => ({ bytes: describing(parts), contentType: 'text/xml' }));
}

const ask = (wsdl: Wsdl) => wsdl.operation('Ask', scopeOf({ '': 'urn:t' })).request;
const ASKS = { uri: 'urn:t', local: 'Ask' };
const MOST_MS = 30_000;

describe('A description as large as one may be is read in a moment', () => {
  it(
    'where a message has ninety thousand parts, and its body says which of a million words it is made of',
    async () => {
      const wsdl = await load({
        message: '<part name="x" element="t:No"/>'.repeat(90_000),
        parts: ` parts="${'other '.repeat(1_000_000)}body"`,
      });
      expect(ask(wsdl)).toEqual(ASKS);
    },
    MOST_MS,
  );
});

describe('A description is refused', () => {
  it('that lies in more than thirty documents, as soon as it names them', async () => {
    const fetched: string[] = [];
    const imports = Array.from({ length: 30 }, (_, at) => `<import namespace="urn:t" location="${at + 1}"/>`).join('');
    const loading = loadWsdl('http://h/0', '1.1', async (location) => {
      fetched.push(location);
      return { bytes: describing({ imports }), contentType: 'text/xml' };
    });
    await expect(loading).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    expect(fetched).toEqual(['http://h/0']);
  });

  it('where an operation has more headers than any has: each is looked for in a message', async () => {
    const header = '<soap:header message="t:M" part="x" use="literal"/>';
    const usual = await load({ headers: header.repeat(50) });
    expect(ask(usual)).toEqual(ASKS);
    const wsdl = await load({ headers: header.repeat(51) });
    expect(() => ask(wsdl)).toThrow(/more than 50 headers/);
  });
});
