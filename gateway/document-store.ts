import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Characters of GraphQL text whose parsed documents are remembered; a parsed document is some twenty times larger. */
const MOST_CHARACTERS = 2_000_000;

/** Remembers documents that were parsed and found valid, so that the same text is the same document. */
export function createDocumentStore(): {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
} {
  const documents = new LRUCache<string, DocumentNode>({
    max: 2_000,
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (document) => 1 + (document.loc?.source.body.length ?? 0),
  });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}
