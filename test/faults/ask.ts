import { accounts } from '../../stand-ins/issuer/accounts.ts';
import { signToken } from '../../stand-ins/issuer/sign.ts';
import type { Cluster } from './cluster.ts';

const ANSWER_MS = 3_000;

/**
 * Asks a gateway as whoever runs the hub: how things stand, and nothing of people.
 *
 * @throws when there is no answer
 */
export async function ask<T>(cluster: Pick<Cluster, 'directory'>, address: string, query: string): Promise<T | null> {
  const token = await signToken(cluster.directory, accounts.admin);
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { data = null } = (await response.json()) as { data?: T | null };
  return data;
}
