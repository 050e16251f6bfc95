import { choiceSetting, integerSetting, type SettingsValues, textSetting } from '../core/setting.ts';

export const gatewaySettings = {
  HOST: textSetting({
    description: 'Address the hub listens on; only loopback addresses are accepted until access control is built.',
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
    standard: 5_000,
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
    description: 'Whether clients may read the schema; off also hides the names that error messages would suggest.',
    choices: ['on', 'off'],
    standard: 'on',
  }),
  GRAPHIQL: choiceSetting({
    description: 'Whether the query editor is served at /.',
    choices: ['on', 'off'],
    standard: 'on',
  }),
};

export type GatewaySettings = SettingsValues<typeof gatewaySettings>;
