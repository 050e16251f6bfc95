/**
 * A new dossier at a counter of the made-up province, for somebody whom its software knows. Prints the dossier's code and
 * nothing else.
 *
 *   npm run --silent receive -- NUMBER
 *
 * It goes through the counter software, whose address stands in DIR/systems.json.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wireTime } from '../sectors/one-stop/stand-in/wire.ts';
import { readSystems } from './systems.ts';
import { DAY } from './world/time.ts';

const USAGE = `usage: receive.ts NUMBER
  NUMBER      personal number of whoever hands the dossier in
  --data DIR  where the demo keeps its data; data/demo when left out
`;
const NO_DEMO = 'No demo runs on this folder: start it with npm start, then try again.\n';
const NOBODY = 'The counter software knows nobody by this number, or two people: give one of 12 digits.\n';
const TIMEOUT_MS = 5_000;
const NOT_TAKEN = `The counter software did not say within ${TIMEOUT_MS / 1_000} seconds that it took the dossier: see what npm start prints.\n`;

/** A matter that the counter's own officers deal with: no other sector's system has to know of it. */
const MATTER = {
  docTypeCode: '1.001776',
  docTypeName: 'Thực hiện, điều chỉnh trợ cấp xã hội hằng tháng',
  docFieldName: 'Bảo trợ xã hội',
  organReceiveId: 'H41.58.01',
};
const DUE_DAYS = 30;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string', default: join(process.env.DATA_DIR || 'data', 'demo') } },
  });
  const [applicantsId, ...more] = positionals;
  if (applicantsId === undefined || more.length > 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const address = existsSync(join(values.data, 'systems.json')) ? readSystems(values.data)['one-stop']?.URL : undefined;
  const now = Date.now();
  const body = { ...MATTER, applicantsId, at: wireTime(now), dateAppointed: wireTime(now + DUE_DAYS * DAY) };
  if (address === undefined) return fail(NO_DEMO);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${address}/__stand-in/receive`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal,
    });
    if (response.status === 404) return fail(NOBODY);
    const { docCode } = (await response.json()) as { docCode?: unknown };
    if (!response.ok || typeof docCode !== 'string') return fail(NOT_TAKEN);
    process.stdout.write(`${docCode}\n`);
    return 0;
  } catch (error) {
    // What cannot be connected to does not run.
    return fail(error instanceof TypeError ? NO_DEMO : NOT_TAKEN);
  }
}

function fail(why: string): number {
  process.stderr.write(why);
  return 1;
}

process.exitCode = await main();
