import { exactText, type Migration } from './migration.ts';

/** Visits at the counter, and whom was asked for in each. All times are UTC milliseconds by the database's clock. */
export const visit: Migration = {
  async up(knex) {
    await knex.schema.createTable('visit', (table) => {
      exactText(knex, table, 'id', 32).primary().comment('16 random bytes, base64url');
      exactText(knex, table, 'actor', 255).notNullable();
      exactText(knex, table, 'client', 255).notNullable();
      exactText(knex, table, 'unit', 64);
      table.bigInteger('opened_at').notNullable();
      table.bigInteger('ends_at').notNullable();
      table.bigInteger('closed_at');
      exactText(knex, table, 'dossier', 64).comment('What came of it; null while nothing did');
      table.integer('unnamed').comment('How many of its subjects the dossier does not name; null while there is none');
      table.integer('listed').notNullable().defaultTo(1).comment('1 until a dossier explains it, and names everybody');
      table.index(['opened_at', 'id'], 'visit_opened');
      table.index(['listed', 'opened_at', 'id'], 'visit_listed');
      table.index(['listed', 'unit', 'opened_at', 'id'], 'visit_listed_of_unit');
      table.index(['actor', 'ends_at'], 'visit_of_officer');
    });
    await knex.schema.createTable('visit_officer', (table) => {
      exactText(knex, table, 'actor', 255).notNullable().primary();
      table.string('day', 10).notNullable().comment('In Việt Nam, yyyy-MM-dd');
      table.integer('opened').notNullable().comment('Visits opened on that day, through all applications');
    });
    await knex.schema.createTable('visit_subject', (table) => {
      exactText(knex, table, 'visit', 32).notNullable();
      exactText(knex, table, 'subject_hash', 64).notNullable().comment('Keyed, with a key that is not in here');
      table.bigInteger('asked_at').notNullable();
      exactText(knex, table, 'stands_for', 64).comment(
        'Which other one has the place of both; null where this one has its own',
      );
      table.primary(['visit', 'subject_hash']);
    });
  },
  async down(knex) {
    for (const table of ['visit_subject', 'visit_officer', 'visit']) await knex.schema.dropTable(table);
  },
};
