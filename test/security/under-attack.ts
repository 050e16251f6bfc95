import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import type { Attack } from './attack.ts';
import { attacksOnAccess } from './attacks-on-access.ts';
import { attacksOnGraphql } from './attacks-on-graphql.ts';
import { attacksOnHttp } from './attacks-on-http.ts';
import { headersOf, learn, send } from './send-attack.ts';
import { openFortress } from './stage.ts';

/*
 * `npm run test:attack -- --seconds 20`: how long an honest officer waits while the whole list of attacks is thrown at the
 * hub again and again, next to how long without. The hub, those who attack and the officer are three processes.
 *
 * In between, the same attackers throw the same at a server beside the hub that reads and refuses everything: what the officer
 * waits longer then is the machine's, which they all share, and not the hub's.
 *
 * With `--no-rate` nobody's rate is limited: then every attack is judged whole, however many come.
 */
interface Ready {
  readonly url: string;
  readonly attacks: readonly { readonly attack: Attack; readonly headers: Readonly<Record<string, string>> }[];
  /** Of several officers, as nobody asks as often as all of them together. */
  readonly honest: readonly Readonly<Record<string, string>>[];
}

const QUESTION = `{ citizen(id: "${demoPerson.personalNumber}") { fullName birthDate landParcels { sheet parcel area } dossiers(first: 5) { nodes { code status } } } }`;
const ATTACKERS = 4;
/** At a time. */
const OFFICERS = 2;
const ACCOUNTS = 60;
/** An officer looks at an answer before the next question. */
const BETWEEN_MS = 20;
const NO_RATE = 'no-rate';

/** The hub's process. */
async function hold(limits: readonly string[]): Promise<void> {
  const rate: Readonly<Record<string, string>> = limits.includes(NO_RATE) ? { RATE_PER_MINUTE: '1000000' } : {};
  const fortress = await openFortress({ GRAPHIQL: 'on', ...rate });
  const known = await learn(fortress);
  const list = [...attacksOnGraphql(known), ...attacksOnHttp(), ...attacksOnAccess(known)];
  const attacks = [];
  for (const attack of list) attacks.push({ attack, headers: await headersOf(fortress, attack) });
  const honest = await Promise.all(
    Array.from({ length: ACCOUNTS }, async (_, place) => ({
      // Others than those whose tokens the attackers hold.
      authorization: await fortress.issuer.bearer('counter', { sub: `counter.honest.${place}` }),
      ...{ 'content-type': 'application/json', 'x-purpose': 'PROCESSING', 'x-dossier': known.own },
    })),
  );
  process.send?.({ url: fortress.url, attacks, honest } satisfies Ready);
  await told(process);
  await fortress.close();
  process.disconnect?.();
}

/** The process of a server that does nothing but refuse. */
async function refuse(): Promise<void> {
  const server = createServer(async (request, response) => {
    await text(request).catch(() => '');
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"errors":[{"message":"No"}]}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await told(process);
  server.close();
  server.closeAllConnections();
  process.disconnect?.();
}

/** The attackers' process: begins at once, and says how many it threw when it is told to stop. */
async function attack(): Promise<void> {
  const { url, attacks } = await told<Ready>(process);
  let stopped = false;
  let thrown = 0;
  process.once('message', () => {
    stopped = true;
  });
  const queue = (function* () {
    while (!stopped) yield* attacks;
  })();
  await Promise.all(
    Array.from({ length: ATTACKERS }, async () => {
      for (const one of queue) {
        await send(url, one.attack, one.headers);
        thrown += 1;
        if (stopped) return;
      }
    }),
  );
  process.send?.(thrown, () => process.disconnect?.());
}

/** The next message of another process. */
function told<T>(other: Pick<ChildProcess, 'once'> | NodeJS.Process): Promise<T> {
  return new Promise((resolve) => {
    (other as ChildProcess).once('message', (message) => resolve(message as T));
  });
}

async function measure(): Promise<void> {
  const options = {
    seconds: { type: 'string', default: '20' },
    'no-rate': { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  const part = (...words: string[]) => fork(import.meta.filename, words, { serialization: 'advanced' });
  const hub = part('hub', ...(values['no-rate'] ? [NO_RATE] : []));
  const ready = await told<Ready>(hub);
  const seconds = Number(values.seconds);
  const beside = part('refuser');
  const besideUrl = await told<string>(beside);
  const during = async (attacked: string) => {
    const attackers = part('attackers');
    attackers.send({ ...ready, url: attacked });
    const waits = await waitsOf(ready, seconds);
    const stopping = told<number>(attackers);
    attackers.send('stop');
    return { waits, thrown: await stopping };
  };
  const quiet = await waitsOf(ready, seconds);
  const elsewhere = await during(besideUrl);
  const attacked = await during(ready.url);
  for (const one of [hub, beside]) one.send('stop');
  const lines = [
    line('without attacks', quiet),
    line(`beside ${elsewhere.thrown} attacks on another server`, elsewhere.waits),
    line(`under ${attacked.thrown} attacks`, attacked.waits),
    `p99 under attack ÷ without: ${ratio(attacked.waits, quiet)}; beside another server's ÷ without: ${ratio(elsewhere.waits, quiet)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function line(name: string, waits: readonly number[]): string {
  return `${name}: ${waits.length} answers, p50 ${at(waits, 0.5)} ms, p99 ${at(waits, 0.99)} ms`;
}

function ratio(waits: readonly number[], quiet: readonly number[]): string {
  return (at(waits, 0.99) / at(quiet, 0.99)).toFixed(2);
}

/** Milliseconds of every answer, in their order of length. @throws Error for one that is not whole */
async function waitsOf({ url, honest }: Ready, seconds: number): Promise<readonly number[]> {
  const until = performance.now() + seconds * 1_000;
  const waits: number[] = [];
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const headers = honest[asked % honest.length] ?? {};
    const { text, tookMs } = await send(url, { name: 'honest', body: { query: QUESTION }, refused: [] }, headers);
    if (!text.includes(demoPerson.name) || text.includes('"errors"')) throw new Error(`No honest answer: ${text}`);
    return tookMs;
  };
  // What is compiled and connected only once is no part of it.
  for (let i = 0; i < 50; i += 1) await ask();
  await Promise.all(
    Array.from({ length: OFFICERS }, async () => {
      while (performance.now() < until) {
        waits.push(await ask());
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      }
    }),
  );
  return waits.toSorted((a, b) => a - b);
}

function at(waits: readonly number[], share: number): number {
  return Math.round((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN) * 10) / 10;
}

// Nobody is left over when the one that measures is gone.
process.once('disconnect', () => process.exit());
const parts: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  ...{ hub: hold, refuser: refuse, attackers: attack },
};
await (parts[process.argv[2] ?? ''] ?? measure)(process.argv.slice(3));
