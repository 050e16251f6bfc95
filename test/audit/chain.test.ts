import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainHash, genesisText, headText, subjectHash } from '../../core/audit.ts';

/** Worked out with `printf '…' | openssl`, so that whoever checks a log needs nothing of the hub. */
describe('The chain of the access log', () => {
  it('begins with its name, its key and the head it comes after', () => {
    expect(genesisText('motcua-3f9a12bc/2026-11-22', 'MCow', null)).toBe(
      'lienthong access log v1\nmotcua-3f9a12bc/2026-11-22\nMCow\n',
    );
    expect(genesisText('a/2026-11-22', 'MCow', 'b/2026-11-21 7 00')).toMatch(/\nb\/2026-11-21 7 00$/);
  });

  it('hashes the hash before, a line feed and the line', () => {
    expect(chainHash('00', '{}')).toBe('97f83f00fe7900b04cfbbdd1da92929e8a973634340102cae0e8ae19b2beba12');
  });

  it('signs a head by chain, place, time and hash', () => {
    expect(headText({ chain: 'a/2026-11-22', seq: 7, at: 1, hash: 'ff' })).toBe(
      'lienthong access log head v1\na/2026-11-22\n7\n1\nff',
    );
  });

  it('names people and enterprises by hashes that need the key', () => {
    const key = createSecretKey(Buffer.alloc(32, 1));
    expect(subjectHash(key, '001085004213')).toBe('ZK5LHJqtqqEvn_kR4D-Ryg');
    expect(subjectHash(key, '0100233488')).toBe('mgptS7ujcucVLX3dlCdnhQ');
    expect(subjectHash(createSecretKey(Buffer.alloc(32, 2)), '001085004213')).not.toBe('ZK5LHJqtqqEvn_kR4D-Ryg');
  });
});
