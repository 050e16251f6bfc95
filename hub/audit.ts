import { hostname } from 'node:os';
import { LRUCache } from 'lru-cache';
import type { AuditDatabase, WrittenAudit } from '../audit/database.ts';
import { openHeads } from '../audit/heads.ts';
import { type AuditKeys, readAuditKeys } from '../audit/keys.ts';
import { createReader } from '../audit/reader.ts';
import { beginWith, newestChain } from '../audit/subject-keys.ts';
import { openWriter } from '../audit/writer.ts';
import type { AccessPolicy } from '../core/access.ts';
import { type AuditLog, type AuditReader, type AuditRecord, subjectHash } from '../core/audit.ts';
import { issuedCode } from '../core/dossier-code.ts';
import { operationHash } from '../core/operation-hash.ts';
import { loggedName } from '../core/operation-name.ts';
import { SettingsFault } from '../core/setting.ts';
import type { NoteRefusal, RefusedRequest } from '../gateway/operation-request.ts';
import type { PartOptions } from './access-parts.ts';
import { openOwnAudit } from './audit-database.ts';
import type { HubSettings } from './settings.ts';

/** The access log of this process, and what reads the log of all. */
export interface HubAudit {
  readonly log: AuditLog;
  readonly reader: AuditReader;
  readonly noteRefusal: NoteRefusal;
  readonly hashSubject: (number: string) => string;
  /** For `/readyz`: whether signed heads leave. */
  heads(): 'none' | 'exported' | 'behind';
  close(): Promise<void>;
}

export type AuditOptions = Pick<PartOptions, 'settings' | 'now' | 'warn'> & {
  /** What the person themself is shown only later. */
  readonly delays: AccessPolicy['delays'];
  /** Goes on with another subject key than the log was written with before. */
  readonly acceptsNewSubjectKey?: boolean;
};

/** Hashes kept in memory: working one out costs more than all the rest of an entry. */
const MOST_HASHES = 10_000;

/**
 * Opens the access log, as the settings say.
 *
 * @throws SettingsFault for keys and addresses that cannot be used; an Error where its database cannot be reached
 */
export async function openHubAudit(options: AuditOptions): Promise<HubAudit> {
  const { settings, now, warn, delays, acceptsNewSubjectKey = false } = options;
  const keys = readAuditKeys(settings);
  const audit = await openOwnAudit(settings);
  try {
    if (!acceptsNewSubjectKey) await demandSameSubjectKey(audit, keys);
  } catch (error) {
    await audit.close();
    throw error;
  }
  return withDatabase({ settings, now, warn, delays }, keys, audit);
}

/** Hubs that write one log with different keys would each find half of who was looked at. @throws SettingsFault */
async function demandSameSubjectKey({ database }: AuditDatabase, { subjectKeyId }: AuditKeys): Promise<void> {
  const newest = await newestChain(database);
  // Of an empty log no chain says it yet: whoever starts first does, so that another that starts at the same time is refused.
  const expected = newest?.subjectKey ?? (await beginWith(database, subjectKeyId));
  if (expected === subjectKeyId) return;
  const known =
    newest === null
      ? `that a hub has begun the access log with (${expected})`
      : `that the access log was last written with (${expected}, chain ${newest.chain})`;
  throw new SettingsFault([
    `AUDIT_SUBJECT_KEY_FILE: expected the key ${known}, came another (${subjectKeyId}). Put that key in its place; \`node cli.ts audit new-subject-key\` changes it for good`,
  ]);
}

function withDatabase({ settings, now, warn, delays }: AuditOptions, keys: AuditKeys, audit: WrittenAudit): HubAudit {
  const hashSubject = hasherOf(keys);
  const heads = openHeads({
    directory: settings.AUDIT_HEADS_DIR,
    url: settings.AUDIT_HEADS_URL,
    token: settings.AUDIT_HEADS_TOKEN,
    warn,
  });
  if (heads.state() === 'none') {
    warn(
      'The heads of the access log leave for nowhere: name AUDIT_HEADS_DIR or AUDIT_HEADS_URL, so that it can be proven',
    );
  }
  const log = openWriter({
    ...{ audit, keys, heads, hashSubject, now, warn },
    instance: instanceOf(settings),
    groupMs: settings.AUDIT_GROUP_MS,
    timeoutMs: settings.AUDIT_TIMEOUT_MS,
  });
  const indexer = audit.index();
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    await log.close();
    await indexer.close();
    await heads.close();
    await audit.close();
  };
  return {
    log,
    hashSubject,
    reader: createReader({ audit, indexer, hashSubject, delays, now }),
    noteRefusal: (refused) => log.write(refusalRecord(refused)).catch(() => {}),
    heads: heads.state,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

function hasherOf({ subject }: AuditKeys): (number: string) => string {
  const known = new LRUCache<string, string>({ max: MOST_HASHES });
  return (number) => {
    const had = known.get(number);
    if (had !== undefined) return had;
    const hash = subjectHash(subject, number);
    known.set(number, hash);
    return hash;
  };
}

/** The instance's name in the log: as set, or the host's in the letters that a name may have. */
export function instanceOf({ AUDIT_INSTANCE }: Pick<HubSettings, 'AUDIT_INSTANCE'>): string {
  if (AUDIT_INSTANCE !== '') return AUDIT_INSTANCE;
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return name.replaceAll(/^-+|-+$/g, '') || 'hub';
}

function refusalRecord({ requestId, actor, stated, source, operationName, codes, times }: RefusedRequest): AuditRecord {
  const [type = 'query'] = /\b(query|mutation|subscription)\b/.exec(source ?? '') ?? [];
  return {
    operation: {
      kind: 'OPERATION',
      request: requestId,
      actor: actor.id,
      client: actor.client,
      role: actor.role,
      unit: actor.unit,
      purpose: stated?.purpose ?? null,
      // Nobody has looked whether there is such a dossier: it may be anything.
      dossier: issuedCode(stated?.dossier ?? ''),
      visit: stated?.visit ?? null,
      op: {
        hash: operationHash(source ?? ''),
        name: loggedName(operationName),
        type: type as 'query' | 'mutation' | 'subscription',
      },
      fields: [],
      systems: [],
      outcome: 'REFUSED',
      codes: [...codes].sort(),
      ...(times !== undefined && times > 1 && { times }),
    },
    subjects: [],
    personal: false,
  };
}
