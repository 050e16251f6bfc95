import { exactText, longText, type Migration } from './migration.ts';

/** The ledger of what was sent to the portal and what it is known to have. All times are UTC milliseconds. */
export const delivery: Migration = {
  async up(knex) {
    await knex.schema.alterTable('delivery', (table) => {
      table.bigInteger('held_since').comment('Since when it has been held for this reason');
      table.index(['state', 'held_since', 'code'], 'delivery_held');
    });
    await knex.schema.createTable('portal_call', (table) => {
      exactText(knex, table, 'call_key', 96).primary().comment('{code}:{revision}, and #{chunk} for progress');
      exactText(knex, table, 'code', 64).notNullable();
      exactText(knex, table, 'kind', 16).notNullable().comment('create, update or progress');
      table.integer('revision').notNullable();
      exactText(knex, table, 'payload_hash', 64).notNullable();
      longText(table, 'digests').comment('JSON of the digest of each field, while the answer is not known');
      exactText(knex, table, 'state', 16).notNullable().comment('submitted, accepted, refused, unsent or unknown');
      table.integer('tries').notNullable().comment('How often it was sent under this key');
      table.bigInteger('fence').notNullable().comment('Of the claim under which it was last sent');
      table.bigInteger('submitted_at').notNullable().comment('Written before it is sent');
      table.bigInteger('answered_at');
      table.string('receipt', 255);
      table.string('reason', 500);
      table.index(['code', 'state'], 'portal_call_code');
    });
    await knex.schema.createTable('portal_copy', (table) => {
      exactText(knex, table, 'code', 64).primary();
      exactText(knex, table, 'dossier_hash', 64).notNullable();
      longText(table, 'digests').notNullable().comment('JSON of the digest of each field');
      table.integer('revision').notNullable();
      table.bigInteger('known_at').notNullable();
      table.bigInteger('checked_at').notNullable().comment('When it was last compared with the portal');
      table.index(['checked_at', 'code'], 'portal_copy_checked');
    });
    await knex.schema.createTable('portal_step', (table) => {
      exactText(knex, table, 'code', 64).notNullable();
      exactText(knex, table, 'step_key', 32).notNullable().comment('ThoiDiemXuLy|TrangThai');
      exactText(knex, table, 'step_hash', 64).notNullable();
      exactText(knex, table, 'state', 16).notNullable().comment('submitted: the answer is not known; taken: it has it');
      table.primary(['code', 'step_key']);
    });
    await knex.schema.createTable('delivery_mode', (table) => {
      exactText(knex, table, 'agency_code', 64).notNullable().comment('* for all; empty in the row of the setting');
      exactText(knex, table, 'procedure_code', 64).notNullable().comment('* for all');
      exactText(knex, table, 'mode', 16).notNullable().comment('off, shadow or send');
      table.bigInteger('set_at').notNullable();
      exactText(knex, table, 'wake_after', 64).comment(
        'What was put aside is pending again up to this code; null: all',
      );
      table.primary(['agency_code', 'procedure_code']);
    });
    await knex.schema.createTable('shadow_difference', (table) => {
      exactText(knex, table, 'code', 64).notNullable();
      exactText(knex, table, 'place', 64).notNullable().comment('Field of the dossier, or step ThoiDiemXuLy|TrangThai');
      table.string('ours', 255).comment('A digest where it is personal; null: the hub has none');
      table.string('theirs', 255).comment('A digest where it is personal; null: the portal has none');
      table.bigInteger('seen_at').notNullable();
      table.primary(['code', 'place']);
    });
  },
  async down(knex) {
    for (const table of ['shadow_difference', 'delivery_mode', 'portal_step', 'portal_copy', 'portal_call'])
      await knex.schema.dropTable(table);
    await knex.schema.alterTable('delivery', (table) => {
      table.dropIndex(['state', 'held_since', 'code'], 'delivery_held');
      table.dropColumn('held_since');
    });
  },
};
