import { DOSSIER_STATUSES } from '../core/dossier.ts';
import { issuedCode } from '../core/dossier-code.ts';
import { HubError } from '../core/errors.ts';
import { isDossierCode } from '../core/event.ts';
import type { IndexedPlace, IndexedView } from '../store/dossier-index.ts';
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
import { factsOfCode, heldViews, peopleIn } from './dossier-facts.ts';
import { type DossierNode, dossierNode } from './dossier-node.ts';
import { dossierSectors, freshnessOf, indexStale, staleGaps } from './freshness.ts';
import { type Identity, incomplete, mayMissNumbers } from './identity.ts';
import type { Operation } from './operation.ts';
import { ownNumbersAmong, withOtherBearers } from './own-numbers.ts';
import { forbidden } from './refusals.ts';
import { ownerOf } from './same-person.ts';

/**
 * A dossier's code as the index knows it: as it was typed, since systems hold codes of any form and those that are held
 * back for theirs have to be reached; where nobody has that, in capitals.
 *
 * @throws HubError BAD_USER_INPUT for what can be no code
 */
export async function storedCode(operation: Operation, text: string): Promise<string> {
  const code = text.trim().normalize('NFC');
  if (!isDossierCode(code)) {
    throw new HubError('BAD_USER_INPUT', 'code: expected a dossier code such as H41.12-261008-0003');
  }
  const capitals = code.toUpperCase();
  if (capitals === code) return code;
  return (await operation.index.views(code)).length > 0 ? code : capitals;
}

/**
 * A dossier's code as it may stand in the access log: as units issue it or a system holds it, and nothing else that was typed.
 *
 * @returns null for a code of another form that nobody holds
 * @throws HubError as storedCode
 */
export async function loggedCode(operation: Operation, text: string): Promise<string | null> {
  const code = await storedCode(operation, text);
  return issuedCode(code) === code || (await operation.index.views(code)).length > 0 ? code : null;
}

/**
 * One dossier as all systems that hold it see it, from the index.
 *
 * @returns null only when the index is current in every system that states dossiers and none holds it
 * @throws HubError FORBIDDEN; INDEX_STALE when one of them might
 */
export async function findDossier(operation: Operation, code: string): Promise<DossierNode | null> {
  const [node, freshness] = await Promise.all([judgedDossier(operation, code), freshnessOf(operation)]);
  if (node !== null && node !== 'forbidden') return node;
  // Of a dossier that is not there nobody learns more than of one that they may not see.
  const { registry, access } = operation;
  if (node === 'forbidden' || !access.judgeDossier(factsOfCode(registry, code)).course) throw forbidden('record');
  const stale = dossierSectors(operation.registry).find(({ id }) => freshness.isStale(id));
  if (stale !== undefined) throw indexStale(stale.id);
  return null;
}

/**
 * @param ownerNumbers numbers of whom it is known to be
 * @returns null where no system holds it, as far as the index knows, or the operation may not see it
 */
export async function readDossier(
  operation: Operation,
  code: string,
  ownerNumbers?: readonly string[],
): Promise<DossierNode | null> {
  const node = await judgedDossier(operation, code, ownerNumbers);
  return node === 'forbidden' ? null : node;
}

async function judgedDossier(operation: Operation, code: string, ownerNumbers?: readonly string[]) {
  const [views, freshness] = await Promise.all([operation.index.views(code), freshnessOf(operation)]);
  const owner = ownerNumbers ?? (await ownNumbersIn(operation, views));
  return dossierNode(operation, code, { views, freshness, ownerNumbers: owner });
}

async function ownNumbersIn(operation: Operation, views: readonly IndexedView[]): Promise<readonly string[]> {
  const { registry, access } = operation;
  return access.ownNumber === null ? [] : ownNumbersAmong(operation, peopleIn(heldViews(registry, views)));
}

