import { dossierStatus } from '../core/dossier.ts';
import { HubError } from '../core/errors.ts';
import type { FeedCursor, FeedEvent } from '../streams/feed.ts';
import { identityOf, numberOfId } from './citizens.ts';
import { enterpriseCodeOf, knownCode, knownSector } from './dossier-filter.ts';
import { storedCode } from './dossiers.ts';
import { incomplete, mayMissNumbers } from './identity.ts';
import type { Operation } from './operation.ts';
import { ownerOf } from './same-person.ts';

export interface DossierChangedArguments {
  readonly where: {
    readonly code?: string | null;
    readonly applicantId?: string | null;
    readonly sector?: string | null;
    readonly agency?: string | null;
  };
  readonly after?: string | null;
}

/** The source of one subscription: `return` ends it at once, also while it waits. */
export type EventStream = AsyncIterableIterator<{ readonly dossierChanged: FeedEvent }>;

type Matcher = (event: FeedEvent) => boolean;

/**
 * Opens a subscriber's place in the feed. Whom it chooses is settled now; every event is then read anew.
 *
 * @throws HubError BAD_USER_INPUT; AMBIGUOUS or IDENTIFIERS_INCOMPLETE where nobody can say whose dossiers are meant,
 * since a change that is not told looks like no change
 */
export async function openDossierChanged(operation: Operation, args: DossierChangedArguments): Promise<EventStream> {
  const { where, after } = args;
  const { registry } = operation;
  const matchers: Matcher[] = [];
  const code = where.code == null ? undefined : await storedCode(operation, where.code);
  if (code !== undefined) matchers.push((event) => event.code === code);
  if (where.sector != null) {
    const sector = knownSector(registry, 'where.sector', where.sector);
    matchers.push((event) => event.sector === sector);
  }
  if (where.agency != null) {
    const { agencies } = registry.catalogues;
    const agency = knownCode('where.agency', where.agency, agencies);
    // A view may still state the older order of unit identifiers.
    matchers.push(({ agencyCode }) => agencyCode !== null && agencies.byCode(agencyCode)?.code === agency);
  }
  if (where.applicantId != null) matchers.push(await applicantMatcher(operation, where.applicantId));
  if (matchers.length === 0) {
    throw new HubError('BAD_USER_INPUT', 'where: expected at least one of code, applicantId, sector, agency');
  }
  matchers.push(...(await seenBy(operation)));
  const matches: Matcher = (event) => matchers.every((holds) => holds(event));
  return streamOf(await registry.feed.open({ afterId: after ?? null }, { matches, code }));
}

/** One change as `DossierChanged` reads it. */
export function dossierChangedNode(event: FeedEvent): object {
  const { id, sector, code, version, change, occurredAt, recordedAt, statusNumber } = event;
  return {
    ...{ id, sector, code, version, occurredAt, recordedAt },
    change: change.toUpperCase(),
    status: statusNumber === null ? null : dossierStatus(statusNumber).name,
  };
}

/** What of the feed may be told at all: nobody hears even that something happened elsewhere. */
async function seenBy({ access, pairedNumbers }: Operation): Promise<readonly Matcher[]> {
  const { ownNumber } = access;
  if (ownNumber !== null) {
    const own = new Set([ownNumber, ...(await pairedNumbers(ownNumber))]);
    return [({ applicantNumbers }) => applicantNumbers.some((number) => own.has(number))];
  }
  const units = access.unitsSeen();
  if (units === null) return [];
  const seen = new Set(units);
  return [({ agencyCode }) => agencyCode !== null && seen.has(agencyCode)];
}

async function applicantMatcher(operation: Operation, id: string): Promise<Matcher> {
  const { access } = operation;
  const enterprise = enterpriseCodeOf(id);
  if (enterprise !== null) return ({ applicantNumbers }) => applicantNumbers.includes(enterprise);
  const number = numberOfId(operation, id, 'where.applicantId');
  access.shown(number, await access.askPerson([number], 'IDENTIFIER'));
  const identity = await identityOf(operation, [number]);
  if (mayMissNumbers(identity)) throw incomplete(identity);
  return ({ applicantNumbers, applicantName: fullName }) =>
    applicantNumbers.some((number) => identity.numbers.includes(number)) &&
    ownerOf(identity, [{ personalNumbers: applicantNumbers, birthDate: null, fullName }]) === 'own';
}

function streamOf(cursor: FeedCursor): EventStream {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const event = await cursor.next();
      return event === null ? { done: true, value: undefined } : { done: false, value: { dossierChanged: event } };
    },
    async return() {
      cursor.close();
      return { done: true, value: undefined };
    },
  };
}
