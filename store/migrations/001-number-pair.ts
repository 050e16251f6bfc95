import type { Migration } from './migration.ts';

export const numberPair: Migration = {
  async up(knex) {
    await knex.schema.createTable('number_pair', (table) => {
      table.string('number_seal', 64).notNullable().comment('Sealed personal number');
      table.string('other_seal', 64).notNullable().comment('Sealed number of the same person');
      table.string('stated_by', 64).notNullable().comment('Folder of the sector whose system said so');
      table.bigInteger('stated_at').notNullable().comment('UTC milliseconds');
      table.primary(['number_seal', 'other_seal']);
    });
  },
  async down(knex) {
    await knex.schema.dropTable('number_pair');
  },
};
