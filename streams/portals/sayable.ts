/** Most characters of a message that are passed on. */
const MOST_CHARACTERS = 300;
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
  const plain = message
    .slice(0, 10 * MOST_CHARACTERS)
    .normalize('NFC')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
  const values = [...valuesIn(sent)].sort((a, b) => b.length - a.length);
  const withHoles = values.length === 0 ? plain : plain.replace(anyOf(values), HOLE);
  return [...withHoles.replace(SUSPICIOUS, HOLE)].slice(0, MOST_CHARACTERS).join('');
}

function valuesIn(sent: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof sent === 'string') {
    const value = sent
      .normalize('NFC')
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim();
    if (value.length >= LEAST_VALUE) found.add(value);
  } else if (typeof sent === 'object' && sent !== null) {
    for (const member of Object.values(sent)) valuesIn(member, found);
  }
  return found;
}

function anyOf(values: readonly string[]): RegExp {
  return new RegExp(values.map((value) => RegExp.escape(value)).join('|'), 'giu');
}
