import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import { BRANCH_READER, LAND_READER } from '../databases.ts';
import type { HubProcess } from '../hub-process.ts';
import type { Violation } from '../invariants.ts';
import { grown, type Use } from '../invariants-access.ts';

/** Of each role, what its one process holds. */
export async function useOf(cluster: Cluster): Promise<ReadonlyMap<string, Use>> {
  const found = new Map<string, Use>();
  for (const hub of cluster.hubs) {
    if (hub.isRunning()) found.set(hub.role, await useOfProcess(hub));
  }
  return found;
}

async function useOfProcess(hub: HubProcess): Promise<Use> {
  const folder = `/proc/${hub.pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  // What was closed meanwhile is nothing.
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return {
    memory: await hub.memory(),
    descriptors: targets.filter((target) => target !== '').length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
  };
}

const FLAT_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 500;
/** A statement that runs so long is nobody's: everything the hubs ask in a healthy province takes less. */
const ABANDONED_S = 20;

/** Looks until all is as before, or for as long as that may take. @returns what still is not */
export async function grownSince(cluster: Cluster, before: ReadonlyMap<string, Use>): Promise<readonly Violation[]> {
  const end = performance.now() + FLAT_WITHIN_MS;
  for (;;) {
    const violations = grown(before, await useOf(cluster), await abandonedStatements(cluster));
    if (violations.length === 0 || performance.now() > end) return violations;
    await delay(LOOK_EVERY_MS);
  }
}

/** Statements at the systems' database that a hub began and that still run. */
async function abandonedStatements({ land }: Cluster): Promise<number> {
  const [row] = await land.query(
    `select count(*) as n from information_schema.processlist
      where user in (?, ?) and command not in ('Sleep', 'Binlog Dump') and time > ?`,
    [LAND_READER, BRANCH_READER, ABANDONED_S],
  );
  return Number(row?.n ?? 0);
}
