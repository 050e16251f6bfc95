/**
 * The fault matrix for as long as it takes: node test/faults/run.ts [--kills N] [--changes N] [--seed N] [--row N,N …]
 *
 * Every row runs on the same province of real processes, one after the other, while people work in it.
 */

import { parseArgs } from 'node:util';
import { openCluster } from './cluster.ts';
import { ROWS } from './rows/index.ts';
import { createMemory, runRow, settle } from './run-row.ts';

const FIRST_FILLING_MS = 300_000;
const MOST_SHOWN = 20;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    changes: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '100' },
    dossiers: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    row: { type: 'string', default: '' },
  },
});
const wanted = values.row === '' ? null : new Set(values.row.split(',').map(Number));
const seed = Number(values.seed);
const kills = Number(values.kills);
const options = { seed, kills, changes: Number(values.changes), perSecond: Number(values.rate), isLong: kills > 5 };

const cluster = await openCluster({ dossiers: Number(values.dossiers), seed });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cluster.close().finally(() => process.exit(1)));
}
let broken = 0;
try {
  const memory = createMemory();
  await cluster.fleet();
  const { violations: atRest } = await settle(cluster, memory, FIRST_FILLING_MS);
  for (const { invariant, what } of atRest.slice(0, MOST_SHOWN)) console.log(`at rest: ${invariant}  ${what}`);
  console.log(`seed ${seed}; before any harm ${atRest.length} invariants are broken`);
  broken += atRest.length;
  for (const row of ROWS) {
    if (wanted !== null && !wanted.has(row.number)) continue;
    const { line, violations, failures } = await runRow(cluster, row, { options, memory });
    console.log(line);
    for (const { invariant, what } of violations.slice(0, MOST_SHOWN)) console.log(`    ${invariant}  ${what}`);
    for (const failure of failures) console.log(`    expected: ${failure}`);
    broken += violations.length + failures.length;
  }
} finally {
  await cluster.close();
}
process.exitCode = broken === 0 ? 0 : 1;
