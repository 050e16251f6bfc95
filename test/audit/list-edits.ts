import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../drivers/database.ts';
import { type Edit, pick, read, sayRemoved } from './edits.ts';

/** What somebody does who changes the list of chains alone. */
const toList =
  (set: string, fits: (chain: string) => boolean = () => true): Edit =>
  async ({ database, random }) => {
    const chains = (await read(database)).map(({ stored }) => stored.chain).filter(fits);
    await change(database, set, pick(chains, random));
  };

const change = (database: Database, set: string, chain: string) =>
  database.knex.raw(`update audit_chain set ${set} where chain = ?`, [chain]);

const hasDash = (chain: string): boolean => chain.split('-').length > 4;

export const LIST_EDITS: Readonly<Record<string, Edit>> = {
  'a chain that its process never closed taken out, with all that left of it': async ({ database, headsDirectory }) => {
    const [row] = await database.query('select chain from audit_chain where closed = 0');
    const chain = String(row?.chain);
    for (const table of ['audit_group', 'audit_chain', 'audit_index', 'audit_indexed']) {
      await database.knex.raw(`delete from ${table} where chain = ?`, [chain]);
    }
    await rm(join(headsDirectory, `${chain.replace('/', '.')}.heads.jsonl`));
  },
  'the instance of a chain, cut at a dash': toList(`instance = substr(instance, 1, instr(instance, '-') - 1)`, hasDash),
  'the instance of a chain, with a run': toList('instance = substr(chain, 1, length(chain) - 11)'),
  'a mark alone that a chain is on its way out': toList('removing = 1'),
  'a time alone at which a chain was removed': toList('removed_at = opened_at'),
  'a head alone of a chain that was removed': toList(`removed_head = '{}'`),
  'a chain said to be removed, with an end that is no number': (at) =>
    sayRemoved(at, 0, (head) => ({ ...head, seq: String(head.seq) })),
};
