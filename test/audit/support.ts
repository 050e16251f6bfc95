import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { type AuditDatabase, openAuditDatabase } from '../../audit/database.ts';
import { readExportedHeads } from '../../audit/exported-heads.ts';
import { openHeads } from '../../audit/heads.ts';
import { type AuditKeys, publicKeyOf } from '../../audit/keys.ts';
import { createReader, type ReaderOptions } from '../../audit/reader.ts';
import { verifyLog } from '../../audit/verify.ts';
import { openWriter, type WriterOptions } from '../../audit/writer.ts';
import { type AuditLog, type AuditReader, type AuditRecord, subjectHash, subjectKeyId } from '../../core/audit.ts';
import type { Database } from '../../drivers/database.ts';

const { privateKey } = generateKeyPairSync('ed25519');

const subject = createSecretKey(Buffer.alloc(32, 3));

/** Keys of one run of the tests. */
export const KEYS: AuditKeys = {
  signing: privateKey,
  publicKey: publicKeyOf(privateKey),
  subject,
  subjectKeyId: subjectKeyId(subject),
};
export const hashSubject = (number: string): string => subjectHash(KEYS.subject, number);
export const NOON = Date.parse('2026-11-20T12:00:00+07:00');
export const DAY_MS = 86_400_000;

/** A record of an officer's question, with the people it showed. */
export function record(
  numbers: readonly string[] = [],
  operation: Partial<AuditRecord['operation']> = {},
  personal = numbers.length > 0,
): AuditRecord {
  return {
    operation: {
      kind: 'OPERATION',
      request: 'r-1',
      actor: 'counter.hanh',
      client: 'counter-desk',
      role: 'counter',
      unit: 'H41.58.01',
      purpose: 'PROCESSING',
      dossier: 'H41.58.01-261119-0007',
      visit: null,
      op: { hash: 'Zk1mXq7mP4oY2rN8sT0vWa', name: 'Người', type: 'query' },
      fields: ['Citizen.fullName'],
      systems: ['civil-status'],
      outcome: 'ANSWERED',
      codes: [],
      ...operation,
    },
    subjects: numbers.map((number) => ({ number, relation: 'DOSSIER', dossier: null })),
    personal,
  };
}

export interface OpenedLog {
  readonly log: AuditLog;
  readonly reader: AuditReader;
  readonly audit: AuditDatabase;
  readonly warnings: string[];
  close(): Promise<void>;
}

export interface LogOptions
  extends Partial<Pick<WriterOptions, 'now' | 'instance' | 'timeoutMs' | 'groupMs' | 'keys'>> {
  readonly headsDirectory?: string;
  readonly delays?: ReaderOptions['delays'];
  /** Stands between the writer and its database. */
  readonly between?: (audit: AuditDatabase) => AuditDatabase;
}

export async function openLog(url: string, options: LogOptions = {}): Promise<OpenedLog> {
  const { headsDirectory = '', delays = [], between = (one) => one, now = () => NOON } = options;
  const audit = await openAuditDatabase(url);
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const heads = openHeads({ directory: headsDirectory, url: '', token: '', warn });
  const indexer = audit.index();
  const log = openWriter({
    ...{ audit: between(audit), keys: KEYS, heads, hashSubject, now, warn },
    ...{ instance: 'motcua', groupMs: 1, timeoutMs: 2_000 },
    ...options,
  });
  return {
    log,
    audit,
    warnings,
    reader: createReader({ audit, indexer, hashSubject, delays, now }),
    async close() {
      await log.close();
      await indexer.close();
      await heads.close();
      await audit.close();
    },
  };
}

/** What `audit verify` says, each with its level. */
export async function verify(
  database: Database,
  options: { headsDirectory?: string; now?: number; retentionDays?: number; everySignature?: boolean } = {},
): Promise<{ said: string[]; entries: number; chains: number }> {
  const { headsDirectory, now = NOON, retentionDays = 3_650, everySignature = false } = options;
  const said: string[] = [];
  const { entries, chains } = await verifyLog({
    ...{ database, retentionDays, everySignature, now: () => now },
    heads: headsDirectory === undefined ? null : await readExportedHeads(headsDirectory),
    report: (level, text) => said.push(`${level}: ${text}`),
  });
  return { said, entries, chains };
}

/** Every line of the log, chain by chain. */
// biome-ignore lint/suspicious/noExplicitAny: entries are looked at member by member
export async function entriesOf({ database }: AuditDatabase): Promise<any[]> {
  const rows = await database.query('select entries from audit_group order by chain, first_seq');
  return rows.flatMap(({ entries }) =>
    String(entries)
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}
