import type { Askers } from './askers.ts';
import type { Contestant } from './options.ts';
import type { BenchServer } from './processes.ts';
import type { BenchRequest } from './queries.ts';

/**
 * Every question is put to every server three times, since from the second time on it may be compiled code that answers.
 *
 * @param answers what was answered before, by the request's key; grows
 * @throws Error when `data` is not the same bytes from all of them, or when an answer has errors
 */
export async function holdEqual(
  { contestant, server: { url }, askers }: { contestant: Contestant; server: BenchServer; askers: Askers },
  requests: readonly BenchRequest[],
  answers: Map<string, string>,
): Promise<void> {
  for (const request of requests) {
    for (let time = 0; time < 3; time += 1) {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const own = await askers.headersFor(contestant, request);
      const response = await fetch(url, { method: 'POST', headers: { ...headers, ...own }, body: request.body });
      const text = await response.text();
      const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown };
      if (!data || errors) throw new Error(`${contestant} answered with errors: ${text.slice(0, 500)}`);
      const known = answers.get(request.key);
      const came = JSON.stringify({ data });
      if (known === undefined) answers.set(request.key, came);
      else if (known !== came) throw new Error(difference(contestant, known, came));
    }
  }
}

function difference(contestant: Contestant, known: string, came: string): string {
  let place = 0;
  while (place < came.length && known[place] === came[place]) place += 1;
  const around = (text: string) => text.slice(Math.max(0, place - 80), place + 80);
  return `${contestant} answers other bytes than the first:\n${around(known)}\n${around(came)}`;
}
