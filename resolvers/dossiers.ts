import type { DossierDeclaration, DossierListField, DossierPart, RecordHolder } from '../core/declaration.ts';
import { DOSSIER_OWNERS } from '../core/dossier.ts';
import {
  allSteps,
  LIST_FIELDS,
  ownedValue,
  type SeenView,
  statedStatuses,
  statusSummary,
  timelinessOf,
  unreadableStatuses,
} from '../core/dossier-merge.ts';
import { HubError } from '../core/errors.ts';
import type { Mapped } from '../core/mapping.ts';
import { type Entity, entityOf, type OpenSector } from '../core/open-sector.ts';
import { agencyOf, procedureOf } from './catalogues.ts';
import {
  type Connection,
  distinctGaps,
  gapOf,
  type Order,
  type PageArguments,
  pageOf,
  type SectorGap,
  withNodes,
} from './connection.ts';
import { type Identity, incomplete, mayMissNumbers, ownerOf } from './identity.ts';
import { type Operation, sourceError } from './operation.ts';
import type { Plan } from './plan.ts';
import type { Registry } from './registry.ts';

/** What `Dossier` resolves from: every field asked for, as a value that GraphQL reads as it stands. */
export type DossierNode = Readonly<Record<string, unknown>> & { readonly code: string };

interface DossierSource {
  readonly sector: OpenSector;
  readonly entity: Entity;
  readonly declaration: DossierDeclaration;
}

const sourcesOf = new WeakMap<Registry, readonly DossierSource[]>();

function dossierSources({ registry }: Operation, role: DossierDeclaration['role']): readonly DossierSource[] {
  let sources = sourcesOf.get(registry);
  if (sources === undefined) {
    sources = registry.sectors.flatMap((sector) => {
      const declaration = sector.declaration.dossiers;
      return declaration === undefined ? [] : [{ sector, entity: entityOf(sector, declaration.entity), declaration }];
    });
    sourcesOf.set(registry, sources);
  }
  return sources.filter(({ declaration }) => declaration.role === role);
}

/**
 * Unit identifiers come in two orders and sequences in several lengths, so only what no code can hold is refused; some
 * systems answer a whole batch with an error for one key they cannot read.
 *
 * @throws HubError BAD_USER_INPUT
 */
export function checkedDossierCode(text: string): string {
  const code = text.trim().toUpperCase();
  if (/^[\w.-]{3,64}$/.test(code)) return code;
  throw new HubError('BAD_USER_INPUT', 'code: expected a dossier code such as H41.12-261008-0003');
}

/**
 * One dossier as all systems that hold it see it.
 *
 * @returns null only when every system that may hold it said no
 */
export async function findDossier(operation: Operation, code: string): Promise<DossierNode | null> {
  const receptions = await Promise.all(
    dossierSources(operation, 'reception').map((source) => seeByCode(operation, source, code)),
  );
  const seen = await withCourses(operation, code, receptions);
  if (seen.some(({ view }) => view !== null)) return dossierNode(operation, code, seen);
  const failed = seen.find(({ failure }) => failure !== null);
  if (failed?.failure) throw failed.failure;
  return null;
}

/** The dossiers handed in under these numbers, newest first. */
export async function dossiersOf(
  operation: Operation,
  applicant: { numbers: readonly string[]; identity?: Identity },
  args: PageArguments,
): Promise<Connection<DossierNode>> {
  const { numbers, identity } = applicant;
  const missing: SectorGap[] = [];
  if (identity !== undefined && mayMissNumbers(identity)) missing.push(gapOf(incomplete(identity), ''));
  const found = new Map<string, SeenView[]>();
  await Promise.all(
    dossierSources(operation, 'reception').map(async (source) => {
      for (const { code, seen } of await seeByApplicant(operation, source, { numbers, identity, missing })) {
        const before = found.get(code) ?? [];
        // Found under two of the person's numbers, it is still one view of one system.
        if (!before.some(({ sector }) => sector === seen.sector)) found.set(code, [...before, seen]);
      }
    }),
  );
  operation.admit(found.size);
  const page = pageOf(
    [...found].map(([code, seen]) => ({ code, seen })),
    // A cursor goes on in the list it came from and in no other.
    { ...NEWEST_FIRST, name: `${NEWEST_FIRST.name}: ${identity?.canonical ?? numbers.join(' ')}` },
    { ...args, seal: operation.registry.seal, missing: distinctGaps(missing) },
  );
  const nodes = await Promise.all(
    page.nodes.map(async ({ code, seen }) => dossierNode(operation, code, await withCourses(operation, code, seen))),
  );
  return withNodes(page, nodes);
}

