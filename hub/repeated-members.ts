/** An object or list that the scan is in. */
interface Level {
  readonly place: string;
  /** Of an object, the members so far; null of a list. */
  readonly names: Set<string> | null;
  /** The member that is being read; null where its name comes next. Of a list, the place in it. */
  at: string | number | null;
}

/**
 * What an object of a JSON text names more than once. `JSON.parse` takes the last of them and says nothing, and whoever reads the
 * text may go by another.
 *
 * @param text what `JSON.parse` takes
 * @returns places, such as `grants[3].units`, in their order and each once
 */
export function repeatedMembers(text: string): readonly string[] {
  const found = new Set<string>();
  const levels: Level[] = [];
  for (let from = 0; from < text.length; from++) {
    const level = levels.at(-1);
    const sign = text[from];
    if (sign === '{') levels.push({ place: placeIn(level), names: new Set(), at: null });
    else if (sign === '[') levels.push({ place: placeIn(level), names: null, at: 0 });
    else if (sign === '}' || sign === ']') levels.pop();
    else if (sign === ',' && level !== undefined) level.at = typeof level.at === 'number' ? level.at + 1 : null;
    else if (sign === '"') {
      const end = endOfText(text, from);
      if (level !== undefined && level.names !== null && level.at === null) {
        level.at = JSON.parse(text.slice(from, end + 1)) as string;
        if (level.names.has(level.at)) found.add(placeIn(level));
        level.names.add(level.at);
      }
      from = end;
    }
  }
  return [...found];
}

function placeIn(level: Level | undefined): string {
  if (level === undefined) return '';
  if (level.names === null) return `${level.place}[${level.at}]`;
  return level.place === '' ? `${level.at}` : `${level.place}.${level.at}`;
}

/** @returns where the quotation mark is that ends what the one at `from` begins */
export function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
