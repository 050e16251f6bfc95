import { type CryptoKey, createLocalJWKSet, errors, type JWK } from 'jose';
import { HubError } from '../core/errors.ts';
import { Doubt } from './doubt.ts';

/** Told to the operator. */
export type Warn = (message: string, details?: Readonly<Record<string, unknown>>) => void;

/** Where an issuer's keys come from. */
export interface KeySource {
  /** How often they are read anew. */
  readonly everyMs: number;
  /**
   * Everything that stands there now, which may be nothing; null where it is what it was at the last reading that went well.
   *
   * @throws where nobody answers, or what comes is no set of keys
   */
  read(signal: AbortSignal): Promise<readonly unknown[] | null>;
  close(): Promise<void>;
}

/** The keys of an issuer, as it publishes them, kept up to date. */
export interface KeySet {
  /**
   * @throws Doubt for a key that the issuer does not have, or has no more; HubError KEYS_UNAVAILABLE where none was ever
   * known, or not this one and the issuer does not answer
   */
  keyFor(header: { readonly alg: string; readonly kid: string }): Promise<CryptoKey>;
  /** `stale`: the issuer does not answer, earlier keys still hold. `empty`: it answers, and publishes none that could be used. */
  state(): 'fresh' | 'stale' | 'empty' | 'none';
  close(): Promise<void>;
}

export interface KeySetOptions {
  readonly source: KeySource;
  /** How long keys hold while the source cannot be read. */
  readonly staleMs: number;
  readonly warn: Warn;
  /** Called when a key is gone from those that were known: nothing it signed is good any more. */
  readonly onRemoved: () => void;
  /** Milliseconds that only go forward. */
  readonly clock?: (() => number) | undefined;
}

const READ_MS = 5_000;
/** After a reading that went wrong, or found no key: nobody can be recognised until one is there. */
const AGAIN_MS = 5_000;
/** A stranger may name keys that nobody has as often as they like: the issuer is asked for them no more often. */
const UNKNOWN_KEY_MS = 10_000;
const MOST_KEYS = 100;
const KINDS: readonly unknown[] = ['OKP', 'EC', 'RSA'];
const NO_KEY =
  'The issuer publishes no public key for signatures that has a `kid`: every token is refused until it publishes one';
const NOT_READ = 'The issuer’s keys cannot be read; those known hold for JWKS_STALE_MS';
const NEVER_READ =
  'The issuer’s keys cannot be read: until they are, every token is refused. They are looked for where ISSUER_JWKS_URL or ISSUER_KEYS_FILE says';

/** Begins to read at once, and waits for nothing: an issuer that is down must not keep the hub from starting. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { source, staleMs, warn, onRemoved, clock = () => performance.now() } = options;
  const closing = new AbortController();
  let find: ReturnType<typeof createLocalJWKSet> | null = null;
  let texts: ReadonlySet<string> = new Set();
  let goodAt = 0;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failing = false;
  let isEmpty = false;
  let reading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function refresh(): Promise<void> {
    reading ??= readOnce().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function readOnce(): Promise<void> {
    clearTimeout(timer);
    triedAt = clock();
    try {
      const found = await source.read(AbortSignal.any([closing.signal, AbortSignal.timeout(READ_MS)]));
      if (found !== null) take(usableAmong(found));
      goodAt = clock();
      failing = false;
    } catch (cause) {
      if (closing.signal.aborted) return;
      if (!failing) warn(find === null ? NEVER_READ : NOT_READ, { cause: wordOf(cause) });
      failing = true;
    }
    const isHurried = failing || isEmpty;
    timer = setTimeout(refresh, isHurried ? Math.min(AGAIN_MS, source.everyMs) : source.everyMs).unref();
  }

  /** What the issuer publishes is believed, also that it is nothing: whose only key leaked takes that one away. */
  function take(keys: readonly JWK[]): void {
    if (keys.length === 0 && !isEmpty) warn(NO_KEY);
    isEmpty = keys.length === 0;
    // Where none was ever there, none was taken away: the issuer is not set up, and no token is to blame.
    if (isEmpty && find === null) return;
    const now = new Set(keys.map((key) => JSON.stringify(key)));
    const isRemoved = [...texts].some((text) => !now.has(text));
    texts = now;
    find = createLocalJWKSet({ keys: [...keys] });
    if (isRemoved) onRemoved();
  }

  /** @returns whether there is anything to look at anew */
  async function refreshForStranger(): Promise<boolean> {
    if (reading === undefined && clock() - triedAt < UNKNOWN_KEY_MS) return false;
    await refresh();
    return true;
  }

  const holds = (): boolean => find !== null && (!failing || clock() - goodAt <= staleMs);

  async function keyAmongKnown(header: { alg: string; kid: string }): Promise<CryptoKey | null> {
    try {
      return (await find?.(header)) ?? null;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return null;
      throw new Doubt('KEY_UNKNOWN');
    }
  }

  void refresh();
  return {
    async keyFor(header) {
      if (!holds()) await refreshForStranger();
      if (!holds()) throw unavailable();
      const key = await keyAmongKnown(header);
      if (key !== null) return key;
      const later = (await refreshForStranger()) ? await keyAmongKnown(header) : null;
      if (later !== null) return later;
      // An issuer that cannot be asked may have begun to sign with a key since.
      throw failing ? unavailable() : new Doubt('KEY_UNKNOWN');
    },
    state() {
      if (isEmpty) return failing ? 'none' : 'empty';
      if (!holds()) return 'none';
      return failing ? 'stale' : 'fresh';
    },
    async close() {
      closing.abort();
      await reading;
      clearTimeout(timer);
      await source.close();
    },
  };
}

function unavailable(): HubError {
  return new HubError('KEYS_UNAVAILABLE', 'No key is known with which this token could be checked.');
}

/** Public keys for signatures, each with a name. */
function usableAmong(found: readonly unknown[]): readonly JWK[] {
  return found.slice(0, MOST_KEYS).filter((one): one is JWK => {
    if (typeof one !== 'object' || one === null) return false;
    const { kid, kty, use = 'sig', d } = one as JWK;
    return typeof kid === 'string' && KINDS.includes(kty) && use === 'sig' && d === undefined;
  });
}

/** Of a failure: what may stand in a log. */
function wordOf(cause: unknown): string {
  return cause instanceof HubError
    ? `${cause.code}: ${cause.message}`
    : cause instanceof Error
      ? cause.message
      : 'unknown';
}
