import type { Database, DatabaseRow, Knex } from '../../drivers/database.ts';
import { sharedClock } from '../../store/clock.ts';
import { type DeliveryRow, deliveryRow } from '../../store/delivery-row.ts';
import { createSyncMeter, type PortalSync } from './coverage.ts';
import { ANY, type DeliveryMode, readModes, setMode } from './modes.ts';

/** What people ask of the deliveries and do about them. Works on the database alone: the deliverer may be elsewhere. */
export interface SyncDesk {
  /** @param agencies only their dossiers, codes as they were stated; null: all */
  sync(agencies?: readonly string[] | null): Promise<PortalSync>;
  /** Held and failed dossiers, longest held first. */
  held(request: HeldRequest): Promise<{ readonly held: readonly HeldDossier[]; readonly more: boolean }>;
  /** Where the portal differs from what would be sent, of dossiers that are only compared; by code and place. */
  differences(
    request: DifferencesRequest,
  ): Promise<{ readonly found: readonly ShadowDifference[]; readonly more: boolean }>;
  /** Modes that were set, besides the setting. */
  modes(): Promise<readonly SetMode[]>;
  /** Has a held or failed dossier looked at again at once; others stay as they are. Null: no delivery under the code. */
  retry(code: string): Promise<DeliveryRow | null>;
  /** @param scope codes as the catalogues list them; null: all */
  setMode(scope: { agency: string | null; procedure: string | null }, mode: DeliveryMode): Promise<SetMode>;
}

export interface HeldRequest {
  readonly reason?: string | undefined;
  /** Every way in which the agency's code is written. */
  readonly agencies?: readonly string[] | undefined;
  readonly first: number;
  readonly after: HeldKey | null;
}

/** Place of a held dossier in the list. */
export type HeldKey = readonly [since: number | null, code: string];

export interface HeldDossier {
  readonly code: string;
  readonly reasonCode: string;
  readonly reason: string;
  /** UTC milliseconds. */
  readonly heldSince: number;
  readonly attempts: number;
  readonly key: HeldKey;
}

export interface DifferencesRequest {
  readonly first: number;
  readonly after: readonly [code: string, place: string] | null;
}

export interface ShadowDifference {
  readonly code: string;
  readonly place: string;
  readonly ours: string | null;
  readonly theirs: string | null;
  /** UTC milliseconds. */
  readonly seenAt: number;
}

export interface SetMode {
  readonly agencyCode: string | null;
  readonly procedureCode: string | null;
  readonly mode: DeliveryMode;
  /** UTC milliseconds. */
  readonly setAt: number;
}

export function createSyncDesk({
  database,
  now,
}: {
  readonly database: Database;
  readonly now: () => number;
}): SyncDesk {
  const { knex } = database;
  const read = async (code: string): Promise<DeliveryRow | null> => {
    const [row] = await knex('delivery').where({ code });
    return row === undefined ? null : deliveryRow(row);
  };
  return {
    sync: createSyncMeter(database, now),
    held: async ({ reason, agencies, first, after }) => {
      const rows: DatabaseRow[] = await knex('delivery')
        .select('delivery.code', 'reason_code', 'reason', 'held_since', 'wanted_at', 'attempts')
        .whereIn('state', ['held', 'failed'])
        .modify((query) => {
          if (reason !== undefined) query.andWhere({ reason_code: reason });
          if (agencies !== undefined) {
            query.join('dossier', 'dossier.code', 'delivery.code').whereIn('dossier.agency_code', agencies);
          }
          if (after !== null) query.andWhere((place) => behind(place, after));
        })
        .orderBy(['held_since', 'delivery.code'])
        .limit(first + 1);
      return { held: rows.slice(0, first).map(heldDossier), more: rows.length > first };
    },
    differences: async ({ first, after }) => {
      const [code = '', place = ''] = after ?? [];
      const rows: DatabaseRow[] = await knex('shadow_difference')
        .where('code', '>=', code)
        .andWhere((query) => query.where('code', '>', code).orWhere('place', '>', place))
        .orderBy(['code', 'place'])
        .limit(first + 1);
      return { found: rows.slice(0, first).map(shadowDifference), more: rows.length > first };
    },
    modes: async () =>
      (await readModes(knex)).map(({ agency, procedure, mode, setAt }) => ({
        agencyCode: agency === ANY ? null : agency,
        procedureCode: procedure === ANY ? null : procedure,
        ...{ mode, setAt },
      })),
    retry: async (code) => {
      await knex('delivery')
        .where({ code })
        .whereIn('state', ['held', 'failed'])
        .update({ state: 'pending', next_try_at: await sharedClock(knex, database), attempts: 0 });
      return read(code);
    },
    setMode: async ({ agency, procedure }, mode) => {
      const setAt = now();
      await setMode(database, { agency: agency ?? ANY, procedure: procedure ?? ANY, mode, now: setAt });
      return { agencyCode: agency, procedureCode: procedure, mode, setAt };
    },
  };
}

/** Both databases put rows without a time first. */
function behind(query: Knex.QueryBuilder, [since, code]: HeldKey): void {
  if (since === null) {
    query.whereNotNull('held_since').orWhere('delivery.code', '>', code);
    return;
  }
  query
    .where('held_since', '>=', since)
    .andWhere((place) => place.where('held_since', '>', since).orWhere('delivery.code', '>', code));
}

function heldDossier(row: DatabaseRow): HeldDossier {
  const since = row.held_since === null ? null : Number(row.held_since);
  const code = String(row.code);
  return {
    code,
    reasonCode: String(row.reason_code),
    reason: String(row.reason),
    // What projection holds, since the source deleted it, lacks something from that moment on.
    heldSince: since ?? Number(row.wanted_at),
    attempts: Number(row.attempts),
    key: [since, code],
  };
}

function shadowDifference(row: DatabaseRow): ShadowDifference {
  const textOf = (value: unknown) => (value === null ? null : String(value));
  return {
    code: String(row.code),
    place: String(row.place),
    ours: textOf(row.ours),
    theirs: textOf(row.theirs),
    seenAt: Number(row.seen_at),
  };
}
