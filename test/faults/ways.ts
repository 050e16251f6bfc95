const WAYS = '{ sectors { id changes { way currentUntil failing { code } heldDeletes quarantined } } }';
const ANSWER_MS = 3_000;

/** How a way of capture fares, as a gateway tells. */
export interface ToldWay {
  readonly way: string;
  readonly currentUntil: string | null;
  readonly failing: { readonly code: string } | null;
  readonly heldDeletes: number;
  readonly quarantined: number;
}

/** The ways of one sector. @throws when there is no answer */
export async function waysOf(address: string, sector: string): Promise<readonly ToldWay[]> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query: WAYS }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { data } = (await response.json()) as {
    data?: { sectors: readonly { id: string; changes: readonly ToldWay[] | null }[] } | null;
  };
  return data?.sectors.find(({ id }) => id === sector)?.changes ?? [];
}
