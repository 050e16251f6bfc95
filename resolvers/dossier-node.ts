import { bearerOf, numbersOf } from '../core/access/bearers.ts';
import {
  allSteps,
  ownedValue,
  type SeenView,
  statedStatuses,
  statusSummary,
  timelinessOf,
  unreadableStatuses,
} from '../core/dossier-merge.ts';
import { HubError } from '../core/errors.ts';
import type { IndexedView } from '../store/dossier-index.ts';
import { agencyOf, procedureOf } from './catalogues.ts';
import { distinctGaps, gapOf } from './connection.ts';
import { factsOf, heldViews } from './dossier-facts.ts';
import { courseSectors, dossierSectors, type Freshness, indexStale, staleGap, staleGaps } from './freshness.ts';
import type { Operation } from './operation.ts';
import { personalFields, refusedFields } from './personal-fields.ts';
import type { Plan } from './plan.ts';
import type { Registry } from './registry.ts';

/** What `Dossier` resolves from: every field asked for, as a value that GraphQL reads as it stands. */
export type DossierNode = Readonly<Record<string, unknown>> & { readonly code: string };

/** @returns null where no system holds the dossier, as far as the index knows */
export function dossierNode(
  operation: Operation,
  code: string,
  known: {
    readonly views: readonly IndexedView[];
    readonly freshness: Freshness;
    /** Numbers of whom it is known to be, besides those that it states. */
    readonly ownerNumbers: readonly string[];
  },
): DossierNode | 'forbidden' | null {
  const { registry, access } = operation;
  const { views, freshness, ownerNumbers } = known;
  const held = heldViews(registry, views);
  if (held.length === 0) return null;
  const facts = factsOf(registry, code, held);
  // It may have been corrected since it was found under one of them: then it says no more that it is theirs.
  const named = numbersOf(facts.people);
  const isTheirs = named.some((number) => ownerNumbers.includes(number));
  const judgedFacts = isTheirs ? { ...facts, people: [...facts.people, bearerOf(ownerNumbers)] } : facts;
  const judged = access.judgeDossier(judgedFacts);
  if (!judged.course) return 'forbidden';
  const personal = personalFields(operation, 'Dossier');
  const withheld = refusedFields(personal, (data) =>
    data === 'PERSONAL' ? judged.personal : access.judgeDossier(judgedFacts, data).personal,
  );
  const concerned = sectorsConcerned(registry, held);
  const deleted = new Set(views.filter((one) => one.deleted).map(({ sector }) => sector));
  const silent = concerned.filter(({ id }) => !held.some(({ sector }) => sector === id) && !deleted.has(id));
  const seen: readonly SeenView[] = [
    ...held,
    // Of a system of which not everything was ever seen nobody can say that it does not hold the dossier.
    ...silent
      .filter(({ id }) => !freshness.isComplete(id))
      .map(({ id, role }) => ({ sector: id, role, view: null, failure: indexStale(id) })),
  ];
  // Some systems are asked only for the dossiers that others were seen to hold: until then they have not been heard.
  const heardOfAt = Math.max(...views.map(({ recordedAt }) => recordedAt));
  const unheard = silent.filter(({ id }) => freshness.isBefore(id, heardOfAt));
  const node = fieldsOf(operation, code, seen);
  node.asOf = freshness.asOf(concerned.map(({ id }) => id));
  const malformed = views.filter(({ faults, sector }) => faults.length > 0 && !deleted.has(sector));
  node.missing = distinctGaps([
    ...staleGaps(freshness, concerned),
    ...unheard.map(({ id }) => staleGap(id)),
    ...malformed.map(({ sector }) => ({ sector, code: 'SOURCE_MALFORMED', retryable: false })),
    ...unreadableStatuses(seen).map((failure) => gapOf(failure, '')),
  ]);
  // Also in the place of what sectors hang on a dossier: it is not followed then.
  Object.assign(node, Object.fromEntries(withheld));
  // Whoever the dossier names is in the answer where it says anything of its own; how it stands names nobody. What ties the
  // dossier to the purpose does not tie everybody in it.
  for (const number of withheld.size < personal.length ? named : []) {
    access.shown(number, ownerNumbers.includes(number) ? judged.relation : 'NAMED', code);
  }
  return node;
}

