/** In the order of change every system matters. */
const FRESHNESS = '{ dossiers(first: 1, orderBy: CHANGED_DESC) { missing { sector code } } }';
const ANSWER_MS = 3_000;

/**
 * Sectors that a gateway's answer names as not up to date.
 *
 * @throws when there is no answer
 */
export async function staleAt(address: string): Promise<readonly string[]> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query: FRESHNESS }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { data } = (await response.json()) as {
    data?: { dossiers: { missing: { sector: string; code: string }[] } | null } | null;
  };
  if (data?.dossiers == null) throw new Error('The gateway gave no answer');
  return data.dossiers.missing.filter(({ code }) => code === 'INDEX_STALE').map(({ sector }) => sector);
}
