import type { GraphQLSchema } from 'graphql';
import type { RegisteredOperations } from '../gateway/limits/registered.ts';
import type { HubSettings } from './settings.ts';

/** The operations written down in a file, each held against the schema; null where no file is named. */
export function readRegisteredOperations(_: HubSettings, __: GraphQLSchema): RegisteredOperations | null {
  return null;
}
