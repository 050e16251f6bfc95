import { request as httpRequest } from 'node:http';
import { askHub, WORLD_NOW } from '../support/province.ts';
import type { Attack, Known } from './attack.ts';
import { forgeTokens } from './hostile-tokens.ts';
import type { Fortress } from './stage.ts';

/** What came of an attack. */
export interface Outcome {
  readonly status: number;
  readonly text: string;
  readonly tookMs: number;
}

/** As whom an attack asks, and what it says besides. */
export async function headersOf(
  { bearer }: Pick<Fortress, 'bearer'>,
  { as = 'counter', method, headers }: Partial<Attack>,
): Promise<Readonly<Record<string, string>>> {
  const authorization = as === 'nobody' ? {} : { authorization: await bearer(as) };
  return { ...(method !== 'GET' && { 'content-type': 'application/json' }), ...authorization, ...headers };
}

export async function send(
  url: string,
  { method = 'POST', path = '/graphql', body }: Attack,
  own: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const isRaw = body instanceof Uint8Array || typeof body === 'string';
  const bytes = Buffer.from(isRaw ? (body as string) : JSON.stringify(body ?? null));
  const length = method === 'GET' ? {} : { 'content-length': String(bytes.length) };
  const headers = { ...length, ...own };
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, text: string) => resolve({ status, text, tookMs: performance.now() - startedAt });
    // Not by fetch, which would neither say another host nor leave the path as it is.
    const sent = httpRequest(url + path, { method, headers, agent: false, timeout: 10_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => end(response.statusCode ?? 0, Buffer.concat(parts).toString()));
      response.on('error', () => end(0, 'The answer broke off'));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => end(0, 'No answer'));
    sent.end(method === 'GET' ? undefined : bytes);
  });
}

/** What an attacker may have heard somewhere. */
export async function learn(target: Fortress): Promise<Known> {
  const headers = await headersOf(target, {});
  const { world } = target.province;
  const stranger = world.person(7).personalNumber ?? '';
  const { data: list } = await askHub(
    target.url,
    '{ dossiers(first: 100) { nodes { code agency { code } } pageInfo { endCursor } } }',
    {},
    headers,
  );
  const nodes = list.dossiers.nodes as readonly { code: string; agency: { code: string } | null }[];
  const { data: visit } = await askHub(target.url, 'mutation { openVisit { id } }', {}, headers);
  const citizen = await headersOf(target, { as: 'citizen' });
  const { data: own } = await askHub(target.url, '{ dossiers(first: 100) { nodes { code } } }', {}, citizen);
  const theirs = own.dossiers.nodes.map(({ code }: { code: string }) => code) as readonly string[];
  const isForeign = ({ agency, code }: (typeof nodes)[number]) =>
    agency !== null && agency.code !== 'H41.58' && !theirs.includes(code);
  return {
    own: theirs[0] ?? '',
    foreign: nodes.find(isForeign)?.code ?? '',
    stranger,
    strangersName: world.person(7).name,
    cursor: list.dossiers.pageInfo.endCursor,
    visit: visit.openVisit.id,
    tokens: (await forgeTokens(target.issuer.directory, WORLD_NOW)).hostile,
    many: Array.from({ length: 12 }, (_, at) => world.person(at + 10).personalNumber ?? '').filter((one) => one !== ''),
  };
}
