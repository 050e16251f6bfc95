import { exactText, longText, type Migration } from './migration.ts';

/** What capture remembers, the outbox, leases, and the embedded log. All times are UTC milliseconds. */
export const capture: Migration = {
  async up(knex) {
    await knex.schema.createTable('captured_dossier', (table) => {
      exactText(knex, table, 'sector', 64).notNullable();
      exactText(knex, table, 'code', 64).notNullable();
      table
        .integer('version')
        .notNullable()
        .comment('Of the last event; 1, 2, 3 … without a gap. 0: asked for, never there');
      exactText(knex, table, 'row_hash', 64)
        .notNullable()
        .comment('Of the record without the lists kept apart from it');
      exactText(knex, table, 'view_hash', 64).notNullable().comment('Of the whole view');
      table.boolean('deleted').notNullable();
      longText(table, 'view').comment('JSON of DossierView; null when deleted');
      table.bigInteger('source_at').comment('The stamp by which the source lists its changes');
      table.bigInteger('checked_at').notNullable().comment('When it was last read anew from the source');
      table.bigInteger('follow_at').comment('When to ask for it again by its code; 0: in every pass; null: never');
      table.primary(['sector', 'code']);
      table.index(['sector', 'source_at', 'code'], 'captured_dossier_place');
      table.index(['sector', 'follow_at', 'code'], 'captured_dossier_follow');
    });
    await knex.schema.createTable('capture_way', (table) => {
      exactText(knex, table, 'sector', 64).notNullable();
      exactText(knex, table, 'way', 64).notNullable();
      longText(table, 'position').comment('Where to go on; the form is the way’s own');
      longText(table, 'sweep').comment('Where the comparison with everything goes on');
      table.bigInteger('current_until').comment('Every change until then is captured; null before the first full pass');
      table.bigInteger('failing_since');
      table.string('failure', 500).comment('Code and reason, nothing personal');
      table.integer('held_deletes').notNullable().defaultTo(0).comment('Deletes that wait for a person');
      table.boolean('deletes_confirmed').notNullable().defaultTo(false);
      table.bigInteger('updated_at').notNullable();
      table.primary(['sector', 'way']);
    });
    await knex.schema.createTable('callback', (table) => {
      table.bigIncrements('id');
      exactText(knex, table, 'sector', 64).notNullable();
      exactText(knex, table, 'way', 64).notNullable();
      exactText(knex, table, 'route', 128).notNullable();
      exactText(knex, table, 'digest', 64).notNullable().comment('Of route and body: the same call twice is one');
      longText(table, 'body').notNullable().comment('Without the secret');
      table.bigInteger('received_at').notNullable();
      table.bigInteger('done_at');
      table.unique(['sector', 'way', 'digest'], { indexName: 'callback_digest' });
      table.index(['sector', 'done_at', 'id'], 'callback_waiting');
    });
    await knex.schema.createTable('quarantine', (table) => {
      table.bigIncrements('id');
      exactText(knex, table, 'sector', 64).notNullable();
      exactText(knex, table, 'way', 64).notNullable();
      exactText(knex, table, 'place', 190)
        .notNullable()
        .comment('Code of the dossier, file and line, topic and offset');
      exactText(knex, table, 'code', 64);
      table.string('reason', 500).notNullable();
      table.bigInteger('first_at').notNullable();
      table.bigInteger('last_at').notNullable();
      table.integer('times').notNullable();
      table.unique(['sector', 'way', 'place'], { indexName: 'quarantine_place' });
      table.index(['sector', 'code'], 'quarantine_code');
    });
    await knex.schema.createTable('outbox', (table) => {
      table.bigIncrements('id');
      exactText(knex, table, 'sector', 64).notNullable();
      longText(table, 'event').notNullable().comment('JSON of DossierEvent');
      table.bigInteger('recorded_at').notNullable();
      table.index(['sector', 'id'], 'outbox_sector');
    });
    await knex.schema.createTable('lease', (table) => {
      exactText(knex, table, 'name', 128).primary();
      exactText(knex, table, 'holder', 64).notNullable();
      table.bigInteger('fence').notNullable().comment('Grows with every new holder');
      table.bigInteger('until').notNullable();
    });
    await knex.schema.createTable('log_partition', (table) => {
      exactText(knex, table, 'topic', 128).notNullable();
      table.integer('part').notNullable();
      table.bigInteger('next_offset').notNullable();
      table.primary(['topic', 'part']);
    });
    await knex.schema.createTable('log_record', (table) => {
      exactText(knex, table, 'topic', 128).notNullable();
      table.integer('part').notNullable();
      table.bigInteger('record_offset').notNullable();
      exactText(knex, table, 'record_key', 128).notNullable();
      longText(table, 'headers').notNullable();
      longText(table, 'value').notNullable();
      table.bigInteger('appended_at').notNullable();
      table.primary(['topic', 'part', 'record_offset']);
    });
    await knex.schema.createTable('log_group', (table) => {
      exactText(knex, table, 'group_name', 128).notNullable();
      exactText(knex, table, 'topic', 128).notNullable();
      table.integer('part').notNullable();
      table.bigInteger('next_offset').notNullable();
      table.primary(['group_name', 'topic', 'part']);
    });
  },
  async down(knex) {
    for (const table of [
      'log_group',
      'log_record',
      'log_partition',
      'lease',
      'outbox',
      'quarantine',
      'callback',
      'capture_way',
      'captured_dossier',
    ])
      await knex.schema.dropTable(table);
  },
};