const NEWEST_FIRST: Order<{ code: string; seen: readonly SeenView[] }, readonly [receivedAt: number, code: string]> = {
  name: 'dossiers newest first',
  keyOf: ({ code, seen }) => {
    const receivedAt = ownedValue(seen, 'receivedAt');
    return [typeof receivedAt === 'number' ? receivedAt : 0, code];
  },
  compare: (left, right) => right[0] - left[0] || (left[1] < right[1] ? 1 : left[1] > right[1] ? -1 : 0),
};

async function seeByApplicant(
  operation: Operation,
  source: DossierSource,
  ask: { numbers: readonly string[]; identity: Identity | undefined; missing: SectorGap[] },
): Promise<readonly { code: string; seen: SeenView }[]> {
  const { declaration, entity } = source;
  const { sector } = entity;
  const { numbers, identity, missing } = ask;
  const by = declaration.byApplicant;
  if (by === undefined) return [];
  const limit = entity.declaration.lookups[by]?.limitPerKey;
  try {
    const answers = await Promise.all(numbers.map((number) => operation.records(entity, by, number)));
    const found: { code: string; seen: SeenView }[] = [];
    for (const answer of answers) {
      if (limit !== undefined && (answer?.length ?? 0) >= limit) {
        missing.push({ sector, code: 'SEARCH_TOO_BROAD', retryable: false });
      }
      for (const view of answer ?? []) {
        if (typeof view.code !== 'string') {
          missing.push({ sector, code: 'SOURCE_MALFORMED', retryable: false });
          continue;
        }
        const owner = identity === undefined ? 'own' : ownerOf(identity, holdersOf(view));
        if (owner === 'unknown') missing.push({ sector, code: 'AMBIGUOUS', retryable: false });
        if (owner === 'own') found.push({ code: view.code, seen: { sector, role: 'reception', view, failure: null } });
      }
    }
    return found;
  } catch (error) {
    missing.push(gapOf(sourceError(error, sector), sector));
    return [];
  }
}

function holdersOf({ applicantNumbers, applicantName }: Mapped): readonly RecordHolder[] {
  const fullName = typeof applicantName === 'string' ? applicantName : null;
  return Array.isArray(applicantNumbers) ? [{ personalNumbers: applicantNumbers, birthDate: null, fullName }] : [];
}

async function seeByCode(operation: Operation, source: DossierSource, code: string): Promise<SeenView> {
  const { declaration, entity } = source;
  const { sector } = entity;
  const { role } = declaration;
  try {
    const records = await operation.records(entity, declaration.byCode, code);
    if (records !== null && records.length > 1) {
      throw new HubError('AMBIGUOUS', `${sector}: the system holds this dossier code twice`, { sector });
    }
    return { sector, role, view: records?.[0] ?? null, failure: null };
  } catch (error) {
    return { sector, role, view: null, failure: sourceError(error, sector) };
  }
}

/** Fields that the system working on a dossier owns or adds to. */
const COURSE_FIELDS: ReadonlySet<string> = new Set([
  ...Object.entries(DOSSIER_OWNERS)
    .filter(([, owners]) => typeof owners === 'string' || owners[0] === 'course')
    .map(([field]) => field),
  'sectors',
  'statusNumber',
  'statusTitle',
  'sourceStatus',
  'timeliness',
  'missing',
]);

/** What an operation asks of dossiers, worked out once and not for every dossier. */
interface DossierNeeds {
  readonly courses: boolean;
  readonly lists: readonly DossierListField[];
  /** Copied for each dossier: an object that has its fields from the start is cheaper than one that grows. */
  readonly blank: Readonly<Record<string, unknown>>;
}

const needsOfPlan = new WeakMap<Plan, DossierNeeds>();

