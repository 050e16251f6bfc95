import type { DossierStep, DossierView, StatedStatus } from '../../core/dossier.ts';
import type { FieldFault } from '../../core/event.ts';
import type { Mapped } from '../../core/mapping.ts';
import { publicFault } from '../../core/public-code.ts';

export interface ReadView {
  readonly view: DossierView;
  readonly faults: readonly FieldFault[];
}

/**
 * Makes a view of a record's fields. A field that could not be read keeps the value it had before, and so does one that
 * the record does not have: a message told it. Titles are as the record states them.
 *
 * @returns the reason, where the record must not change anything: nothing false may stand over what was good
 */
export function viewOf(
  code: string,
  fields: Mapped,
  before: DossierView | null,
): ReadView | { readonly reason: string } {
  const status = shownValue('status', fields.status) as StatedStatus | Error | null | undefined;
  if (status instanceof Error) return { reason: status.message };
  if (status == null && before?.status != null) {
    return { reason: 'status: expected a status, since the dossier had one before; came nothing' };
  }
  const view: Record<string, unknown> = {};
  const faults: FieldFault[] = [];
  for (const [name, stated] of Object.entries(fields)) {
    const value = shownValue(name, stated);
    if (value instanceof Error) {
      faults.push({ field: name, reason: value.message });
      const kept = before?.[name as keyof DossierView];
      if (kept !== undefined) view[name] = kept;
    } else if (value !== undefined) view[name] = value;
  }
  const told = Object.entries(before ?? {}).filter(([name]) => !(name in fields));
  return { view: { ...Object.fromEntries(told), ...view, code }, faults };
}

/**
 * A title that was not shown stays so while its record is the same, though whom it names may be named there no longer: looking at a
 * record once more tells nothing new.
 */
export function withoutTitlesOf(before: DossierView, view: DossierView): DossierView {
  const untitled = new Set((before.steps ?? []).filter(({ status }) => status?.title === null).map(stateOf));
  const steps = view.steps?.map((step) =>
    step.status != null && untitled.has(stateOf(step)) ? { ...step, status: { ...step.status, title: null } } : step,
  );
  return {
    ...withoutStatusTitleOf(before, view),
    ...(view.procedureTitle !== undefined && before.procedureTitle === null && { procedureTitle: null }),
    ...(steps !== undefined && { steps }),
  };
}

/** Nor does a status that is told again get a title. */
export function withoutStatusTitleOf(before: DossierView, view: DossierView): DossierView {
  const { status } = view;
  if (status == null || before.status?.title !== null || before.status.code !== status.code) return view;
  return { ...view, status: { ...status, title: null } };
}

function stateOf({ at, status }: DossierStep): string {
  return `${at} ${status?.code}`;
}

/** A column that is shown to everybody who sees the dossier must not show what belongs into another. */
function shownValue(name: string, stated: unknown): unknown {
  return stated instanceof Error ? stated : (publicFault(name, stated) ?? stated);
}
