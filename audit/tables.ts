import type { Database } from '../drivers/database.ts';

/** Columns of each table, as the migrations make them. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  audit_chain: [
    ...['chain', 'instance', 'day', 'public_key', 'subject_key', 'after_head', 'opened_at'],
    ...['closed', 'last_seq', 'last_hash', 'removed_at', 'removed_head', 'removing'],
  ],
  audit_first_key: ['place', 'subject_key'],
  audit_group: ['chain', 'first_seq', 'last_seq', 'at', 'entries', 'hash', 'signature'],
  audit_index: ['kind', 'word', 'at', 'chain', 'seq'],
  audit_indexed: ['chain', 'through_seq', 'complete'],
};

const FOUND = {
  sqlite: 'select name from pragma_table_info(?)',
  mysql:
    'select column_name as name from information_schema.columns where table_schema = database() and table_name = ?',
};

/**
 * A table that is not as this version of the hub makes it, though every migration is noted as run: another version made it.
 *
 * @returns null where there is none
 */
export async function strangeTable({ query, traits }: Pick<Database, 'query' | 'traits'>): Promise<string | null> {
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const found = (await query(FOUND[traits.name], [table])).map(({ name }) => String(name));
    if (found.toSorted().join() !== columns.toSorted().join()) return table;
  }
  return null;
}
