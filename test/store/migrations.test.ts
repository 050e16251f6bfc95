import { describe, expect, inject, it } from 'vitest';
import { createSeal } from '../../core/seal.ts';
import { openDatabase } from '../../drivers/database.ts';
import { openStore } from '../../store/store.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const seal = createSeal(Buffer.alloc(32, 7));

describe.skipIf('missing' in service)(`the tables of the store${reason}`, () => {
  it('are made once when several hubs start on an empty database at the same time', async () => {
    const own = await ownDatabase(service);
    try {
      const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(own.url, { seal })));
      await Promise.all(stores.map((store) => store.check()));
      await Promise.all(stores.map((store) => store.close()));
    } finally {
      await own.drop();
    }
  });

  it('are brought up to date although a hub was killed while it made them', async () => {
    const own = await ownDatabase(service);
    const database = openDatabase(own.url);
    try {
      await (await openStore(own.url, { seal })).close();
      await database.knex('schema_migration_lock').update({ is_locked: 1 });
      const store = await openStore(own.url, { seal });
      await store.check();
      await store.close();
      expect(await database.knex('schema_migration_lock').select('is_locked')).toEqual([{ is_locked: 0 }]);
    } finally {
      await database.close();
      await own.drop();
    }
  });
});
