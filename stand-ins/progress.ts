/** A bar on a terminal, a line now and then elsewhere. */

export interface Progress {
  step(done: number, total: number, what: string): void;
  end(): void;
}

const WIDTH = 30;
const REDRAW_MS = 80;
const LINE_MS = 5_000;

export function progress(output: NodeJS.WriteStream): Progress {
  let drawn = 0;
  let current = '';

  function step(done: number, total: number, what: string): void {
    const finished = done >= total;
    const now = performance.now();
    const pause = output.isTTY ? REDRAW_MS : LINE_MS;
    if (!finished && now - drawn < pause) return;
    if (what !== current && current !== '' && output.isTTY) output.write('\n');
    current = what;
    drawn = now;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const percent = `${Math.floor(share * 100)}%`.padStart(4);
    const counted = `${done.toLocaleString('en')} / ${total.toLocaleString('en')}`;
    if (output.isTTY) {
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      output.write(`\r${bar} ${percent}  ${what}: ${counted}\x1b[K`);
    } else {
      output.write(`${percent}  ${what}: ${counted}\n`);
    }
  }

  return {
    step,
    end() {
      if (output.isTTY && current !== '') output.write('\n');
    },
  };
}
