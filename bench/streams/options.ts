import { parseArgs } from 'node:util';

const PARTS = ['projection', 'kafka', 'latency', 'memory'] as const;
export type Part = (typeof PARTS)[number];

export interface StreamsOptions {
  readonly parts: readonly Part[];
  /** Rounds of what is compared side by side, of whose ratios the median counts. */
  readonly rounds: number;
  /** Events of one round of projection; the Kafka path reads five times as many. */
  readonly batchEvents: number;
  /** How long the latency is measured, after as long a warm-up but at most WARM_UP_SECONDS. */
  readonly seconds: number;
  /** Changes in a second that are made meanwhile. */
  readonly rate: number;
  /** Events over which memory is watched. */
  readonly events: number;
}

const USAGE = `node bench/streams/run.ts [options]
  --only a,b      only these parts: ${PARTS.join(', ')}
  --rounds n      rounds of what is compared, 1 to 15 (5)
  --batch n       events of one round of projection, 1000 to 200000 (20000)
  --seconds n     how long latency is measured, 5 to 600 (60)
  --rate n        changes a second meanwhile, 1 to 2000 (200)
  --events n      events over which memory is watched, 10000 to 5000000 (1000000)`;

/** @returns null when the help was asked for. @throws Error for what cannot be, with the usage */
export function readOptions(args: readonly string[]): StreamsOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      batch: { type: 'string', default: '20000' },
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '200' },
      events: { type: 'string', default: '1000000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return null;
  }
  const only = values.only.split(',').filter((word) => word !== '');
  const unknown = only.find((word) => !PARTS.some((part) => part === word));
  if (unknown !== undefined) throw new Error(`--only does not know ${unknown}\n${USAGE}`);
  return {
    parts: only.length === 0 ? PARTS : PARTS.filter((part) => only.includes(part)),
    rounds: within('rounds', values.rounds, 1, 15),
    batchEvents: within('batch', values.batch, 1_000, 200_000),
    seconds: within('seconds', values.seconds, 5, 600),
    rate: within('rate', values.rate, 1, 2_000),
    events: within('events', values.events, 10_000, 5_000_000),
  };
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name}: expected a whole number from ${least} to ${most}, came ${text}\n${USAGE}`);
}
