import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestContext,
  type GraphQLRequestContextResponseForOperation,
  type GraphQLResponse,
  HeaderMap,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type FormattedExecutionResult, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { createDocumentStore } from './document-store.ts';
import type { Exchange } from './exchange.ts';
import { createExecutor } from './executor.ts';
import { type FormattedError, formatGraphqlError, refusal, statusOf } from './format-error.ts';
import { MOST_VALIDATION_ERRORS } from './limits/breadth.ts';
import { createOperationLimits, limitRules, type MayIntrospect } from './limits/operation-limits.ts';
import type { MakeContext, NoteRefusal, RefusedRequest } from './operation-request.ts';
import { retryAfter } from './refuse.ts';
import type { GatewaySettings } from './settings.ts';
import { settledWork } from './settle.ts';

export interface GraphqlHttpRequest {
  readonly method: string;
  /** With the question mark, or empty. */
  readonly search: string;
  readonly body: unknown;
}

export interface GraphqlHttpResponse {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: string;
}

export interface GraphqlServer {
  /** Never rejects for what a client or a resolver did: every failure is an answer. */
  answer(request: GraphqlHttpRequest, exchange: Exchange): Promise<GraphqlHttpResponse>;
  close(): Promise<void>;
}

interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly guardedSchema: GraphQLSchema | null;
  readonly contextFor: MakeContext;
  readonly introspection: MayIntrospect;
  readonly noteRefusal: NoteRefusal;
  readonly settings: GatewaySettings;
  readonly logger: Logger;
}

/** Apollo copies the context value it is given, so what the pipeline notes stands one level below. */
interface ApolloContext {
  readonly exchange: Exchange;
}

/** Starts Apollo Server with our executor under it, and without whatever reaches out, batches, caches or renders. */
export async function startGraphqlServer(options: GraphqlServerOptions): Promise<GraphqlServer> {
  const { schema, settings, logger } = options;
  const server = new ApolloServer<ApolloContext>({
    schema,
    logger,
    plugins: [
      operationPlugin(options),
      // The default one wraps every field of the schema, whether or not anything is cached.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    formatError: (_, error) => formatGraphqlError(error).outward,
    includeStacktraceInErrorResponses: false,
    // Whoever may read it is decided with the operation, since it is not the same for everybody.
    introspection: true,
    parseOptions: { maxTokens: settings.MAX_QUERY_TOKENS },
    validationRules: [...limitRules(settings)],
    validationOptions: { maxErrors: MOST_VALIDATION_ERRORS, hideSuggestions: true },
    documentStore: createDocumentStore(),
    persistedQueries: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    stringifyResult: (result) => JSON.stringify(result),
  });
  await server.start();

  return {
    answer: async ({ method, search, body: asked }, exchange) => {
      const { status, headers, body } = await server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, search, body: asked, headers: headersApolloReads(exchange) },
        context: async () => ({ exchange }),
      });
      // Only @defer and @stream make bodies of another kind, and no schema of the hub has them.
      const text = body.kind === 'complete' ? body.string : '';
      if (!exchange.hadContext) await options.noteRefusal(refusalOf(exchange, asked));
      return { status: softened(status ?? 200, headers, exchange), headers, body: text };
    },
    close: () => server.stop(),
  };
}

const HEADERS_APOLLO_READS = ['accept', 'content-type', 'x-apollo-operation-name', 'apollo-require-preflight'] as const;

