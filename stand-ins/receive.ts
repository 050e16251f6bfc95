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
  const response =
    address === undefined
      ? null
      : await fetch(`${address}/__stand-in/receive`, { method: 'POST', body: JSON.stringify(body) }).catch(() => null);
  if (response === null) {
    process.stderr.write(NO_DEMO);
    return 1;
  }
  if (!response.ok) {
    process.stderr.write('The counter software knows nobody by this number, or two people: give one of 12 digits.\n');
    return 1;
  }
  process.stdout.write(`${((await response.json()) as { docCode: string }).docCode}\n`);
  return 0;
}

process.exitCode = await main();
