import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditDatabase, openAuditDatabase } from '../../audit/database.ts';
import { newestChain } from '../../audit/subject-keys.ts';
import { verifyLog } from '../../audit/verify.ts';
import { readSettings, SettingsFault } from '../../core/setting.ts';
import { type HubAudit, openHubAudit } from '../../hub/audit.ts';
import { runAuditCommand } from '../../hub/audit-command.ts';
import { hubSettings } from '../../hub/settings.ts';
import { buildChain } from './built-chain.ts';
import { onEachDatabase } from './each-database.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { DAY_MS, KEYS, NOON, record } from './support.ts';

const [FIRST, SECOND] = ['motcua-00000001/2026-11-20', 'motcua-00000001/2026-11-21'];

let audit: AuditDatabase;

beforeEach(async () => {
  audit = await openMemoryAudit();
  await store(audit, await buildChain([['open', 1], ['close']], { chain: FIRST }));
  await store(audit, await buildChain([['open'], [0]], { chain: SECOND, openedAt: NOON + DAY_MS }));
});

afterEach(() => audit.close());

const run = (sql: string, ...bindings: (string | number)[]) => audit.database.knex.raw(sql, bindings);

async function said(options: Partial<Parameters<typeof verifyLog>[0]> = {}): Promise<readonly string[]> {
  const told: string[] = [];
  await verifyLog({
    ...{ database: audit.database, heads: null, retentionDays: 30, now: () => NOON + 2 * DAY_MS },
    report: (level, text) => told.push(`${level}: ${text}`),
    ...options,
  });
  return told;
}

describe('The subject key', () => {
  const other = `broken: chain ${SECOND} has another subject key than ${FIRST} before it`;
  const swap = () => run(`update audit_chain set subject_key = 'another' where chain = ?`, FIRST);

  it('is the same in all chains, but where a change is known', async () => {
    await swap();
    expect(await said()).toContain(other);
    expect(await said({ newSubjectKey: ['2026-11-20'] })).toContain(other);
    expect(await said({ newSubjectKey: ['2026-11-21'] })).not.toContain(other);
    expect(await said({ from: '2026-11-21' })).toContain(other);
    expect(await said({ to: '2026-11-20' })).not.toContain(other);
  });

  it('is known of the chain that was opened last', async () => {
    expect(await newestChain(audit.database)).toEqual({ chain: SECOND, subjectKey: KEYS.subjectKeyId });
    await run('delete from audit_chain');
    expect(await newestChain(audit.database)).toBeNull();
  });

  it('is compared in the order in which chains were opened, of however many', async () => {
    for (let place = 0; place < 600; place++) {
      const name = `motcua-${String(place + 10_000_000)}/2026-11-19`;
      await run(
        `insert into audit_chain (chain, instance, day, public_key, subject_key, opened_at) values (?, 'motcua', '', '', 'old', ?)`,
        ...[name, NOON - DAY_MS - (place % 2)],
      );
    }
    expect(await said({ to: '2026-11-20', from: '2026-11-20' })).toEqual([
      `broken: chain ${FIRST} has another subject key than motcua-10000598/2026-11-19 before it`,
    ]);
  });
});

onEachDatabase('An empty access log', (title, makePlace) => {
  describe(title, () => {
    it('is begun with one subject key by hubs that start at once, and the others are refused', async () => {
      const place = await makePlace();
      const folder = await mkdtemp(join(tmpdir(), 'lienthong-first-key-'));
      // Each makes a key of its own.
      const environmentOf = (hub: number) => ({
        ...{ DATA_DIR: join(folder, `hub-${hub}`), AUDIT_DATABASE_URL: place.url, AUDIT_TIMEOUT_MS: '20000' },
        AUDIT_INSTANCE: `hub-${hub}`,
      });
      const open = (hub: number): Promise<HubAudit> => {
        const settings = readSettings(hubSettings, environmentOf(hub), []);
        return openHubAudit({ settings, now: Date.now, warn: () => {}, delays: [] });
      };
      await (await openAuditDatabase(place.url)).close();
      const opened: HubAudit[] = [];
      try {
        const hubs = [0, 1, 2, 3];
        for (const hub of hubs) await mkdir(environmentOf(hub).DATA_DIR);
        const outcomes = await Promise.allSettled(hubs.map(open));
        opened.push(...outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
        expect(opened).toHaveLength(1);
        for (const { reason } of outcomes.filter((one) => one.status === 'rejected')) {
          expect(reason).toBeInstanceOf(SettingsFault);
          expect(reason.message).toMatch(
            /AUDIT_SUBJECT_KEY_FILE: expected the key that a hub has begun the access log with \(\S{22}\), came another/,
          );
        }
        // Nothing is written yet, and the key holds all the same.
        const first = hubs.find((hub) => outcomes[hub]?.status === 'fulfilled') as number;
        const other = (first + 1) % hubs.length;
        await opened.pop()?.close();
        await expect(open(other)).rejects.toBeInstanceOf(SettingsFault);
        // Unless it is said that another is meant.
        const told: string[] = [];
        const tell = (text: string) => void told.push(text);
        const root = join(import.meta.dirname, '..', '..');
        const changed = await runAuditCommand({
          ...{ args: ['new-subject-key'], environment: environmentOf(other), root, tell, warn: () => {} },
        });
        expect([changed, told[0]]).toEqual([0, expect.stringMatching(/^Changed from \S{22} to \S{22}\./)]);
        await expect(open(first)).rejects.toThrow('was last written with');
        opened.push(await open(other));
        await opened[0]?.log.write(record(['001085004213']));
      } finally {
        for (const one of opened) await one.close();
        await place.remove();
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
});
