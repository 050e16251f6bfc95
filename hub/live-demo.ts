import { setTimeout as delay } from 'node:timers/promises';
import type { Hub } from '../hub.ts';
import type { PortalSync } from '../streams/deliver/coverage.ts';
import type { Demo } from './demo.ts';
import { invitation } from './demo-invitation.ts';
import type { DemoProcess } from './demo-process.ts';

/** What the terminal shows while the demo runs. */
export interface LiveDemo {
  close(): Promise<void>;
}

const SUMMARY_EVERY_MS = 10_000;
const RETRY_MS = 2_000;
const MOST_READING_IN_MS = 300_000;
/** Before a token runs out, which is after half an hour. */
const TOKEN_MS = 20 * 60_000;

const CHANGES = `subscription ($sector: ID!) {
  dossierChanged(where: { sector: $sector }) { code sector dossier { statusTitle procedure { title } } }
}`;

/**
 * Waits until the index holds what the systems do, then opens the offices and shows what becomes of the dossiers: each
 * change as a subscriber hears it, and from time to time how much of it the portal has.
 */
export function showDemo(options: { hub: Hub; demo: Demo; address: string; tell: (text: string) => void }): LiveDemo {
  const { hub, demo, address, tell } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const sectors = hub.registry.sectors.map(({ id }) => id);

  let token: Promise<string> | undefined;
  let tokenAt = 0;
  for (const [id, one] of demo.processes) tellEnd(id, one);
  const showing = show();

  /** Whoever leads the office may see how all dossiers stand, and nobody's name. */
  function currentToken(): Promise<string> {
    if (token === undefined || performance.now() - tokenAt > TOKEN_MS) {
      tokenAt = performance.now();
      token = demo.tokenOf('leader');
      // Asked for anew by whoever tries again.
      token.catch(() => {
        token = undefined;
      });
    }
    return token;
  }

  async function show(): Promise<void> {
    tell('Reading in the dossiers of all systems …');
    const readIn = await Promise.race([
      hub.caughtUp().then(() => true),
      delay(MOST_READING_IN_MS, false, { signal }),
    ]).catch(() => false);
    if (signal.aborted) return;
    if (!readIn) tell('Some system has not been read yet; answers say which.');
    const token = await demo.tokenOf('counter').catch(() => null);
    for (const line of invitation({ address, token, tokenCommand: demo.tokenCommand })) tell(line);
    tell(`The made-up portal shows what it was sent: ${demo.environment.PORTAL_URL ?? ''}/`);
    tell(`Made-up systems: ${[...demo.processes].map(([id, { pid }]) => `${id} (pid ${pid})`).join(', ')}`);
    tell(`The hub itself: pid ${process.pid}. The land office's database is a file, which is there whatever you kill.`);
    tell('Stop with Ctrl+C. Kill one of these systems to see the hub answer without it; npm start brings it back.\n');
    // Without the people there is less to see, and everything else to try.
    await demo.openOffices(address).then(
      (people) => tellEnd('the people in the made-up offices', people),
      () => tell('Nobody works in the made-up offices: their program did not start.'),
    );
    await Promise.all([...sectors.map((sector) => follow(sector)), sumUp()]);
  }

  /** Whoever killed it sees that it was the right one, and nobody takes its answers for the hub's fault. */
  function tellEnd(name: string, { pid, ended }: DemoProcess): void {
    void ended.then((how) => {
      // With Ctrl+C all of them end, and by themselves.
      if (!signal.aborted)
        tell(`Ended: ${name} (pid ${pid}, ${how}). Stop with Ctrl+C and start again to bring it back.`);
    });
  }

  async function follow(sector: string): Promise<void> {
    while (!signal.aborted) {
      try {
        const response = await fetch(`${address}/graphql/stream`, {
          method: 'POST',
          headers: {
            ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
            ...{ authorization: `Bearer ${await currentToken()}`, 'x-purpose': 'SUPERVISION' },
          },
          body: JSON.stringify({ query: CHANGES, variables: { sector } }),
          signal,
        });
        if (!response.ok) throw new Error(`The hub answered with status ${response.status}`);
        for await (const line of linesOf(response)) {
          if (!line.startsWith('data: {')) continue;
          const { code, dossier } = JSON.parse(line.slice(6)).data?.dossierChanged ?? {};
          if (code)
            tell(`${sector.padEnd(22)} ${code}  ${dossier?.statusTitle ?? ''}  ${dossier?.procedure?.title ?? ''}`);
        }
      } catch {
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  async function sumUp(): Promise<void> {
    while (!signal.aborted) {
      const { sync } = hub.registry;
      const now = await sync?.sync().catch(() => undefined);
      if (now !== undefined) tell(portalLine(now));
      await delay(SUMMARY_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  return {
    async close() {
      stopping.abort();
      await showing;
    },
  };
}

/** Two figures of different things: the share of what is finished, and how many of all dossiers are how far. */
export function portalLine(now: Pick<PortalSync, 'coverage' | 'acknowledged' | 'pending' | 'held'>): string {
  const { coverage, acknowledged, pending, held } = now;
  const share = coverage === null ? '–' : `${(Math.floor(coverage * 10_000) / 100).toFixed(2)} %`;
  return `portal: ${share} of finished dossiers; of all, finished or not: ${acknowledged} acknowledged, ${pending} pending, ${held} held`;
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
