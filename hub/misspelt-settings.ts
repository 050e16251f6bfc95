/** Shorter names are those of other programs more often than they are misspelt. */
const SHORTEST = 6;
const SAME_BEGINNING = 3;
const MOST_EDITS = 2;

/**
 * What was probably meant by names that are no settings and look like one. Only names are told, never what they hold.
 *
 * @param names of everything that is set
 * @param known every setting there is
 */
export function misspeltSettings(names: readonly string[], known: ReadonlySet<string>): readonly string[] {
  return names.flatMap((name) => {
    if (name.length < SHORTEST || known.has(name)) return [];
    const near = [...known]
      .filter((one) => one.length >= SHORTEST && one.slice(0, SAME_BEGINNING) === name.slice(0, SAME_BEGINNING))
      .map((one) => ({ one, edits: editsBetween(name, one) }));
    const least = Math.min(...near.map(({ edits }) => edits));
    if (least > MOST_EDITS) return [];
    const meant = near.filter(({ edits }) => edits === least).map(({ one }) => one);
    return [`${name} is no setting, and is passed over: ${meant.join(' or ')} was probably meant`];
  });
}

/** Letters to be put in, taken out or changed to make one of the other. */
function editsBetween(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > MOST_EDITS) return MOST_EDITS + 1;
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...from].entries()) {
    const next = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const [left = 0, corner = 0, top = 0] = [next[column], above[column], above[column + 1]];
      next.push(Math.min(left + 1, top + 1, corner + (letter === other ? 0 : 1)));
    }
    above = next;
  }
  return above[to.length] ?? 0;
}
