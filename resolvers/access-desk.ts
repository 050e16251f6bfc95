import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { AgencyTree } from '../core/access/units.ts';
import { createUnitsSeen } from '../core/access/units-seen.ts';
import type { AccessPolicy, Actor, Can, StatedHeaders, StatedPurpose } from '../core/access.ts';
import type { AuditLog, AuditRecord } from '../core/audit.ts';
import type { Caller } from '../core/caller.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Visit } from '../store/visits.ts';
import { createAccess, type NotedAccess, type OperationAccess } from './access.ts';
import type { AccessRules } from './access-rules.ts';
import { type AskedFields, createAskedFields } from './asked-fields.ts';
import { createDossierReader } from './dossier-facts.ts';
import { fromStore } from './index-loaders.ts';
import { createLoader } from './loader.ts';
import { certainPairs } from './own-numbers.ts';
import { forbidden, visitOver } from './refusals.ts';
import type { Registry } from './registry.ts';

/** Makes the access of operations: holds policy, rules of the schema, visits and the log. One per hub. */
export interface AccessDesk {
  /** @throws HubError PURPOSE_REQUIRED, FORBIDDEN for a purpose, visit or dossier that cannot be: then the whole operation is refused */
  open(request: AccessRequest): Promise<OpenedAccess>;
  /** What visits go by. */
  readonly visits: AccessPolicy['visits'] & {
    /** How a subject stands in a visit. */
    hashOf(word: string): string;
  };
  /** The agency and all below it, by every code of theirs; none for an agency that nobody knows. */
  codesBelow(code: string): readonly string[];
}

export interface AccessRequest {
  readonly actor: Actor;
  readonly stated: StatedHeaders;
  readonly requestId: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** For which the document is valid. */
  readonly schema: GraphQLSchema;
  /** Whether it is one event of a subscription. */
  readonly event: boolean;
}

export interface OpenedAccess {
  readonly access: OperationAccess;
  readonly caller: Caller;
  /** Some field of the operation is refused: it has to run on the guarded schema. */
  readonly guarded: boolean;
  /**
   * Writes the log. Called once with the answer's errors before it leaves.
   *
   * @throws HubError AUDIT_UNAVAILABLE: then nothing of the answer may leave
   */
  settle(outcome: {
    readonly codes: readonly ErrorCode[];
    readonly hasData: boolean;
    /** Whether some field at the root was answered, be it with nothing. */
    readonly answered: boolean;
  }): Promise<void>;
}

/** What the desk decides and writes with. */
export interface AccessDeskOptions {
  readonly registry: Omit<Registry, 'access'>;
  readonly rules: AccessRules;
  readonly policy: AccessPolicy;
  readonly can: Can;
  readonly units: AgencyTree;
  readonly log: AuditLog;
  /** Key of `subjectHash`: for subjects of visits. */
  readonly hashSubject: (number: string) => string;
}

/** Numbers whose pairs are read in one statement. */
const MOST_PAIRED = 500;
const NOBODY: ReadonlySet<string> = new Set();

