import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDatabase } from '../../audit/database.ts';
import { commandsOf, lastHeadsOf } from '../../audit/last-heads.ts';
import { parseHead } from '../../audit/parse-head.ts';
import type { AuditHead } from '../../core/audit.ts';
import { type BuiltChain, buildChain, type Part } from './built-chain.ts';
import { openMemoryAudit, store } from './memory-audit.ts';
import { NOON } from './support.ts';

let audit: AuditDatabase;

beforeEach(async () => {
  audit = await openMemoryAudit();
});

afterEach(() => audit.close());

/** A chain of an instance, opened so many minutes after noon, with a group for each of its entries. */
async function chain(minutes: number, { entries = 1, instance = 'motcua' } = {}): Promise<readonly AuditHead[]> {
  const name = `${instance}-${String(minutes).padStart(8, '0')}/2026-11-20`;
  const plan: (readonly Part[])[] = [['open'], ...Array.from({ length: entries - 1 }, () => [0])];
  const built: BuiltChain = await buildChain(plan, { chain: name, openedAt: NOON + minutes * 60_000 });
  await store(audit, { ...built, stored: { ...built.stored, instance } });
  return built.heads;
}

describe('The last heads of the access log', () => {
  it('are those of its instance and of its commands, whole and in their order', async () => {
    expect(commandsOf('motcua')).toBe('motcua-cli');
    expect(await lastHeadsOf(audit.database, 'motcua')).toEqual([]);
    const [own, later] = [await chain(1, { entries: 3 }), await chain(3, { entries: 2 })];
    const ofCommand = await chain(2, { entries: 2, instance: 'motcua-cli' });
    await chain(4, { instance: 'lequy' });
    expect(await lastHeadsOf(audit.database, 'motcua')).toEqual([...ofCommand, ...own, ...later]);
  });

  it('are the last hundred of each of the five chains that were opened last', async () => {
    const heads = [];
    for (let minutes = 0; minutes < 6; minutes++) heads.push(await chain(minutes));
    const long = await chain(6, { entries: 103 });
    expect(await lastHeadsOf(audit.database, 'motcua')).toEqual([...heads.slice(2).flat(), ...long.slice(3)]);
  });

  it('are none of a chain that was removed', async () => {
    await chain(1);
    const left = await chain(2);
    await audit.database.knex.raw('update audit_chain set removed_at = 1 where opened_at = ?', [NOON + 60_000]);
    expect(await lastHeadsOf(audit.database, 'motcua')).toEqual(left);
  });

  it('are of the last by name where several were opened at once', async () => {
    const heads = [];
    for (let minutes = 0; minutes < 6; minutes++) heads.push(await chain(minutes));
    await audit.database.knex.raw('update audit_chain set opened_at = 1');
    expect(await lastHeadsOf(audit.database, 'motcua')).toEqual(heads.slice(1).flat());
  });
});

describe('A head in a line of JSON', () => {
  const head: AuditHead = { chain: 'c', seq: 1, at: 2, hash: 'h', key: 'k', signature: 's' };

  it('is what its members say, and no more', () => {
    expect(parseHead(JSON.stringify(head))).toEqual(head);
    expect(parseHead(JSON.stringify({ ...head, more: 1 }))).toEqual(head);
  });

  it('is none where any of them is missing or of another kind', () => {
    for (const member of ['chain', 'hash', 'key', 'signature', 'seq', 'at'] as const) {
      for (const value of [undefined, null, member === 'seq' || member === 'at' ? '1' : 1]) {
        expect([member, value, parseHead(JSON.stringify({ ...head, [member]: value }))]).toEqual([member, value, null]);
      }
    }
    for (const text of ['', '{', 'null', '7', '[]', JSON.stringify({ ...head, seq: 1.5 })]) {
      expect([text, parseHead(text)]).toEqual([text, null]);
    }
  });
});
