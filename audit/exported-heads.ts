import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AuditHead } from '../core/audit.ts';

/** A folder of exported heads, one file a chain. */
export interface ExportedHeads {
  readonly chains: readonly string[];
  /** In the order of the file; null for a line that is no head of this chain. */
  of(chain: string): AsyncGenerator<AuditHead | null>;
}

const FILE = /^(.+)\.(\d{4}-\d{2}-\d{2})\.heads\.jsonl$/;

/** @throws where the folder cannot be read */
export async function readExportedHeads(directory: string): Promise<ExportedHeads> {
  const files = new Map<string, string>();
  for (const name of (await readdir(directory)).sort()) {
    const [, instance, day] = FILE.exec(name) ?? [];
    if (instance !== undefined) files.set(`${instance}/${day}`, join(directory, name));
  }
  return {
    chains: [...files.keys()],
    async *of(chain) {
      const file = files.get(chain);
      if (file === undefined) return;
      const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
      for await (const line of lines) yield headIn(line, chain);
    },
  };
}

function headIn(line: string, of: string): AuditHead | null {
  try {
    const { chain, seq, at, hash, key, signature } = JSON.parse(line) as AuditHead;
    const isHead =
      chain === of &&
      [seq, at].every(Number.isSafeInteger) &&
      [hash, key, signature].every((text) => typeof text === 'string');
    return isHead ? { chain, seq, at, hash, key, signature } : null;
  } catch {
    return null;
  }
}
