/**
 * A number with what it counts: `1 row`, `0 rows`.
 *
 * @param many where it is not `one` with an s, or a word of the sentence goes with it: `rows are`
 */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
