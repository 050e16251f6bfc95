import { openDatabase } from '../../drivers/database.ts';
import type { MariadbServer } from '../services/mariadb.ts';

/** The accounts by which the hubs read the land office's database and its branch's, and nobody else. */
export const LAND_READER = 'hub_reader';
export const BRANCH_READER = 'hub_follower';

/** Makes empty databases for the hub and for the systems on its server, and the accounts that read them. */
export async function prepareDatabases({ url, place }: MariadbServer): Promise<void> {
  const { knex, close } = openDatabase(url, { connections: 1 });
  try {
    for (const name of ['hub', 'land', 'branch']) await knex.raw('create database ?? character set utf8mb4', [name]);
    const rights = [
      { account: LAND_READER, right: 'select on land.*' },
      { account: BRANCH_READER, right: 'select on branch.*' },
      { account: BRANCH_READER, right: 'replication slave, replication client on *.*' },
    ];
    for (const account of [LAND_READER, BRANCH_READER]) {
      await knex.raw(`create user ${account}@'127.0.0.1' identified by '${place.password}'`);
    }
    for (const { account, right } of rights) await knex.raw(`grant ${right} to ${account}@'127.0.0.1'`);
  } finally {
    await close();
  }
}
