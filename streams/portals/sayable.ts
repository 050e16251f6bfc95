/** Most characters of a message that are passed on. */
const MOST_CHARACTERS = 300;
/** Most characters of a message that are read at all; a longer value cannot be quoted in it. */
const MOST_READ = 3_000;
/** Shorter values, such as a status, are no secret and would riddle the text with holes. */
const LEAST_VALUE = 3;
const HOLE = '…';
/** Addresses of people and machines, and rows of digits that may be anybody's number. */
const SUSPICIOUS = /\w+:\/\/\S+|\S+@\S+|\b[\w-]+(?:\.[\w-]+)+(?::\d+)?\b|\d{6,}/gu;

/**
 * What may be shown of a refusal's text. Portals quote what they were sent, and a reason is read and logged by people
 * who may not see the dossier: every value that was sent becomes a hole, and so does whatever looks like an address.
 */
export function sayable(message: string, sent: unknown): string {
  const plain = plainly(message.slice(0, MOST_READ));
  const folded = plain.toLowerCase();
  const quoted = valuesIn(sent).filter((value) => folded.includes(value.toLowerCase()));
  const withHoles = quoted.length === 0 ? plain : plain.replace(anyOf(quoted), HOLE);
  return [...withHoles.replace(SUSPICIOUS, HOLE)].slice(0, MOST_CHARACTERS).join('');
}

/** The texts in what was sent that the message could quote, each once. */
function valuesIn(sent: unknown, found: Set<string> = new Set()): string[] {
  if (typeof sent === 'string') {
    const value = sent.length > MOST_READ ? '' : plainly(sent);
    if (value.length >= LEAST_VALUE) found.add(value);
  } else if (typeof sent === 'object' && sent !== null) {
    for (const member of Object.values(sent)) valuesIn(member, found);
  }
  return [...found];
}

function plainly(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
}

/** Longest first, so that of two values that begin alike the longer one makes the hole. */
function anyOf(values: readonly string[]): RegExp {
  const longestFirst = values.toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((value) => RegExp.escape(value)).join('|'), 'giu');
}
