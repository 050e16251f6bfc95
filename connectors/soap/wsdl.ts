import { HubError } from '../../core/errors.ts';
import type { XmlName, XmlScope } from '../xml/shape.ts';
import { nameIn, readXmlTree, type XmlElement } from '../xml/tree.ts';
import { readSchemas, SCHEMA_NAMESPACE, type Schemas, scopeOfElement, scopeOfType } from './wsdl-schema.ts';

/** What a service says of itself, as far as asking it goes. */
export interface Wsdl {
  /** Where the service says it listens; the system's own address, often one that only it can reach. */
  readonly location: string | undefined;
  /** @throws HubError SOURCE_MALFORMED for an operation the description does not have */
  operation(name: string, base: XmlScope): WsdlOperation;
}

export interface WsdlOperation {
  readonly soapAction: string | undefined;
  /** The element of the body that asks. */
  readonly request: XmlName;
  /** Names of what is in the request, the answer's body and the header. */
  readonly requestScope: XmlScope;
  readonly answerScope: XmlScope;
  readonly headerScope: XmlScope;
}

export type SoapVersion = '1.1' | '1.2';

/** Brings one document. `location` is absolute once it has been joined to that of the document that names it. */
export type FetchDocument = (location: string) => Promise<{ bytes: Uint8Array; contentType?: string | undefined }>;

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const BINDINGS: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/wsdl/soap/',
  '1.2': 'http://schemas.xmlsoap.org/wsdl/soap12/',
};

/** Most documents of one description, with all that is imported. */
const MAX_DOCUMENTS = 30;

/** Most header parts of one operation: each is looked for in its message. */
const MAX_HEADERS = 50;

/**
 * Reads a description with everything it imports.
 *
 * @throws HubError SOURCE_MALFORMED for what is no WSDL 1.1 or has no binding of this SOAP version; and whatever
 * `fetch` throws
 */
export async function loadWsdl(location: string, version: SoapVersion, fetch: FetchDocument): Promise<Wsdl> {
  const { definitions, schemas } = await collect(location, fetch);
  const soap = BINDINGS[version];
  const index = indexOf(definitions);
  const ports = definitions.flatMap((each) => childrenOf(each, 'service')).flatMap((each) => childrenOf(each, 'port'));
  for (const port of ports) {
    const address = port.children.find((child) => child.uri === soap && child.local === 'address');
    const binding = index.get('binding', nameIn(port, port.attributes.binding));
    if (address === undefined || binding === undefined) continue;
    return { location: address.attributes.location, operation: operationsOf({ binding, soap, index, schemas }) };
  }
  throw malformed(`has no service over SOAP ${version}`);
}

interface Collected {
  readonly definitions: readonly XmlElement[];
  readonly schemas: Schemas;
}

async function collect(start: string, fetch: FetchDocument): Promise<Collected> {
  const definitions: XmlElement[] = [];
  const schemas: { node: XmlElement; namespace: string }[] = [];
  const waiting: { location: string; namespace?: string | undefined }[] = [{ location: start }];
  const met = new Set([start]);
  const add = (location: string, namespace?: string) => {
    if (met.has(location)) return;
    met.add(location);
    if (met.size > MAX_DOCUMENTS) throw malformed(`is in more than ${MAX_DOCUMENTS} documents`);
    waiting.push({ location, namespace });
  };
  const addSchema = (node: XmlElement, location: string, includedIn?: string) => {
    const namespace = node.attributes.targetNamespace ?? includedIn ?? '';
    schemas.push({ node, namespace });
    for (const child of node.children) {
      const place = child.attributes.schemaLocation;
      if (child.uri !== SCHEMA_NAMESPACE || place === undefined) continue;
      if (child.local === 'import') add(join(place, location));
      if (child.local === 'include') add(join(place, location), namespace);
    }
  };
  // Those that are found on the way join the end of the list.
  for (const { location, namespace } of waiting) {
    const { bytes, contentType } = await fetch(location);
    const root = readXmlTree(bytes, contentType);
    if (root.uri === SCHEMA_NAMESPACE && root.local === 'schema') addSchema(root, location, namespace);
    else if (root.uri === WSDL && root.local === 'definitions') {
      definitions.push(root);
      for (const { attributes } of childrenOf(root, 'import')) {
        if (attributes.location !== undefined) add(join(attributes.location, location));
      }
      const types = childrenOf(root, 'types').flatMap((each) => each.children);
      for (const schema of types) if (schema.uri === SCHEMA_NAMESPACE) addSchema(schema, location);
    } else throw malformed('is not one');
  }
  return { definitions, schemas: readSchemas(schemas) };
}

interface Index {
  get(kind: 'message' | 'portType' | 'binding', name: XmlName | undefined): XmlElement | undefined;
}

