import type { HttpRequest } from '../../drivers/http.ts';

/** One question to a system, before it is written as HTTP. At most one of `body` and `form`. */
export interface RestRequest {
  readonly method: 'GET' | 'POST';
  /** Joined to the base URL. Whatever is put into it has to be encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export function writeRequest(request: RestRequest, signal: AbortSignal): HttpRequest {
  const { method, path, query, body, form } = request;
  const headers: Record<string, string> = { accept: 'application/json', ...safeHeaders(request.headers) };
  if (body !== undefined) {
    return {
      method,
      path,
      query,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    };
  }
  if (form !== undefined) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded';
    return { method, path, query, headers, body: new URLSearchParams(form).toString(), signal };
  }
  return { method, path, query, headers, signal };
}

/** Vietnamese names and line breaks cannot stand in a header: such values are percent-encoded. */
function safeHeaders(headers: RestRequest['headers']): Readonly<Record<string, string>> {
  if (headers === undefined) return {};
  const safe: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    safe[name] = /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value.toWellFormed());
  }
  return safe;
}

/** What stands in the address of a request, which proxies and logs keep: path and query, encoded and decoded. */
export function addressOf({ path, query }: RestRequest): string {
  const parts = [path];
  try {
    parts.push(decodeURIComponent(path));
  } catch {
    // A path that cannot be decoded holds what it shows.
  }
  for (const [name, value] of Object.entries(query ?? {}))
    parts.push(name, ...(typeof value === 'string' ? [value] : value));
  return parts.join('\n');
}

/** A key such as `..` survives encoding and would lead to another place of the same system. */
export function climbs(path: string): boolean {
  return /(?:^|\/)(?:\.|%2e){1,2}(?:[/?]|$)/i.test(path);
}
