import type { EntityDeclaration, SourceDeclaration } from '../core/declaration.ts';
import { HubError } from '../core/errors.ts';
import type { SettingsSpec } from '../core/setting.ts';
import type { Source } from '../core/source.ts';

/**
 * The source of records that a system only tells of, and of which it cannot be asked: what it told stands in the hub's
 * index. Asked all the same it says so, since an empty answer would claim that there is nothing.
 */
export function toldSource(protocol: string, settings: SettingsSpec): SourceDeclaration {
  return {
    protocol,
    settings,
    capabilities: (entities) => ({ protocol, search: false, batchSizes: batchSizesOf(entities) }),
    open: (): Source => ({
      read: () => Promise.reject(new HubError('SOURCE_UNAVAILABLE', CANNOT_BE_ASKED, { retryable: false })),
      check: async () => {},
      close: async () => {},
    }),
  };
}

const CANNOT_BE_ASKED = 'the system only tells of changes and cannot be asked';

function batchSizesOf(entities: Readonly<Record<string, EntityDeclaration>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(entities).flatMap(([name, { lookups }]) =>
      Object.entries(lookups).map(([lookup, { batchSize }]) => [`${name}.${lookup}`, batchSize]),
    ),
  );
}
