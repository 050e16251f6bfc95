import {
  type Actor,
  type Can,
  type Decision,
  type DossierFacts,
  type Grant,
  isPersonal,
  type PurposeCode,
  type RefusalReason,
  type Relation,
  type Resource,
  type StatedPurpose,
} from '../access.ts';
import type { RecordHolder } from '../declaration.ts';
import { isSameBearer, numbersOf, wordsInVisit } from './bearers.ts';
import { createGrants, isNone, type Matching, narrowed } from './grants.ts';
import { type AgencyTree, createScopes, holdsSome } from './units.ts';

interface Question {
  readonly actor: Actor;
  readonly resource: Resource;
  readonly purpose: StatedPurpose;
  /** Whether a grant reaches one of these agencies. */
  readonly reaches: (grant: Grant, agencies: readonly string[]) => boolean;
}

/** For watching over work, and over those who look, nobody's data is needed: no grant makes it so. */
const NEVER_PERSONAL: ReadonlySet<PurposeCode> = new Set(['SUPERVISION', 'AUDIT']);

/**
 * Makes the one function that decides. It asks in this order: is there a grant, does it reach the unit, is a purpose stated
 * and granted, is it believable, and has the subject to do with it. One grant has to say yes to all of these: halves of two
 * grants make no right.
 */
export function createCan({ grants, units }: { grants: readonly Grant[]; units: AgencyTree }): Can {
  const grantsOf = createGrants(grants);
  const scopeOf = createScopes(units);

  return (actor, action, resource, purpose) => {
    const matching = grantsOf(actor, action, sectorOf(resource), resource.data);
    if (isNone(matching)) return refused('NO_GRANT');
    if (resource.data === 'PUBLIC') return allowed('NONE');
    const reaches: Question['reaches'] = (grant, agencies) => holdsSome(scopeOf(grant, actor), agencies);
    const question: Question = { actor, resource, purpose, reaches };
    if (resource.data === 'AUDIT') return judgeLog(question, matching);
    const near = withinUnits(question, matching);
    if (isNone(near)) return refused('OTHER_UNIT');
    return isPersonal(resource.data) ? judgePersonal(question, near) : judgeCourse(question, near);
  };
}

/** Who looked is shown to those who look after it, and to the person themself. */
function judgeLog(question: Question, matching: Matching): Decision {
  const { resource, purpose } = question;
  if (purpose.code === null) return refused('LOG_PURPOSE_MISSING');
  const isOfLog = purpose.code === 'AUDIT' || (purpose.code === 'SELF' && resource.kind !== 'hub');
  if (!isOfLog || isNone(forPurpose(matching, purpose.code))) return refused('PURPOSE_NOT_GRANTED');
  return purpose.code === 'SELF' ? judgeSelf(question) : allowed('NONE');
}

/** One's own dossier is one's own wherever it is worked on. */
function withinUnits({ resource, purpose, reaches }: Question, matching: Matching): Matching {
  if (resource.kind === 'hub') {
    const { unit } = resource;
    return unit === null ? matching : narrowed(matching, (grant) => reaches(grant, [unit]));
  }
  if (resource.kind !== 'dossier' || purpose.code === 'SELF') return matching;
  return narrowed(matching, (grant) => reaches(grant, resource.dossier.units));
}

/** How work stands, with nobody named, needs no purpose; what is granted for SELF holds for one's own alone. */
function judgeCourse(question: Question, near: Matching): Decision {
  const { code } = question.purpose;
  const isSelf = code === 'SELF';
  if (isNone(narrowed(near, ({ purposes }) => purposes.includes('SELF') === isSelf))) {
    return refused(code === null ? 'PURPOSE_MISSING' : 'PURPOSE_NOT_GRANTED');
  }
  return isSelf ? judgeSelf(question) : allowed('NONE');
}

function judgePersonal(question: Question, near: Matching): Decision {
  const { code } = question.purpose;
  if (code === null) return refused('PURPOSE_MISSING');
  const granted = forPurpose(near, code);
  if (NEVER_PERSONAL.has(code) || isNone(granted)) return refused('PURPOSE_NOT_GRANTED');
  if (code === 'SELF') return judgeSelf(question);
  return code === 'RECEPTION' ? judgeReception(question) : judgeProcessing(question, granted);
}

/** A field of the schema is of nobody in particular: for the time being it may be asked for. */
function judgeSelf({ actor: { personalNumber }, resource }: Question): Decision {
  if (personalNumber === null) return refused('NOT_SELF');
  if (resource.kind === 'field' || numbersOf(peopleIn(resource)).includes(personalNumber)) return allowed('SELF');
  return refused('NOT_SELF');
}

function judgeReception({ resource, purpose: { visit } }: Question): Decision {
  if (visit === null) return refused('VISIT_MISSING');
  const isSubject = [...peopleIn(resource).flatMap(wordsInVisit), ...keysOf(resource)].some((one) =>
    visit.subjects.has(one),
  );
  return resource.kind === 'field' || isSubject ? allowed('VISIT') : refused('NOT_A_SUBJECT');
}

/** Work on one dossier opens its people and their records, and no other dossier of theirs. */
function judgeProcessing({ resource, purpose: { dossier }, reaches }: Question, granted: Matching): Decision {
  if (dossier === null) return refused('DOSSIER_MISSING');
  if (isNone(narrowed(granted, (grant) => reaches(grant, dossier.units)))) return refused('OTHER_UNIT');
  const isSubject =
    resource.kind === 'dossier'
      ? resource.dossier.code === dossier.code
      : peopleIn(resource).some((one) => isSubjectOf(dossier, one));
  return resource.kind === 'field' || isSubject ? allowed('DOSSIER') : refused('NOT_A_SUBJECT');
}

function isSubjectOf({ people, remembered }: DossierFacts, one: RecordHolder): boolean {
  return people.some((named) => isSameBearer(named, one, (number) => remembered?.has(number) === true));
}

function forPurpose(matching: Matching, code: PurposeCode): Matching {
  return narrowed(matching, ({ purposes }) => purposes.includes(code));
}

function sectorOf(resource: Resource): string {
  return resource.kind === 'dossier' || resource.kind === 'hub' ? 'hub' : resource.sector;
}

function peopleIn(resource: Resource): readonly RecordHolder[] {
  if (resource.kind === 'person' || resource.kind === 'record') return resource.people;
  return resource.kind === 'dossier' ? resource.dossier.people : [];
}

/** Under which words, besides those of people, something takes its place in a visit. */
function keysOf(resource: Resource): readonly string[] {
  if (resource.kind === 'dossier') return [`dossier:${resource.dossier.code}`];
  return resource.kind === 'record' && resource.key !== null ? [resource.key] : [];
}

function allowed(relation: Relation): Decision {
  return { allowed: true, relation };
}

const CODE_OF: Readonly<Record<RefusalReason, 'FORBIDDEN' | 'PURPOSE_REQUIRED'>> = {
  NO_GRANT: 'FORBIDDEN',
  PURPOSE_MISSING: 'PURPOSE_REQUIRED',
  LOG_PURPOSE_MISSING: 'PURPOSE_REQUIRED',
  PURPOSE_NOT_GRANTED: 'FORBIDDEN',
  VISIT_MISSING: 'PURPOSE_REQUIRED',
  DOSSIER_MISSING: 'PURPOSE_REQUIRED',
  NOT_A_SUBJECT: 'FORBIDDEN',
  OTHER_UNIT: 'FORBIDDEN',
  NOT_SELF: 'FORBIDDEN',
};

function refused(why: RefusalReason): Decision {
  return { allowed: false, code: CODE_OF[why], why };
}
