import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { headText, subjectKeyId } from '../core/audit.ts';
import { SettingsFault } from '../core/setting.ts';

export interface AuditKeys {
  /** Ed25519, private. */
  readonly signing: KeyObject;
  /** SPKI DER in base64. */
  readonly publicKey: string;
  /** Of `subjectHash`. */
  readonly subject: KeyObject;
  /** What the log calls it. */
  readonly subjectKeyId: string;
}

/**
 * The keys of the access log, from their files; those under DATA_DIR are made where they are not there yet.
 *
 * @throws SettingsFault
 */
export function readAuditKeys(settings: {
  readonly DATA_DIR: string;
  readonly AUDIT_SIGNING_KEY_FILE: string;
  readonly AUDIT_SUBJECT_KEY_FILE: string;
}): AuditKeys {
  const { DATA_DIR, AUDIT_SIGNING_KEY_FILE, AUDIT_SUBJECT_KEY_FILE } = settings;
  const pem = keyText('AUDIT_SIGNING_KEY_FILE', AUDIT_SIGNING_KEY_FILE, join(DATA_DIR, 'audit-signing.key'), () =>
    String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
  );
  const hex = keyText('AUDIT_SUBJECT_KEY_FILE', AUDIT_SUBJECT_KEY_FILE, join(DATA_DIR, 'audit-subject.key'), () =>
    randomBytes(32).toString('hex'),
  ).trim();
  const faults: string[] = [];
  const signing = privateKeyOf(pem);
  if (signing === null) {
    faults.push('AUDIT_SIGNING_KEY_FILE: expected an Ed25519 private key as PKCS#8 PEM; what came is not shown');
  }
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    faults.push('AUDIT_SUBJECT_KEY_FILE: expected 64 hexadecimal digits; what came is not shown');
  }
  if (signing === null || faults.length > 0) throw new SettingsFault(faults);
  const subject = createSecretKey(Buffer.from(hex, 'hex'));
  return { signing, publicKey: publicKeyOf(signing), subject, subjectKeyId: subjectKeyId(subject) };
}

function keyText(setting: string, named: string, own: string, make: () => string): string {
  const file = named || own;
  if (existsSync(file)) return readFileSync(file, 'utf8');
  if (named !== '') {
    throw new SettingsFault([`${setting}: ${named}: there is no such file; expected a key of the access log`]);
  }
  const made = make();
  // Two hubs that start at once must not each make a key: the flag lets one win and the other read it.
  try {
    writeFileSync(file, `${made.trim()}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch {
    return readFileSync(file, 'utf8');
  }
}

function privateKeyOf(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** SPKI DER in base64. */
export function publicKeyOf(signing: KeyObject): string {
  return createPublicKey(signing).export({ type: 'spki', format: 'der' }).toString('base64');
}

/** What heads call a key: the first 16 hexadecimal digits of the SHA-256 of its DER. */
export function keyId(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16);
}

/**
 * In the thread that asks: a signature takes less than a tenth of a millisecond, and the way to a thread of Node's own and
 * back, twice past whatever else waits there, costs more. @returns base64
 */
export function signHead(key: KeyObject, head: Parameters<typeof headText>[0]): string {
  return sign(null, Buffer.from(headText(head)), key).toString('base64');
}

/** Whether a head was signed by the holder of this key (SPKI DER in base64); false for a key that is none. */
export function isSignedBy(
  publicKey: string,
  head: Parameters<typeof headText>[0] & { readonly signature: string },
): boolean {
  const signature = Buffer.from(head.signature, 'base64');
  // Base64 can write one signature in several ways; only the way it was made is the same.
  if (signature.toString('base64') !== head.signature) return false;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    return verify(null, Buffer.from(headText(head)), key, signature);
  } catch {
    return false;
  }
}
