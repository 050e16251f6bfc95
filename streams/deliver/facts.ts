import type { Agency, Catalogues, Procedure } from '../../catalogues/catalogue.ts';
import { shortProcedureCode } from '../../catalogues/procedures.ts';
import type { DossierStep, DossierView, StatedStatus } from '../../core/dossier.ts';
import { DOSSIER_OWNERS } from '../../core/dossier.ts';
import { ownedValue, type SeenView, statedStatuses } from '../../core/dossier-merge.ts';
import type { FieldFault } from '../../core/event.ts';
import { vietnamDate } from '../../core/time.ts';

/** A sector's view of a dossier as the index keeps it. */
export interface StoredView {
  readonly sector: string;
  readonly deleted: boolean;
  readonly view: DossierView | null;
  readonly faults: readonly FieldFault[];
  /** UTC milliseconds. */
  readonly recordedAt: number;
}

/** Which sector's system received a dossier and which works on it, by folder. */
export type SectorRoles = ReadonlyMap<string, 'reception' | 'course'>;

/** What is known of a dossier when it is to be delivered: every field from its one owner, codes found in the catalogues. */
export interface DossierFacts {
  readonly code: string;
  /** Every system that held it has deleted it. */
  readonly deleted: boolean;
  readonly view: Omit<DossierView, 'status' | 'statusAt' | 'steps'>;
  readonly status: StatedStatus | null;
  readonly statusAt: number | null;
  /** Of all systems, in no order. */
  readonly steps: readonly DossierStep[];
  readonly procedure: Procedure | null;
  readonly agency: Agency | null;
  /** Fields that the portal is to get and whose newest value could not be read. */
  readonly unreadable: readonly string[];
}

type OwnedField = keyof typeof DOSSIER_OWNERS;
const SINGLE_OWNER = (Object.keys(DOSSIER_OWNERS) as OwnedField[]).filter(
  (field) => typeof DOSSIER_OWNERS[field] !== 'string',
);

export function factsOf(
  code: string,
  stored: readonly StoredView[],
  { roles, catalogues }: { readonly roles: SectorRoles; readonly catalogues: Catalogues },
): DossierFacts {
  const seen: SeenView[] = stored.flatMap(({ sector, deleted, view }) => {
    const role = roles.get(sector);
    const own = deleted ? null : (view as SeenView['view']);
    return role === undefined ? [] : [{ sector, role, view: own, failure: null }];
  });
  const view = Object.fromEntries(
    SINGLE_OWNER.map((field) => [field, ownedValue(seen, field)]),
  ) as Partial<DossierView>;
  const [latest] = statedStatuses(seen);
  // What a code meant on the day of reception; a code that is listed for other days only is still known.
  const day = typeof view.receivedAt === 'number' ? vietnamDate(view.receivedAt) : undefined;
  const on = <Row>(find: (at?: string) => Row | null): Row | null => find(day) ?? find();
  const { procedureCode, agencyCode } = view;
  return {
    code,
    deleted: stored.every(({ deleted }) => deleted),
    view: { ...view, code },
    status: latest?.status ?? null,
    statusAt: latest?.at ?? null,
    steps: seen.flatMap((one) => (one.view?.steps ?? []) as readonly DossierStep[]),
    procedure: procedureCode == null ? null : on((at) => catalogues.procedures.byCode(procedureCode, at)),
    agency: agencyCode == null ? null : on((at) => catalogues.agencies.byCode(agencyCode, at)),
    unreadable: unreadableFields(stored, seen),
  };
}

/** Codes by which modes are set: the short form of the procedure, the agency in the newer order; '' where nobody says. */
export function scopeOf(
  { agencyCode, procedureCode }: { readonly agencyCode: string | null; readonly procedureCode: string | null },
  { agencies }: Pick<Catalogues, 'agencies'>,
): { readonly agency: string; readonly procedure: string } {
  const agency = agencyCode === null ? '' : (agencies.byCode(agencyCode)?.code ?? agencyCode);
  return { agency, procedure: procedureCode === null ? '' : (shortProcedureCode(procedureCode) ?? procedureCode) };
}

function unreadableFields(stored: readonly StoredView[], seen: readonly SeenView[]): readonly string[] {
  const fields = stored.flatMap(({ sector, faults }) => {
    const role = seen.find((one) => one.sector === sector && one.view !== null)?.role;
    return role === undefined ? [] : faults.map(({ field }) => field).filter((field) => speaksFor(role, field, seen));
  });
  return [...new Set(fields)].sort();
}

/** Whether what a view of this role says of a field is what the portal gets. */
function speaksFor(role: SeenView['role'], field: string, seen: readonly SeenView[]): boolean {
  if (field === 'status' || field === 'statusAt' || field === 'steps') return true;
  // The portal gets the catalogue's.
  if (field === 'procedureTitle') return false;
  const owners: readonly string[] | string | undefined = DOSSIER_OWNERS[field as OwnedField];
  if (owners === undefined || typeof owners === 'string') return false;
  return role === owners[0] || !seen.some((one) => one.role === owners[0] && one.view !== null);
}