export function createAccessDesk(options: AccessDeskOptions): AccessDesk {
  const { registry, rules, policy, can, units, log, hashSubject } = options;
  const fieldsOf = createAskedFields({ can, rules });
  const unitsSeen = createUnitsSeen({ grants: policy.grants, units });
  const readDossier = createDossierReader(registry);

  /** @throws HubError FORBIDDEN, the same for a dossier of others and for none */
  async function withDossier(actor: Actor, purpose: StatedPurpose, code: string): Promise<StatedPurpose> {
    const dossier = await readDossier(code);
    if (dossier === null) throw forbidden('evidence');
    const { allowed } = can(actor, 'READ', { kind: 'dossier', data: 'COURSE', dossier }, purpose);
    if (!allowed) throw forbidden('evidence');
    return { ...purpose, dossier };
  }

  /** @throws HubError VISIT_OVER */
  async function visitOf(actor: Actor, id: string): Promise<Visit> {
    const visit = await fromStore(registry.visits.read(id));
    if (visit === null || !visit.isOpen || visit.actor !== actor.id || visit.client !== actor.client) throw visitOver();
    return visit;
  }

  /** The old numbers of somebody who asks for themself, as far as they are nobody else's. */
  async function ownOldNumbers(personalNumber: string): Promise<ReadonlySet<string>> {
    const [paired = []] = await certainPairs(registry.numberPairs, [personalNumber]);
    return new Set(paired);
  }

  const pairedLoader = () =>
    createLoader((numbers: readonly string[]) => certainPairs(registry.numberPairs, numbers), {
      maxBatchSize: MOST_PAIRED,
    });

  return {
    visits: { ...policy.visits, hashOf: hashSubject },
    codesBelow: (code) => units.codesBelow(code),
    async open(request) {
      const { actor, stated } = request;
      const { personalNumber } = actor;
      const visit = stated.visit === null ? null : await visitOf(actor, stated.visit);
      const own = personalNumber === null || stated.purpose !== 'SELF' ? NOBODY : await ownOldNumbers(personalNumber);
      const evidence = visit === null ? null : { id: visit.id, subjects: visit.subjects };
      const bare: StatedPurpose = { code: stated.purpose, dossier: null, visit: evidence };
      const purpose = stated.dossier === null ? bare : await withDossier(actor, bare, stated.dossier);
      const asked = fieldsOf(request);
      let paired: ReturnType<typeof pairedLoader> | undefined;
      const refused = asked.refusedTo(actor, purpose);
      const access = createAccess({
        ...{ actor, purpose, refused, can, rules, visit, unitsSeen },
        mostSubjects: policy.visits.subjects,
        visits: registry.visits,
        hashOf: hashSubject,
        ownOldNumbers: own,
        pairedNumbers: (number) => {
          // Few operations ask for any.
          paired ??= pairedLoader();
          return paired(number);
        },
      });
      return {
        access,
        caller: callerOf(request, purpose),
        guarded: refused.size > 0,
        settle: (outcome) => log.write(recordOf(request, { asked, access, outcome })),
      };
    },
  };
}

/** Through token exchange the application asks, on behalf of the person. */
function callerOf({ actor, stated, requestId }: AccessRequest, { dossier }: StatedPurpose): Caller {
  const { purpose, visit } = stated;
  return {
    actor: actor.delegated ? actor.client : actor.id,
    onBehalfOf: actor.delegated ? actor.id : undefined,
    client: actor.client,
    unit: actor.unit ?? undefined,
    purpose: purpose ?? undefined,
    dossier: dossier?.code,
    visit: visit ?? undefined,
    requestId,
  };
}

type Outcome = Parameters<OpenedAccess['settle']>[0];

function recordOf(
  { actor, stated, requestId, event }: AccessRequest,
  { asked, access, outcome }: { asked: AskedFields; access: NotedAccess; outcome: Outcome },
): AuditRecord {
  const { subjects, systems, sought } = access.notes;
  const isAnswered = asked.logged.some((place) => !access.refused.has(place));
  // Whom a list was looked for by is told by what it holds, though it names nobody.
  const isByName = sought.some(({ what }) => what === 'NAME');
  return {
    operation: {
      kind: event ? 'EVENT' : 'OPERATION',
      request: requestId,
      actor: actor.id,
      client: actor.client,
      role: actor.role,
      unit: actor.unit,
      purpose: stated.purpose,
      // As it is held, however it was typed.
      dossier: access.purpose.dossier?.code ?? null,
      visit: stated.visit,
      op: asked.op,
      fields: asked.logged,
      systems: [...systems].sort(),
      outcome: wordOf(outcome),
      codes: [...outcome.codes].sort(),
      ...(sought.length > 0 && { sought }),
    },
    subjects: [...subjects.values()],
    personal: outcome.hasData && (isAnswered || isByName || subjects.size > 0),
  };
}

/** Codes of what somebody may not have, rather than of what went wrong. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  ...(['FORBIDDEN', 'PURPOSE_REQUIRED'] as const),
  ...(['VISIT_OVER', 'VISIT_FULL', 'TOO_MANY_VISITS'] as const),
]);

function wordOf({ codes, answered }: Outcome): AuditRecord['operation']['outcome'] {
  if (codes.length === 0) return 'ANSWERED';
  if (answered) return 'PARTIAL';
  return codes.some((code) => REFUSALS.has(code)) ? 'REFUSED' : 'FAILED';
}