function needsOf(plan: Plan): DossierNeeds {
  let needs = needsOfPlan.get(plan);
  if (needs === undefined) {
    const asked = plan.fieldsOf('Dossier');
    needs = {
      courses: asked.values().some((field) => COURSE_FIELDS.has(field)),
      lists: LIST_FIELDS.filter((field) => asked.has(field)),
      blank: Object.fromEntries(['sectors', 'missing', ...asked].map((field) => [field, null])),
    };
    needsOfPlan.set(plan, needs);
  }
  return needs;
}

/** Adds the views of the systems that work on the dossier, when the operation asks for what is theirs. */
async function withCourses(
  operation: Operation,
  code: string,
  receptions: readonly SeenView[],
): Promise<readonly SeenView[]> {
  const received = receptions.some(({ view }) => view !== null);
  // Not after the courses: dossiers of different sectors would then ask for the counter's steps one sector at a time.
  const ownParts = withParts(operation, code, receptions);
  if (received && !needsOf(operation.plan).courses) return ownParts;
  const procedureCode = ownedValue(receptions, 'procedureCode');
  const courses = await Promise.all(
    courseSources(operation, procedureCode).map((source) => seeByCode(operation, source, code)),
  );
  // Where nobody could say which system works on it, one that does not hold it and one that failed are all there is to
  // tell; a system that does hold it settles the matter.
  const holding = courses.filter(({ view }) => view !== null);
  const worked = withParts(operation, code, holding.length > 0 ? holding : courses);
  return (await Promise.all([ownParts, worked])).flat();
}

/** The catalogue knows which system works on a procedure; for one it does not know all are asked. */
function courseSources(operation: Operation, procedureCode: unknown): readonly DossierSource[] {
  const all = dossierSources(operation, 'course');
  const { procedures } = operation.registry.catalogues;
  const procedure = typeof procedureCode === 'string' ? procedures.byCode(procedureCode) : null;
  return procedure === null ? all : all.filter(({ entity }) => entity.sector === procedure.sector);
}

/** Reads the lists that a system keeps apart from the dossier, such as its steps, when they are asked for. */
async function withParts(operation: Operation, code: string, seen: readonly SeenView[]): Promise<readonly SeenView[]> {
  const { lists } = needsOf(operation.plan);
  return lists.length === 0 ? seen : Promise.all(seen.map((one) => withOwnParts(operation, code, one, lists)));
}

async function withOwnParts(
  operation: Operation,
  code: string,
  one: SeenView,
  lists: readonly DossierListField[],
): Promise<SeenView> {
  const sector = operation.registry.sectors.find(({ id }) => id === one.sector);
  const parts = sector?.declaration.dossiers?.parts;
  if (one.view === null || sector === undefined || parts === undefined) return one;
  const view: Record<string, unknown> = { ...one.view };
  const readings: Promise<void>[] = [];
  for (const field of lists) {
    const part = parts[field];
    if (part === undefined) continue;
    const reading = readPart(operation, sector, part, code).then((list) => {
      view[field] = list;
    });
    readings.push(reading);
  }
  await Promise.all(readings);
  return { ...one, view };
}

async function readPart(
  operation: Operation,
  sector: OpenSector,
  { entity, by, pick }: DossierPart,
  code: string,
): Promise<readonly unknown[] | HubError> {
  try {
    const records = (await operation.records(entityOf(sector, entity), by, code)) ?? [];
    return pick === undefined ? records : records.flatMap((record) => record[pick] ?? []);
  } catch (error) {
    return sourceError(error, sector.id);
  }
}

const PLAIN_FIELDS = [
  'channel',
  'receivedAt',
  'dueAt',
  'finishedAt',
  'returnedAt',
  'supplementRequests',
  'fees',
  'results',
  'parties',
] as const;

function dossierNode(operation: Operation, code: string, seen: readonly SeenView[]): DossierNode {
  const { registry, plan } = operation;
  const asked = plan.fieldsOf('Dossier');
  const node: Record<string, unknown> & { code: string } = { ...needsOf(plan).blank, code };
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
  const failures = seen.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  node.sectors = failures[0] ?? seen.filter(({ view }) => view !== null).map(({ sector }) => sector);
  node.missing = [...failures, ...unreadableStatuses(seen)].map((failure) => gapOf(failure, ''));
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
  // All three come from one owner: when it could not be asked there is no applicant to show.
  if (kind instanceof Error && name instanceof Error && numbers instanceof Error) return kind;
  return { kind, name, numbers };
}
