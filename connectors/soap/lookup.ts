import type { OpenContext } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import type { Answer, Key, Row } from '../../core/source.ts';
import { dealRows } from '../deal.ts';
import type { XmlPaths, XmlScope } from '../xml/xml.ts';
import { compileKeys, keyPaths, parentPath, recordsPath, type SoapEntity, type SoapLookup } from './entity.ts';
import { type AnswerShape, compileAnswer, envelopeScope, type SoapAnswer } from './envelope.ts';
import type { SoapVersion, Wsdl, WsdlOperation } from './wsdl.ts';

/** Choices of fields that are kept; there are as many as operations ask for. */
const MOST_SHAPES = 256;

/** A lookup with what was made of it. */
export interface CompiledLookup {
  readonly spec: SoapEntity;
  readonly lookup: SoapLookup;
  readonly keysOf: ReturnType<typeof compileKeys>;
  /** By the choice of fields. */
  readonly shapes: Map<string, AnswerShape>;
  /** What the description says of the operation. */
  said: { readonly wsdl: Wsdl; readonly operation: WsdlOperation } | null;
}

/** The lookups of a source's entities, each compiled when it is asked for first. */
export function openLookups(entities: OpenContext['entities']): (entity: string, name: string) => CompiledLookup {
  const lookups = new Map<string, CompiledLookup>();
  return (entity, name) => {
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
  };
}

/** Takes from the description what it says of the operation, where there is a new one. */
export function describeLookup(how: CompiledLookup, wsdl: Wsdl, base: XmlScope): void {
  if (how.said?.wsdl === wsdl) return;
  how.said = { wsdl, operation: wsdl.operation(how.lookup.operation, base) };
  how.shapes.clear();
}

/** The shape of an answer for one choice of fields. */
export function shapeOf(
  how: CompiledLookup,
  fields: readonly string[],
  { version, base }: { readonly version: SoapVersion; readonly base: XmlScope },
): AnswerShape {
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
  const body = said?.operation.answerScope ?? base;
  const scope = envelopeScope(base, { header: base, body });
  const shape = compileAnswer(version, scope, paths, lookup.whenFault?.needs ?? []);
  how.shapes.set(choice, shape);
  return shape;
}

/** Judges an answer and hands its records to the keys. Throws HubError where it counts for all of them. */
export function answersOf(
  { spec, lookup, keysOf }: CompiledLookup,
  answer: SoapAnswer,
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
