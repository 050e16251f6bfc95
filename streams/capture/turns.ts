/** Lets one piece of work begin when the one before it has ended, in the order in which they came. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Two ways of one sector must not read and record at the same time: the one that read first would record last, and set
 * back what the other saw.
 */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = last.then(work);
    last = own.catch(() => {});
    return own;
  };
}
