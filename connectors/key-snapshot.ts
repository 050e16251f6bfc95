import type { ChangeBatch, Observation } from '../core/changes.ts';
import { HubError } from '../core/errors.ts';
import type { Database } from '../drivers/database.ts';
import { type WatchedTable, walkKeys } from './watched-tables.ts';

export interface KeySnapshot {
  readonly database: Database;
  readonly table: WatchedTable;
  /** Behind which key to go on; null: at the beginning. What comes before is listed again, but not handed over. */
  readonly after: string | null;
  /** The position of a batch whose last key is given; null for the end. */
  readonly position: (last: string | null) => string;
  /** Told with every observation. */
  readonly place: string;
}

/** Keys in one page: as many as are handed over at once. */
const PAGE = 500;
/** Most dossiers of one system, whose codes are held in memory until the listing ends: about 150 MB. */
const MOST_CODES = 2_000_000;

/** Hands over every dossier of a table as touched, page by page, and at the end which codes there are. */
export async function handOverKeys(
  { database, table, after, position, place }: KeySnapshot,
  handle: (batch: ChangeBatch) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const codes = new Set<string>();
  const remember = (page: readonly string[]) => {
    for (const code of page) codes.add(code);
    if (codes.size <= MOST_CODES) return;
    throw new HubError('SOURCE_MALFORMED', `${table.table} has more than ${MOST_CODES} dossiers`);
  };
  if (after !== null) {
    for await (const page of walkKeys(database, table, { after: null, until: after, size: PAGE, signal })) {
      remember(page.codes);
    }
  }
  for await (const page of walkKeys(database, table, { after, until: null, size: PAGE, signal })) {
    remember(page.codes);
    const observations = page.codes.map((code): Observation => ({ kind: 'touched', code, occurredAt: null, place }));
    await handle({ observations, position: position(page.last), caughtUp: false });
    signal.throwIfAborted();
  }
  await handle({ observations: [{ kind: 'whole', codes, place }], position: position(null), caughtUp: false });
}
