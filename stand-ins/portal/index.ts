/** The public service portal over HTTP, in both generations of its protocol. README.md says what is assumed. */

import { type Answer, type Call, type Running, serve } from '../serve.ts';
import { control, type ForeignWrite, listDossiers, writeAsOther } from './controls.ts';
import { page, pageHeaders } from './page.ts';
import { createProtocols, pathOf } from './protocols.ts';
import { openRecords, type StoredDossier, type Summary } from './records.ts';
import { createServices } from './services.ts';

export interface StartOptions {
  directory: string;
  port?: number;
  /** Default 1,200. */
  sessionSeconds?: number;
}

export interface RunningPortal extends Running {
  /** Ends every session, as a restart of the portal does. */
  expireSessions(): void;
  /** Writes a record as another sender would. */
  write(record: ForeignWrite): void;
  summary(): Summary;
  dossiers(after?: string, limit?: number): StoredDossier[];
}

const USERNAME = 'lienthong';
const PASSWORD = 'cong-dvc-2026';
const SESSION_SECONDS = 20 * 60;
const LATEST = 25;

export async function start({
  directory,
  port,
  sessionSeconds = SESSION_SECONDS,
}: StartOptions): Promise<RunningPortal> {
  const records = openRecords(directory);
  const protocols = createProtocols({
    account: { username: USERNAME, password: PASSWORD },
    sessionMs: sessionSeconds * 1000,
    serve: createServices(records),
  });

  function handle(call: Call): Answer {
    const answer = control(call, records, protocols.expire) ?? protocols.answer(call);
    if (answer !== undefined) return answer;
    if (call.path !== '/') return { status: 404, type: 'text/plain', body: 'Not found' };
    return {
      type: 'text/html; charset=utf-8',
      headers: pageHeaders,
      body: page(records.summary(), records.latest(LATEST)),
    };
  }

  const running = await serve({
    handle,
    pathOf,
    settings: { USERNAME, PASSWORD },
    port,
    onClose: () => records.close(),
  });
  return {
    ...running,
    expireSessions: protocols.expire,
    write: (record) => writeAsOther(records, record),
    summary: () => records.summary(),
    dossiers: (after = '', limit = 1000) => listDossiers(records, after, limit).dossiers,
  };
}

/** A portal begins empty: what is in it came from senders. */
export async function populate(_world: unknown, directory: string): Promise<number> {
  openRecords(directory).close();
  return 0;
}

export { store } from './records.ts';
