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
import { depthLimit } from './depth-limit.ts';
import { createDocumentStore } from './document-store.ts';
import type { Exchange } from './exchange.ts';
import { createExecutor } from './executor.ts';
import { formatGraphqlError, refusal, statusOf } from './format-error.ts';
import type { MakeContext } from './operation-request.ts';
import type { GatewaySettings } from './settings.ts';

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
  readonly contextFor: MakeContext;
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
    introspection: settings.INTROSPECTION === 'on',
    hideSchemaDetailsFromClientErrors: settings.INTROSPECTION === 'off',
    parseOptions: { maxTokens: settings.MAX_QUERY_TOKENS },
    validationRules: [depthLimit(settings.MAX_DEPTH)],
    validationOptions: { maxErrors: 5 },
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

function operationPlugin(options: GraphqlServerOptions): ApolloServerPlugin<ApolloContext> {
  const { schema, settings } = options;
  const run = createExecutor(schema, { compiledOperations: settings.COMPILED_OPERATIONS });
  const listener = {
    didResolveSource: async ({ contextValue }: GraphQLRequestContext<ApolloContext>) => {
      contextValue.exchange.documentCame = true;
    },
    didEncounterErrors: async ({ errors = [], contextValue }: GraphQLRequestContext<ApolloContext>) => {
      contextValue.exchange.errors.push(...errors.map((error) => formatGraphqlError(error)));
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
      const overtime = exchange.clock.overtime.then((error) => failure(exchange, error));
      return Promise.race([answerOperation(options.contextFor, run, asked), overtime]);
    },
  };
  return { requestDidStart: async () => listener };
}

/** @returns null where the variables are wrong: Apollo runs into the same error, and tells it with code and status. */
async function answerOperation(
  contextFor: MakeContext,
  run: ReturnType<typeof createExecutor>,
  asked: GraphQLRequestContextResponseForOperation<ApolloContext>,
): Promise<GraphQLResponse | null> {
  const { source, document, operation, request } = asked;
  const { exchange } = asked.contextValue;
  const { requestId, headers, clock } = exchange;
  try {
    const outcome = await run({
      source,
      document,
      operation,
      variables: request.variables,
      makeContext: () => contextFor({ requestId, headers, signal: clock.signal, document, operation }),
    });
    if (outcome === null) return null;
    exchange.compiled = outcome.compiled;
    const { data, errors } = outcome;
    if (errors.length === 0) return response({ data });
    exchange.errors.push(...errors);
    return response({ errors: errors.map(({ outward }) => outward), data });
  } catch (error) {
    return failure(exchange, error);
  }
}

/** The answer when the operation as a whole failed: there is no data, and the status says whose fault it was. */
function failure(exchange: Exchange, error: unknown): GraphQLResponse {
  const formatted = formatGraphqlError(error);
  exchange.errors.push(formatted);
  return response({ errors: [formatted.outward] }, statusOf(formatted.outward.extensions.code));
}

const NO_HEADERS = new HeaderMap();

function response(singleResult: FormattedExecutionResult, status?: number): GraphQLResponse {
  const http = status === undefined ? { headers: NO_HEADERS } : { headers: NO_HEADERS, status };
  return { http, body: { kind: 'single', singleResult: singleResult as FormattedExecutionResult<Answer> } };
}

type Answer = Record<string, unknown>;
