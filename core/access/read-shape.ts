/** Reads a value of unknown shape; what it is not is a fault that names its place, and undefined comes back. */
export type Read<T> = (value: unknown, place: string, faults: string[]) => T | undefined;

type Shape = Readonly<Record<string, Read<unknown>>>;

/** What could be read of a record: members that were faulty or absent are undefined. */
export type Shaped<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Read<infer T> ? T | undefined : never };

/** A text that is not blank and not longer than 200 characters. */
export const text: Read<string> = (value, place, faults) => {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 200) return value;
  return fault(faults, place, 'a text of 1 to 200 characters', value);
};

export const flag: Read<boolean> = (value, place, faults) =>
  typeof value === 'boolean' ? value : fault(faults, place, 'true or false', value);

/** A whole number between bounds, both included. */
export function whole(least: number, most: number): Read<number> {
  return (value, place, faults) => {
    const isOne = Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
    return isOne ? Number(value) : fault(faults, place, `a whole number from ${least} to ${most}`, value);
  };
}

export function word<const T extends string | number>(words: readonly T[]): Read<T> {
  return (value, place, faults) => {
    const found = words.find((one) => one === value);
    return found ?? fault(faults, place, words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`, value);
  };
}

/** A text of a list that somebody else keeps. @param kind what is expected, for the fault */
export function known(isKnown: (one: string) => boolean, kind: string): Read<string> {
  return (value, place, faults) =>
    typeof value === 'string' && isKnown(value) ? value : fault(faults, place, kind, value);
}

/** @param least how many there must be */
export function list<T>(read: Read<T>, least: number): Read<readonly T[]> {
  return (value, place, faults) => {
    if (!Array.isArray(value) || value.length < least) {
      return fault(faults, place, least === 0 ? 'a list' : 'a list that is not empty', value);
    }
    // Stryker disable next-line MethodExpression,ConditionalExpression: what could not be read was told, and then nothing is used
    return value.map((one, at) => read(one, `${place}[${at}]`, faults)).filter((one) => one !== undefined);
  };
}

/** A record with these members and no others. @param optional those that may be absent */
export function record<S extends Shape>(shape: S, optional: readonly (keyof S & string)[]): Read<Shaped<S>> {
  return (value, place, faults) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fault(faults, place, 'a record', value);
    }
    const members = new Map(Object.entries(value));
    const read: Record<string, unknown> = {};
    for (const [name, readMember] of Object.entries(shape)) {
      if (!members.has(name) && optional.includes(name)) continue;
      read[name] = readMember(members.get(name), memberOf(place, name), faults);
    }
    for (const name of members.keys()) {
      if (Object.hasOwn(shape, name)) continue;
      const expected = Object.keys(shape).join(', ');
      faults.push(`${memberOf(place, name.slice(0, 80))}: there is no such member; expected ${expected}`);
    }
    return read as Shaped<S>;
  };
}

/** A value with its place and whether it was without fault: what else is held against it is told only then. */
export interface Placed<T> {
  readonly place: string;
  readonly isWhole: boolean;
  readonly value: T;
}

/** What is no record is one without members, and not whole. */
export function placed<S extends Shape>(read: Read<Shaped<S>>): Read<Placed<Shaped<S>>> {
  return (from, place, faults) => {
    const before = faults.length;
    const value = read(from, place, faults) ?? ({} as Shaped<S>);
    return { place, isWhole: faults.length === before, value };
  };
}

function memberOf(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}

function fault(faults: string[], place: string, expected: string, came: unknown): undefined {
  const shown = came === undefined ? 'nothing' : JSON.stringify(came).slice(0, 80);
  faults.push(`${place === '' ? 'the file' : place}: expected ${expected}, came ${shown}`);
  return undefined;
}
