import { exactText, longText, type Migration } from './migration.ts';

/** What projection writes: history, current views, the merged dossier in columns to filter by, and what is to be delivered. */
export const index: Migration = {
  async up(knex) {
    await knex.schema.createTable('consumer_position', (table) => {
      exactText(knex, table, 'consumer', 64).notNullable();
      exactText(knex, table, 'topic', 128).notNullable();
      table.integer('part').notNullable();
      table.bigInteger('next_offset').notNullable();
      table.primary(['consumer', 'topic', 'part']);
    });
    await knex.schema.createTable('dossier_event', (table) => {
      table.bigInteger('seq').notNullable().primary().comment('Without a gap, in the order of commits: see feed');
      exactText(knex, table, 'sector', 64).notNullable();
      exactText(knex, table, 'code', 64).notNullable();
      table.integer('version').notNullable();
      exactText(knex, table, 'change_kind', 16).notNullable();
      exactText(knex, table, 'way', 64).notNullable();
      table.bigInteger('occurred_at').notNullable();
      table.bigInteger('recorded_at').notNullable();
      table.bigInteger('applied_at').notNullable();
      table.integer('status_number').comment('One of the ten; null where the sector’s status is none of them');
      exactText(knex, table, 'status_code', 64).comment('In the system’s own words');
      table.string('status_title', 255);
      table.string('source_position', 255);
      longText(table, 'view').comment('JSON of DossierView; null after a delete');
      longText(table, 'faults').comment('JSON of FieldFault[]; null where there are none');
      table
        .boolean('replayed')
        .notNullable()
        .comment('A replay found it missing behind newer ones: no news to anybody');
      table.unique(['code', 'sector', 'version'], { indexName: 'dossier_event_version' });
    });
    await knex.schema.createTable('feed', (table) => {
      table.integer('id').primary();
      table.bigInteger('next_seq').notNullable();
    });
    await knex('feed').insert({ id: 1, next_seq: 1 });
    await knex.schema.createTable('dossier_view', (table) => {
      exactText(knex, table, 'code', 64).notNullable();
      exactText(knex, table, 'sector', 64).notNullable();
      table.integer('version').notNullable();
      table.boolean('deleted').notNullable();
      longText(table, 'view').comment('JSON of DossierView; null when deleted');
      longText(table, 'faults').comment('JSON of FieldFault[]; null where there are none');
      table.bigInteger('recorded_at').notNullable();
      table.bigInteger('ended_at').comment('Since when this sector states 9 or 10');
      table.bigInteger('seen_at').notNullable().comment('When its version was last taken from the log');
      table.primary(['code', 'sector']);
    });
    await knex.schema.createTable('dossier_lock', (table) => {
      exactText(knex, table, 'code', 64)
        .primary()
        .comment('Held while the views of the dossier are merged; it has no row of its own before that');
    });
    await knex.schema.createTable('dossier', (table) => {
      exactText(knex, table, 'code', 64).primary();
      exactText(knex, table, 'procedure_code', 64);
      exactText(knex, table, 'procedure_sector', 64).comment('Whose system works on it, as the catalogue says');
      exactText(knex, table, 'agency_code', 64);
      exactText(knex, table, 'applicant_kind', 16);
      table.string('applicant_name', 255);
      exactText(knex, table, 'channel', 16);
      table.integer('status_number').comment('Null when the latest status is none of the ten');
      table.bigInteger('status_at');
      table.bigInteger('received_at').notNullable().comment('0 where nobody says');
      table.bigInteger('due_at');
      table.bigInteger('finished_at');
      table.boolean('running').notNullable().comment('Neither ended nor waiting for the applicant: may be overdue');
      table.bigInteger('ended_at').comment('Since when it stands in status 9 or 10: when the first system said so');
      table.boolean('deleted').notNullable().comment('Every system that held it has deleted it');
      table.string('sectors', 255).notNullable().comment('Folders of the sectors that hold it, separated by blanks');
      table.integer('revision').notNullable().comment('Sum of the versions it is merged from');
      table.bigInteger('changed_at').notNullable().comment('When the last change was recorded');
      table.index(['received_at', 'code'], 'dossier_received');
      table.index(['status_number', 'received_at', 'code'], 'dossier_status');
      table.index(['status_number', 'due_at', 'code'], 'dossier_status_due');
      table.index(['agency_code', 'received_at', 'code'], 'dossier_agency');
      table.index(['procedure_code', 'received_at', 'code'], 'dossier_procedure');
      table.index(['running', 'due_at', 'code'], 'dossier_running');
      table.index(['due_at', 'code'], 'dossier_due');
      table.index(['changed_at', 'code'], 'dossier_changed');
      table.index(['procedure_sector', 'received_at', 'code'], 'dossier_procedure_sector');
    });
    await knex.schema.createTable('dossier_number', (table) => {
      exactText(knex, table, 'number', 32)
        .notNullable()
        .comment('Of the applicant: personal number or enterprise code');
      exactText(knex, table, 'code', 64).notNullable();
      table.bigInteger('received_at').notNullable();
      table.primary(['code', 'number']);
      table.index(['number', 'received_at', 'code'], 'dossier_number_received');
    });
    await knex.schema.createTable('dossier_sector', (table) => {
      exactText(knex, table, 'sector', 64).notNullable();
      exactText(knex, table, 'code', 64).notNullable();
      table.bigInteger('received_at').notNullable();
      table.primary(['code', 'sector']);
      table.index(['sector', 'received_at', 'code'], 'dossier_sector_received');
    });
    await knex.schema.createTable('dossier_word', (table) => {
      exactText(knex, table, 'word', 32)
        .notNullable()
        .comment('Of applicant and code, folded: see nameWords and indexWords');
      exactText(knex, table, 'code', 64).notNullable();
      table.bigInteger('received_at').notNullable();
      table.primary(['code', 'word']);
      table.index(['word', 'received_at', 'code'], 'dossier_word_received');
    });
    await knex.schema.createTable('delivery', (table) => {
      exactText(knex, table, 'code', 64).primary();
      table.integer('wanted_revision').notNullable().comment('Of the dossier: what the portal ought to have');
      table.bigInteger('wanted_at').notNullable().comment('Since when it lacks something');
      table.integer('known_revision').notNullable().comment('What the portal is known to have; 0: nothing');
      exactText(knex, table, 'state', 16).notNullable().comment('pending, acknowledged, held, failed, off or shadow');
      exactText(knex, table, 'reason_code', 64);
      table.string('reason', 500);
      table.integer('attempts').notNullable();
      table.bigInteger('next_try_at').notNullable();
      exactText(knex, table, 'claimed_by', 64);
      table.bigInteger('claimed_until').notNullable();
      table.bigInteger('fence').notNullable().comment('Grows with every claim: what an earlier one writes is refused');
      table.index(['state', 'next_try_at', 'code'], 'delivery_due');
      table.index(['state', 'wanted_at'], 'delivery_oldest');
    });
  },
  async down(knex) {
    for (const table of [
      'delivery',
      'dossier_word',
      'dossier_sector',
      'dossier_number',
      'dossier',
      'dossier_lock',
      'dossier_view',
      'feed',
      'dossier_event',
      'consumer_position',
    ])
      await knex.schema.dropTable(table);
  },
};
