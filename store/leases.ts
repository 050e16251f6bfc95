import type { Database } from '../drivers/database.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/**
 * Work that one process at a time may do. The fence is what makes it safe: a process that was stopped past its lease and
 * goes on afterwards still believes that it holds it, and only the transaction that writes can find out.
 */
export interface Leases {
  /** @returns null while somebody else, or an earlier call, holds it */
  acquire(name: string): Promise<Lease | null>;
}

export interface Lease {
  readonly name: string;
  /** Grows with every new holder. */
  readonly fence: number;
  /** Aborts when the lease could not be renewed in time, before it ends for others, and when it was released. */
  readonly lost: AbortSignal;
  /** @returns false when it is lost; done by itself at a third of the lease's time */
  renew(): Promise<boolean>;
  /** Gives it up at once, so that the next one need not wait for its end. Never rejects. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** Names this process, for people who look at the table. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** The part of a lease's time in which it is given up here already, since clocks do not run equally fast. */
const SPARE = 0.1;

/** The lease is no longer this process's: what it was about to write is somebody else's to write. */
export class LeaseLost extends Error {
  constructor(name: string) {
    super(`the lease ${name} is held by another`);
    this.name = 'LeaseLost';
  }
}

/** Until when a lease lasts is told by the database's clock alone, so that processes with other clocks agree. */
export function createLeases(database: Database, { holder, leaseMs }: LeaseOptions): Leases {
  const isMysql = database.traits.name === 'mysql';
  const clock = isMysql
    ? 'cast(unix_timestamp(current_timestamp(3)) * 1000 as unsigned)'
    : "cast(unixepoch('subsec') * 1000 as integer)";
  const insert = `insert ${isMysql ? 'ignore' : 'or ignore'} into lease (name, holder, fence, until) values (?, '', 0, 0)`;

  async function take(name: string): Promise<number | null> {
    return inTransaction(database, async ({ run }) => {
      await run(insert, [name]);
      const lock = isMysql ? ' for update' : '';
      const [row] = await run(`select fence, until <= ${clock} as ended from lease where name = ?${lock}`, [name]);
      if (row === undefined || Number(row.ended) !== 1) return null;
      const fence = Number(row.fence) + 1;
      await run(`update lease set holder = ?, fence = ?, until = ${clock} + ? where name = ?`, [
        holder,
        fence,
        leaseMs,
        name,
      ]);
      return fence;
    });
  }

  /** @returns whether the lease still had this fence */
  async function setUntil(name: string, fence: number, until: string, bindings: readonly number[]): Promise<boolean> {
    return inTransaction(database, async ({ run }) => {
      const lock = isMysql ? ' for update' : '';
      const [row] = await run(`select fence from lease where name = ?${lock}`, [name]);
      if (Number(row?.fence) !== fence) return false;
      await run(`update lease set until = ${until} where name = ?`, [...bindings, name]);
      return true;
    });
  }

  return {
    async acquire(name) {
      let heldSince = performance.now();
      const fence = await take(name);
      if (fence === null) return null;
      const controller = new AbortController();
      const lose = (): void => {
        clearInterval(renewing);
        clearTimeout(ending);
        controller.abort(new LeaseLost(name));
      };
      const remainingMs = (): number => leaseMs * (1 - SPARE) - (performance.now() - heldSince);
      let ending = setTimeout(lose, remainingMs());
      const renew = async (): Promise<boolean> => {
        if (controller.signal.aborted) return false;
        const askedAt = performance.now();
        const held = await setUntil(name, fence, `${clock} + ?`, [leaseMs]);
        // An answer that came after the end is of no use: whoever waits for this process has been told already.
        if (controller.signal.aborted) return false;
        if (!held) {
          lose();
          return false;
        }
        heldSince = askedAt;
        clearTimeout(ending);
        ending = setTimeout(lose, remainingMs());
        return true;
      };
      // A database that does not answer is asked again at the next third; the end comes by itself.
      const renewing = setInterval(() => void renew().catch(() => {}), leaseMs / 3);
      renewing.unref();
      return {
        name,
        fence,
        lost: controller.signal,
        renew,
        async release() {
          if (controller.signal.aborted) return;
          lose();
          await setUntil(name, fence, '0', []).catch(() => {});
        },
      };
    },
  };
}

/**
 * Locks the lease until the transaction's end. Done first in every transaction that writes under it.
 *
 * @throws LeaseLost when it has had another holder since
 */
export async function assertHeld(
  { run, knex }: Transaction,
  { name, fence }: Pick<Lease, 'name' | 'fence'>,
): Promise<void> {
  const lock = knex.client.config.client === 'mysql2' ? ' for update' : '';
  const [row] = await run(`select fence from lease where name = ?${lock}`, [name]);
  if (Number(row?.fence) !== fence) throw new LeaseLost(name);
}
