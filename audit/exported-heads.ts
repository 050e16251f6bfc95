import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditHead } from '../core/audit.ts';
import { parseHead } from './parse-head.ts';

/** A folder of exported heads, one file a chain. */
export interface ExportedHeads {
  readonly chains: readonly string[];
  /**
   * In the order of the file, then a null for each line that is no head of this chain. An export that a full disk or a
   * lost machine interrupted leaves the beginning of a line: it is passed over, as if its head had never arrived. Whoever
   * could cut a line could as well take it out.
   */
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
      let strange = 0;
      for await (const { line, isWhole } of linesOf(file)) {
        const head = headIn(line, chain);
        if (head !== null) yield head;
        else if (isWhole && !isBeginning(line, chain)) strange += 1;
      }
      for (; strange > 0; strange--) yield null;
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

/** Also of an empty line, of which there may be one where an export went on; zeros are what a lost machine did not write. */
function isBeginning(line: string, chain: string): boolean {
  const written = line.replaceAll('\0', '');
  const start = `{"chain":${JSON.stringify(chain)},"seq":`;
  return start.startsWith(written) || (written.startsWith(start) && !written.endsWith('}'));
}

function headIn(line: string, chain: string): AuditHead | null {
  const head = parseHead(line);
  return head?.chain === chain ? head : null;
}
