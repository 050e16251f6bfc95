import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { openDatabase } from '../../drivers/database.ts';
import { type Edit, EDITS as ENTRY_EDITS, randomFrom } from './edits.ts';
import { EXCHANGES } from './exchanges.ts';
import { INDEX_EDITS } from './index-edits.ts';
import { LIST_EDITS } from './list-edits.ts';
import { DAY_MS, NOON, openLog, record, verify } from './support.ts';

const EDITS: Readonly<Record<string, Edit>> = { ...ENTRY_EDITS, ...EXCHANGES, ...INDEX_EDITS, ...LIST_EDITS };

/** The long run sets both: 1000 edits of chains of 1000 operations. */
const EDITS_MADE = Number(process.env.AUDIT_EDITS ?? 120);
const OPERATIONS = Number(process.env.AUDIT_OPERATIONS ?? 60);

describe('A log that somebody changed', () => {
  let folder: string;
  const url = (at: string) => `sqlite://${at}/audit.sqlite`;
  const now = NOON + 2 * DAY_MS;
  const random = randomFrom(1);
  const people = () =>
    Array.from({ length: Math.floor(random() * 4) }, () => String(1e11 + random() * 1e10).slice(0, 12));

  /** Three days of two instances, of which one was killed on the first, and one started again on the second, as honest as can be. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-tamper-'));
    await writeDays('motcua', [0, 1]);
    await writeDays('lequy-hub', [-0.2], true);
    await writeDays('lequy-hub', [0, 1, 2]);
    await writeDays('motcua', [1.2, 2]);
    const honest = openDatabase(url(folder));
    // So that a copy of the file is the whole of it.
    await honest.knex.raw('pragma wal_checkpoint(truncate)');
    await honest.close();
  }, 300_000);

  /** One run: a chain for each day. @param days after the first noon */
  async function writeDays(instance: string, days: readonly number[], isKilled = false): Promise<void> {
    let time = NOON;
    let isGone = false;
    const between = (audit: AuditDatabase): AuditDatabase => ({
      ...audit,
      commit: (statements) => (isGone ? Promise.reject(new Error('killed')) : audit.commit(statements)),
    });
    const { log, close, reader } = await openLog(url(folder), {
      ...{ instance, headsDirectory: join(folder, 'heads'), now: () => time, timeoutMs: 20_000, between },
    });
    for (const day of days) {
      time = NOON + day * DAY_MS;
      for (let done = 0; done < OPERATIONS; ) {
        const together = 1 + Math.floor(random() * 5);
        const requests = Array.from({ length: together }, (_, place) => `${instance}-${day}-${done + place}`);
        await Promise.all(requests.map((request) => log.write(record(people(), { request }))));
        time += 1_000;
        done += together;
      }
    }
    // Everything is indexed then.
    await reader.find({ actor: 'counter.hanh', first: 1, after: null });
    isGone = isKilled;
    await close();
  }

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Verifies a copy of the log with something done to it. */
  async function verifyEdited(edit: Edit | null, seed: number): Promise<readonly string[]> {
    const copy = await mkdtemp(join(tmpdir(), 'lienthong-tampered-'));
    await copyFile(join(folder, 'audit.sqlite'), join(copy, 'audit.sqlite'));
    await cp(join(folder, 'heads'), join(copy, 'heads'), { recursive: true });
    const database = openDatabase(url(copy));
    try {
      await edit?.({ database, headsDirectory: join(copy, 'heads'), random: randomFrom(seed), now });
      return (await verify(database, { headsDirectory: join(copy, 'heads'), now })).said;
    } finally {
      await database.close();
      await rm(copy, { recursive: true, force: true });
    }
  }

  it('is told from one that nobody changed', async () => {
    expect(await verifyEdited(null, 0)).toEqual([]);
  });

  it.each(Object.keys(EDITS))('is found out: %s', async (name) => {
    const said = await verifyEdited(EDITS[name] as Edit, 7);
    expect(
      said.some((text) => /^broken: .*(motcua|lequy-hub)-[0-9a-f]{8}\/2026-11-2\d/.test(text)),
      said.join('\n'),
    ).toBe(true);
  });

  it(`is found out at each of ${EDITS_MADE} random edits`, async () => {
    const names = Object.keys(EDITS);
    const missed: string[] = [];
    for (let seed = 1; seed <= EDITS_MADE; seed++) {
      const name = names[seed % names.length] as string;
      const said = await verifyEdited(EDITS[name] as Edit, seed * 7919);
      if (!said.some((text) => text.startsWith('broken: '))) missed.push(`${name} with ${seed * 7919}`);
    }
    expect(missed).toEqual([]);
  }, 1_800_000);

  it('says where an entry was edited', async () => {
    const said = await verifyEdited(async ({ database }) => {
      const edited = `replace(entries, '"seq":20,', '"seq":20 ,')`;
      await database.knex.raw(
        `update audit_group set entries = ${edited} where first_seq <= 20 and last_seq >= 20 and chain like 'lequy-%/2026-11-21'`,
      );
    }, 1);
    expect(said[0]).toMatch(/^broken: chain lequy-\S+\/2026-11-21: entry 20 is not an entry in its canonical form$/);
    expect(said[1]).toMatch(/(entry \d+ does|entries \d+–\d+ do) not follow from \d+$/);
  });

  it('calls unproven what lies beyond the last exported head', async () => {
    const said = await verifyEdited(async ({ headsDirectory }) => {
      const [file = ''] = (await readdir(headsDirectory)).filter((name) => name.includes('2026-11-22'));
      const lines = (await readFile(join(headsDirectory, file), 'utf8')).split('\n').filter((line) => line !== '');
      await writeFile(join(headsDirectory, file), `${lines.slice(0, -3).join('\n')}\n`);
    }, 1);
    expect(said).toEqual([
      expect.stringMatching(
        /^unproven: chain \S+\/2026-11-22: \d+ entries beyond the last exported head, at \d+, are unproven$/,
      ),
    ]);
  });

  it('notes a head in the middle that was not exported', async () => {
    const said = await verifyEdited(async ({ headsDirectory }) => {
      const [file = ''] = (await readdir(headsDirectory)).sort();
      const lines = (await readFile(join(headsDirectory, file), 'utf8')).split('\n').filter((line) => line !== '');
      await writeFile(join(headsDirectory, file), `${lines.toSpliced(4, 1).join('\n')}\n`);
    }, 1);
    expect(said).toEqual([expect.stringMatching(/^note: chain \S+: its head at \d+ was not exported$/)]);
  });
});
