import type { DossierListField } from '../../core/declaration.ts';
import type { DossierView } from '../../core/dossier.ts';
import { canonicalJson } from './canonical.ts';

const LISTS: readonly DossierListField[] = ['steps', 'results', 'supplementRequests', 'fees', 'parties', 'papers'];

export function isListField(name: string): name is DossierListField {
  return (LISTS as readonly string[]).includes(name);
}

/**
 * What is known of a dossier after a message that told only a part. A message older than the status that is known fills
 * what nobody has said yet and changes nothing else; what it adds to a list is added in any case, once.
 */
export function mergeDelta(
  before: DossierView | null,
  delta: { readonly code: string; readonly occurredAt: number | null; readonly view: Partial<DossierView> },
): DossierView {
  const known: DossierView = before ?? { code: delta.code };
  const saidAt = delta.view.statusAt ?? delta.occurredAt;
  const isLate = known.statusAt != null && saidAt !== null && saidAt < known.statusAt;
  const merged: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(delta.view)) {
    if (value === undefined || name === 'code') continue;
    if (isListField(name)) merged[name] = joined(name, known[name] ?? [], (value ?? []) as readonly object[]);
    else if (!isLate || known[name as keyof DossierView] == null) merged[name] = value;
  }
  // A status whose time nobody told happened when the message says.
  if (!isLate && delta.view.status != null && delta.view.statusAt === undefined && delta.occurredAt !== null) {
    merged.statusAt = delta.occurredAt;
  }
  return { ...merged, code: delta.code };
}

function joined(name: DossierListField, known: readonly object[], added: readonly object[]): readonly object[] {
  const seen = new Set(known.map((one) => sameness(name, one)));
  // A document that was named before it had its number is the one that the record knows by that title.
  const titles = new Set(name === 'results' ? known.map((one) => (one as { title?: unknown }).title) : []);
  const all = [...known];
  for (const one of added) {
    const key = sameness(name, one);
    const { code, title } = one as { code?: unknown; title?: unknown };
    if (seen.has(key) || (code == null && title != null && titles.has(title))) continue;
    seen.add(key);
    all.push(one);
  }
  return name === 'steps' ? inOrderOfTime(all as NonNullable<DossierView['steps']>) : all;
}

/** What makes two elements one: systems tell the same step twice, with more or fewer words about who did it. */
function sameness(name: DossierListField, element: object): string {
  const one = element as Readonly<Record<string, unknown>>;
  if (name === 'steps') {
    return canonicalJson([one.at, (one.status as { code?: unknown } | null)?.code ?? null, one.content]);
  }
  return canonicalJson(name === 'results' ? [one.code, one.title] : one);
}

/** Steps without a time come first; those of one moment stay in the order in which the system gives them. */
export function inOrderOfTime(steps: NonNullable<DossierView['steps']>): NonNullable<DossierView['steps']> {
  return [...steps].sort((left, right) => (left.at ?? 0) - (right.at ?? 0));
}
