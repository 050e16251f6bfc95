/** @param ms milliseconds @throws Error when the work is not done in time; it goes on, and nobody waits for it */
export function bounded<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('It took too long')), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
