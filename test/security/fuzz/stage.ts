import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ISSUER_SETTINGS } from '../../support/issuer.ts';
import { type Fortress, openFortress } from '../stage.ts';

const MANY = '1000000';
/** So many that some of them have nothing to do with most others. */
const SIZES = { citizens: 200, dossiers: 400 };

/** A hub whose limits of how often may be asked are open, so that what is thrown gets further than to the first door. */
export async function openFuzzedFortress(timeoutMs: number): Promise<Fortress> {
  const folder = await mkdtemp(join(tmpdir(), 'lienthong-grants-'));
  const file = join(folder, 'access.json');
  const { clients, ...rest } = JSON.parse(await readFile(ISSUER_SETTINGS.ACCESS_FILE, 'utf8')) as {
    clients: readonly object[];
  };
  const open = clients.map((client) => ({ ...client, perMinute: Number(MANY), atOnce: 100 }));
  await writeFile(file, JSON.stringify({ ...rest, clients: open }));
  const fortress = await openFortress(
    {
      ACCESS_FILE: file,
      OPERATION_TIMEOUT_MS: String(timeoutMs),
      ...{ RATE_PER_MINUTE: MANY, ADDRESS_FAILURES_PER_MINUTE: MANY, CALLBACKS_PER_MINUTE: MANY },
      ...{ VISITS_AT_ONCE: MANY, VISITS_PER_DAY: MANY },
    },
    SIZES,
  );
  const close = async () => {
    await fortress.close();
    await rm(folder, { recursive: true });
  };
  return { ...fortress, close };
}
