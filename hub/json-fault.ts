import { endOfText } from './repeated-members.ts';

/** What may come next, in the words in which it is told. */
type Expected =
  | 'a value'
  | 'a value or ]'
  | 'a name in quotation marks'
  | 'a name in quotation marks or }'
  | ':'
  | AfterValue;
type AfterValue = ', or }' | ', or ]' | 'the end of the file';

const BLANKS = /[ \t\n\r]*/y;
const TOKEN = /[{}[\],:]|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Where a text stops being JSON, and what was expected there. `JSON.parse` says it with a piece of the text, and whoever
 * named a file by mistake may have named that of a key.
 *
 * @returns such as `line 3, column 5: expected a value`; null for JSON
 */
export function jsonFaultIn(text: string): string | null {
  /** What ends the objects and lists that the scan is in. */
  const ends: (', or }' | ', or ]')[] = [];
  let expected: Expected = 'a value';
  for (let at = 0; ; ) {
    at += matchAt(BLANKS, text, at).length;
    if (at === text.length && expected === 'the end of the file') return null;
    const token = text[at] === '"' ? textAt(text, at) : matchAt(TOKEN, text, at);
    const next: Expected | null = token === '' ? null : behind(token, expected, ends);
    if (next === null) return `${placeOf(text, at)}: expected ${expected}`;
    expected = next;
    at += token.length;
  }
}

/** @returns null where this is not what was expected */
function behind(token: string, expected: Expected, ends: (', or }' | ', or ]')[]): Expected | null {
  const isText = token.startsWith('"');
  if (expected === ':') return token === ':' ? 'a value' : null;
  if (expected.endsWith(token) && '}]'.includes(token)) {
    ends.pop();
    return ends.at(-1) ?? 'the end of the file';
  }
  if (expected.startsWith(',')) {
    if (token !== ',') return null;
    return expected === ', or }' ? 'a name in quotation marks' : 'a value';
  }
  if (expected.startsWith('a name')) return isText ? ':' : null;
  if (!expected.startsWith('a value') || '}],:'.includes(token)) return null;
  if (token !== '{' && token !== '[') return ends.at(-1) ?? 'the end of the file';
  ends.push(token === '{' ? ', or }' : ', or ]');
  return token === '{' ? 'a name in quotation marks or }' : 'a value or ]';
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** @returns nothing where it is not closed, or holds what has to be escaped */
function textAt(text: string, at: number): string {
  const token = text.slice(at, endOfText(text, at) + 1);
  try {
    JSON.parse(token);
    return token;
  } catch {
    return '';
  }
}

function placeOf(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
