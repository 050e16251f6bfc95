import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { KeySet } from '../../identity/key-set.ts';
import { keysAtUrl, keysInFile } from '../../identity/key-sources.ts';
import { type Answer, serve } from '../../stand-ins/serve.ts';
import { handSource, keySetOf, newKey, type TestKey } from './tokens.ts';

let first: TestKey;
let second: TestKey;
let folder: string;

beforeAll(async () => {
  [first, second] = [await newKey('first'), await newKey('second')];
  folder = await mkdtemp(join(tmpdir(), 'lienthong-keys-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What becomes of looking for a key: `found`, a doubt's reason, or a code. */
function lookFor(keySet: KeySet, kid: string): Promise<string> {
  return keySet.keyFor({ alg: 'EdDSA', kid }).then(
    () => 'found',
    (error) => (error instanceof HubError ? error.code : error.reason),
  );
}

const HELD = { time: 0 };
const clock = () => HELD.time;

describe('keys of an issuer', () => {
  it('are read at once, and waited for by whoever comes before they are there', async () => {
    const source = handSource([first.jwk]);
    const keySet = keySetOf(source);
    expect(keySet.state()).toBe('none');
    expect(await Promise.all([1, 2, 3].map(() => lookFor(keySet, 'first')))).toEqual(['found', 'found', 'found']);
    expect(source.readings).toBe(1);
    expect(keySet.state()).toBe('fresh');
    await keySet.close();
  });

  it('that are not known are asked for, at most once in ten seconds', async () => {
    const source = handSource([first.jwk]);
    const keySet = keySetOf(source, { clock });
    await lookFor(keySet, 'first');
    source.keys = [second.jwk, first.jwk];
    expect(await lookFor(keySet, 'second')).toBe('KEY_UNKNOWN');
    HELD.time += 9_999;
    expect(await lookFor(keySet, 'second')).toBe('KEY_UNKNOWN');
    expect(source.readings).toBe(1);
    HELD.time += 1;
    expect(await Promise.all([1, 2, 3].map(() => lookFor(keySet, 'second')))).toEqual(['found', 'found', 'found']);
    expect(source.readings).toBe(2);
    for (let strangers = 0; strangers < 100; strangers++) await lookFor(keySet, `stranger-${strangers}`);
    expect(source.readings).toBe(2);
    await keySet.close();
  });

  it('are not asked for more often while the issuer does not answer', async () => {
    const source = handSource([first.jwk]);
    const keySet = keySetOf(source, { clock });
    await lookFor(keySet, 'first');
    source.fault = new Error('down');
    HELD.time += 10_000;
    for (let strangers = 0; strangers < 100; strangers++) {
      // It may have begun to sign with a key since.
      expect(await lookFor(keySet, `stranger-${strangers}`)).toBe('KEYS_UNAVAILABLE');
    }
    expect(source.readings).toBe(2);
    await keySet.close();
  });

  it('hold for so long while the issuer does not answer, and no longer', async () => {
    const source = handSource([first.jwk]);
    const keySet = keySetOf(source, { clock, staleMs: 60_000 });
    await lookFor(keySet, 'first');
    source.fault = new Error('down');
    HELD.time += 60_000;
    await lookFor(keySet, 'second');
    expect(keySet.state()).toBe('stale');
    expect(await lookFor(keySet, 'first')).toBe('found');
    HELD.time += 1;
    expect(keySet.state()).toBe('none');
    expect(await lookFor(keySet, 'first')).toBe('KEYS_UNAVAILABLE');
    source.fault = null;
    HELD.time += 10_000;
    expect(await lookFor(keySet, 'first')).toBe('found');
    expect(keySet.state()).toBe('fresh');
    await keySet.close();
  });

  it('that are gone are gone at once, and that is told', async () => {
    let told = 0;
    const source = handSource([first.jwk, second.jwk]);
    const keySet = keySetOf(source, { clock, onRemoved: () => (told += 1) });
    await lookFor(keySet, 'first');
    source.keys = [second.jwk];
    HELD.time += 10_000;
    await lookFor(keySet, 'third');
    expect(await lookFor(keySet, 'first')).toBe('KEY_UNKNOWN');
    expect(told).toBe(1);
    // Another key under the same name is another key.
    source.keys = [{ ...first.jwk, kid: 'second' }];
    HELD.time += 10_000;
    await lookFor(keySet, 'third');
    expect(told).toBe(2);
    source.keys = [{ ...first.jwk, kid: 'second' }, first.jwk];
    HELD.time += 10_000;
    expect(await lookFor(keySet, 'first')).toBe('found');
    expect(told).toBe(2);
    await keySet.close();
  });

  describe.each<[string, readonly unknown[]]>([
    ['nothing', []],
    ['a secret', [{ kty: 'oct', k: 'AAAA', kid: 'first' }]],
    ['a key without a name', [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }]],
    ['a private key', [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA', d: 'AAAA', kid: 'first' }]],
    ['a key for encryption', [{ kty: 'RSA', kid: 'first', use: 'enc' }]],
    ['what are no keys', [null, 7, 'key']],
  ])('of which %s is left', (_, keys) => {
    it('are all withdrawn: nothing that they signed is good, until the issuer publishes one again', async () => {
      const warned: string[] = [];
      let told = 0;
      const source = handSource([first.jwk]);
      const change = { clock, warn: (message: string) => warned.push(message), onRemoved: () => (told += 1) };
      const keySet = keySetOf(source, change);
      await lookFor(keySet, 'first');
      source.keys = keys;
      for (const kid of ['second', 'first', 'first']) {
        HELD.time += 10_000;
        expect(await lookFor(keySet, kid)).toBe('KEY_UNKNOWN');
      }
      expect([keySet.state(), told]).toEqual(['empty', 1]);
      expect(warned).toEqual([expect.stringContaining('publishes no public key')]);
      source.keys = [second.jwk];
      HELD.time += 10_000;
      expect([await lookFor(keySet, 'second'), keySet.state()]).toEqual(['found', 'fresh']);
      await keySet.close();
    });

    it('were never there: no token is to blame, and that is told', async () => {
      const warned: string[] = [];
      const keySet = keySetOf(handSource(keys), { clock, warn: (message) => warned.push(message) });
      expect([await lookFor(keySet, 'first'), keySet.state()]).toEqual(['KEYS_UNAVAILABLE', 'empty']);
      expect(warned).toEqual([expect.stringContaining('publishes no public key')]);
      await keySet.close();
    });
  });

  it('that were all withdrawn do not come back while the issuer does not answer', async () => {
    const source = handSource([first.jwk]);
    const keySet = keySetOf(source, { clock });
    await lookFor(keySet, 'first');
    source.keys = [];
    HELD.time += 10_000;
    await lookFor(keySet, 'second');
    source.fault = new Error('down');
    HELD.time += 10_000;
    // It may have begun to sign with a key since.
    expect([await lookFor(keySet, 'first'), keySet.state()]).toEqual(['KEYS_UNAVAILABLE', 'none']);
    await keySet.close();
  });

  it('are read again by themselves, soon after a reading that went wrong', async () => {
    const source = handSource([first.jwk], 20);
    source.fault = new Error('down');
    const keySet = keySetOf(source);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(source.readings).toBeGreaterThan(1);
    source.fault = null;
    source.keys = [second.jwk];
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await lookFor(keySet, 'second')).toBe('found');
    await keySet.close();
    const { readings } = source;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(source.readings).toBe(readings);
  });
});

describe('keys at a URL', () => {
  it('come as a JSON Web Key Set; whatever else answers is no set of keys', async () => {
    let answer: Answer = { body: JSON.stringify({ keys: [first.jwk] }) };
    const issuer = await serve({ handle: () => answer });
    const source = keysAtUrl(`${issuer.settings.URL}/jwks?tenant=1`, 1_000);
    const signal = AbortSignal.timeout(5_000);
    expect(await source.read(signal)).toEqual([first.jwk]);
    expect(issuer.calls().byPath).toEqual({ '/jwks': 1 });
    for (const wrong of [
      { status: 500, body: JSON.stringify({ keys: [first.jwk] }) },
      { status: 302, headers: { location: 'http://127.0.0.1:1/jwks' }, body: '' },
      { body: '<html>' },
      { body: 'null' },
      { body: '{"keys":{}}' },
      { body: JSON.stringify({ keys: [], filler: 'x'.repeat(70_000) }) },
    ]) {
      answer = wrong;
      await expect(source.read(signal), wrong.body.slice(0, 20)).rejects.toThrow();
    }
    await source.close();
    await issuer.close();
  });
});

describe('keys in a file', () => {
  it('are read when the file has changed', async () => {
    const path = join(folder, 'keys.json');
    const source = keysInFile(path);
    const signal = AbortSignal.timeout(5_000);
    await expect(source.read(signal)).rejects.toThrow('the file of keys cannot be read: ENOENT');
    await writeFile(path, JSON.stringify({ keys: [first.jwk] }));
    expect(await source.read(signal)).toEqual([first.jwk]);
    expect(await source.read(signal)).toBeNull();
    await writeFile(path, '{"keys":');
    await expect(source.read(signal)).rejects.toThrow('no JSON');
    // Half a file is read again when it is whole.
    await writeFile(path, JSON.stringify({ keys: [second.jwk] }));
    await utimes(path, new Date(), new Date(Date.now() + 5_000));
    expect(await source.read(signal)).toEqual([second.jwk]);
    // As some editors begin it.
    await writeFile(path, `\ufeff${JSON.stringify({ keys: [first.jwk] })}`);
    expect(await source.read(signal)).toEqual([first.jwk]);
  });

  it('hold while the file is away or half written, and are withdrawn with the file that has none', async () => {
    const path = join(folder, 'withdrawn.json');
    let written = Date.now();
    const write = async (text: string) => {
      written += 5_000;
      await writeFile(path, text);
      await utimes(path, new Date(), new Date(written));
      HELD.time += 10_000;
    };
    await write(JSON.stringify({ keys: [first.jwk] }));
    const keySet = keySetOf(keysInFile(path), { clock });
    expect(await lookFor(keySet, 'first')).toBe('found');
    for (const half of ['', '{"keys":', '{}', '[]', 'null']) {
      await write(half);
      // A stranger's key has the file looked at.
      expect(await lookFor(keySet, 'stranger')).toBe('KEYS_UNAVAILABLE');
      expect([await lookFor(keySet, 'first'), keySet.state()]).toEqual(['found', 'stale']);
    }
    await rm(path);
    HELD.time += 10_000;
    await lookFor(keySet, 'stranger');
    expect([await lookFor(keySet, 'first'), keySet.state()]).toEqual(['found', 'stale']);
    await write('{"keys":[]}');
    await lookFor(keySet, 'stranger');
    expect([await lookFor(keySet, 'first'), keySet.state()]).toEqual(['KEY_UNKNOWN', 'empty']);
    // Looked at again, it is what it was.
    HELD.time += 10_000;
    expect([await lookFor(keySet, 'first'), keySet.state()]).toEqual(['KEY_UNKNOWN', 'empty']);
    await keySet.close();
  });
});
