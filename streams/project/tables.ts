import type { FieldFault } from '../../core/event.ts';
import type { RowValues, TableShape } from '../../store/many-rows.ts';
import { deletedAtSource } from '../deliver/portal-holds.ts';
import type { ReadEvent } from './decode.ts';
import { sectorsColumn } from './lists.ts';
import { cut, type MergedDossier } from './merge.ts';
import type { ViewChange } from './plan.ts';

/** How projection's tables are written: which columns, and what becomes of a row that is there. */

export const EVENTS: TableShape = {
  table: 'dossier_event',
  columns: [
    ...['seq', 'sector', 'code', 'version', 'change_kind', 'way', 'occurred_at', 'recorded_at', 'applied_at'],
    ...['status_number', 'status_code', 'status_title', 'source_position', 'view', 'faults', 'replayed'],
  ],
  key: ['seq'],
};

/** All but the first column, the place in the feed. */
export function eventRow({ event, json }: ReadEvent, { now, replayed }: { now: number; replayed: boolean }): RowValues {
  const { sector, code, version, change, way, occurredAt, recordedAt, sourcePosition, view, faults } = event;
  const status = view?.status ?? null;
  return [
    ...[sector, code, version, change, cut(way, 64) ?? '', occurredAt, recordedAt, now],
    ...[status?.number ?? null, cut(status?.code, 64), cut(status?.title, 255), cut(sourcePosition, 255)],
    ...[json, faultsOf(faults), Number(replayed)],
  ];
}

export const VIEWS: TableShape = {
  table: 'dossier_view',
  columns: ['code', 'sector', 'version', 'deleted', 'view', 'faults', 'recorded_at', 'ended_at', 'seen_at'],
  key: ['code', 'sector'],
};

export function viewRow({ code, view: current, read }: ViewChange, now: number): RowValues {
  const { sector, version, deleted, recordedAt, endedAt } = current;
  return [code, sector, version, Number(deleted), read.json, faultsOf(read.event.faults), recordedAt, endedAt, now];
}

export const DOSSIERS: TableShape = {
  table: 'dossier',
  columns: [
    ...['code', 'procedure_code', 'procedure_sector', 'agency_code', 'applicant_kind', 'applicant_name', 'channel'],
    ...['status_number', 'status_at', 'received_at', 'due_at', 'finished_at', 'running', 'ended_at', 'deleted'],
    ...['sectors', 'revision', 'changed_at'],
  ],
  key: ['code'],
};

export function dossierRow(dossier: MergedDossier): RowValues {
  const { code, procedureCode, procedureSector, agencyCode, applicantKind, applicantName, channel } = dossier;
  const { statusNumber, statusAt, receivedAt, dueAt, finishedAt, running, endedAt, deleted } = dossier;
  return [
    ...[code, procedureCode, procedureSector, agencyCode, applicantKind, applicantName, channel],
    ...[statusNumber, statusAt, receivedAt, dueAt, finishedAt, Number(running), endedAt, Number(deleted)],
    ...[sectorsColumn(dossier), dossier.revision, dossier.changedAt],
  ];
}

const DELIVERY_COLUMNS = [
  ...['code', 'wanted_revision', 'wanted_at', 'known_revision', 'state', 'reason_code', 'reason', 'attempts'],
  ...['next_try_at', 'claimed_by', 'claimed_until', 'fence'],
] as const;

/**
 * A newer revision is to be delivered: at once, unless the portal is being waited for. Also where delivery is off: the
 * dossier may by now be another agency's, and the deliverer sets it off again where it is not.
 */
export const WANTED: TableShape = {
  table: 'delivery',
  columns: DELIVERY_COLUMNS,
  key: ['code'],
  update: {
    wanted_at: 'case when wanted_revision > known_revision then wanted_at else new(wanted_at) end',
    next_try_at: "case when state = 'pending' then next_try_at else new(next_try_at) end",
    attempts: "case when state = 'pending' then attempts else 0 end",
    reason_code: "case when state = 'pending' then reason_code else null end",
    reason: "case when state = 'pending' then reason else null end",
    state: "'pending'",
    wanted_revision: 'new(wanted_revision)',
  },
};

const GONE = deletedAtSource();

/** No system has it any more: what the portal has of it is for a person to decide. */
export const UNWANTED: TableShape = {
  ...WANTED,
  update: {
    // By the reason it was held for until now, which is overwritten after it.
    held_since: `case when known_revision = 0 then null
      when state = 'held' and reason_code = '${GONE.code}' then coalesce(held_since, new(wanted_at))
      else new(wanted_at) end`,
    ...WANTED.update,
    reason_code: `case when known_revision > 0 then '${GONE.code}' else null end`,
    reason: `case when known_revision > 0 then '${GONE.text}' else null end`,
    state: "case when known_revision > 0 then 'held' else 'pending' end",
    wanted_revision: 'new(wanted_revision)',
  },
};

/**
 * As it is where there is no row yet: the portal lacks everything.
 *
 * @param times.due by the clock that all hubs share
 */
export function deliveryRow(
  { code, revision }: MergedDossier,
  { now, due }: { readonly now: number; readonly due: number },
): RowValues {
  return [code, revision, now, 0, 'pending', null, null, 0, due, null, 0, 0];
}

function faultsOf(faults: readonly FieldFault[]): string | null {
  return faults.length === 0 ? null : JSON.stringify(faults);
}
