/** One setting: its spec stands beside the code that reads it, and all faults are reported at once at the start. */
export interface Setting<T> {
  readonly description: string;
  /** Shown in docs and faults: milliseconds, calls, bytes … */
  readonly unit?: string | undefined;
  /** Absent: the setting is required. */
  readonly standard?: T | undefined;
  /** Never printed. */
  readonly secret?: boolean | undefined;
  /** Throws an Error that says what is expected. */
  readonly parse: (text: string) => T;
}

export type SettingsSpec = Readonly<Record<string, Setting<unknown>>>;

export type SettingsValues<S extends SettingsSpec> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

type SettingOptions<T> = Omit<Setting<T>, 'parse'>;

export function textSetting(options: SettingOptions<string>): Setting<string> {
  return { ...options, parse: (text) => text };
}

/** A whole number between bounds, both included. */
export function integerSetting(options: SettingOptions<number> & { least?: number; most?: number }): Setting<number> {
  const { least = 0, most = Number.MAX_SAFE_INTEGER, ...rest } = options;
  // What a float can count up to is nobody's choice, and tells an operator nothing.
  const bounds = options.most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    ...rest,
    parse: (text) => {
      const value = Number(text);
      if (!/^-?\d+$/.test(text) || value < least || value > most) throw new Error(`expected a whole number ${bounds}`);
      return value;
    },
  };
}

export function urlSetting(options: SettingOptions<string> & { protocols: readonly string[] }): Setting<string> {
  const { protocols, ...rest } = options;
  return {
    ...rest,
    parse: (text) => {
      const isOne = protocols.some((protocol) => text.toLowerCase().startsWith(`${protocol}://`));
      if (!isOne || !URL.canParse(text))
        throw new Error(`expected a URL starting with ${protocols.join(':// or ')}://`);
      return text;
    },
  };
}

export function choiceSetting<const T extends string>(
  options: SettingOptions<T> & { choices: readonly T[] },
): Setting<T> {
  const { choices, ...rest } = options;
  return {
    ...rest,
    parse: (text) => {
      const value = choices.find((choice) => choice === text);
      if (value === undefined) throw new Error(`expected one of ${choices.join(', ')}`);
      return value;
    },
  };
}

export class SettingsFault extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`Settings that cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'SettingsFault';
    this.faults = faults;
  }
}

/** Whether each of these values could be read: what is said of several settings is said only then. */
export function areRead(...values: readonly unknown[]): boolean {
  return !values.includes(undefined);
}

/**
 * What came, quoted for a fault: without the account of an address, which holds a password, and without its query, which
 * may hold a key. Also of what is no address at all, since that is what faults are about.
 */
export function shownOf(text: string): string {
  const [head = ''] = text.split(/[?#]/, 1);
  const rest = text.slice(head.length);
  const [scheme = ''] = /^[a-z][a-z\d+.-]*:\/\//i.exec(head) ?? [];
  const hidden = rest === '' ? '' : `${rest[0]}…`;
  // Before it is cut: without the `@` behind it, a password could no longer be told for one.
  const bare = rest.includes('@')
    ? `${scheme}…`
    : head.includes('@')
      ? `${scheme}…${head.slice(head.lastIndexOf('@'))}${hidden}`
      : head + hidden;
  return JSON.stringify(bare.slice(0, 80));
}

/**
 * Reads every setting of a spec from an environment.
 *
 * @param prefix put before each name, such as `SECTOR_LAND_`
 * @param faults where faults are gathered, so that several specs report together; a faulty setting's value is undefined
 */
export function readSettings<const S extends SettingsSpec>(
  spec: S,
  environment: Readonly<Record<string, string | undefined>>,
  faults: string[],
  prefix = '',
): SettingsValues<S> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(spec)) {
    const text = environment[prefix + name];
    if (text === undefined || text === '') {
      if (setting.standard === undefined) faults.push(`${prefix}${name} is not set: ${setting.description}`);
      values[name] = setting.standard;
      continue;
    }
    try {
      values[name] = setting.parse(text);
    } catch (error) {
      const came = setting.secret ? 'what came is not shown' : `came ${shownOf(text)}`;
      faults.push(`${prefix}${name}: ${error instanceof Error ? error.message : 'cannot be read'}; ${came}`);
    }
  }
  return values as SettingsValues<S>;
}
