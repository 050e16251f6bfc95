import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { Admitted } from './door.ts';
import type { FormattedError } from './format-error.ts';
import { loggedCauses, withoutValues } from './log-cause.ts';
import type { OperationClock } from './operation-clock.ts';

/** One HTTP request or one event of a subscription on its way; the pipeline notes here what the log line will say. */
export interface Exchange {
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly admitted: Admitted;
  readonly clock: OperationClock;
  readonly startedAt: number;
  /** A GraphQL document came, so what is wrong with it is said by the body and not necessarily by the status. */
  documentCame: boolean;
  /** The operation got a context, which has to be told what would leave. */
  hadContext: boolean;
  operationName?: string | undefined;
  compiled?: boolean;
  readonly errors: FormattedError[];
}

/** What of it the line is made of. */
export type LoggedExchange = Pick<Exchange, 'requestId' | 'operationName' | 'startedAt' | 'compiled' | 'errors'>;

/** Errors of one operation whose causes are logged; a broken source gives the same one for every record. */
const MOST_LOGGED = 3;

/**
 * One line for one operation: its name, time, codes and sizes; no variables, no text of the document, no URL. Silent
 * when all went well, an error only when the hub itself failed.
 */
export function logExchange(
  logger: Logger,
  exchange: LoggedExchange,
  answer: { status: number; bytes: number } | { events: number },
): void {
  const { errors } = exchange;
  const level = levelOf(errors);
  if (!logger.isLevelEnabled(level)) return;
  const failures = errors.filter(({ outward }) => ERRORS[outward.extensions.code].failed !== 'client');
  const line = {
    requestId: exchange.requestId,
    ...(exchange.operationName !== undefined && { operation: withoutValues(exchange.operationName) }),
    durationMs: Math.round((performance.now() - exchange.startedAt) * 10) / 10,
    ...answer,
    ...(exchange.compiled !== undefined && { compiled: exchange.compiled }),
    ...(errors.length > 0 && { codes: countByCode(errors) }),
    ...(failures.length > 0 && { causes: failures.slice(0, MOST_LOGGED).map(({ origin }) => loggedCauses(origin)) }),
  };
  logger[level](line, 'operation');
}

function levelOf(errors: readonly FormattedError[]): 'debug' | 'info' | 'warn' | 'error' {
  if (errors.length === 0) return 'debug';
  const failed = new Set(errors.map(({ outward }) => ERRORS[outward.extensions.code].failed));
  return failed.has('hub') ? 'error' : failed.has('source') ? 'warn' : 'info';
}

function countByCode(errors: readonly FormattedError[]): Partial<Record<ErrorCode, number>> {
  const counts: Partial<Record<ErrorCode, number>> = {};
  for (const { outward } of errors) counts[outward.extensions.code] = (counts[outward.extensions.code] ?? 0) + 1;
  return counts;
}
