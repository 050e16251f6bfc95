import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { type HeadsExport, openHeads } from '../../audit/heads.ts';
import { openWriter, type WriterOptions } from '../../audit/writer.ts';
import type { AuditLog } from '../../core/audit.ts';
import { openMemoryAudit } from './memory-audit.ts';
import { entriesOf, hashSubject, KEYS, NOON, record, verify } from './support.ts';

const ANN = '001085004213';
const NEVER = new Promise<never>(() => {});
const HANGING: HeadsExport = {
  put: () => NEVER,
  again: () => {},
  state: () => 'behind',
  close: async () => {},
};

describe('An access log whose heads do not leave', () => {
  let audit: AuditDatabase;
  let folder: string;
  let warnings: string[];

  beforeEach(async () => {
    audit = await openMemoryAudit();
    folder = await mkdtemp(join(tmpdir(), 'lienthong-heads-'));
    warnings = [];
  });

  afterEach(async () => {
    await audit.close();
    await rm(folder, { recursive: true, force: true });
  });

  const warn = (message: string) => void warnings.push(message);
  const kinds = async () => (await entriesOf(audit)).map(({ kind }) => kind);

  function open(heads: HeadsExport, change: Partial<WriterOptions> = {}): AuditLog {
    return openWriter({
      ...{ audit, heads, keys: KEYS, hashSubject, warn, instance: 'motcua', now: () => NOON },
      ...{ groupMs: 1, timeoutMs: 1_000, ...change },
    });
  }

  it('lets go what is on its disk, and ends, though the export hangs for ever', async () => {
    const log = open(HANGING);
    await Promise.all([log.write(record([ANN])), log.write(record())]);
    await log.write(record([ANN]));
    expect(log.state()).toBe('writing');
    await log.close();
    expect(await kinds()).toEqual(['OPEN', 'OPERATION', 'SUBJECT', 'OPERATION', 'OPERATION', 'SUBJECT', 'CLOSE']);
    expect(warnings).toEqual([]);
  });

  it('lets go what is on its disk when its time is over while the head is on its way', async () => {
    /** As many turns as the wait is counted in, less than an export may take. */
    const late = (turns: number) =>
      new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          turns -= 1;
          if (turns > 0) return;
          clearInterval(timer);
          resolve();
        }, 250);
      });
    let isLate = false;
    const slow: AuditDatabase = {
      ...audit,
      async commit(statements) {
        if (isLate) await late(13);
        await audit.commit(statements);
      },
    };
    const log = open(HANGING, { audit: slow, timeoutMs: 4_000 });
    await log.write(record([ANN]));
    isLate = true;
    await log.write(record([ANN]));
    isLate = false;
    await log.close();
  }, 20_000);

  it('sends the last ones again when it is opened anew, so that they are proven after all', async () => {
    const blocked = join(folder, 'heads');
    await writeFile(blocked, 'a file where the folder should be');
    const away = openHeads({ directory: blocked, url: '', token: '', warn });
    // Killed: neither the log nor the export is closed.
    const killed = open(away);
    await killed.write(record([ANN]));
    await killed.write(record([ANN]));
    await rm(blocked);
    const heads = openHeads({ directory: blocked, url: '', token: '', warn });
    const log = open(heads);
    await log.write(record([ANN]));
    await log.close();
    await heads.close();
    const { said, chains } = await verify(audit.database, { headsDirectory: blocked });
    expect([said, chains]).toEqual([[], 2]);
    await killed.close();
    await away.close();
  });
});
