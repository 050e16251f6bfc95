import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerMissing } from '../services/kafka.ts';
import { serverMissing } from '../services/mariadb.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { ROWS } from './rows/index.ts';
import { createMemory, runRow, settle } from './run-row.ts';

const SEED = Number(process.env.FAULTS_SEED ?? 7);
/** The long run is `npm run test:faults`; what it found stands in docs/reliability.md. */
const OPTIONS = { seed: SEED, kills: 2, changes: 50, perSecond: 25, isLong: false };
const DOSSIERS = 300;
const OPEN_MS = 240_000;
const ROW_MS = 120_000;

const missing = (await serverMissing()) ?? (await brokerMissing());
const reason = missing === null ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== null)(`a province of real processes in which things fail, seed ${SEED}${reason}`, () => {
  const memory = createMemory();
  let cluster: Cluster | undefined;

  beforeAll(async () => {
    cluster = await openCluster({ dossiers: DOSSIERS, seed: SEED });
    await cluster.fleet();
    expect(await settle(cluster, memory, OPEN_MS / 2)).toEqual({ violations: [], stale: [] });
  }, OPEN_MS);
  afterAll(() => cluster?.close(), OPEN_MS);

  it.each(ROWS.map((row) => ({ name: `row ${row.number}: ${row.title}`, row })))(
    'loses, doubles, disorders and invents nothing and says what is stale in $name',
    async ({ row }) => {
      if (cluster === undefined) throw new Error('There is no province');
      const { line, violations, failures } = await runRow(cluster, row, { options: OPTIONS, memory });
      console.log(line);
      expect({ violations, failures }).toEqual({ violations: [], failures: [] });
    },
    ROW_MS,
  );
});
