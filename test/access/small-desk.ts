import { join } from 'node:path';
import { execute, type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { createCan } from '../../core/access/can.ts';
import type { Actor, Grant, StatedHeaders } from '../../core/access.ts';
import type { AuditRecord } from '../../core/audit.ts';
import { type ErrorCode, HubError } from '../../core/errors.ts';
import { type HubPolicy, readHubPolicy } from '../../hub/policy.ts';
import { createAccessDesk, type OpenedAccess } from '../../resolvers/access-desk.ts';
import { accessRulesOf } from '../../resolvers/access-rules.ts';
import { guardedSchemaOf } from '../../resolvers/guarded-schema.ts';
import { createOperation } from '../../resolvers/operation.ts';
import type { Registry } from '../../resolvers/registry.ts';
import { buildSchema, readSharedSdl } from '../../resolvers/schema.ts';
import { catalogues, type SmallHouse } from '../resolvers/small-house.ts';

/** The demo's grants at the door of a small house: nothing of it is a server. */
export interface SmallDesk {
  readonly registry: Registry;
  readonly schema: GraphQLSchema;
  readonly guardedSchema: GraphQLSchema;
  readonly policy: HubPolicy;
  /** What was logged, in order. */
  readonly logged: AuditRecord[];
  open(actor: Actor, query: string, stated?: Partial<StatedHeaders>, options?: OpenOptions): Promise<OpenedAccess>;
  /** Asks as the gateway does: opened, executed, and settled before it is told. */
  ask(actor: Actor, query: string, stated?: Partial<StatedHeaders>): Promise<Asked>;
}

interface OpenOptions {
  readonly event?: boolean;
}

export interface Asked {
  // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
  readonly data: any;
  /** The path and code of each error. */
  readonly refused: readonly string[];
  readonly messages: readonly string[];
}

export const hashOf = (word: string): string => `#${word}`;
const ACCESS_FILE = join(import.meta.dirname, '../../hub/demo-access.json');
const UNSAID: StatedHeaders = { purpose: null, dossier: null, visit: null };

/** @param grants besides those of the demo */
export function openSmallDesk(house: SmallHouse, grants: readonly Grant[] = []): SmallDesk {
  const sectors = house.registry.sectors.map(({ id }) => id);
  const demo = readHubPolicy({
    settings: { ACCESS_FILE },
    catalogues,
    sectors: [...new Set([...sectors, 'land', 'civil-status'])],
  });
  const granted = { ...demo.policy, grants: [...demo.policy.grants, ...grants] };
  const policy = { ...demo, policy: granted, can: createCan({ grants: granted.grants, units: demo.units }) };
  const rules = accessRulesOf(
    readSharedSdl().map((sdl) => ({ sector: 'hub', sdl })),
    [],
  );
  const logged: AuditRecord[] = [];
  const log = {
    write: async (record: AuditRecord) => void logged.push(record),
    state: () => 'writing' as const,
    close: async () => {},
  };
  const { access: _, ...shared } = house.registry;
  const access = createAccessDesk({ registry: shared, rules, ...policy, log, hashSubject: hashOf });
  const registry: Registry = { ...shared, access };
  const schema = buildSchema(registry, []);
  const guardedSchema = guardedSchemaOf(schema);

  const open: SmallDesk['open'] = async (actor, query, stated = {}, { event = false } = {}) => {
    const document = parse(query);
    const [operation] = document.definitions as readonly OperationDefinitionNode[];
    return access.open({
      ...{ actor, document, schema, event, requestId: 'request' },
      operation: operation as OperationDefinitionNode,
      stated: { ...UNSAID, ...stated },
    });
  };
  return {
    ...{ registry, schema, guardedSchema, policy, logged, open },
    async ask(actor, query, stated) {
      const { access: own, caller, guarded, settle } = await open(actor, query, stated);
      const { data, errors = [] } = await execute({
        schema: guarded ? guardedSchema : schema,
        document: parse(query),
        contextValue: createOperation(registry, { caller, access: own, signal: new AbortController().signal }),
      });
      const faults = errors.map(({ path, originalError }) => ({ path, error: originalError }));
      const codes = faults.map(({ error }) => (error instanceof HubError ? error.code : 'INTERNAL'));
      const answered = Object.entries(data ?? {}).some(
        ([name, value]) => value !== null || !faults.some(({ path }) => path?.[0] === name),
      );
      await settle({ codes: [...new Set<ErrorCode>(codes)], hasData: data != null, answered });
      return {
        data: JSON.parse(JSON.stringify(data ?? null)),
        refused: faults.map(({ path }, place) => `${(path ?? []).join('.')} ${codes[place]}`),
        messages: faults.map(({ error }) => error?.message ?? ''),
      };
    },
  };
}
