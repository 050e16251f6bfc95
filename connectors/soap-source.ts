import type { OpenContext } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import { FaultyValue } from '../core/faulty-value.ts';
import type { Answer, CallOptions, Key, ReadRequest, Row, Source } from '../core/source.ts';
import { openHttp } from '../drivers/http.ts';
import { dealRows } from './deal.ts';
import { demandSuccess } from './rest-answer.ts';
import { nameOf, textOf } from './rest-auth.ts';
import type { SoapOptions } from './soap.ts';
import { compileKeys, keyPaths, parentPath, recordsPath, type SoapEntity, type SoapLookup } from './soap-entity.ts';
import {
  type AnswerShape,
  compileAnswer,
  envelopeNamespaces,
  envelopeScope,
  envelopeTree,
  isXml,
  readAnswer,
  SOAP_VERSIONS,
} from './soap-envelope.ts';
import { openDescription } from './soap-wsdl.ts';
import type { Wsdl, WsdlOperation } from './wsdl.ts';
import { scopeOf, writeXml, type XmlNamespaces, type XmlPaths, type XmlScope } from './xml.ts';
import { isXmlText } from './xml-write.ts';

const MOST_BYTES = 16 * 1024 * 1024;
const MOST_SHAPES = 256;

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
  const lookups = new Map<string, CompiledLookup>();

  function lookupOf(entity: string, name: string): CompiledLookup {
    const place = `${entity}.${name}`;
    const known = lookups.get(place);
    if (known !== undefined) return known;
    // The factory that made the entity put its specification there.
    const spec = entities[entity]?.binding as SoapEntity | undefined;
    const lookup = spec?.lookups[name];
    if (spec === undefined || lookup === undefined) throw new HubError('INTERNAL', `the source has no lookup ${place}`);
    const made = { spec, lookup, keysOf: compileKeys(lookup), shapes: new Map<string, AnswerShape>(), said: null };
    lookups.set(place, made);
    return made;
  }

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
    if (wsdl !== null && how.said?.wsdl !== wsdl) {
      how.said = { wsdl, operation: wsdl.operation(how.lookup.operation, base) };
      how.shapes.clear();
    }
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

interface CompiledLookup {
  readonly spec: SoapEntity;
  readonly lookup: SoapLookup;
  readonly keysOf: ReturnType<typeof compileKeys>;
  /** By the choice of fields. */
  readonly shapes: Map<string, AnswerShape>;
  /** What the description says of the operation. */
  said: { readonly wsdl: Wsdl; readonly operation: WsdlOperation } | null;
}

function shapeOf(
  how: CompiledLookup,
  fields: readonly string[],
  context: { version: SoapOptions['version']; base: XmlScope },
) {
  const choice = fields.join('\n');
  const known = how.shapes.get(choice);
  if (known !== undefined) return known;
  if (how.shapes.size >= MOST_SHAPES) how.shapes.clear();
  const { lookup, said } = how;
  const paths: Record<string, XmlPaths | null> = {
    [recordsPath(lookup.rows)]: [...new Set([...fields, ...keyPaths(lookup)])],
  };
  const parent = parentPath(lookup.rows);
  if (parent !== undefined) paths[`${parent}?`] = null;
  for (const path of lookup.whenEmpty?.needs ?? []) paths[path] = null;
  const body = said?.operation.answerScope ?? context.base;
  const scope = envelopeScope(context.base, { header: context.base, body });
  const shape = compileAnswer(context.version ?? '1.1', scope, paths, lookup.whenFault?.needs ?? []);
  how.shapes.set(choice, shape);
  return shape;
}

function answersOf(
  { spec, lookup, keysOf }: CompiledLookup,
  answer: ReturnType<typeof readAnswer>,
  { keys, fields }: { readonly keys: readonly Key[]; readonly fields: readonly string[] },
): readonly Answer[] {
  if ('fault' in answer) {
    const meant = lookup.whenFault?.answer(answer.fault);
    if (meant === undefined) throw answer.error;
    return keys.map(() => meant);
  }
  const { body } = answer;
  const rows = body[recordsPath(lookup.rows)] as readonly Row[];
  const parent = parentPath(lookup.rows);
  if (rows.length === 0) {
    const missing = parent === undefined ? lookup.whenEmpty === undefined : body[`${parent}?`] !== true;
    if (missing) {
      const field = parent ?? lookup.rows;
      throw new HubError('SOURCE_MALFORMED', `expected ${field} in the body, came another element`, { field });
    }
    const meant = lookup.whenEmpty === undefined ? [] : lookup.whenEmpty.answer(body);
    return keys.map(() => meant);
  }
  const demanded = (spec.always ?? []).filter((path) => fields.includes(path));
  const checked = demanded.length === 0 ? rows : rows.map((row) => demand(row, demanded));
  if (keysOf === null) return keys.map(() => checked);
  return dealRows(keys, checked, {
    keysOf,
    normalise: lookup.normaliseKey,
    faultOf: (cause) => {
      const field = lookup.rows;
      return new HubError('SOURCE_MALFORMED', `expected every ${field} to state its key`, { field, cause });
    },
  });
}

function demand(row: Row, paths: readonly string[]): Row {
  const missing = paths.filter((path) => row[path] === null);
  if (missing.length === 0) return row;
  return {
    ...row,
    ...Object.fromEntries(missing.map((path) => [path, new FaultyValue(`${path} to be there`, 'nothing')])),
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