function indexOf(definitions: readonly XmlElement[]): Index {
  const found = new Map<string, XmlElement>();
  for (const root of definitions) {
    for (const node of root.children) {
      if (node.uri !== WSDL) continue;
      found.set(`${node.local} {${root.attributes.targetNamespace ?? ''}}${node.attributes.name ?? ''}`, node);
    }
  }
  return { get: (kind, name) => (name === undefined ? undefined : found.get(`${kind} {${name.uri}}${name.local}`)) };
}

interface Bound {
  readonly binding: XmlElement;
  readonly soap: string;
  readonly index: Index;
  readonly schemas: Schemas;
}

function operationsOf(bound: Bound): Wsdl['operation'] {
  const { binding, soap, index, schemas } = bound;
  const portType = index.get('portType', nameIn(binding, binding.attributes.type));
  const styleOf = (node: XmlElement | undefined) => soapChild(node, soap, 'binding', 'operation')?.attributes.style;
  return (name, base) => {
    const bindingOperation = childrenOf(binding, 'operation').find((each) => each.attributes.name === name);
    const operation = portType && childrenOf(portType, 'operation').find((each) => each.attributes.name === name);
    if (bindingOperation === undefined || operation === undefined) throw malformed(`has no operation ${name}`);
    const rpc = (styleOf(bindingOperation) ?? styleOf(binding)) === 'rpc';
    const side = (kind: 'input' | 'output') => {
      const [own] = childrenOf(operation, kind);
      const message = own && index.get('message', nameIn(own, own.attributes.message));
      const [bound] = childrenOf(bindingOperation, kind);
      const body = soapChild(bound, soap, 'body');
      const wrapper = kind === 'input' ? name : `${name}Response`;
      return rpc
        ? rpcBody(schemas, message, { uri: body?.attributes.namespace ?? '', local: wrapper }, base)
        : documentBody(schemas, message, body?.attributes.parts, base);
    };
    const request = side('input');
    if (request === undefined) throw malformed(`does not say what ${name} takes`);
    const headers = childrenOf(bindingOperation, 'input').flatMap((input) =>
      input.children.filter((child) => child.uri === soap && child.local === 'header'),
    );
    if (headers.length > MAX_HEADERS) throw malformed(`has more than ${MAX_HEADERS} headers for ${name}`);
    const action = soapChild(bindingOperation, soap, 'operation')?.attributes.soapAction;
    return {
      soapAction: action,
      request: request.element,
      requestScope: request.within,
      answerScope: rootScope([side('output')], base),
      headerScope: rootScope(
        headers.map((header) => headerPart(bound, header, base)),
        base,
      ),
    };
  };
}

interface Root {
  readonly element: XmlName;
  readonly within: XmlScope;
}

function documentBody(
  schemas: Schemas,
  message: XmlElement | undefined,
  parts: string | undefined,
  base: XmlScope,
): Root | undefined {
  const wanted = parts === undefined ? undefined : new Set(parts.split(/\s+/));
  for (const part of message === undefined ? [] : childrenOf(message, 'part')) {
    if (wanted !== undefined && !wanted.has(part.attributes.name ?? '')) continue;
    const element = nameIn(part, part.attributes.element);
    if (element !== undefined) return { element, within: scopeOfElement(schemas, element, base) };
  }
  return undefined;
}

/** In this style the parts are elements in no namespace, inside one named after the operation. */
function rpcBody(schemas: Schemas, message: XmlElement | undefined, element: XmlName, base: XmlScope): Root {
  const parts = new Map<string, XmlScope>();
  for (const part of message === undefined ? [] : childrenOf(message, 'part')) {
    parts.set(part.attributes.name ?? '', scopeOfType(schemas, nameIn(part, part.attributes.type), base));
  }
  const within: XmlScope = {
    name: (name) => (parts.has(name) ? { uri: '', local: name } : base.name(name)),
    within: (name) => parts.get(name) ?? base.within(name),
  };
  return { element, within };
}

function headerPart({ index, schemas }: Bound, header: XmlElement, base: XmlScope): Root | undefined {
  const message = index.get('message', nameIn(header, header.attributes.message));
  return documentBody(schemas, message, header.attributes.part, base);
}

function rootScope(roots: readonly (Root | undefined)[], base: XmlScope): XmlScope {
  const find = (name: string) => roots.find((root) => root?.element.local === name);
  return {
    name: (name) => find(name)?.element ?? base.name(name),
    within: (name) => find(name)?.within ?? base.within(name),
  };
}

function childrenOf(node: XmlElement, local: string): readonly XmlElement[] {
  return node.children.filter((child) => child.uri === WSDL && child.local === local);
}

function soapChild(node: XmlElement | undefined, soap: string, ...locals: readonly string[]): XmlElement | undefined {
  return node?.children.find((child) => child.uri === soap && locals.includes(child.local));
}

function join(location: string, base: string): string {
  if (!URL.canParse(location, base)) throw malformed('names a document in no place');
  return new URL(location, base).href;
}

function malformed(why: string): HubError {
  return new HubError('SOURCE_MALFORMED', `the service description (WSDL) ${why}`);
}
