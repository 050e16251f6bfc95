import type { AccessWatch } from './access/watch.ts';
import type { Cluster } from './cluster.ts';
import type { Load } from './load.ts';

/** One row of the fault matrix: what is done to the running province while people work in it. */
export interface FaultRow {
  readonly number: number;
  readonly title: string;
  /**
   * Sectors whose part of an answer may be missing all the time; `*`: everything may, and I6 is not looked at. A row that
   * knows better says from when to when.
   */
  readonly harms?: readonly string[];
  /** Does its harm and undoes what the runner's healing does not. Bounded. */
  run(stage: Stage): Promise<void>;
}

export interface Stage {
  readonly cluster: Cluster;
  readonly load: Load;
  /** Who asks the gateways meanwhile. */
  readonly access: AccessWatch;
  /** How often to kill, or to do whatever the row does. */
  readonly kills: number;
  readonly isLong: boolean;
  /** Between 0 and 1, from the run's seed. */
  readonly random: () => number;
  /** Waits for as long as chance says, milliseconds. */
  pauseBetween(least: number, most: number): Promise<void>;
  /** Counts one kill, freeze or other harm. */
  harmed(): void;
  /** What must hold in this row besides the invariants. */
  expect(holds: boolean, what: string): void;
  /** Waits until something holds; it is expected to. */
  eventually(holds: () => Promise<boolean> | boolean, what: string, ms?: number): Promise<void>;
  /** From now until the answer is called, changes of the sector cannot be captured: answers have to say so. */
  outage(sector: string): () => void;
  /** Violations that this row knows to be beyond repair: they are counted in a note. */
  forgive(isBeyond: (key: string) => boolean): void;
  /** For the result line. */
  note(text: string): void;
}
