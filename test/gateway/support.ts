import { ApolloServer, HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import { type Logger, pino } from 'pino';
import { readSettings } from '../../core/setting.ts';
import { formatGraphqlError } from '../../gateway/format-error.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../gateway/gateway.ts';
import type { OperationContext } from '../../gateway/operation-request.ts';
import { type GatewaySettings, gatewaySettings } from '../../gateway/settings.ts';
import { ANYBODY } from '../support/open-access.ts';
import { OPEN_LIMITS } from '../support/open-limits.ts';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** A logger that keeps its lines. */
export function createLogKeeper(): { logger: Logger; lines: LogLine[]; text: () => string } {
  const lines: LogLine[] = [];
  const logger = pino({ level: 'trace' }, { write: (line) => void lines.push(JSON.parse(line) as LogLine) });
  return { logger, lines, text: () => JSON.stringify(lines) };
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly log: ReturnType<typeof createLogKeeper>;
  readonly ask: (body: unknown, headers?: Record<string, string>) => Promise<Reply>;
  /** Of the last operation asked. */
  readonly wasCompiled: () => boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReplyBody;
}

export interface ReplyBody {
  readonly data?: unknown;
  readonly errors?: readonly ReplyError[];
}

export interface ReplyError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly unknown[];
  readonly extensions?: { readonly code?: string; readonly retryable?: boolean; readonly [key: string]: unknown };
}

/** Accepting this, a client is told by the status what is wrong with a document. */
export const GRAPHQL_RESPONSE = 'application/graphql-response+json';

/** Everybody is let in, for what is about something else. */
export const OPEN_GATE = {
  guardedSchema: null,
  contextFor: () => contextOf({}),
  authenticate: async () => ANYBODY,
  noteRefusal: async () => {},
  introspection: () => true,
  limits: { of: () => ({}) },
  registered: null,
  behindProxy: false,
  names: [],
  origins: [],
} satisfies Partial<GatewayOptions>;

/** A context from which nothing is withheld. @param value GraphQL's context value */
export function contextOf(value: unknown): OperationContext {
  return { value, guarded: false, settle: async () => {} };
}

/** A gateway that listens on a free port of 127.0.0.1, with every limit open that the settings do not close. */
export async function startTestGateway(
  schema: GraphQLSchema,
  options: Partial<Omit<GatewayOptions, 'settings'>> & { settings?: Partial<GatewaySettings> } = {},
): Promise<TestGateway> {
  const log = createLogKeeper();
  const standard = readSettings(gatewaySettings, {}, []);
  const settings = { ...standard, ...OPEN_LIMITS, PORT: 0, ...options.settings };
  const gateway = await createGateway({
    schema,
    ...OPEN_GATE,
    logger: log.logger,
    ready: async () => ({ ready: true, parts: {} }),
    ...options,
    settings,
  });
  await gateway.listen();
  return {
    gateway,
    log,
    ask: (body, headers = {}) => post(`${gateway.address()}/graphql`, body, headers),
    wasCompiled: () => log.lines.findLast(({ msg }) => msg === 'operation')?.compiled === true,
  };
}

async function post(url: string, body: unknown, headers: Record<string, string>): Promise<Reply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as ReplyBody };
}

/** Plain Apollo Server over graphql-js with the same masking: what the gateway's answers are compared with. */
export async function startReference(
  schema: GraphQLSchema,
): Promise<(body: unknown) => Promise<Omit<Reply, 'headers'>>> {
  const server = new ApolloServer({
    schema,
    plugins: [ApolloServerPluginCacheControlDisabled()],
    formatError: (_, error) => formatGraphqlError(error).outward,
    includeStacktraceInErrorResponses: false,
    introspection: true,
    validationOptions: { maxErrors: 5 },
    persistedQueries: false,
    stopOnTerminationSignals: false,
  });
  await server.start();
  return async (body) => {
    const { status = 200, body: answer } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'POST',
        search: '',
        // As it would arrive: undefined is nothing.
        body: JSON.parse(JSON.stringify(body)) as unknown,
        headers: new HeaderMap([
          ['content-type', 'application/json'],
          ['accept', GRAPHQL_RESPONSE],
        ]),
      },
      context: async () => ({}),
    });
    return { status, body: JSON.parse(answer.kind === 'complete' ? answer.string : '') as ReplyBody };
  };
}