function headersApolloReads({ headers }: Exchange): HeaderMap {
  const map = new HeaderMap();
  for (const name of HEADERS_APOLLO_READS) {
    const value = headers[name];
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}

/** GraphQL over HTTP: an `application/json` answer to a GraphQL document has status 200, whatever is wrong with it. */
function softened(status: number, headers: HeaderMap, { documentCame }: Exchange): number {
  const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
  return status === 400 && documentCame && isJson ? 200 : status;
}

function refusalOf(exchange: Exchange, asked: unknown): RefusedRequest {
  const { requestId, admitted, operationName = null, errors } = exchange;
  const source = typeof asked === 'object' && asked !== null && 'query' in asked ? asked.query : null;
  const codes = [...new Set(errors.map(({ outward }) => outward.extensions.code))];
  return {
    requestId,
    ...{ actor: admitted.actor, stated: admitted.stated, operationName },
    source: typeof source === 'string' ? source : null,
    // What is no GraphQL request at all is refused by the server underneath, which tells nobody else.
    codes: codes.length > 0 ? codes : ['BAD_REQUEST'],
  };
}

function operationPlugin(options: GraphqlServerOptions): ApolloServerPlugin<ApolloContext> {
  const { schema, guardedSchema, contextFor, settings, introspection } = options;
  const schemas = { plain: schema, guarded: guardedSchema };
  const run = createExecutor(schemas, { compiledOperations: settings.COMPILED_OPERATIONS });
  const demandWithinLimits = createOperationLimits({ schema, settings, introspection });
  const listener = {
    didResolveSource: async ({ contextValue }: GraphQLRequestContext<ApolloContext>) => {
      contextValue.exchange.documentCame = true;
    },
    didEncounterErrors: async ({ errors = [], contextValue }: GraphQLRequestContext<ApolloContext>) => {
      contextValue.exchange.errors.push(...errors.map((error) => formatGraphqlError(error)));
    },
    willSendResponse: async ({ response: { body } }: GraphQLRequestContext<ApolloContext>) => {
      if (body?.kind !== 'single' || body.singleResult.errors === undefined) return;
      body.singleResult.errors = distinctErrors(body.singleResult.errors);
    },
    responseForOperation: async (asked: GraphQLRequestContextResponseForOperation<ApolloContext>) => {
      const { exchange } = asked.contextValue;
      // Missing when no operation has the name asked for; Apollo tells that itself.
      if (!asked.operation) return null;
      exchange.operationName = asked.operationName ?? undefined;
      if (asked.operation.operation === OperationTypeNode.SUBSCRIPTION) {
        return response(
          refusal('BAD_REQUEST', 'Subscribe over WebSocket at /graphql or by server-sent events at /graphql/stream.'),
          400,
        );
      }
      if (asked.operation.operation === OperationTypeNode.MUTATION && !options.schema.getMutationType()) {
        return response(refusal('BAD_REQUEST', 'The API has no mutations.'), 400);
      }
      return answerOperation({ contextFor, run, demandWithinLimits }, asked);
    },
  };
  return { requestDidStart: async () => listener };
}

type Errors = NonNullable<FormattedExecutionResult['errors']>;

/** What a rule tells until validation ends is told once. */
function distinctErrors(errors: Errors): Errors {
  if (errors[0]?.extensions?.code !== 'GRAPHQL_VALIDATION_FAILED') return errors;
  return [...new Map(errors.map((error) => [JSON.stringify(error), error])).values()];
}

interface Pipeline {
  readonly contextFor: MakeContext;
  readonly run: ReturnType<typeof createExecutor>;
  readonly demandWithinLimits: ReturnType<typeof createOperationLimits>;
}

/** @returns null where the variables are wrong: Apollo runs into the same error, and tells it with code and status. */
async function answerOperation(
  { contextFor, run, demandWithinLimits }: Pipeline,
  asked: GraphQLRequestContextResponseForOperation<ApolloContext>,
): Promise<GraphQLResponse | null> {
  const { source, document, operation, request } = asked;
  const { variables } = request;
  const { exchange } = asked.contextValue;
  const { requestId, headers, clock, admitted } = exchange;
  const { actor, stated } = admitted;
  const worked = await settledWork({
    contextFor,
    request: { requestId, headers, actor, stated, document, operation, event: false },
    clock,
    work: async (makeContext) => {
      demandWithinLimits({ actor, document, operation, variables });
      return run({ source, document, operation, variables, makeContext });
    },
    leaving: (outcome) => ({ data: outcome?.data, errors: outcome?.errors ?? [] }),
  });
  exchange.hadContext = worked.hadContext;
  if (worked.failed) {
    exchange.errors.push(...worked.errors);
    return failure(worked.errors);
  }
  if (worked.result === null) return null;
  const { data, errors, compiled } = worked.result;
  exchange.compiled = compiled;
  exchange.errors.push(...errors);
  if (errors.length === 0) return response({ data });
  return response({ errors: errors.map(({ outward }) => outward), data });
}

/** The answer when the operation as a whole failed: there is no data, and the status says whose fault it was. */
function failure([error]: readonly FormattedError[]): GraphQLResponse {
  if (error === undefined) throw new Error('An operation failed without an error');
  const status = statusOf(error.outward.extensions.code);
  const seconds = retryAfter(error.origin, status);
  const headers = seconds === null ? NO_HEADERS : new HeaderMap([['retry-after', String(seconds)]]);
  return response({ errors: [error.outward] }, status, headers);
}

const NO_HEADERS = new HeaderMap();

function response(singleResult: FormattedExecutionResult, status?: number, headers = NO_HEADERS): GraphQLResponse {
  const http = status === undefined ? { headers } : { headers, status };
  return { http, body: { kind: 'single', singleResult: singleResult as FormattedExecutionResult<Answer> } };
}

type Answer = Record<string, unknown>;
