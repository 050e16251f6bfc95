import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { ERRORS } from '../../core/errors.ts';
import { findSectors, sdlOf } from '../../hub/sectors.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { anyInput, type Input } from './inputs.ts';
import type { Fortress } from './stage.ts';

/** What an input showed that must never be seen. */
export interface Finding {
  readonly fault: string;
  readonly input: Input;
  readonly answer: string;
}

export interface ThrowOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Most milliseconds until an answer. */
  readonly mostMs: number;
  /** Names and numbers that none of those who ask may see. */
  readonly canaries: readonly string[];
}

const AT_ONCE = 4;
const BATCH = 200;
const MOST_FINDINGS = 20;
/** Nobody waits for what need not be answered longer than this. */
const SILENT_MS = 150;
const INSIDE = /127\.0\.0\.1|\/tmp\b|\/work\b|node_modules|\bat \w+ \(|SQLITE|ECONN|ENOENT|"stack"/i;
/** With which graphql-js begins to name what the schema has instead. */
const SUGGESTION = /Did you mean/;

/** Throws inputs at a hub, some at once, until enough of them showed what must never be seen. */
export async function throwInputs(target: Fortress, options: ThrowOptions): Promise<readonly Finding[]> {
  const { inputs, seed } = options;
  const sectors = await findSectors([`${import.meta.dirname}/../../sectors`], []);
  const any = anyInput(buildSchema(target.hub.registry, sdlOf(sectors)));
  const findings: Finding[] = [];
  for (let done = 0; done < inputs && findings.length < MOST_FINDINGS; done += BATCH) {
    const batch = fc.sample(any, { numRuns: Math.min(BATCH, inputs - done), seed: seed + done });
    const queue = batch.values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const input of queue) findings.push(...(await faultsOf(target, input, options)));
      }),
    );
  }
  return findings;
}

async function faultsOf(target: Fortress, input: Input, options: ThrowOptions): Promise<readonly Finding[]> {
  if (input.kind === 'bytes') {
    const answer = await sendBytes(target, input.bytes);
    return insideOf(answer, options).map((fault) => ({ fault, input, answer }));
  }
  if (input.kind === 'frames') {
    const answer = await sendFrames(target, input.frames);
    return insideOf(answer, options).map((fault) => ({ fault, input, answer }));
  }
  const startedAt = performance.now();
  const { status, text } = await sendRequest(target, input, options.mostMs);
  const faults = insideOf(text, options);
  const codes = [...text.matchAll(/"code":"([A-Z_]{5,})","retryable"/g)].map(([, code = '']) => code);
  if (status === 0) faults.push('no answer');
  if (performance.now() - startedAt > options.mostMs) faults.push('too late');
  if (codes.some((code) => !Object.hasOwn(ERRORS, code))) faults.push('a code that is none');
  if (codes.includes('INTERNAL')) faults.push('INTERNAL');
  if (status >= 500 && codes.length === 0) faults.push('a failure without a code');
  return faults.map((fault) => ({ fault, input, answer: `${status} ${text.slice(0, 500)}` }));
}

function insideOf(text: string, { canaries }: ThrowOptions): string[] {
  return [
    ...(INSIDE.test(text) ? ['the inside'] : []),
    ...(SUGGESTION.test(text) ? ['a suggestion'] : []),
    ...canaries.filter((canary) => text.includes(canary)).map((canary) => `a canary: ${canary}`),
  ];
}

async function sendRequest(
  target: Fortress,
  { as, path, headers, body }: Extract<Input, { kind: 'request' }>,
  mostMs: number,
): Promise<{ status: number; text: string }> {
  const authorization = as === null ? {} : { authorization: await target.bearer(as) };
  const all = { 'content-type': 'application/json', ...authorization, ...headers };
  return new Promise((resolve) => {
    const sent = httpRequest(
      target.url + path,
      { method: 'POST', headers: all, timeout: mostMs + 1_000 },
      (response) => {
        let text = '';
        const end = () => resolve({ status: response.statusCode ?? 0, text });
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
          // A stream of events goes on by itself: its beginning is enough.
          if (path.endsWith('/stream') && text.length > 3) response.destroy();
        });
        response.on('close', end);
        response.on('error', end);
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve({ status: 0, text: '' }));
    sent.end(body);
  });
}

async function sendBytes({ url }: Fortress, bytes: Uint8Array): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (part) => {
    text += part.toString('latin1');
  });
  socket.on('error', () => {});
  await once(socket, 'connect').catch(() => {});
  socket.write(bytes);
  await Promise.race([once(socket, 'close').catch(() => {}), delay(SILENT_MS)]);
  socket.destroy();
  return text;
}

async function sendFrames(target: Fortress, frames: readonly string[]): Promise<string> {
  const socket = new WebSocket(`${target.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { authorization: await target.bearer('leader') },
  });
  let text = '';
  socket.on('message', (data) => {
    text += String(data);
  });
  socket.on('error', () => {});
  await once(socket, 'open').catch(() => {});
  for (const frame of frames) if (socket.readyState === socket.OPEN) socket.send(frame);
  await Promise.race([once(socket, 'close').catch(() => {}), delay(SILENT_MS)]);
  socket.terminate();
  return text;
}
