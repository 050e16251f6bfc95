import { ask } from './ask.ts';
import type { Cluster } from './cluster.ts';

/** In the order of change every system matters. */
const FRESHNESS = '{ dossiers(first: 1, orderBy: CHANGED_DESC) { missing { sector code } } }';

interface Freshness {
  readonly dossiers: { readonly missing: readonly { readonly sector: string; readonly code: string }[] } | null;
}

/**
 * Sectors that a gateway's answer names as not up to date.
 *
 * @throws when there is no answer
 */
export async function staleAt(cluster: Pick<Cluster, 'directory'>, address: string): Promise<readonly string[]> {
  const data = await ask<Freshness>(cluster, address, FRESHNESS);
  if (data?.dossiers == null) throw new Error('The gateway gave no answer');
  return data.dossiers.missing.filter(({ code }) => code === 'INDEX_STALE').map(({ sector }) => sector);
}

/** @throws while an answer names some, or there is none; the message says which */
export async function isCurrentAt(cluster: Pick<Cluster, 'directory'>, address: string): Promise<true> {
  const stale = await staleAt(cluster, address);
  if (stale.length > 0) throw new Error(`Not up to date: ${stale.join(', ')}`);
  return true;
}
