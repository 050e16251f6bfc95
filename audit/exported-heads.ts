import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditHead } from '../core/audit.ts';

/** A folder of exported heads, one file a chain. */
export interface ExportedHeads {
  readonly chains: readonly string[];
  /**
   * In the order of the file, then a null for each line that is no head of this chain. An export that a full disk or a
   * lost machine interrupted leaves the beginning of a line: it is passed over where its head was exported again, and at
   * the end of the file, where what it lacks is unproven.
   */
  of(chain: string): AsyncGenerator<AuditHead | null>;
}

/** Exports are interrupted seldom; more lines than this are not kept to see whether they were exported again. */
const MOST_STRANGE = 100;
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
      let strange: string[] = [];
      for await (const { line, isWhole } of linesOf(file)) {
        const head = headIn(line, chain);
        if (head !== null) {
          strange = strange.filter((beginning) => !line.startsWith(beginning));
          yield head;
        } else if (isWhole && line !== '') {
          if (strange.length < MOST_STRANGE) strange.push(line);
          else yield null;
        }
      }
      for (const _ of strange) yield null;
    },
  };
}

async function* linesOf(file: string): AsyncGenerator<{ readonly line: string; readonly isWhole: boolean }> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield { line, isWhole: true };
  }
  yield { line: rest, isWhole: false };
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
