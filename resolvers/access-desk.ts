import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { AgencyTree } from '../core/access/units.ts';
import type { AccessPolicy, Actor, Can, StatedHeaders } from '../core/access.ts';
import type { AuditLog } from '../core/audit.ts';
import type { Caller } from '../core/caller.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { OperationAccess } from './access.ts';
import type { AccessRules } from './access-rules.ts';
import { openDesk } from './open-access.ts';
import type { Registry } from './registry.ts';

/** Makes the access of operations: holds policy, rules of the schema, visits and the log. One per hub. */
export interface AccessDesk {
  /** @throws HubError PURPOSE_REQUIRED, FORBIDDEN for a purpose, visit or dossier that cannot be: then the whole operation is refused */
  open(request: AccessRequest): Promise<OpenedAccess>;
}

export interface AccessRequest {
  readonly actor: Actor;
  readonly stated: StatedHeaders;
  readonly requestId: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
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
  settle(outcome: { readonly codes: readonly ErrorCode[]; readonly hasData: boolean }): Promise<void>;
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

export function createAccessDesk(_: AccessDeskOptions): AccessDesk {
  return openDesk();
}
