import { bearerOf, isTwelve } from '../core/access/bearers.ts';
import type { DossierFilter, DossierOrder, IndexKey } from '../store/dossier-index.ts';
import { identityOf, judgedIdentity, numberOfId } from './citizens.ts';
import {
  type Connection,
  checkedSize,
  distinctGaps,
  gapOf,
  isWhole,
  openCursor,
  type PageArguments,
  type SectorGap,
  withNodes,
} from './connection.ts';
import { applicantsIn, heldViews } from './dossier-facts.ts';
import { enterpriseCodeOf, type FilterArguments, indexFilterOf, looksForName } from './dossier-filter.ts';
import type { DossierNode } from './dossier-node.ts';
import { narrowedGaps, noteEnterprise, readDossier, sortOutPlaces, tooManyHandedIn } from './dossiers.ts';
import { courseSectors, type DossierSector, dossierSectors, freshnessOf, staleGaps } from './freshness.ts';
import { incomplete, mayMissNumbers } from './identity.ts';
import { fromStore } from './index-loaders.ts';
import { keepOnePlace } from './keep-one-place.ts';
import type { Operation } from './operation.ts';
import type { Registry } from './registry.ts';

export interface ListArguments extends PageArguments {
  readonly filter?: FilterArguments | null;
  readonly orderBy?: DossierOrder | null;
}

/** Counted no further: a total beyond it tells nobody anything, and counting a million takes its time. */
const MOST_COUNTED = 10_000;
/** Dossiers that are not the applicant's are passed over; this many pages at most for one page. */
const MOST_TURNS = 20;

/** What `applicantId` stands for. */
interface Applicant {
  /** Tells one applicant's list from another's, whichever number was given. */
  readonly name: string;
  readonly numbers: readonly string[];
  /** Dossiers under an old number of this person that are, or may be, somebody else's. */
  readonly strangers: ReadonlySet<string>;
  readonly missing: readonly SectorGap[];
}

/** Dossiers by what people filter by, a page at a time, however many there are. */
export async function listDossiers(operation: Operation, args: ListArguments): Promise<Connection<DossierNode>> {
  const { registry, plan } = operation;
  const given = narrowedFilter(operation, args.filter ?? {});
  const order = args.orderBy ?? 'RECEIVED_DESC';
  const first = checkedSize(args.first);
  const agencies = operation.access.unitsSeen();
  const filter = withinUnits(indexFilterOf(registry, given), agencies);
  const [applicant, freshness] = await Promise.all([
    given.applicantId == null ? null : findApplicant(operation, given.applicantId),
    freshnessOf(operation),
  ]);
  const name = listName(order, filter, applicant);
  const start = args.after == null ? null : openCursor<IndexKey>(registry.seal, name, args.after);
  const asked = applicant === null ? filter : { ...filter, applicantNumbers: applicant.numbers };
  const { places, last, more } = await readPage(operation, { filter: asked, order, first, start, applicant });
  operation.admit(places.length);

  const missing = distinctGaps([
    ...staleGaps(freshness, sectorsThatMatter(registry, filter, order)),
    ...(applicant?.missing ?? []),
    ...narrowedGaps(operation),
  ]);
  const isCounted = plan.fieldsOf('DossierConnection').has('totalCount') && isWhole(missing);
  const [nodes, totalCount] = await Promise.all([
    Promise.all(places.map(({ code }) => readDossier(operation, code, applicant?.numbers))),
    isCounted && !applicant?.strangers.size ? countUpTo(registry, asked) : null,
  ]);
  if (looksForName(given)) await noteApplicants(operation, nodes);
  const sealed = (key: IndexKey | null | undefined) =>
    key == null ? null : registry.seal.seal(name, JSON.stringify(key));
  const edges = places.map(({ key }) => ({
    get cursor() {
      return sealed(key) ?? '';
    },
    node: null,
  }));
  const page: Connection<null> = {
    edges,
    nodes: [],
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: start !== null,
      get startCursor() {
        return sealed(places[0]?.key);
      },
      // Where reading ended, even if the last ones read are not shown: the next page goes on behind them.
      get endCursor() {
        return sealed(last);
      },
    },
    totalCount,
    missing,
  };
  return withNodes(page, nodes);
}

interface PageRead {
  readonly places: readonly { readonly code: string; readonly key: IndexKey }[];
  readonly last: IndexKey | null;
  readonly more: boolean;
}

