import { HubError } from '../../core/errors.ts';
import type { Row } from '../../core/source.ts';
import type { HttpAnswer } from '../../drivers/http.ts';
import { demandSuccess } from '../rest/answer.ts';
import type { TextEncodingName } from '../text/encodings.ts';
import { compileXml, readXml, type XmlPaths, type XmlScope, type XmlShape, type XmlTree } from '../xml/xml.ts';
import type { SoapVersion } from './wsdl.ts';

/** What is peculiar to a version of SOAP, as data. */
export const SOAP_VERSIONS = {
  '1.1': {
    namespace: 'http://schemas.xmlsoap.org/soap/envelope/',
    headers: (action: string) => ({ 'content-type': 'text/xml; charset=utf-8', soapaction: `"${action}"` }),
    // Some services put their fault's parts in the envelope's namespace.
    faultCodes: ['none:faultcode', 'soap:faultcode'],
    /** Codes by which a service says that the question is wrong; it would say so again. */
    refusals: ['Client', 'VersionMismatch', 'MustUnderstand'],
  },
  '1.2': {
    namespace: 'http://www.w3.org/2003/05/soap-envelope',
    headers: (action: string) => ({
      'content-type': `application/soap+xml; charset=utf-8${action === '' ? '' : `; action="${action}"`}`,
    }),
    faultCodes: ['soap:Code/soap:Value'],
    refusals: ['Sender', 'VersionMismatch', 'MustUnderstand', 'DataEncodingUnknown'],
  },
} as const satisfies Record<SoapVersion, unknown>;

/** Names an envelope uses for itself; a declaration may use the two prefixes in its paths and trees. */
export function envelopeNamespaces(version: SoapVersion) {
  return { soap: SOAP_VERSIONS[version].namespace, none: '' };
}

/** The scope of a whole envelope, whose header and body may each know names better than the declaration. */
export function envelopeScope(base: XmlScope, parts: { header: XmlScope; body: XmlScope }): XmlScope {
  const envelope: XmlScope = {
    name: base.name,
    within: (name) => (name === 'soap:Body' ? parts.body : name === 'soap:Header' ? parts.header : base),
  };
  return { name: base.name, within: () => envelope };
}

export function envelopeTree(header: XmlTree, body: XmlTree): XmlTree {
  const headed = Object.keys(header).length > 0;
  return { 'soap:Envelope': { 'soap:Header': headed ? header : undefined, 'soap:Body': body } };
}

const BODY = 'soap:Envelope/soap:Body';
const FAULT = 'soap:Fault';

export interface AnswerShape {
  readonly shape: XmlShape;
  readonly version: SoapVersion;
}

/**
 * @param paths what is wanted, from the body
 * @param faultPaths what is wanted of a fault, from the fault element
 */
export function compileAnswer(
  version: SoapVersion,
  scope: XmlScope,
  paths: { readonly [path: string]: XmlPaths | null },
  faultPaths: readonly string[],
): AnswerShape {
  const fault = [...new Set([...SOAP_VERSIONS[version].faultCodes, ...faultPaths])];
  return { version, shape: compileXml({ 'soap:Envelope?': null, [BODY]: { ...paths, [FAULT]: fault } }, scope) };
}

export type SoapAnswer = { readonly body: Row } | { readonly fault: Row; readonly error: HubError };

/**
 * Reads the body of an answer by its shape, or its fault with the error it amounts to. A fault's own words are left
 * out: they quote what was asked.
 *
 * @throws HubError for a status without an envelope, and SOURCE_MALFORMED for what is no envelope of this version
 */
export function readAnswer(
  { shape, version }: AnswerShape,
  answer: HttpAnswer,
  encoding: TextEncodingName | undefined,
): SoapAnswer {
  const { status, headers, bytes } = answer;
  const contentType = String(headers['content-type'] ?? '');
  const failed = status < 200 || status > 299;
  // Faults come with status 500, or 400 in SOAP 1.2; every other failure is told by its status.
  if (failed && !((status === 500 || status === 400) && isXml(answer))) demandSuccess(answer);
  demandXml(bytes, contentType);
  const document = readXml(bytes, shape, { encoding, contentType });
  if (document['soap:Envelope?'] !== true) throw malformed(`expected a SOAP ${version} envelope, came other XML`);
  const body = document[BODY] as Row | null;
  if (body === null) throw malformed('the envelope has no body');
  const fault = body[FAULT] as Row | null;
  if (fault !== null) return { fault, error: errorOf(version, fault, status) };
  if (failed) demandSuccess(answer);
  return { body };
}

function errorOf(version: SoapVersion, fault: Row, status: number): HubError {
  const { faultCodes, refusals } = SOAP_VERSIONS[version];
  const stated = faultCodes.map((path) => fault[path]).find((code) => typeof code === 'string') ?? '';
  const code = String(stated).trim().replace(/^.*:/s, '');
  // Codes may be refined after a dot, as in Client.Authentication.
  const refusal = refusals.find((known) => code === known || code.startsWith(`${known}.`));
  if (refusal !== undefined) return malformed(`the service refused the question (SOAP fault ${refusal})`);
  return new HubError('SOURCE_UNAVAILABLE', `the service failed (SOAP fault, status ${status})`);
}

/** Whether an answer can be an envelope at all: error pages of servers in front of a service are not. */
export function isXml({ headers, bytes }: HttpAnswer): boolean {
  return bytes.length > 0 && /xml/i.test(String(headers['content-type'] ?? 'xml')) && !looksLikeHtml(bytes);
}

function demandXml(bytes: Uint8Array, contentType: string): void {
  if (bytes.length === 0) throw malformed('expected a SOAP envelope, came an empty answer');
  if (/^\s*multipart\//i.test(contentType)) throw malformed('expected a SOAP envelope, came one with attachments');
  if (looksLikeHtml(bytes)) throw malformed(`expected a SOAP envelope, came a page of HTML (${bytes.length} bytes)`);
}

function looksLikeHtml(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 500)).toString('latin1');
  return /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b/i.test(head);
}

function malformed(message: string): HubError {
  return new HubError('SOURCE_MALFORMED', message);
}
