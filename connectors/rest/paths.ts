import { FaultyValue, shapeOf } from '../../core/faulty-value.ts';

/**
 * Takes one value out of a parsed answer. Absent is `undefined`, stated as empty is `null`; where something stands on
 * the way that cannot be gone through, the value is a FaultyValue, so that it costs its own field and no more.
 */
export type PathReader = (item: unknown) => unknown;

interface Step {
  readonly name: string;
  readonly list: boolean;
  /** The path up to here, for messages. */
  readonly place: string;
}

/**
 * Compiles a path: names joined by points, `[]` after a name whose values are many. `MainInformation.NAME` is a value,
 * `Representatives[].FULL_NAME` a list of one value for each representative, be `Representatives` a list, a single
 * object or null; lists within lists become one list. The empty path is the whole item.
 *
 * @throws Error for a path that is not one
 */
export function compilePath(path: string): PathReader {
  if (path === '') return (item) => item;
  const names = path.split('.');
  const steps = names.map((written, index): Step => {
    const list = written.endsWith('[]');
    const name = list ? written.slice(0, -2) : written;
    if (name === '' || name === '__proto__' || /[[\]]/.test(name)) {
      throw new Error(`"${path}" is not a path: expected names joined by points, with [] after a name that has many`);
    }
    return { name, list, place: names.slice(0, index + 1).join('.') };
  });
  const [only] = steps;
  if (steps.length === 1 && only !== undefined && !only.list) return (item) => member(item, only);
  return (item) => walk(item, steps, 0);
}

/** Many, one or none as a list: systems often write a list of one as the thing itself. Absent stays undefined. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  if (value === undefined) return undefined;
  if (value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function walk(item: unknown, steps: readonly Step[], from: number): unknown {
  let value = item;
  for (let index = from; index < steps.length; index++) {
    const step = steps[index] as Step;
    value = member(value, step);
    if (value instanceof FaultyValue) return value;
    if (step.list) return walkList(listOf(value), steps, index + 1);
  }
  return value;
}

function walkList(list: readonly unknown[] | undefined, steps: readonly Step[], from: number): unknown {
  if (list === undefined || from === steps.length) return list;
  const flat = steps.slice(from).some((step) => step.list);
  const values: unknown[] = [];
  for (const item of list) {
    const value = walk(item, steps, from);
    if (value instanceof FaultyValue) return value;
    if (flat && Array.isArray(value)) values.push(...value);
    else values.push(value);
  }
  return values;
}

/** Only what the answer itself holds: every object also inherits names such as `constructor`. */
function member(item: unknown, step: Step): unknown {
  if (item === null || item === undefined) return item;
  if (typeof item !== 'object' || Array.isArray(item)) {
    return new FaultyValue(`an object that holds ${step.place}`, shapeOf(item));
  }
  return Object.hasOwn(item, step.name) ? (item as Readonly<Record<string, unknown>>)[step.name] : undefined;
}