async function readPage(
  { registry }: Operation,
  ask: {
    filter: DossierFilter;
    order: DossierOrder;
    first: number;
    start: IndexKey | null;
    applicant: Applicant | null;
  },
): Promise<PageRead> {
  const { filter, order, first, start, applicant } = ask;
  const places: PageRead['places'][number][] = [];
  let last = start;
  let more = true;
  for (let turn = 0; more && places.length < first && turn < MOST_TURNS; turn++) {
    const page = await fromStore(registry.index.page({ filter, order, first: first - places.length, after: last }));
    places.push(...page.places.filter(({ code }) => !applicant?.strangers.has(code)));
    last = page.places.at(-1)?.key ?? last;
    more = page.more;
  }
  return { places, last: last === start ? null : last, more };
}

async function countUpTo({ index }: Registry, filter: DossierFilter): Promise<number | null> {
  const count = await fromStore(index.count(filter, MOST_COUNTED + 1));
  return count > MOST_COUNTED ? null : count;
}

/** Of one of the units that are seen nothing is left to narrow: the index would weigh the others for nothing. */
function withinUnits(filter: DossierFilter, agencies: readonly string[] | null): DossierFilter {
  const isNarrow = agencies === null || (filter.agency !== undefined && agencies.includes(filter.agency));
  return isNarrow ? filter : { ...filter, agencies };
}

/** Whoever asks for themself sees their own dossiers; whoever looks for a name, looks for people. */
function narrowedFilter({ access }: Operation, given: FilterArguments): FilterArguments {
  if (looksForName(given)) {
    access.askSearch();
    access.sought({ what: 'NAME' });
  }
  return { ...given, applicantId: given.applicantId ?? access.ownNumber };
}

/** The list names nobody, but whoever asked by a name knows by it whose the dossiers are that it found. */
async function noteApplicants(
  { registry, access, index }: Operation,
  nodes: readonly (DossierNode | null)[],
): Promise<void> {
  for (const { code } of nodes.filter((node) => node !== null)) {
    for (const number of applicantsIn(heldViews(registry, await index.views(code)))) {
      access.shown(number, access.seesMatch([bearerOf([number])]) === 'WHOLE' ? 'NAMED' : 'MATCH', code);
    }
  }
}

/** An enterprise by its code; a person by every number the systems tie to the one given. */
async function findApplicant(operation: Operation, id: string): Promise<Applicant> {
  const { access } = operation;
  const code = enterpriseCodeOf(id);
  if (code !== null) {
    noteEnterprise(operation, code);
    if (access.ownNumber !== null) await access.askPerson([code], 'IDENTIFIER');
    return { name: code, numbers: [code], strangers: new Set(), missing: [] };
  }
  const number = numberOfId(operation, id, 'filter.applicantId');
  const asked = { numbers: [number], how: 'IDENTIFIER' } as const;
  const identity = await judgedIdentity(operation, asked, () => identityOf(operation, [number]));
  await keepOnePlace(operation, identity);
  // A twelve-digit number was one person's alone; an old one may have been two people's.
  const old = await operation.index.handedInBy(identity.numbers.filter((number) => !isTwelve(number)));
  const { strangers, missing } = await sortOutPlaces(operation, old.places, identity);
  return {
    name: identity.canonical,
    // Of those under an old number that were not sorted out nobody knows whose they are: they would be shown as this person's.
    numbers: old.more ? identity.numbers.filter(isTwelve) : identity.numbers,
    strangers: new Set(strangers),
    missing: [
      ...(mayMissNumbers(identity) ? [gapOf(incomplete(identity), '')] : []),
      ...(old.more ? [tooManyHandedIn(operation)] : []),
      ...missing,
    ],
  };
}

/** A cursor goes on in the list it came from and in no other; but a list of what is overdue is the same tomorrow. */
function listName(order: DossierOrder, filter: DossierFilter, applicant: Applicant | null): string {
  const { today: _, ...lasting } = filter;
  return `dossiers ${order} ${JSON.stringify({ ...lasting, applicant: applicant?.name })}`;
}

/** Systems that, being behind, may keep a dossier out of the list: the counter's, and whose word the filter goes by. */
function sectorsThatMatter(registry: Registry, filter: DossierFilter, order: DossierOrder): readonly DossierSector[] {
  const { sector, procedure, status, unmapped, overdue } = filter;
  const byCourse = status !== undefined || unmapped || overdue !== undefined || order === 'CHANGED_DESC';
  const courses = byCourse ? courseSectors(registry, procedure) : [];
  return dossierSectors(registry).filter(
    (one) => one.role === 'reception' || one.id === sector || courses.includes(one),
  );
}
