import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { openHeads } from '../../audit/heads.ts';
import { openWriter } from '../../audit/writer.ts';
import type { AuditLog } from '../../core/audit.ts';
import { openMemoryAudit } from './memory-audit.ts';
import { entriesOf, hashSubject, KEYS, NOON, record, verify } from './support.ts';

const ANN = '001085004213';

describe('What an access log could not take', () => {
  let audit: AuditDatabase;
  let time: number;
  let warnings: string[];

  beforeEach(async () => {
    audit = await openMemoryAudit();
    time = NOON;
    warnings = [];
  });

  afterEach(() => audit.close());

  function open(between = audit): AuditLog {
    time += 1_000;
    const warn = (message: string) => void warnings.push(message);
    return openWriter({
      ...{ audit: between, heads: openHeads({ directory: '', url: '', token: '', warn }), keys: KEYS, hashSubject },
      ...{ warn, instance: 'motcua', now: () => time, groupMs: 1, timeoutMs: 1_000 },
    });
  }

  /** Kinds in the order of time; of a GAP also how many. */
  async function kinds(): Promise<readonly unknown[]> {
    const entries = (await entriesOf(audit)).sort((one, other) => one.at - other.at);
    return entries.map(({ kind, missed }) => (kind === 'GAP' ? missed : kind));
  }

  it('is told before it ends', async () => {
    const log = open();
    await log.write(record([ANN]));
    const closing = log.close();
    await log.write(record());
    await log.write(record());
    await closing;
    expect(await kinds()).toEqual(['OPEN', 'OPERATION', 'SUBJECT', 2, 'CLOSE']);
    expect((await verify(audit.database, { now: time })).said).toEqual([]);
  });

  it('is told in a chain of its own where nothing else was written', async () => {
    const log = open();
    const closing = log.close();
    await log.write(record());
    await closing;
    expect(await kinds()).toEqual(['OPEN', 1, 'CLOSE']);
  });

  it('is nothing where nothing happened, which needs no chain', async () => {
    await open().close();
    expect(await kinds()).toEqual([]);
  });

  it('is unknown to the chain that follows one without an end', async () => {
    let isDown = false;
    const log = open({
      ...audit,
      commit: (statements) => (isDown ? Promise.reject(new Error('gone')) : audit.commit(statements)),
    });
    await log.write(record([ANN]));
    isDown = true;
    await log.write(record());
    await log.close();
    expect(warnings.at(-1)).toMatch(/could not be closed/);
    const next = open();
    await next.write(record([ANN]));
    await next.close();
    const afterThat = open();
    await afterThat.write(record([ANN]));
    await afterThat.close();
    expect(await kinds()).toEqual([
      ...['OPEN', 'OPERATION', 'SUBJECT'],
      ...['OPEN', null, 'OPERATION', 'SUBJECT', 'CLOSE'],
      ...['OPEN', 'OPERATION', 'SUBJECT', 'CLOSE'],
    ]);
    expect((await verify(audit.database, { now: time })).said).toEqual([]);
  });
});
