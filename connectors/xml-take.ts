import { HubError } from '../core/errors.ts';
import type { Row } from '../core/source.ts';
import type { XmlRecord, XmlShape, XmlStep } from './xml-shape.ts';

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

/**
 * Takes from the events of one document what a shape names.
 *
 * @throws HubError SOURCE_MALFORMED, with the path in `field`, from any event that contradicts the shape
 */
export function takeXml(shape: XmlShape, { maxDepth = MAX_XML_DEPTH, onRecord }: TakeOptions = {}): XmlTaker {
  const result = newRecord(shape.record);
  const frames: Frame[] = [frameOf(shape.root, 0, result)];
  /** By step: number of the frame in which it was met last. */
  const met = new Float64Array(shape.steps).fill(-1);
  let opened = 0;
  let depth = 0;
  /** Elements open inside one that is not taken. */
  let passing = 0;
  /** Frames open when the handed-over record began; 0 outside. */
  let recordAt = 0;
  let fault: HubError | null = null;

  const fail = (message: string, step: XmlStep) => {
    const error = new HubError('SOURCE_MALFORMED', `${step.path} ${message}`, { field: step.path });
    if (recordAt === 0) throw error;
    fault ??= error;
  };

  const taker = {
    listening: false,
    open(uri: string, local: string, attributes: readonly XmlAttribute[]) {
      depth += 1;
      if (depth > maxDepth) {
        throw new HubError('SOURCE_MALFORMED', `the XML is nested deeper than ${maxDepth} elements`);
      }
      if (passing > 0) {
        passing += 1;
        return;
      }
      taker.listening = false;
      const parent = frames[frames.length - 1] as Frame;
      const step = childOf(parent, uri, local);
      if (parent.step.text !== null && parent.step.children.length === 0) fail('holds elements, not text', parent.step);
      if (step === null) {
        passing = 1;
        return;
      }
      if (!step.list && met[step.id] === parent.number) fail('occurs more than once', step);
      met[step.id] = parent.number;
      opened += 1;
      let values = parent.values;
      if (step.present !== null) values[step.present] = true;
      if (step.record !== null) {
        values = newRecord(step.record);
        if (onRecord !== undefined && recordAt === 0) recordAt = frames.length;
        else keep(parent.values, step.recordSlot, step.recordIsList, values);
      }
      const frame = frameOf(step, opened, values);
      if (attributes.length > 0) takeAttributes(frame, attributes, fail);
      frames.push(frame);
      taker.listening = frame.text !== null;
    },
    text(piece: string) {
      if (!taker.listening) return;
      const frame = frames[frames.length - 1] as Frame;
      if (frame.text !== null) frame.text += piece;
    },
    close() {
      depth -= 1;
      if (passing > 0) {
        passing -= 1;
        if (passing === 0) taker.listening = (frames[frames.length - 1] as Frame).text !== null;
        return;
      }
      const { step, number, values, text, nil, foreign } = frames.pop() as Frame;
      if (foreign !== null && met[foreign.id] !== number) fail('came in another namespace than declared', foreign);
      if (step.text !== null) keep(values, step.text, step.textIsList, nil ? null : text);
      taker.listening = (frames[frames.length - 1] as Frame).text !== null;
      if (recordAt === frames.length && onRecord !== undefined && recordAt > 0) {
        recordAt = 0;
        const record = fault ?? values;
        fault = null;
        onRecord(record);
      }
    },
    result() {
      const { foreign } = frames[0] as Frame;
      if (foreign !== null && met[foreign.id] !== 0) fail('came in another namespace than declared', foreign);
      return result;
    },
  };
  return taker;
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

function childOf(parent: Frame, uri: string, local: string): XmlStep | null {
  for (const child of parent.step.children) {
    if (child.local !== local) continue;
    if (child.uri === uri) return child;
    parent.foreign = child;
  }
  return null;
}

function takeAttributes(
  frame: Frame,
  attributes: readonly XmlAttribute[],
  fail: (message: string, step: XmlStep) => void,
): void {
  const { step, values } = frame;
  for (const { uri, local, value } of attributes) {
    if (uri === SCHEMA_INSTANCE && local === 'nil') frame.nil = value === 'true' || value === '1';
    // Encoded answers put values elsewhere and refer to them: what stands here would read as empty.
    if (uri === '' && local === 'href' && value.startsWith('#')) fail('refers to another element', step);
    for (const wanted of step.attributes) {
      if (wanted.local === local && wanted.uri === uri) keep(values, wanted.slot, wanted.list, value);
    }
  }
}
