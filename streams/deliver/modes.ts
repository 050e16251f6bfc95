import type { Database, Knex } from '../../drivers/database.ts';
import { sharedClock } from '../../store/clock.ts';
import { createRounds } from '../../store/rounds.ts';
import { inTransaction } from '../../store/transaction.ts';

/** `off`: nothing is done; `shadow`: only compared with what the portal has; `send`: delivered. */
export type DeliveryMode = 'off' | 'shadow' | 'send';

/** Stands for every agency or every procedure. */
export const ANY = '*';
/** The row that remembers which mode the setting had: what it changes is looked at again after a restart. */
const OF_SETTING = '#setting';
const WAKE_BATCH = 500;
/** Dossiers whose modes are told from one reading. */
const MOST_TOGETHER = 500;

/** A mode that was set, and for whom: ANY stands for all. */
export interface ModeRule {
  readonly agency: string;
  readonly procedure: string;
  readonly mode: DeliveryMode;
  /** UTC milliseconds. */
  readonly setAt: number;
}

/**
 * The mode of a dossier: what was set for its agency and procedure, else for its agency, else for its procedure, else
 * for all, else the setting.
 */
export function modeFor(
  modes: readonly ModeRule[],
  scope: { readonly agency: string; readonly procedure: string },
  standard: DeliveryMode,
): DeliveryMode {
  const weight = ({ agency, procedure }: ModeRule): number => (agency === ANY ? 0 : 2) + (procedure === ANY ? 0 : 1);
  const [first] = modes
    .filter(
      ({ agency, procedure }) => [scope.agency, ANY].includes(agency) && [scope.procedure, ANY].includes(procedure),
    )
    .sort((left, right) => weight(right) - weight(left));
  return first?.mode ?? standard;
}

/** Sets a mode. Dossiers that were put aside under another are pending again, a batch at a time, by any deliverer. */
export async function setMode(
  { knex }: Database,
  { agency, procedure, mode, now }: { agency: string; procedure: string; mode: DeliveryMode; now: number },
): Promise<void> {
  const changed = { mode, set_at: now, wake_after: '' };
  await knex('delivery_mode')
    .insert({ agency_code: agency, procedure_code: procedure, ...changed })
    .onConflict(['agency_code', 'procedure_code'])
    .merge(changed);
}

/** All modes that were set besides the setting; people set them, so they are few. */
export async function readModes(knex: Knex): Promise<readonly ModeRule[]> {
  const rows = await knex('delivery_mode')
    .whereNot({ agency_code: OF_SETTING })
    .orderBy(['agency_code', 'procedure_code']);
  return rows.map(({ agency_code: agency, procedure_code: procedure, mode, set_at: setAt }) => ({
    ...{ agency, procedure, mode },
    setAt: Number(setAt),
  }));
}

/** Says which mode a dossier is under now; whoever asks at the same time shares one reading. */
export function createModeReader({ knex }: Database, standard: DeliveryMode) {
  return createRounds<{ readonly agency: string; readonly procedure: string }, DeliveryMode>({
    most: MOST_TOGETHER,
    restMs: 0,
    run: async (scopes) => {
      const modes = await readModes(knex);
      return scopes.map((scope) => modeFor(modes, scope, standard));
    },
  });
}

/** Notices at the start that the setting is another than it was. */
export async function noteStandardMode(database: Database, mode: DeliveryMode, now: number): Promise<void> {
  const of = { agency_code: OF_SETTING, procedure_code: OF_SETTING };
  const [known] = await database.knex('delivery_mode').where(of).select('mode');
  if (known?.mode !== mode) await setMode(database, { agency: OF_SETTING, procedure: OF_SETTING, mode, now });
}

/**
 * Makes a batch of what was put aside under a mode since changed pending again.
 *
 * @param scopeOf codes by which modes are set, of a dossier's agency and procedure
 * @returns false when nothing is left to wake
 */
export async function wakeSome(
  database: Database,
  scopeOf: (row: { agencyCode: string | null; procedureCode: string | null }) => { agency: string; procedure: string },
): Promise<boolean> {
  const [waiting] = await database.query('select 1 as one from delivery_mode where wake_after is not null limit 1');
  if (waiting === undefined) return false;
  return inTransaction(database, async ({ knex: transaction }) => {
    const modes = transaction('delivery_mode').whereNotNull('wake_after').orderBy('set_at').limit(1);
    const [changed] = await (database.traits.skipLocked ? modes.forUpdate().skipLocked() : modes);
    if (changed === undefined) return false;
    const rows: { code: string; agencyCode: string | null; procedureCode: string | null }[] = await transaction(
      'delivery',
    )
      .leftJoin('dossier', 'dossier.code', 'delivery.code')
      .select({ code: 'delivery.code', agencyCode: 'dossier.agency_code', procedureCode: 'dossier.procedure_code' })
      .whereIn('delivery.state', ['off', 'shadow'])
      .andWhere('delivery.code', '>', changed.wake_after)
      .orderBy('delivery.code')
      .limit(WAKE_BATCH);
    const codes = rows.filter((row) => concerns(changed, scopeOf(row))).map(({ code }) => code);
    if (codes.length > 0) {
      await transaction('delivery')
        .whereIn('code', codes)
        .whereIn('state', ['off', 'shadow'])
        .update({ state: 'pending', next_try_at: await sharedClock(transaction, database) });
    }
    await transaction('delivery_mode')
      .where({ agency_code: changed.agency_code, procedure_code: changed.procedure_code })
      .update({ wake_after: rows.length < WAKE_BATCH ? null : rows.at(-1)?.code });
    return true;
  });
}

function concerns(
  mode: { readonly agency_code: string; readonly procedure_code: string },
  scope: { readonly agency: string; readonly procedure: string },
): boolean {
  if (mode.agency_code === OF_SETTING) return true;
  return [ANY, scope.agency].includes(mode.agency_code) && [ANY, scope.procedure].includes(mode.procedure_code);
}
