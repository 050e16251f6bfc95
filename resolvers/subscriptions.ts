import { isTwelve } from '../core/access/bearers.ts';
import { dossierStatus } from '../core/dossier.ts';
import { HubError } from '../core/errors.ts';
import type { FeedCursor, FeedEvent } from '../streams/feed.ts';
import { identityOf, judgedIdentity, numberOfId } from './citizens.ts';
import { enterpriseCodeOf, knownCode, knownSector } from './dossier-filter.ts';
import { noteEnterprise, storedCode } from './dossiers.ts';
import { incomplete, mayMissNumbers } from './identity.ts';
import type { Operation } from './operation.ts';
import { isNamedByOld, withOtherBearers } from './own-numbers.ts';
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

/** What `dossierChanged` resolves from. */
export interface ToldChange {
  readonly dossierChanged: FeedEvent;
  /** Where an applicant was chosen. */
  readonly noteApplicant: NoteApplicant | null;
}

/** The source of one subscription: `return` ends it at once, also while it waits. */
export type EventStream = AsyncIterableIterator<ToldChange>;

type Matcher = (event: FeedEvent) => boolean;
/**
 * Whoever has chosen an applicant knows by that whose dossier each event is of, though it names nobody.
 *
 * @param operation of the one event
 * @throws HubError FORBIDDEN and its kind where the applicant may not be asked for any more
 */
type NoteApplicant = (operation: Operation, event: FeedEvent) => Promise<void>;

/**
 * Opens a subscriber's place in the feed. Whom it chooses is settled now; every event is then read anew.
 *
 * @throws HubError BAD_USER_INPUT; FORBIDDEN and its kind; AMBIGUOUS or IDENTIFIERS_INCOMPLETE where nobody can say whose
 * dossiers are meant, since a change that is not told looks like no change
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
  const applicant = where.applicantId == null ? null : await chosenApplicant(operation, where.applicantId);
  if (applicant !== null) matchers.push(applicant.matches);
  if (matchers.length === 0) {
    throw new HubError('BAD_USER_INPUT', 'where: expected at least one of code, applicantId, sector, agency');
  }
  const sees = await seenBy(operation);
  const matches: Matcher = (event) => sees(event) && matchers.every((holds) => holds(event));
  const cursor = await registry.feed.open({ afterId: after ?? null }, { matches, sees, code });
  return streamOf(cursor, applicant?.note ?? null);
}

/** One change as `DossierChanged` reads it. @throws HubError as `openDossierChanged`, of the chosen applicant */
export async function dossierChangedNode(operation: Operation, told: ToldChange): Promise<object> {
  const { dossierChanged: event, noteApplicant } = told;
  const { ownNumber, shown } = operation.access;
  if (noteApplicant !== null) await noteApplicant(operation, event);
  else if (ownNumber !== null) shown(ownNumber, 'SELF', event.code);
  const { id, sector, code, version, change, occurredAt, recordedAt, statusNumber } = event;
  return {
    ...{ id, sector, code, version, occurredAt, recordedAt },
    change: change.toUpperCase(),
    status: statusNumber === null ? null : dossierStatus(statusNumber).name,
  };
}

/** What of the feed may be told at all: nobody hears even that something happened elsewhere. */
async function seenBy(operation: Operation): Promise<Matcher> {
  const { access } = operation;
  const { ownNumber, ownOldNumbers } = access;
  if (ownNumber !== null) {
    const identity = ownOldNumbers.size === 0 ? null : await identityOf(operation, [ownNumber]);
    return ({ applicantNumbers: personalNumbers, applicantName: fullName }) =>
      personalNumbers.includes(ownNumber) ||
      (identity !== null && isNamedByOld(operation, identity, [{ personalNumbers, birthDate: null, fullName }]));
  }
  const units = access.unitsSeen();
  if (units === null) return () => true;
  const seen = new Set(units);
  return ({ agencyCode }) => agencyCode !== null && seen.has(agencyCode);
}

interface ChosenApplicant {
  readonly matches: Matcher;
  readonly note: NoteApplicant;
}

async function chosenApplicant(operation: Operation, id: string): Promise<ChosenApplicant> {
  const enterprise = enterpriseCodeOf(id);
  if (enterprise !== null) {
    noteEnterprise(operation, enterprise);
    return {
      matches: ({ applicantNumbers }) => applicantNumbers.includes(enterprise),
      note: async (told) => noteEnterprise(told, enterprise),
    };
  }
  const number = numberOfId(operation, id, 'where.applicantId');
  const asked = { numbers: [number], how: 'IDENTIFIER' } as const;
  const identity = await judgedIdentity(operation, asked, async () => {
    const known = await identityOf(operation, [number]);
    if (mayMissNumbers(known)) throw incomplete(known);
    return withOtherBearers(known, [known.numbers.filter((one) => !isTwelve(one))], operation.pairedNumbers);
  });
  return {
    matches: ({ applicantNumbers, applicantName: fullName }) =>
      applicantNumbers.some((one) => identity.numbers.includes(one)) &&
      ownerOf(identity, [{ personalNumbers: applicantNumbers, birthDate: null, fullName }]) === 'own',
    async note(told, { code }) {
      // No system is asked again for each change.
      await judgedIdentity(told, { ...asked, dossier: code }, async () => identity);
    },
  };
}

function streamOf(cursor: FeedCursor, noteApplicant: NoteApplicant | null): EventStream {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const event = await cursor.next();
      return event === null
        ? { done: true, value: undefined }
        : { done: false, value: { dossierChanged: event, noteApplicant } };
    },
    async return() {
      cursor.close();
      return { done: true, value: undefined };
    },
  };
}
