import type { RestEntity, RestLookup } from '../../connectors/rest/entity.ts';
import { type RestOptions, rest } from '../../connectors/rest.ts';
import type { Caller } from '../../core/caller.ts';
import type { Field } from '../../core/declaration.ts';
import type { Answer, Key, Row, Source } from '../../core/source.ts';
import { type RestServer, restServer } from './rest-server.ts';

export const caller: Caller = { actor: 'officer', requestId: 'rest' };

export const field = (path: string): Field => ({ from: [path], read: (raw) => raw });

/** Records by their code, in `Data`. */
export const byCode: RestLookup = {
  batchSize: 20,
  request: (codes) => ({ method: 'POST', path: '/records', body: { codes } }),
  rows: 'Data',
  keys: ['Code'],
};

export interface Stage {
  readonly server: RestServer;
  readonly source: Source;
  readonly warnings: string[];
  ask(keys: readonly Key[], fields?: readonly string[], signal?: AbortSignal): Promise<readonly Answer[]>;
  close(): Promise<void>;
}

/** A declared system and the server behind it. */
export async function stage(
  spec: {
    readonly options?: Partial<RestOptions>;
    readonly lookup?: Partial<RestLookup>;
    readonly entity?: Partial<RestEntity>;
    readonly settings?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Stage> {
  const server = await restServer();
  const declared = rest({ url: 'URL', ...spec.options });
  const entity = declared.entity({
    type: 'Thing',
    identity: ['code'],
    fields: { code: field('Code') },
    lookups: { byCode: { ...byCode, ...spec.lookup } },
    ...spec.entity,
  });
  const warnings: string[] = [];
  const source = declared.open({
    sector: 'things',
    settings: { URL: server.url, ...spec.settings },
    entities: { things: entity },
    warn: (message) => warnings.push(message),
  });
  return {
    server,
    source,
    warnings,
    ask: (keys, fields = ['Code'], signal = AbortSignal.timeout(5_000)) =>
      source.read({ entity: 'things', lookup: 'byCode', keys, fields }, { caller, signal }),
    close: async () => {
      await source.close();
      await server.close();
    },
  };
}

export function rowsOf(answer: Answer | undefined): readonly Row[] {
  if (!Array.isArray(answer)) throw new Error('Rows were expected', { cause: answer });
  return answer;
}
