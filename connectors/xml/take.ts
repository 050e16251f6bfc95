import { HubError } from '../../core/errors.ts';
import type { Row } from '../../core/source.ts';
import type { XmlName, XmlRecord, XmlShape, XmlStep } from './shape.ts';

/** What a reader of XML tells: elements with their namespaces, texts in pieces. It calls nothing for markup else. */
export interface XmlEvents {
  open(uri: string, local: string, attributes: readonly XmlAttribute[]): void;
  /** Whether the next text is wanted at all: what nobody hears need not be cut out. */
  readonly listening: boolean;
  text(piece: string): void;
  close(): void;
}

export interface XmlAttribute {
  readonly uri: string;
  readonly local: string;
  readonly value: string;
}

export interface XmlTaker extends XmlEvents {
  /** What was taken; asked for after the last event. */
  result(): Row;
}

export interface TakeOptions {
  /** Deepest nesting of elements; deeper documents are refused. */
  readonly maxDepth?: number | undefined;
  /**
   * Records that stand directly in the document are handed over as they end and are not kept. A fault inside one is
   * handed over too, in place of it, and the rest goes on.
   */
  readonly onRecord?: ((record: Row | HubError) => void) | undefined;
}

export const MAX_XML_DEPTH = 100;

const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

type Values = Record<string, unknown>;

interface Frame {
  readonly step: XmlStep;
  /** Tells this occurrence of the element from every other. */
  readonly number: number;
  readonly values: Values;
  text: string | null;
  nil: boolean;
  /** A child that is expected here but came in another namespace. */
  foreign: XmlStep | null;
}

/** What is being taken from one document. */
interface Taking {
  readonly frames: Frame[];
  /** By step: number of the frame in which it was met last. */
  readonly met: Float64Array;
  readonly maxDepth: number;
  readonly onRecord: TakeOptions['onRecord'];
  opened: number;
  depth: number;
  /** Elements open inside one that is not taken. */
  passing: number;
  /** Frames open when the handed-over record began; 0 outside. */
  recordAt: number;
  fault: HubError | null;
  listening: boolean;
}

/**
 * Takes from the events of one document what a shape names.
 *
 * @throws HubError SOURCE_MALFORMED, with the path in `field`, from any event that contradicts the shape
 */
export function takeXml(shape: XmlShape, { maxDepth = MAX_XML_DEPTH, onRecord }: TakeOptions = {}): XmlTaker {
  const result = newRecord(shape.record);
  const taking: Taking = {
    frames: [frameOf(shape.root, 0, result)],
    met: new Float64Array(shape.steps).fill(-1),
    maxDepth,
    onRecord,
    opened: 0,
    depth: 0,
    passing: 0,
    recordAt: 0,
    fault: null,
    listening: false,
  };
  return {
    get listening() {
      return taking.listening;
    },
    open: (uri, local, attributes) => openElement(taking, { uri, local }, attributes),
    text: (piece) => {
      if (taking.listening) topOf(taking).text += piece;
    },
    close: () => closeElement(taking),
    result: () => {
      const { foreign } = topOf(taking);
      if (foreign !== null && taking.met[foreign.id] !== 0) fail(taking, IN_ANOTHER_NAMESPACE, foreign);
      return result;
    },
  };
}

const IN_ANOTHER_NAMESPACE = 'came in another namespace than declared';

function openElement(taking: Taking, name: XmlName, attributes: readonly XmlAttribute[]): void {
  const { frames, met, maxDepth, onRecord } = taking;
  taking.depth += 1;
  if (taking.depth > maxDepth) {
    throw new HubError('SOURCE_MALFORMED', `the XML is nested deeper than ${maxDepth} elements`);
  }
  if (taking.passing > 0) {
    taking.passing += 1;
    return;
  }
  taking.listening = false;
  const parent = topOf(taking);
  const step = childOf(parent, name);
  if (parent.step.text !== null && parent.step.children.length === 0) {
    fail(taking, 'holds elements, not text', parent.step);
  }
  if (step === null) {
    taking.passing = 1;
    return;
  }
  if (!step.list && met[step.id] === parent.number) fail(taking, 'occurs more than once', step);
  met[step.id] = parent.number;
  taking.opened += 1;
  let { values } = parent;
  if (step.present !== null) values[step.present] = true;
  if (step.record !== null) {
    values = newRecord(step.record);
    if (onRecord !== undefined && taking.recordAt === 0) taking.recordAt = frames.length;
    else keep(parent.values, step.recordSlot, step.recordIsList, values);
  }
  const frame = frameOf(step, taking.opened, values);
  if (attributes.length > 0) takeAttributes(taking, frame, attributes);
  frames.push(frame);
  taking.listening = frame.text !== null;
}

function closeElement(taking: Taking): void {
  const { frames, met, onRecord } = taking;
  taking.depth -= 1;
  if (taking.passing > 0) {
    taking.passing -= 1;
    if (taking.passing === 0) taking.listening = topOf(taking).text !== null;
    return;
  }
  const { step, number, values, text, nil, foreign } = frames.pop() as Frame;
  if (foreign !== null && met[foreign.id] !== number) fail(taking, IN_ANOTHER_NAMESPACE, foreign);
  if (step.text !== null) keep(values, step.text, step.textIsList, nil ? null : text);
  taking.listening = topOf(taking).text !== null;
  if (taking.recordAt === frames.length && taking.recordAt > 0) {
    const record = taking.fault ?? values;
    taking.recordAt = 0;
    taking.fault = null;
    onRecord?.(record);
  }
}

/** A fault inside a record that is handed over is that record's; any other ends the reading. */
function fail(taking: Taking, message: string, step: XmlStep): void {
  const error = new HubError('SOURCE_MALFORMED', `${step.path} ${message}`, { field: step.path });
  if (taking.recordAt === 0) throw error;
  taking.fault ??= error;
}

/** The document's own frame stays to the end. */
function topOf({ frames }: Taking): Frame {
  return frames[frames.length - 1] as Frame;
}

function frameOf(step: XmlStep, number: number, values: Values): Frame {
  return { step, number, values, text: step.text === null ? null : '', nil: false, foreign: null };
}

function newRecord(record: XmlRecord): Values {
  const values: Values = { ...record.empty };
  for (const name of record.lists) values[name] = [];
  return values;
}

function keep(values: Values, name: string, list: boolean, value: unknown): void {
  if (list) (values[name] as unknown[]).push(value);
  else values[name] = value;
}

function childOf(parent: Frame, { uri, local }: XmlName): XmlStep | null {
  for (const child of parent.step.children) {
    if (child.local !== local) continue;
    if (child.uri === uri) return child;
    parent.foreign = child;
  }
  return null;
}

function takeAttributes(taking: Taking, frame: Frame, attributes: readonly XmlAttribute[]): void {
  const { step, values } = frame;
  for (const { uri, local, value } of attributes) {
    if (uri === SCHEMA_INSTANCE && local === 'nil') frame.nil = value === 'true' || value === '1';
    // Encoded answers put values elsewhere and refer to them: what stands here would read as empty.
    if (uri === '' && local === 'href' && value.startsWith('#')) fail(taking, 'refers to another element', step);
    for (const wanted of step.attributes) {
      if (wanted.local === local && wanted.uri === uri) keep(values, wanted.slot, wanted.list, value);
    }
  }
}
