import { HubError } from '../../core/errors.ts';
import type { DossierReader, ReadRow } from './reader.ts';
import type { FaultySighting } from './sighting.ts';

/** What a system answers when it is asked for dossiers by their codes. */
export interface LookedUp {
  /** With the lists kept apart. */
  readonly there: readonly ReadRow[];
  /** The system says that it has none of these. */
  readonly gone: readonly string[];
  readonly faulty: readonly FaultySighting[];
}

export async function lookUp(
  reader: DossierReader,
  codes: readonly string[],
  { signal, isKnown }: { signal: AbortSignal; isKnown?: (row: ReadRow) => boolean },
): Promise<LookedUp & { readonly same: readonly ReadRow[] }> {
  const there: ReadRow[] = [];
  const same: ReadRow[] = [];
  const gone: string[] = [];
  const faulty: FaultySighting[] = [];
  for (const [code, row] of await reader.byCode(codes, signal)) {
    if (row === null) gone.push(code);
    else if (row instanceof HubError) faulty.push({ kind: 'faulty', code, place: code, reason: row.message });
    else {
      const read = reader.read(row, code);
      if (read.kind === 'faulty') faulty.push({ ...read, code });
      else if (isKnown?.(read) === true) same.push(read);
      else there.push(read);
    }
  }
  return { there: await reader.complete(there, signal), same, gone, faulty };
}
