import { readFile } from 'node:fs/promises';
import { HubError } from '../../core/errors.ts';
import type { HttpClient } from '../../drivers/http.ts';
import { demandSuccess } from '../rest/answer.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type FetchDocument, loadWsdl, type SoapVersion, type Wsdl } from './wsdl.ts';

/** Where the description is: at the service's own address with `?wsdl`, at another path of its host, or in a file. */
export type WsdlPlace = true | string | URL;

export interface DescriptionOptions {
  readonly http: HttpClient;
  readonly url: URL;
  readonly version: SoapVersion;
  readonly headers: Readonly<Record<string, string>>;
}

/** Longest reading of a description, in milliseconds; who waits for it may give up sooner. */
const MOST_MS = 20_000;

/**
 * Reads a description once, when it is asked for first; everyone who asks meanwhile waits for the same reading. A
 * reading that failed is tried again with the next question.
 */
export function openDescription(place: WsdlPlace, options: DescriptionOptions): (signal: AbortSignal) => Promise<Wsdl> {
  let wsdl: Wsdl | undefined;
  let reading: Promise<Wsdl> | undefined;
  return async (signal) => {
    signal.throwIfAborted();
    if (wsdl !== undefined) return wsdl;
    reading ??= readDescription(place, options)
      .then((read) => {
        wsdl = read;
        return read;
      })
      .finally(() => {
        reading = undefined;
      });
    return unlessAborted(reading, signal);
  };
}

function readDescription(place: WsdlPlace, { http, url, version, headers }: DescriptionOptions): Promise<Wsdl> {
  if (place instanceof URL) return loadWsdl(place.href, version, besides(place));
  const own = url.pathname + url.search;
  const path = place === true ? `${own}${url.search === '' ? '?' : '&'}wsdl` : place;
  const signal = AbortSignal.timeout(MOST_MS);
  // Descriptions often name their parts by an address that only the service can reach, so only the path is taken; and
  // no document decides which hosts the hub calls.
  return loadWsdl(new URL(path, url).href, version, async (location) => {
    const { pathname, search } = new URL(location);
    const answer = await http.request({ method: 'GET', path: pathname + search, headers, signal });
    demandSuccess(answer);
    return { bytes: answer.bytes, contentType: String(answer.headers['content-type'] ?? '') };
  });
}

/** Reads files of the folder a description lies in, and of no other. */
function besides(start: URL): FetchDocument {
  const folder = new URL('.', start).href;
  return async (location) => {
    if (!location.startsWith(folder) || !location.startsWith('file:')) {
      throw new HubError('SOURCE_MALFORMED', 'the service description (WSDL) names a document outside its folder');
    }
    try {
      return { bytes: await readFile(new URL(location)) };
    } catch (cause) {
      throw new HubError('SOURCE_MALFORMED', 'a file of the service description (WSDL) cannot be read', { cause });
    }
  };
}
