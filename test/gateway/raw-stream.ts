import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** An answer that goes on, as the bytes come. */
export interface RawStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What came so far. */
  text(): string;
  /** Reads nothing more; the connection stays open. */
  pause(): void;
  close(): void;
}

export function rawStream(url: string, request: RawRequest): Promise<RawStream> {
  return new Promise((resolve, reject) => {
    const sent = send(url, request, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', () => {});
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: () => text,
        pause: () => void response.pause(),
        close: () => void sent.destroy(),
      });
    });
    sent.on('error', reject);
  });
}

/** @returns the status alone */
export function rawRequest(url: string, request: RawRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = send(url, request, (response) => {
      resolve(response.statusCode ?? 0);
      sent.destroy();
    });
    sent.on('error', reject);
  });
}

function send(url: string, request: RawRequest, answered: (response: IncomingMessage) => void) {
  const { body, headers = {}, method = body === undefined ? 'GET' : 'POST' } = request;
  const sent = httpRequest(url, { method, headers, agent: false }, answered);
  sent.end(body);
  return sent;
}
