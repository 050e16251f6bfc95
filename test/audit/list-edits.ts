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
  'the instance of a chain, cut at a dash': toList(`instance = substr(instance, 1, instr(instance, '-') - 1)`, hasDash),
  'the instance of a chain, with a run': toList('instance = substr(chain, 1, length(chain) - 11)'),
  'a mark alone that a chain is on its way out': toList('removing = 1'),
  'a time alone at which a chain was removed': toList('removed_at = opened_at'),
  'a head alone of a chain that was removed': toList(`removed_head = '{}'`),
  'a chain said to be removed, with an end that is no number': (at) =>
    sayRemoved(at, 0, (head) => ({ ...head, seq: String(head.seq) })),
};
