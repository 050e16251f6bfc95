import { exactText, longText, type Migration } from '../store/migrations/migration.ts';

/** Longest name of a chain: `{instance}-{run}/{yyyy-mm-dd}`. */
const CHAIN = 64;
/** Words longer than this are found by their beginning. */
export const MOST_WORD = 160;

/**
 * Rows of `audit_group` are written once and never changed: each is one group commit. What finds entries is made from
 * them afterwards and may be dropped and made again.
 */
const accessLog: Migration = {
  async up(knex) {
    await knex.schema.createTable('audit_chain', (table) => {
      exactText(knex, table, 'chain', CHAIN).notNullable().primary();
      exactText(knex, table, 'instance', 44)
        .notNullable()
        .comment('AUDIT_INSTANCE, the same over restarts; of commands with -cli');
      exactText(knex, table, 'day', 10).notNullable().comment('yyyy-mm-dd in Việt Nam');
      table.string('public_key', 200).notNullable().comment('SPKI DER in base64');
      exactText(knex, table, 'subject_key', 22).notNullable().comment('Tells which key its hashes are made with');
      exactText(knex, table, 'after_head', 160).comment('Head of the chain before: {chain} {seq} {hash}');
      table.bigInteger('opened_at').notNullable().comment('UTC milliseconds');
      table.boolean('closed').notNullable().defaultTo(false);
      table.bigInteger('last_seq').comment('Once it is closed');
      table.string('last_hash', 64).comment('Once it is closed');
      table.bigInteger('removed_at').comment('UTC milliseconds: its entries had been kept long enough');
      table.text('removed_head').comment('Its last head, as JSON, where its entries were removed');
      table.boolean('removing').notNullable().defaultTo(false).comment('Removal has begun and not ended');
      table.index(['instance', 'opened_at'], 'audit_chain_instance');
      table.index(['opened_at', 'chain'], 'audit_chain_opened');
      table.index(['removed_at'], 'audit_chain_removed');
    });
    await knex.schema.createTable('audit_first_key', (table) => {
      // One row at most: of two hubs that begin an empty log, one is the first.
      table.integer('place').notNullable().primary().comment('Always 1');
      exactText(knex, table, 'subject_key', 22)
        .notNullable()
        .comment('Holds until the log has a chain, which says its own');
    });
    await knex.schema.createTable('audit_group', (table) => {
      exactText(knex, table, 'chain', CHAIN).notNullable();
      table.bigInteger('first_seq').notNullable();
      table.bigInteger('last_seq').notNullable();
      table.bigInteger('at').notNullable().comment('Of its last entry, UTC milliseconds');
      longText(table, 'entries').notNullable().comment('Its lines, joined by line feeds');
      table.string('hash', 64).notNullable().comment('Of its last line');
      table.string('signature', 88).notNullable().comment('Of its head, base64');
      table.primary(['chain', 'first_seq']);
    });
    await knex.schema.createTable('audit_index', (table) => {
      table.string('kind', 1).notNullable().comment('s: subject, a: actor, d: dossier, v: visit');
      exactText(knex, table, 'word', MOST_WORD).notNullable();
      table.bigInteger('at').notNullable();
      exactText(knex, table, 'chain', CHAIN).notNullable();
      table.bigInteger('seq').notNullable();
      table.primary(['kind', 'word', 'at', 'chain', 'seq']);
      // Verifying and removing go by chain.
      table.index(['chain', 'seq'], 'audit_index_chain');
    });
    await knex.schema.createTable('audit_indexed', (table) => {
      exactText(knex, table, 'chain', CHAIN).notNullable().primary();
      table.bigInteger('through_seq').notNullable();
      table.boolean('complete').notNullable().defaultTo(false).comment('Its chain is closed and indexed to its end');
      // Of all chains ever written, the few that may have more to index.
      table.index(['complete'], 'audit_indexed_complete');
    });
  },
  async down(knex) {
    for (const table of ['audit_indexed', 'audit_index', 'audit_group', 'audit_first_key', 'audit_chain']) {
      await knex.schema.dropTable(table);
    }
  },
};

/** Every change of the access log's tables, in order. They may lie in another database than the store. */
export const auditMigrations: Readonly<Record<string, Migration>> = { '001-access-log': accessLog };