/** The dossiers handed in under these numbers, newest first. */
export async function dossiersOf(
  operation: Operation,
  applicant: { numbers: readonly string[]; identity?: Identity },
  args: PageArguments,
): Promise<Connection<DossierNode>> {
  const { registry, index } = operation;
  const { numbers, identity } = applicant;
  const [handedIn, freshness] = await Promise.all([index.handedInBy(numbers), freshnessOf(operation)]);
  const { own, missing } =
    identity === undefined
      ? { own: ownPlaces(operation, handedIn.places), missing: [] }
      : await sortOutPlaces(operation, handedIn.places, identity);
  const page = pageOf(
    own,
    // A cursor goes on in the list it came from and in no other.
    { ...NEWEST_FIRST, name: `${NEWEST_FIRST.name}: ${identity?.canonical ?? numbers.join(' ')}` },
    {
      ...args,
      seal: registry.seal,
      missing: distinctGaps([
        ...(identity !== undefined && mayMissNumbers(identity) ? [gapOf(incomplete(identity), '')] : []),
        ...staleGaps(freshness, receptions(operation)),
        ...(handedIn.more ? [tooManyHandedIn(operation)] : []),
        ...narrowedGaps(operation),
        ...missing,
      ]),
    },
  );
  operation.admit(page.nodes.length);
  return withNodes(
    page,
    await Promise.all(page.nodes.map(({ code }) => readDossier(operation, code, identity?.numbers))),
  );
}

/** Whose dossiers are asked for by a code that anybody may know: it is for the log to find, and no reason to answer nothing. */
export function noteEnterprise({ access, registry }: Operation, code: string): void {
  access.sought({ what: 'DOSSIERS', subject: registry.audit.hashSubject(code) });
}

/** What an enterprise handed in is not a citizen's own, but for what states their number too. */
function ownPlaces({ access: { ownNumber } }: Operation, places: readonly IndexedPlace[]): readonly IndexedPlace[] {
  return ownNumber === null ? places : places.filter(({ applicantNumbers }) => applicantNumbers.includes(ownNumber));
}

/** Who sees the dossiers of some units alone is told so with every list, whether or not something was left out of it. */
export function narrowedGaps({ access }: Operation): readonly SectorGap[] {
  return access.unitsSeen() === null ? [] : [{ sector: 'hub', code: 'FORBIDDEN', retryable: false }];
}

const NEWEST_FIRST: Order<IndexedPlace, readonly [receivedAt: number, code: string]> = {
  name: 'dossiers newest first',
  keyOf: ({ code, receivedAt }) => [receivedAt, code],
  // No two dossiers have one code.
  compare: (left, right) => right[0] - left[0] || (left[1] < right[1] ? 1 : -1),
};

/** Those that are this person's, of the dossiers found under the person's numbers, and those that are not or may not be. */
export async function sortOutPlaces(
  operation: Operation,
  places: readonly IndexedPlace[],
  identity: Identity,
): Promise<{ own: readonly IndexedPlace[]; strangers: readonly string[]; missing: readonly SectorGap[] }> {
  const stated = places.map(({ applicantNumbers }) => applicantNumbers);
  const person = await withOtherBearers(identity, stated, operation.pairedNumbers);
  const own: IndexedPlace[] = [];
  const strangers: string[] = [];
  const missing: SectorGap[] = [];
  for (const place of places) {
    const { applicantName: fullName, applicantNumbers: personalNumbers } = place;
    const owner = ownerOf(person, [{ personalNumbers, birthDate: null, fullName }]);
    if (owner === 'own') own.push(place);
    else strangers.push(place.code);
    if (owner === 'unknown') missing.push({ sector: receptionName(operation), code: 'AMBIGUOUS', retryable: false });
  }
  return { own, strangers, missing: distinctGaps(missing) };
}

export function tooManyHandedIn(operation: Operation): SectorGap {
  return { sector: receptionName(operation), code: 'SEARCH_TOO_BROAD', retryable: false };
}

function receptions({ registry }: Operation) {
  return dossierSectors(registry).filter(({ role }) => role === 'reception');
}

/** Whose word it is who handed a dossier in. */
function receptionName(operation: Operation): string {
  return receptions(operation)[0]?.id ?? '';
}

/** Every event of a dossier that reached the hub, oldest first, as `DossierEvent` reads it. */
export async function historyOf(operation: Operation, code: string): Promise<readonly object[]> {
  const events = await operation.index.history(code);
  operation.admit(events.length);
  return events.map(({ id, sector, version, change, way, occurredAt, recordedAt, ...stated }) => ({
    ...{ id, sector, version, way, occurredAt, recordedAt },
    change: change.toUpperCase(),
    status: statusName(stated.statusNumber),
    sourceStatusCode: stated.statusCode,
    sourceStatusTitle: stated.statusTitle,
  }));
}

function statusName(number: number | null): string | null {
  return DOSSIER_STATUSES.find((one) => one.number === number)?.name ?? null;
}
