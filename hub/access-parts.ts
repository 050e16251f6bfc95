import type { Catalogues } from '../catalogues/catalogue.ts';
import type { Actor } from '../core/access.ts';
import type { AuditReader } from '../core/audit.ts';
import { SettingsFault } from '../core/setting.ts';
import type { Database } from '../drivers/database.ts';
import type { ClientLimits } from '../gateway/limits/allowance.ts';
import type { Authenticate, NoteRefusal } from '../gateway/operation-request.ts';
import { type AccessDesk, createAccessDesk } from '../resolvers/access-desk.ts';
import type { AccessRules } from '../resolvers/access-rules.ts';
import type { Registry } from '../resolvers/registry.ts';
import { openHubAudit } from './audit.ts';
import { demandHeadsFolder } from './heads-folder.ts';
import { openHubIdentity } from './identity.ts';
import { readHubPolicy } from './policy.ts';
import type { Warn } from './sectors.ts';
import type { HubSettings } from './settings.ts';
import { grantsAtOdds } from './settings-at-odds.ts';

/** What decides who asks and what they may see, and writes it down. Settings make it; only tests and benchmarks give another. */
export interface AccessParts {
  readonly authenticate: Authenticate;
  readonly noteRefusal: NoteRefusal;
  readonly limits: ClientLimits;
  readonly audit: AuditReader;
  desk(registry: Omit<Registry, 'access'>, rules: AccessRules): AccessDesk;
  introspection(actor: Actor): boolean;
  /** For `/readyz`: part → one word. */
  state(): Readonly<Record<string, string>>;
  /** May be called twice. */
  close(): Promise<void>;
}

/** What each part is opened with. */
export interface PartOptions {
  readonly settings: HubSettings;
  readonly database: Database;
  readonly catalogues: Catalogues;
  /** Folders of the sectors. */
  readonly sectors: readonly string[];
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly warn: Warn;
}

/** @throws SettingsFault for grants, keys or a folder of heads that cannot be used */
export async function openAccessParts(options: PartOptions): Promise<AccessParts> {
  const { policy, can, units, limits, introspection } = readHubPolicy(options);
  const faults = grantsAtOdds(policy, options.settings);
  if (faults.length > 0) throw new SettingsFault(faults);
  await demandHeadsFolder(options.settings.AUDIT_HEADS_DIR);
  const identity = await openHubIdentity({ ...options, policy });
  const { log, reader, noteRefusal, hashSubject, ...audit } = await openHubAudit({
    ...options,
    delays: policy.delays,
  }).catch(async (error) => {
    await identity.close();
    throw error;
  });
  return {
    authenticate: identity.authenticate,
    noteRefusal,
    limits,
    introspection,
    audit: reader,
    desk: (registry, rules) => createAccessDesk({ registry, rules, policy, can, units, log, hashSubject }),
    state: () => ({ keys: identity.keys(), audit: log.state(), heads: audit.heads() }),
    async close() {
      await identity.close();
      await audit.close();
    },
  };
}