/** The sectors that hold the dossier and those that ought to: where it is born, and who works on its procedure. */
function sectorsConcerned(registry: Registry, held: readonly SeenView[]) {
  const procedureCode = ownedValue(held, 'procedureCode');
  const isKnown = typeof procedureCode === 'string' && registry.catalogues.procedures.byCode(procedureCode) !== null;
  // Where nobody can say which system works on it, one that does settles the matter.
  const isSettled = !isKnown && held.some(({ role }) => role === 'course');
  const courses = courseSectors(registry, procedureCode);
  return dossierSectors(registry).filter(
    (one) =>
      one.role === 'reception' || (!isSettled && courses.includes(one)) || held.some(({ sector }) => sector === one.id),
  );
}

// Stryker disable all: a field that is not there is read as null, too
/** Copied for each dossier: an object that has its fields from the start is cheaper than one that grows. */
const blanks = new WeakMap<Plan, Readonly<Record<string, unknown>>>();

function blankOf(plan: Plan): Readonly<Record<string, unknown>> {
  let blank = blanks.get(plan);
  if (blank === undefined) {
    blank = Object.fromEntries(
      ['sectors', 'asOf', 'missing', ...plan.fieldsOf('Dossier')].map((field) => [field, null]),
    );
    blanks.set(plan, blank);
  }
  return blank;
}
// Stryker restore all

const PLAIN_FIELDS = [
  'summary',
  'channel',
  'submittedAt',
  'receivedAt',
  'dueAt',
  'finishedAt',
  'returnedAt',
  'returnMethod',
  'papers',
  'supplementRequests',
  'fees',
  'results',
  'parties',
] as const;

function fieldsOf(
  operation: Operation,
  code: string,
  seen: readonly SeenView[],
): Record<string, unknown> & { code: string } {
  const { registry, plan } = operation;
  const asked = plan.fieldsOf('Dossier');
  const node: Record<string, unknown> & { code: string } = { ...blankOf(plan), code };
  for (const field of PLAIN_FIELDS) if (asked.has(field)) node[field] = ownedValue(seen, field);
  if (asked.has('procedure')) {
    node.procedure = mapOwned(seen, 'procedureCode', (value) =>
      procedureOf(registry.catalogues, value, ownedValue(seen, 'procedureTitle')),
    );
  }
  if (asked.has('agency')) {
    node.agency = mapOwned(seen, 'agencyCode', (value) => agencyOf(registry.catalogues, value));
  }
  if (asked.has('applicant')) node.applicant = applicantOf(seen);
  if (asked.has('steps')) node.steps = allSteps(seen);
  const failed = seen.find(({ failure }) => failure !== null);
  // Where none failed, all that are seen hold it.
  node.sectors = failed?.failure ?? seen.map(({ sector }) => sector);
  const stated = statedStatuses(seen);
  if (asked.has('sourceStatus')) {
    node.sourceStatus = stated.map(({ sector, status, at }) => ({
      sector,
      code: status.code,
      title: status.title,
      occurredAt: at,
    }));
  }
  if (STATUS_FIELDS.some((field) => asked.has(field))) {
    const summary = statusSummary(seen, stated);
    if (summary instanceof HubError) {
      for (const field of STATUS_FIELDS) node[field] = summary;
    } else {
      Object.assign(node, summary);
      if (asked.has('timeliness')) node.timeliness = timelinessOf(seen, summary, registry.now());
    }
  }
  return node;
}

const STATUS_FIELDS = ['status', 'statusNumber', 'statusTitle', 'timeliness'] as const;

function mapOwned(
  seen: readonly SeenView[],
  field: 'procedureCode' | 'agencyCode',
  map: (value: string) => unknown,
): unknown {
  const value = ownedValue(seen, field);
  return typeof value === 'string' ? map(value) : value;
}

function applicantOf(seen: readonly SeenView[]): unknown {
  const kind = ownedValue(seen, 'applicantKind');
  const name = ownedValue(seen, 'applicantName');
  const numbers = ownedValue(seen, 'applicantNumbers');
  // All three come from one owner: when it could not be read there is no applicant to show.
  if (kind instanceof Error && name instanceof Error && numbers instanceof Error) return kind;
  return { kind, name, numbers };
}
