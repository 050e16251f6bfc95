import { choiceSetting, integerSetting, type SettingsValues, textSetting } from '../core/setting.ts';

export const gatewaySettings = {
  HOST: textSetting({
    description:
      'Address the hub listens on; beyond this machine only over TLS, or behind a proxy, and with PUBLIC_NAMES.',
    standard: '127.0.0.1',
  }),
  PORT: integerSetting({ description: 'Port the hub listens on; 0 takes any free one.', standard: 4000, most: 65_535 }),
  OPERATION_TIMEOUT_MS: integerSetting({
    description: 'Time one operation may take before its sources are told to stop.',
    unit: 'milliseconds',
    standard: 10_000,
    least: 100,
    most: 600_000,
  }),
  CLOSE_TIMEOUT_MS: integerSetting({
    description: 'Time operations in flight may take to finish when the hub is asked to stop.',
    unit: 'milliseconds',
    standard: 10_000,
    most: 600_000,
  }),
  CLOSE_DELAY_MS: integerSetting({
    description:
      'Time a hub that is asked to stop goes on taking requests while /readyz says that it stops; longer than whoever shares out requests takes to notice.',
    unit: 'milliseconds',
    standard: 0,
    most: 600_000,
  }),
  MAX_BODY_BYTES: integerSetting({
    description: 'Largest request body taken.',
    unit: 'bytes',
    standard: 262_144,
    least: 1_024,
    most: 67_108_864,
  }),
  MAX_QUERY_TOKENS: integerSetting({
    description: 'Most words and signs one GraphQL document may hold.',
    unit: 'tokens',
    // Checking that fields of one name can be merged takes time that grows with the square of their number.
    standard: 2_000,
    least: 100,
    most: 1_000_000,
  }),
  MAX_DEPTH: integerSetting({
    description: 'Most fields one within another that an operation may ask for.',
    unit: 'fields',
    standard: 15,
    least: 2,
    most: 100,
  }),
  MAX_COST: integerSetting({
    description:
      'Most that one operation may cost by its fields and the lengths of its lists, as the schema’s @cost and @listSize say.',
    unit: 'units',
    standard: 10_000,
    least: 100,
    most: 1_000_000_000,
  }),
  MAX_ALIASES: integerSetting({
    description: 'Most fields of one operation that are asked for under another name.',
    unit: 'aliases',
    standard: 30,
    most: 100_000,
  }),
  MAX_DIRECTIVES: integerSetting({
    description: 'Most directives of one operation, such as @include.',
    unit: 'directives',
    standard: 10,
    most: 100_000,
  }),
  MAX_ROOT_FIELDS: integerSetting({
    description: 'Most fields of the root that one operation may ask for.',
    unit: 'fields',
    standard: 20,
    least: 1,
    most: 100_000,
  }),
  RATE_PER_MINUTE: integerSetting({
    description:
      'Operations a minute of one person through one client, where the file of grants gives the client no other.',
    unit: 'operations',
    standard: 600,
    least: 1,
    most: 10_000_000,
  }),
  AT_ONCE: integerSetting({
    description: 'Most operations at once of one person through one client, where the file of grants gives no other.',
    unit: 'operations',
    standard: 20,
    least: 1,
    most: 100_000,
  }),
  ADDRESS_FAILURES_PER_MINUTE: integerSetting({
    description:
      'Tokens a minute of one address that are told why they are not accepted; further ones are told to wait. Good ones are let in.',
    unit: 'failures',
    standard: 30,
    least: 1,
    most: 1_000_000,
  }),
  CALLBACKS_PER_MINUTE: integerSetting({
    description: 'Calls a minute that one address of a sector’s system may make.',
    unit: 'calls',
    standard: 6_000,
    least: 1,
    most: 10_000_000,
  }),
  OPERATIONS_FILE: textSetting({
    description:
      'File of registered operations, as `operations register` writes it; they are asked for by `documentId`.',
    standard: '',
  }),
  REGISTERED_ONLY: choiceSetting({
    description: 'Whether registered operations are all that anybody may ask.',
    choices: ['on', 'off'],
    standard: 'off',
  }),
  COMPILED_OPERATIONS: integerSetting({
    description: 'Most operations kept compiled; 0 runs everything uncompiled.',
    unit: 'operations',
    standard: 500,
    most: 100_000,
  }),
  SUBSCRIPTIONS: integerSetting({
    description: 'Most subscriptions this process serves at once; also the most WebSocket connections.',
    unit: 'subscriptions',
    standard: 1_000,
    most: 100_000,
  }),
  SUBSCRIPTIONS_PER_PERSON: integerSetting({
    description: 'Most subscriptions of one person through one client, so that nobody takes the places of all.',
    unit: 'subscriptions',
    standard: 100,
    least: 1,
    most: 100_000,
  }),
  SUBSCRIPTIONS_PER_CONNECTION: integerSetting({
    description: 'Most subscriptions on one WebSocket connection.',
    unit: 'subscriptions',
    standard: 20,
    least: 1,
    most: 1_000,
  }),
  SUBSCRIBER_STALL_MS: integerSetting({
    description: 'How long a subscriber’s connection may take no bytes before it is cut off.',
    unit: 'milliseconds',
    standard: 30_000,
    least: 100,
    most: 600_000,
  }),
  MAX_SOCKET_BUFFER_BYTES: integerSetting({
    description: 'Most bytes waiting on one WebSocket connection for a client that does not read.',
    unit: 'bytes',
    standard: 1_048_576,
    least: 1_024,
    most: 67_108_864,
  }),
  KEEPALIVE_MS: integerSetting({
    description: 'How often a subscriber’s connection is given a sign of life, so that proxies leave it open.',
    unit: 'milliseconds',
    standard: 15_000,
    least: 100,
    most: 600_000,
  }),
  INTROSPECTION: choiceSetting({
    description: 'Who may read the schema: whoever a grant allows INTROSPECT, or nobody.',
    choices: ['roles', 'off'],
    standard: 'roles',
  }),
  GRAPHIQL: choiceSetting({
    description: 'Whether the query editor is served at /; the demo serves it unless told otherwise.',
    choices: ['on', 'off'],
    standard: 'off',
  }),
};

export type GatewaySettings = SettingsValues<typeof gatewaySettings>;
