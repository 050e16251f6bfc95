const MOST_CAUSES = 5;
const MOST_FRAMES = 8;
const MOST_CHARACTERS = 300;

/** One error as the log may hold it. */
export interface LoggedCause {
  readonly name: string;
  readonly code?: string | number;
  readonly message: string;
  readonly frames: readonly string[];
}

/**
 * An error and its causes for the log, outermost first. Messages of drivers quote values (`Duplicate entry '0790…'`),
 * so what follows a quote and every long number is left out of them; frames keep places in code, never messages.
 */
export function loggedCauses(error: unknown): LoggedCause[] {
  const causes: LoggedCause[] = [];
  let current: unknown = error;
  while (current !== undefined && current !== null && causes.length < MOST_CAUSES) {
    causes.push(logged(current));
    current = current instanceof Error ? (originalOf(current) ?? current.cause) : undefined;
  }
  return causes;
}

/** Takes out what may be personal: whatever follows a quote, and numbers of six digits or more. */
export function withoutValues(text: string): string {
  // Where a quoted text ends cannot be told (H'Hen Niê), so nothing after the first quote is kept.
  const bare = text.replace(/['"`].*$/s, '…').replace(/\d{6,}/g, '…');
  return bare.slice(0, MOST_CHARACTERS);
}

function logged(error: unknown): LoggedCause {
  if (!(error instanceof Error)) return { name: typeof error, message: '', frames: [] };
  const code = 'code' in error ? error.code : undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return {
    name: error.name,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    message: withoutValues(typeof error.message === 'string' ? error.message : ''),
    frames: frames.slice(0, MOST_FRAMES).map((line) => line.slice(7)),
  };
}

/** GraphQL errors keep what was thrown in `originalError`. */
function originalOf(error: Error): unknown {
  return 'originalError' in error ? error.originalError : undefined;
}
