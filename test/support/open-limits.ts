/** For gateways of tests and benchmarks that are about something else: nobody asks too much or too often. */
export const OPEN_LIMITS = {
  MAX_COST: 1_000_000_000,
  MAX_ALIASES: 1_000,
  MAX_DIRECTIVES: 1_000,
  MAX_ROOT_FIELDS: 1_000,
  RATE_PER_MINUTE: 10_000_000,
  AT_ONCE: 100_000,
  ADDRESS_FAILURES_PER_MINUTE: 1_000_000,
  CALLBACKS_PER_MINUTE: 10_000_000,
  SUBSCRIPTIONS_PER_PERSON: 100_000,
};

/** The same as an environment gives them. */
export const OPEN_LIMITS_ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(OPEN_LIMITS).map(([name, value]) => [name, String(value)]),
);
