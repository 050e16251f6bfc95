import type { GraphQLFieldResolver } from 'graphql';
import type { AuditFound, AuditQuery } from '../core/audit.ts';
import { issuedCode } from '../core/dossier-code.ts';
import { isEnterpriseCode } from '../core/enterprise-code.ts';
import { HubError } from '../core/errors.ts';
import { isDossierCode } from '../core/event.ts';
import { agencyOf } from './catalogues.ts';
import { type CitizenNode, demandWhole, numberOfId } from './citizens.ts';
import { checkedSize, openCursor, type PageArguments } from './connection.ts';
import { loggedCode } from './dossiers.ts';
import type { Operation } from './operation.ts';
import { numbersOfNobodyElse } from './own-numbers.ts';
import { forbidden } from './refusals.ts';

type Resolver = GraphQLFieldResolver<never, Operation>;

interface LogArguments extends PageArguments {
  readonly subject?: string | null;
  readonly actor?: string | null;
  readonly dossier?: string | null;
  readonly visit?: string | null;
  /** UTC milliseconds. */
  readonly from?: number | null;
  readonly to?: number | null;
}

const ACCESS = 'access';
/** Of an account or a visit; what is longer is none. */
const MOST_WORD = 160;

/** The access log, for auditors and for the people it speaks of. */
export function accessLogResolvers(): Record<string, Record<string, Resolver>> {
  return {
    Query: {
      accessLog: (_, args, operation) => readLog(operation, args as LogArguments),
    },
    Citizen: {
      accesses: (citizen: CitizenNode, args, operation) => accessesTo(operation, citizen, args as PageArguments),
    },
  } as Record<string, Record<string, Resolver>>;
}

async function readLog(operation: Operation, args: LogArguments): Promise<object> {
  const { access, registry } = operation;
  access.demand('READ', 'AUDIT');
  const { subject, actor, visit, from, to } = args;
  if (subject == null && actor == null && args.dossier == null && visit == null) {
    throw new HubError('BAD_USER_INPUT', 'accessLog: expected at least one of subject, actor, dossier, visit');
  }
  const number = subject == null ? null : subjectNumber(operation, subject);
  // They are written down as they were typed, but for a dossier's code: that as entries have it.
  const typed = args.dossier ?? null;
  const dossier = typed === null || issuedCode(typed) === typed ? typed : await codeOfEntries(operation, typed);
  if (actor != null) await demandWord(operation, { actor });
  if (visit != null) await demandWord(operation, { visit });
  const narrowing = {
    ...(actor != null && { actor }),
    ...(dossier != null && { dossier }),
    ...(visit != null && { visit }),
    ...(from != null && { from }),
    ...(to != null && { to }),
  };
  const subjectHash = number !== null && { subject: registry.audit.hashSubject(number) };
  access.sought({ what: 'ACCESSES', ...subjectHash, ...narrowing });
  return pageOfLog(operation, args, {
    ...(number !== null && { subjectNumbers: await numbersOf(operation, number) }),
    ...narrowing,
  });
}

/**
 * The code under which entries have a dossier, also where no system holds it any more. What is neither there, nor held, nor of the
 * form in which units issue codes may be somebody's number: it is not looked for, since it would be written down.
 */
async function codeOfEntries(operation: Operation, typed: string): Promise<string> {
  const { audit } = operation.registry;
  const text = typed.trim().normalize('NFC');
  for (const code of isDossierCode(text) ? new Set([text, text.toUpperCase()]) : []) {
    const { found } = await audit.find({ dossier: code, first: 1, after: null });
    if (found.length > 0) return code;
  }
  const held = await loggedCode(operation, typed);
  if (held === null) throw noWord('dossier', 'a dossier code');
  return held;
}

/**
 * Of an account or a visit, which is written down as it was typed: an account may have as many digits as somebody's number, and is
 * looked for where it stands in the log already.
 *
 * @throws HubError BAD_USER_INPUT
 */
async function demandWord(
  { registry }: Operation,
  word: { readonly actor: string } | { readonly visit: string },
): Promise<void> {
  const [[argument = '', text = ''] = []] = Object.entries(word);
  if (text.length > MOST_WORD) throw noWord(argument, `at most ${MOST_WORD} characters`);
  if (!/\d{9}/.test(text.replace(/[\s.-]/g, ''))) return;
  const { found } = await registry.audit.find({ ...word, first: 1, after: null });
  if (found.length > 0) return;
  throw noWord(argument, 'one that stands in the log, since it has as many digits as somebody’s number');
}

function noWord(argument: string, expected: string): HubError {
  return new HubError('BAD_USER_INPUT', `accessLog: ${argument}: expected ${expected}`);
}

/** Of nobody but oneself: auditors, who may see nobody's data, read `accessLog`. */
async function accessesTo(operation: Operation, citizen: CitizenNode, args: PageArguments): Promise<object> {
  demandWhole(citizen);
  const { identity } = citizen;
  const { personalNumber } = operation.access.actor;
  if (personalNumber === null || !identity.numbers.includes(personalNumber)) throw forbidden('self');
  const subjectNumbers = await numbersOfNobodyElse(operation, identity);
  return pageOfLog(operation, args, { subjectNumbers, forSubject: true });
}

/** By remembered numbers alone: systems are not asked for somebody who may see nothing of them. */
async function numbersOf(operation: Operation, number: string): Promise<readonly string[]> {
  return isEnterpriseCode(number) ? [number] : [number, ...(await operation.pairedNumbers(number))];
}

function subjectNumber(operation: Operation, subject: string): string {
  const text = subject.trim();
  return isEnterpriseCode(text) ? text : numberOfId(operation, subject, 'subject');
}

async function pageOfLog(
  operation: Operation,
  { first, after }: PageArguments,
  query: Omit<AuditQuery, 'first' | 'after'>,
): Promise<object> {
  const { audit, seal } = operation.registry;
  // A cursor goes on in the search it came from and in no other.
  const name = `${ACCESS} ${JSON.stringify(query)}`;
  const { found, more } = await audit.find({
    ...query,
    first: checkedSize(first),
    after: after == null ? null : openCursor<AuditFound['key']>(seal, name, after),
  });
  const cursorOf = (one: AuditFound | undefined) =>
    one === undefined ? null : seal.seal(name, JSON.stringify(one.key));
  return {
    nodes: found.map((one) => accessNode(operation, one, query.forSubject === true)),
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: after != null,
      startCursor: cursorOf(found[0]),
      endCursor: cursorOf(found.at(-1)),
    },
  };
}

function accessNode(
  { registry }: Operation,
  { key, operation: logged, subject }: AuditFound,
  forSubject: boolean,
): object {
  const { at, actor, client, role, unit, purpose, dossier, visit, op, fields, systems, outcome } = logged;
  const { sought = [], times = 1 } = logged;
  const relation = subject?.relation ?? null;
  const named = subject?.dossier ?? null;
  return {
    id: registry.seal.seal(ACCESS, JSON.stringify(key)),
    ...{ at, client, role, purpose, fields, systems, outcome, relation, times },
    sought: [...new Set(sought.map(({ what }) => what))],
    unit: unit === null ? null : agencyOf(registry.catalogues, unit),
    operationHash: op.hash,
    // What the application wrote as a name may speak of somebody else.
    ...(forSubject
      ? { actor: null, visit: null, operation: null, dossier: named ?? (relation === 'DOSSIER' ? dossier : null) }
      : { actor, visit, operation: op.name, dossier: dossier ?? named }),
  };
}
