import type { Caller } from '../../core/caller.ts';
import { ANY_BATCH_SIZE, type Key } from '../../core/source.ts';
import type { RestAuth } from './auth.ts';
import type { RestChanges, RestEntity, RestLookup, RestSearch } from './entity.ts';
import { compilePath } from './paths.ts';
import { addressOf, type RestRequest } from './request.ts';

/** Stands for a personal number while a declaration is tried out; one that survives being taken for a number. */
const PROBE = '179301012345';
/** What becomes of it where a key is put into an address without being encoded. */
const RAW_PROBE = `${PROBE}/?#&`;
const PROBE_CALLER: Caller = { actor: 'probe', requestId: 'probe' };
/** Any setting, any criterion. */
const anything = (text: string) =>
  new Proxy<Readonly<Record<string, string>>>(
    {},
    {
      get: (_, name) => (typeof name === 'string' ? text : undefined),
    },
  );

/**
 * Checks one entity while the declaration is made, by trying its requests out on made-up keys. Nothing is sent.
 *
 * @throws Error that says what is wrong and what to do
 */
export function checkEntity(
  { type, fields, lookups, search, changes, always = [] }: RestEntity,
  auth: RestAuth | undefined,
): void {
  for (const { from } of Object.values(fields)) from.forEach(compilePath);
  always.forEach(compilePath);
  for (const [name, lookup] of Object.entries(lookups)) {
    const place = `${type}, lookup ${name}`;
    checkLookup(place, lookup);
    const request = (text: string) => tryLookup(place, lookup, text);
    checkRequest(place, { request, auth, open: lookup.keyInUrl === 'not personal' });
  }
  if (search !== undefined) checkSearch(`${type}, search`, search, auth);
  if (changes !== undefined) checkChanges(`${type}, changes`, changes, auth);
}

function checkLookup(place: string, { batchSize, rows, keys, absent, keyParts = 1 }: RestLookup): void {
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > ANY_BATCH_SIZE) {
    throw new Error(`${place}: batchSize has to be a whole number from 1 to ${ANY_BATCH_SIZE}`);
  }
  if (absent !== undefined && batchSize !== 1) {
    throw new Error(`${place}: a status says nothing about single keys, so absent needs batchSize 1`);
  }
  compilePath(rows);
  if (typeof keys === 'function') return;
  keys.forEach(compilePath);
  if (keys.length === 0) throw new Error(`${place}: keys has to say where a record states which key it answers`);
  if (keyParts > 1) throw new Error(`${place}: keys of ${keyParts} parts have to be read by a function`);
}

function checkSearch(place: string, search: RestSearch, auth: RestAuth | undefined): void {
  compilePath(search.rows);
  const request = (text: string) => {
    try {
      return search.request(anything(text), 10, PROBE_CALLER, anything('1'));
    } catch (cause) {
      throw new Error(`${place}: the request cannot be made for every text`, { cause });
    }
  };
  checkRequest(place, { request, auth, open: false });
}

function checkChanges(place: string, changes: RestChanges, auth: RestAuth | undefined): void {
  [changes.rows, ...changes.place.from].forEach(compilePath);
  const request = (text: string) => {
    try {
      changes.request(null, 10, PROBE_CALLER, anything('1'));
      return changes.request({ at: 0, code: text }, 10, PROBE_CALLER, anything('1'));
    } catch (cause) {
      throw new Error(`${place}: the request cannot be made for every place`, { cause });
    }
  };
  checkRequest(place, { request, auth, open: true });
}

function tryLookup(place: string, { request, batchSize, keyParts = 1 }: RestLookup, text: string): RestRequest {
  const key = (suffix: string): Key =>
    keyParts === 1 ? text + suffix : Array.from({ length: keyParts }, () => text + suffix);
  try {
    return request(batchSize === 1 ? [key('')] : [key(''), key('1')], PROBE_CALLER, anything('1'));
  } catch (cause) {
    throw new Error(`${place}: the request cannot be made for every text; say keyParts if its keys have parts`, {
      cause,
    });
  }
}

function checkRequest(
  place: string,
  { request, auth, open }: { request: (text: string) => RestRequest; auth: RestAuth | undefined; open: boolean },
): void {
  const tried = request(PROBE);
  if (tried.path !== '' && !tried.path.startsWith('/')) throw new Error(`${place}: the path has to begin with /`);
  if (tried.body !== undefined && tried.form !== undefined) throw new Error(`${place}: either body or form, not both`);
  if (tried.method === 'GET' && (tried.body ?? tried.form) !== undefined) throw new Error(`${place}: GET has no body`);
  try {
    auth?.place(tried, PROBE);
  } catch (cause) {
    throw new Error(`${place}: ${cause instanceof Error ? cause.message : 'the token has no place'}`, { cause });
  }
  if (!open && addressOf(tried).includes(PROBE)) {
    throw new Error(
      `${place} puts what is asked for into the address, where logs and proxies keep it; personal numbers travel in a ` +
        "body. If these keys are nobody's personal numbers, declare keyInUrl: 'not personal'",
    );
  }
  if (request(RAW_PROBE).path.includes(RAW_PROBE.slice(0, PROBE.length + 1))) {
    throw new Error(`${place} puts a key into the path as it is; use encodeURIComponent`);
  }
}
