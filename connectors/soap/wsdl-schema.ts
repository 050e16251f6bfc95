import type { XmlName, XmlScope } from '../xml/shape.ts';
import { nameIn, type XmlElement } from '../xml/tree.ts';

/** The global elements, types and groups of all schemas of one service description. */
export interface Schemas {
  readonly elements: ReadonlyMap<string, Declared>;
  readonly types: ReadonlyMap<string, Declared>;
  readonly groups: ReadonlyMap<string, Declared>;
}

interface Declared {
  readonly node: XmlElement;
  readonly schema: Schema;
}

interface Schema {
  readonly namespace: string;
  /** Whether elements declared inside types are in the namespace too. */
  readonly qualified: boolean;
}

export const SCHEMA_NAMESPACE = 'http://www.w3.org/2001/XMLSchema';

/** Parts of a type through which elements are reached. */
const THROUGH = new Set(['complexType', 'sequence', 'all', 'choice', 'complexContent', 'extension', 'restriction']);

/** Types may extend each other in a circle; no real one is that deep. */
const MAX_DEPTH = 50;

/** @param roots `xs:schema` elements; an included schema without a namespace takes that of `namespaces` */
export function readSchemas(roots: readonly { readonly node: XmlElement; readonly namespace: string }[]): Schemas {
  const elements = new Map<string, Declared>();
  const types = new Map<string, Declared>();
  const groups = new Map<string, Declared>();
  for (const { node: root, namespace } of roots) {
    const schema: Schema = { namespace, qualified: root.attributes.elementFormDefault === 'qualified' };
    for (const node of root.children) {
      if (node.uri !== SCHEMA_NAMESPACE || node.attributes.name === undefined) continue;
      const key = keyOf({ uri: namespace, local: node.attributes.name });
      const place = node.local === 'element' ? elements : node.local === 'group' ? groups : types;
      place.set(key, { node, schema });
    }
  }
  return { elements, types, groups };
}

/**
 * Names the children of a global element by its schema. A name with a prefix, or one that the schema does not know, is
 * left to the declaration's own scope.
 */
export function scopeOfElement(schemas: Schemas, name: XmlName, base: XmlScope): XmlScope {
  const declared = schemas.elements.get(keyOf(name));
  return declared === undefined ? base : scopeOfDeclared(schemas, declared, base);
}

/** Likewise for a type by its name. */
export function scopeOfType(schemas: Schemas, name: XmlName | undefined, base: XmlScope): XmlScope {
  const declared = name === undefined ? undefined : schemas.types.get(keyOf(name));
  return declared === undefined ? base : scopeOfContent(schemas, declared, base);
}

function scopeOfDeclared(schemas: Schemas, element: Declared, base: XmlScope): XmlScope {
  const type = nameIn(element.node, element.node.attributes.type);
  return type === undefined ? scopeOfContent(schemas, element, base) : scopeOfType(schemas, type, base);
}

function scopeOfContent(schemas: Schemas, content: Declared, base: XmlScope): XmlScope {
  const known = new Map<string, { readonly name: XmlName; readonly within: XmlScope }>();
  const find = (written: string) => {
    const met = known.get(written);
    if (met !== undefined) return met;
    const wanted = written.includes(':') ? base.name(written) : { uri: null, local: written };
    const child = findChild({ schemas, wanted, met: new Set() }, content, 0);
    const found =
      child === undefined
        ? { name: base.name(written), within: base }
        : { name: child.name, within: scopeOfDeclared(schemas, child.declared, base) };
    known.set(written, found);
    return found;
  };
  return { name: (written) => find(written).name, within: (written) => find(written).within };
}

interface Child {
  readonly name: XmlName;
  readonly declared: Declared;
}

interface Search {
  readonly schemas: Schemas;
  readonly wanted: { readonly uri: string | null; readonly local: string };
  /** Groups and types that were looked into: referred to again, each holds no more than before. */
  readonly met: Set<Declared>;
}

function findChild(search: Search, { node, schema }: Declared, depth: number): Child | undefined {
  const { schemas, wanted } = search;
  if (depth > MAX_DEPTH) return undefined;
  for (const part of node.children) {
    if (part.uri !== SCHEMA_NAMESPACE) continue;
    let found: Child | undefined;
    if (part.local === 'element') found = childOf(schemas, { node: part, schema });
    else if (part.local === 'group') {
      found = findReferred(search, lookUp(schemas.groups, nameIn(part, part.attributes.ref)), depth);
    } else if (THROUGH.has(part.local)) {
      const inherited =
        part.local === 'extension' ? lookUp(schemas.types, nameIn(part, part.attributes.base)) : undefined;
      found = findReferred(search, inherited, depth) ?? findChild(search, { node: part, schema }, depth + 1);
    }
    if (found?.name.local === wanted.local && (wanted.uri === null || wanted.uri === found.name.uri)) return found;
  }
  return undefined;
}

function findReferred(search: Search, declared: Declared | undefined, depth: number): Child | undefined {
  if (declared === undefined || search.met.has(declared)) return undefined;
  search.met.add(declared);
  return findChild(search, declared, depth + 1);
}

function childOf(schemas: Schemas, { node, schema }: Declared): Child | undefined {
  const { ref, name, form } = node.attributes;
  const target = nameIn(node, ref);
  if (target !== undefined) {
    return { name: target, declared: schemas.elements.get(keyOf(target)) ?? { node, schema } };
  }
  if (name === undefined) return undefined;
  const qualified = form === undefined ? schema.qualified : form === 'qualified';
  return { name: { uri: qualified ? schema.namespace : '', local: name }, declared: { node, schema } };
}

function lookUp(place: ReadonlyMap<string, Declared>, name: XmlName | undefined): Declared | undefined {
  return name === undefined ? undefined : place.get(keyOf(name));
}

function keyOf({ uri, local }: XmlName): string {
  return `{${uri}}${local}`;
}
