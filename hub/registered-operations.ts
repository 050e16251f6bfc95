import { type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { SettingsFault } from '../core/setting.ts';
import { limitRules } from '../gateway/limits/operation-limits.ts';
import { documentId, type RegisteredOperations } from '../gateway/limits/registered.ts';
import type { GatewaySettings } from '../gateway/settings.ts';
import { readJsonFile } from './json-file.ts';

/** A file of operations is text that people wrote. */
const MOST_BYTES = 16_777_216;
/** Faults of one document that are told. */
const MOST_FAULTS = 3;

/**
 * The operations written down in a file, each held against the schema; null where no file is named.
 *
 * @throws SettingsFault with every fault of every operation
 */
export function readRegisteredOperations(
  settings: GatewaySettings,
  schema: GraphQLSchema,
): RegisteredOperations | null {
  const { OPERATIONS_FILE: file } = settings;
  if (file === '') return null;
  const operations = entriesOf(file);
  const faults = operations.flatMap(([id, text]) => {
    if (documentId(text) !== id) return [`${id}: the text beside it has another SHA-256; register it anew`];
    return faultsOf(text, schema, settings).map((fault) => `${id}: ${fault}`);
  });
  if (faults.length > 0) throw new SettingsFault(faults.map((fault) => `OPERATIONS_FILE: ${fault}`));
  return new Map(operations);
}

/** What is wrong with a document that is to be registered: in words, at most a few. */
export function faultsOf(text: string, schema: GraphQLSchema, settings: GatewaySettings): readonly string[] {
  try {
    const document = parse(text, { maxTokens: settings.MAX_QUERY_TOKENS });
    const rules = [...specifiedRules, ...limitRules(settings)];
    return [...new Set(validate(schema, document, rules, { maxErrors: MOST_FAULTS }).map(({ message }) => message))];
  } catch (error) {
    return [error instanceof Error ? error.message : 'cannot be read'];
  }
}

function entriesOf(file: string): readonly (readonly [id: string, text: string])[] {
  const expected = 'expected a JSON file of { "sha256:…": "query …" }, as `operations register` writes it';
  let content: unknown;
  try {
    content = readJsonFile(file, MOST_BYTES).value;
  } catch (error) {
    throw new SettingsFault([`OPERATIONS_FILE: ${expected}; ${(error as Error).message}`]);
  }
  const entries = typeof content === 'object' && content !== null ? Object.entries(content) : [];
  if (entries.length === 0 || entries.some(([, text]) => typeof text !== 'string')) {
    throw new SettingsFault([`OPERATIONS_FILE: ${expected}`]);
  }
  return entries;
}
