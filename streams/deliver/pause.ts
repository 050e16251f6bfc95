/** A wait that others may end early. An end that comes while nobody waits ends the next wait at once. */
export interface Pause {
  forMs(ms: number): Promise<void>;
  end(): void;
  /** A wait of its own, which only the signal ends early. */
  elsewhere(ms: number): Promise<void>;
}

export function createPause(signal: AbortSignal): Pause {
  let wake: (() => void) | undefined;
  let ended = false;
  const end = (): void => {
    ended = true;
    wake?.();
  };
  signal.addEventListener('abort', end, { once: true });
  return {
    end,
    forMs: async (ms) => {
      if (!ended && ms > 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      ended = false;
    },
    elsewhere: (ms) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal.addEventListener('abort', done, { once: true });
        if (signal.aborted) done();
      }),
  };
}
