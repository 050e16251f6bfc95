/**
 * Which parts of a document are taken. Paths name them, from the document or from the record they stand in:
 *
 * - `HoVaTen/Ten` the text of an element that occurs at most once; `null` where it is absent or nil
 * - `NganhNghe[]/Ma` a list of texts: elements marked `[]` may occur any number of times, none included
 * - `VoChong[]/{SoDinhDanh,HoVaTen}` a list of records with these inner paths; without `[]`, one record or `null`
 * - `DiaChi/@ma` an attribute; `.` the own text of the element the record stands for
 * - `CongdanCollection?` whether the element occurs
 *
 * In the object form, what a path is mapped to are the inner paths of its records, and `null` for all else.
 * An element that holds elements where a text is declared, or occurs twice where one is declared, is a fault.
 */
export type XmlPaths = readonly string[] | { readonly [path: string]: XmlPaths | null };

/** Prefix → namespace for names in paths and trees; '' is for names without a prefix, the value '' is no namespace. */
export type XmlNamespaces = Readonly<Record<string, string>>;

export interface XmlName {
  readonly uri: string;
  readonly local: string;
}

/** Gives names their namespace, step by step: a description of the service may know more than one for a bare name. */
export interface XmlScope {
  name(name: string): XmlName;
  within(name: string): XmlScope;
}

/** The scope in which a bare name has one namespace everywhere. Throws for a prefix that is not declared. */
export function scopeOf(namespaces: XmlNamespaces): XmlScope {
  const scope: XmlScope = {
    name: (name) => {
      const colon = name.indexOf(':');
      const prefix = colon < 0 ? '' : name.slice(0, colon);
      const uri = Object.hasOwn(namespaces, prefix) ? namespaces[prefix] : prefix === '' ? '' : undefined;
      if (uri === undefined) throw new Error(`No namespace is declared for the prefix of ${name}`);
      return { uri, local: name.slice(colon + 1) };
    },
    within: () => scope,
  };
  return scope;
}

/** One element on the way to something taken. */
export interface XmlStep {
  /** Index of the step in its shape. */
  readonly id: number;
  readonly uri: string;
  readonly local: string;
  /** As declared, for messages. */
  readonly path: string;
  readonly list: boolean;
  readonly children: XmlStep[];
  readonly attributes: {
    readonly uri: string;
    readonly local: string;
    readonly slot: string;
    readonly list: boolean;
  }[];
  /** Name under which the record holds the text of this element. */
  text: string | null;
  textIsList: boolean;
  present: string | null;
  /** The record that begins here, and the name under which the outer record holds it. */
  record: XmlRecord | null;
  recordSlot: string;
  recordIsList: boolean;
}

export interface XmlRecord {
  /** A record of which nothing was met; copied for each. */
  readonly empty: Readonly<Record<string, unknown>>;
  readonly lists: readonly string[];
}

/** Compiled paths: made once, used for any number of documents. */
export interface XmlShape {
  readonly root: XmlStep;
  readonly record: XmlRecord;
  readonly steps: number;
}

/** @throws Error for a path that cannot be, or two that contradict each other */
export function compileXml(paths: XmlPaths, scope: XmlScope): XmlShape {
  const count = { steps: 0 };
  const root = newStep(count, { uri: '', local: '' }, '', false);
  const record = compileRecord(root, expand(paths), scope, count);
  return { root, record, steps: count.steps };
}

/** What stands in an element belongs to one record; which one has to be plain. */
const MIXED = 'and another path take parts of the same element, one of them as a record';

interface Count {
  steps: number;
}

type Expanded = readonly (readonly [path: string, inner: XmlPaths | null])[];

function compileRecord(start: XmlStep, paths: Expanded, scope: XmlScope, count: Count): XmlRecord {
  const empty: Record<string, unknown> = {};
  const lists: string[] = [];
  for (const [path, inner] of paths) {
    if (Object.hasOwn(empty, path)) continue;
    const presence = path.endsWith('?');
    const target = (presence ? path.slice(0, -1) : path).replace(/\/\{.*$/s, '');
    const { step, attribute, many, within } = walk(start, target, scope, count);
    const list = many && !presence;
    empty[path] = presence ? false : null;
    if (list) lists.push(path);
    if (!presence && step !== start && step.record !== null) throw new Error(`${path} ${MIXED}`);
    if (attribute !== null) step.attributes.push({ ...attribute, slot: path, list });
    else if (presence) step.present = path;
    else if (inner === null) {
      step.text = path;
      step.textIsList = list;
    } else {
      if (step.children.length > 0 || step.attributes.length > 0 || step.text !== null) {
        throw new Error(`${path} ${MIXED}`);
      }
      step.recordSlot = path;
      step.recordIsList = list;
      step.record = compileRecord(step, expand(inner), within, count);
    }
  }
  return { empty, lists };
}

function walk(start: XmlStep, path: string, scope: XmlScope, count: Count) {
  let step = start;
  let within = scope;
  let many = false;
  if (path === '.') return { step, attribute: null, many, within };
  const names = path.split('/');
  for (const [index, part] of names.entries()) {
    if (part.startsWith('@') && index === names.length - 1) {
      const name = part.slice(1);
      const attribute = name.includes(':') ? within.name(name) : { uri: '', local: name };
      return { step, attribute, many, within };
    }
    const list = part.endsWith('[]');
    const bare = list ? part.slice(0, -2) : part;
    if (!/^[^\s[\]{}@?.]+[^\s[\]{}@?]*$/.test(bare)) throw new Error(`${path} is not a path`);
    const name = within.name(bare);
    many ||= list;
    let next = step.children.find((child) => child.local === name.local && child.uri === name.uri);
    if (next === undefined) {
      next = newStep(count, name, names.slice(0, index + 1).join('/'), list);
      step.children.push(next);
    } else if (next.list !== list) throw new Error(`${next.path} is declared both with and without []`);
    if (next.record !== null && index < names.length - 1) throw new Error(`${path} ${MIXED}`);
    step = next;
    within = within.within(bare);
  }
  return { step, attribute: null, many, within };
}

function newStep(count: Count, { uri, local }: XmlName, path: string, list: boolean): XmlStep {
  const id = count.steps;
  count.steps += 1;
  return {
    id,
    uri,
    local,
    path,
    list,
    children: [],
    attributes: [],
    text: null,
    textIsList: false,
    present: null,
    record: null,
    recordSlot: '',
    recordIsList: false,
  };
}

function expand(paths: XmlPaths): Expanded {
  if (!Array.isArray(paths)) return Object.entries(paths);
  return paths.map((path: string) => {
    const brace = path.indexOf('/{');
    if (brace < 0) return [path, null] as const;
    if (!path.endsWith('}')) throw new Error(`${path} is not a path`);
    return [path, splitInner(path.slice(brace + 2, -1))] as const;
  });
}

/** Splits at commas that stand in no inner braces. */
function splitInner(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const character = text[index] ?? ',';
    if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return parts;
}
