import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A population service on a real port. It writes its answers from templates and reads questions with plain search. */
export interface SoapService {
  readonly url: string;
  readonly port: number;
  /** Questions that arrived, with their headers and bodies. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  /** Answers every question instead of the service; undefined gives it back. */
  answerWith(handler: Handler | undefined): void;
  /** Answers requests for descriptions. */
  serve(path: string, document: string): void;
  /** Descriptions that were served so far. */
  described(): number;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export type Handler = (response: ServerResponse, body: string) => void;

export const PEOPLE: readonly { readonly number: string; readonly name: string; readonly year: string }[] = [
  { number: '001058000042', name: 'Nguyễn Văn Hoà', year: '1958' },
  { number: 'aB1', name: '0042', year: '' },
  { number: 'AB1', name: '<Hoà> & "Bình"', year: '007' },
  { number: 'ma', name: ' hai dấu cách ', year: '1' },
  { number: 'mã', name: 'H’Hen Niê', year: '1992' },
];

export const NAMESPACE = 'http://www.mic.gov.vn/dancu/1.0';
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';

export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="${ENVELOPE}">
<soapenv:Header xmlns:dan="http://dancuquocgia.bca"><dan:ThongTin><dan:MaYeuCau>1</dan:MaYeuCau></dan:ThongTin></soapenv:Header>
<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}

export function collection(numbers: readonly string[]): string {
  const people = PEOPLE.filter(({ number }) => numbers.includes(number)).map(
    ({ number, name, year }) =>
      `<q:CongDan><q:SoDinhDanh>${escaped(number)}</q:SoDinhDanh><q:HoVaTen><q:Ten>${escaped(name)}</q:Ten></q:HoVaTen>` +
      `${year === '' ? '<q:Nam/>' : `<q:Nam><![CDATA[${year}]]></q:Nam>`}</q:CongDan>`,
  );
  return envelope(`<q:CongdanCollection xmlns:q="${NAMESPACE}">${people.join('\n')}</q:CongdanCollection>`);
}

export function fault(code: string, text: string): string {
  return envelope(
    `<soapenv:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring><detail><d:Ma xmlns:d="http://dancuquocgia.bca">KHONG_TIM_THAY</d:Ma></detail></soapenv:Fault>`,
  );
}

export function send(
  response: ServerResponse,
  body: string | Buffer,
  status = 200,
  type = 'text/xml; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

export async function startSoapService(): Promise<SoapService> {
  const asked: SoapService['asked'] = [];
  const documents = new Map<string, string>();
  let handler: Handler | undefined;
  let described = 0;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const document = documents.get(path);
    if (request.method === 'GET') {
      described += 1;
      return document === undefined ? send(response, 'none', 404, 'text/plain') : send(response, document);
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString('utf8');
    asked.push({ path, headers: request.headers, body });
    if (handler !== undefined) return handler(response, body);
    send(
      response,
      collection([...body.matchAll(/<\w+:SoDinhDanh>([^<]*)</g)].map((match) => unescaped(match[1] ?? ''))),
    );
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}/qldc/dancu`,
    port,
    asked,
    answerWith: (next) => {
      handler = next;
    },
    serve: (path, document) => documents.set(path, document),
    described: () => described,
    stop,
    start: () => listen(port),
    close: async () => {
      if (server.listening) await stop();
    },
  };
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}

function unescaped(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}
