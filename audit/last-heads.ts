import type { AuditHead } from '../core/audit.ts';
import type { Database } from '../drivers/database.ts';
import { keyId } from './keys.ts';

/** The name under which an instance's commands note what they did. */
export function commandsOf(instance: string): string {
  return `${instance}-cli`;
}

/** A process that ended may have left heads behind in as many of its chains. */
const CHAINS = 5;
/** Of each. The last one speaks for all before it. */
const HEADS = 100;

/** The last heads of the newest chains of an instance and of its commands: some of them may never have left. */
export async function lastHeadsOf(database: Database, instance: string): Promise<readonly AuditHead[]> {
  const ofCommands = await ofNewestChains(database, commandsOf(instance));
  return [...ofCommands, ...(await ofNewestChains(database, instance))];
}

/** In their order. */
async function ofNewestChains(database: Database, instance: string): Promise<readonly AuditHead[]> {
  const chains = await database.query(
    `select chain, public_key from audit_chain where instance = ? and removed_at is null
      order by opened_at desc, chain desc limit ${CHAINS}`,
    [instance],
  );
  const newestFirst: AuditHead[] = [];
  for (const { chain, public_key } of chains) {
    const key = keyId(String(public_key));
    const rows = await database.query(
      `select last_seq, at, hash, signature from audit_group where chain = ?
        order by first_seq desc limit ${HEADS}`,
      [String(chain)],
    );
    for (const { last_seq, at, hash, signature } of rows) {
      newestFirst.push({
        ...{ chain: String(chain), seq: Number(last_seq), at: Number(at), hash: String(hash) },
        ...{ key, signature: String(signature) },
      });
    }
  }
  return newestFirst.reverse();
}
