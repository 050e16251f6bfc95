import type { OpenContext } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import type { CallOptions, Key, ReadRequest, Source } from '../../core/source.ts';
import { openHttp } from '../../drivers/http.ts';
import { demandSuccess } from '../rest/answer.ts';
import { nameOf, textOf } from '../setting-name.ts';
import type { SoapOptions } from '../soap.ts';
import { isXmlText } from '../xml/write.ts';
import { scopeOf, writeXml, type XmlNamespaces, type XmlScope } from '../xml/xml.ts';
import { openDescription } from './description.ts';
import { envelopeNamespaces, envelopeScope, envelopeTree, isXml, readAnswer, SOAP_VERSIONS } from './envelope.ts';
import { answersOf, type CompiledLookup, describeLookup, openLookups, shapeOf } from './lookup.ts';
import type { Wsdl, WsdlOperation } from './wsdl.ts';

const MOST_BYTES = 16 * 1024 * 1024;

/** Every prefix that a declaration's names may use. */
export function namespacesOf({
  namespace = '',
  namespaces,
  prefix,
  auth,
  version = '1.1',
}: SoapOptions): XmlNamespaces {
  const own = prefix === undefined ? {} : { [prefix]: namespace };
  return { '': namespace, ...own, ...namespaces, ...auth?.namespaces, ...envelopeNamespaces(version) };
}

/** Connects to nothing until the first call; a description (WSDL) is read with it. */
export function openSoap({ settings, entities }: OpenContext, options: SoapOptions): Source {
  const { version = '1.1', auth, header } = options;
  const url = new URL(textOf(settings, nameOf(options.url)));
  const ownPath = url.pathname + url.search;
  const concurrency = typeof settings.CONCURRENCY === 'number' ? settings.CONCURRENCY : 8;
  const http = openHttp({
    baseUrl: url.origin,
    maxBytes: options.maxBytes ?? MOST_BYTES,
    connections: options.connections ?? concurrency + 2,
  });
  const namespaces = namespacesOf(options);
  const base = scopeOf(namespaces);
  const httpHeaders = auth?.http(settings) ?? {};
  const describe =
    options.wsdl === undefined ? null : openDescription(options.wsdl, { http, url, version, headers: httpHeaders });
  const lookupOf = openLookups(entities);

  function write(how: CompiledLookup, keys: readonly Key[], { caller }: CallOptions): string {
    const { lookup, said } = how;
    const scope = envelopeScope(base, {
      header: said?.operation.headerScope ?? base,
      body: said === null ? base : requestScope(lookup.operation, said.operation, base),
    });
    const headers = { ...auth?.header(settings), ...header?.(settings, caller) };
    const tree = envelopeTree(headers, { [lookup.operation]: lookup.body(keys, caller, settings) });
    return writeXml(tree, { scope, prefixes: namespaces });
  }

  async function ask(how: CompiledLookup, keys: readonly Key[], fields: readonly string[], call: CallOptions) {
    const wsdl = describe === null ? null : await describe(call.signal);
    if (wsdl !== null) describeLookup(how, wsdl, base);
    const action = how.lookup.soapAction ?? how.said?.operation.soapAction ?? '';
    if (/["\r\n]/.test(action)) throw new HubError('SOURCE_MALFORMED', 'the SOAP action holds quotes or line breaks');
    const answer = await http.request({
      method: 'POST',
      path: (wsdl !== null && pathOf(wsdl, url)) || ownPath,
      headers: { ...SOAP_VERSIONS[version].headers(action), ...httpHeaders, accept: 'text/xml, */*' },
      body: write(how, keys, call),
      signal: call.signal,
    });
    return readAnswer(shapeOf(how, fields, { version, base }), answer, options.encoding);
  }

  async function read({ entity, lookup: name, keys, fields }: ReadRequest, call: CallOptions) {
    call.signal.throwIfAborted();
    const how = lookupOf(entity, name);
    // A text that XML cannot hold is no key of a system that is spoken to in XML.
    const sayable = keys.filter((key) => [key].flat().every(isXmlText));
    if (sayable.length === 0) return keys.map(() => null);
    const answer = await ask(how, sayable, fields, call);
    const answers = answersOf(how, answer, { keys: sayable, fields });
    const bySayable = new Map(sayable.map((key, index) => [key, answers[index] ?? null]));
    return keys.map((key) => bySayable.get(key) ?? null);
  }

  return {
    read,
    async check({ signal }) {
      if (describe !== null) await describe(signal);
      const path = `${ownPath}${url.search === '' ? '?' : '&'}wsdl`;
      const answer = await http.request({ method: 'GET', path, headers: httpHeaders, signal });
      const { status } = answer;
      // A service that describes itself elsewhere, or not at all, still shows that it is there by refusing, some with
      // a fault of status 500.
      if ([401, 403, 429].includes(status) || status > 500 || (status === 500 && !isXml(answer))) demandSuccess(answer);
    },
    close: () => http.close(),
  };
}

/** The declaration names the operation; the description may call the element that asks otherwise. */
function requestScope(operation: string, { request, requestScope: within }: WsdlOperation, base: XmlScope): XmlScope {
  return {
    name: (name) => (name === operation ? request : base.name(name)),
    within: (name) => (name === operation ? within : base),
  };
}

/**
 * The path the description gives, but never another host: what a remote document names is not where credentials and
 * personal data may go, and services often give an address that only they can reach.
 */
function pathOf({ location }: Wsdl, url: URL): string {
  if (location === undefined || !URL.canParse(location)) return '';
  const { origin, pathname, search } = new URL(location);
  return origin === url.origin ? pathname + search : '';
}
