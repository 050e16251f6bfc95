import { ask } from './ask.ts';
import type { Cluster } from './cluster.ts';

const WAYS = '{ sectors { id changes { way currentUntil failing { code } heldDeletes quarantined } } }';

/** How a way of capture fares, as a gateway tells. */
export interface ToldWay {
  readonly way: string;
  readonly currentUntil: string | null;
  readonly failing: { readonly code: string } | null;
  readonly heldDeletes: number;
  readonly quarantined: number;
}

interface Told {
  readonly sectors: readonly { readonly id: string; readonly changes: readonly ToldWay[] | null }[];
}

/** The ways of one sector, as its hub's gateway tells. @throws when there is no answer */
export async function waysOf(cluster: Cluster, sector: string): Promise<readonly ToldWay[]> {
  const { address } = cluster.one('gateway');
  const data = await ask<Told>(cluster, address, WAYS);
  return data?.sectors.find(({ id }) => id === sector)?.changes ?? [];
}
