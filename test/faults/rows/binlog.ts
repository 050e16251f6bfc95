import { deleteDossier } from '../land-tables.ts';
import type { FaultRow, Stage } from '../row.ts';
import { waysOf } from '../ways.ts';

const SECTOR = 'land-branch';
/** One process captures all of them. */
const CAPTURED = ['land', SECTOR, 'land-export', 'one-stop', 'civil-status', 'business-registration'] as const;
/** Of the branch's dossiers, deleted while nobody reads. */
const DELETED = 2;
/** Longer than INDEX_STALE_MS of the cluster, and than answers may take to tell it. */
const AWAY_MS = { least: 8_000, most: 10_000 } as const;
const ANEW = 'everything is listed anew';

export const logPurged: FaultRow = {
  number: 17,
  title: 'capture is killed and the binary log purged past its place: it says so and lists everything anew',
  async run(stage) {
    const { cluster, random, harmed, outage, expect, eventually, note } = stage;
    const rounds = Math.max(1, Math.min(10, Math.floor(stage.kills / 2)));
    for (let round = 0; round < rounds; round++) {
      const place = await placeOf(cluster);
      await cluster.one('capture').signal('SIGKILL');
      harmed();
      const over = CAPTURED.map(outage);
      await deleteSome(stage);
      const [before] = await waysOf(cluster, SECTOR);
      await stage.pauseBetween(AWAY_MS.least, AWAY_MS.most);
      await eventually(() => purge(cluster, place), `the log is purged past ${place}`);
      harmed();
      const [meanwhile] = await waysOf(cluster, SECTOR);
      expect(meanwhile?.currentUntil === before?.currentUntil, 'the way does not count as current while nobody reads');
      const next = await cluster.start('capture');
      for (const end of over) end();
      const isTold = () => next.said().some((line) => line.includes(ANEW));
      await eventually(isTold, 'capture says that the log does not lead on from its place');
      if (random() < 0.5) {
        // In the middle of the listing, or right behind it.
        await next.signal('SIGKILL');
        harmed();
        const again = CAPTURED.map(outage);
        await cluster.start('capture');
        for (const end of again) end();
      }
      const isCurrent = async () => {
        const [now] = await waysOf(cluster, SECTOR);
        return Date.parse(now?.currentUntil ?? '') > Date.parse(before?.currentUntil ?? '') && now?.failing === null;
      };
      await eventually(isCurrent, 'the way is current again');
      note(`${place} → ${await placeOf(cluster)}`);
    }
  },
};

/** File of the binary log from which capture would go on. */
async function placeOf({ store }: Stage['cluster']): Promise<string> {
  const [row] = await store.query('select position from capture_way where sector = ?', [SECTOR]);
  return String(row?.position ?? '').replace(/:.*$/s, '');
}

/** @returns whether the file is gone; the server keeps it for as long as it believes that somebody reads it */
async function purge({ branch }: Stage['cluster'], file: string): Promise<boolean> {
  const files = async () => {
    const [rows] = (await branch.knex.raw('show binary logs')) as [readonly { Log_name: string }[]];
    return rows.map((row) => row.Log_name);
  };
  await branch.knex.raw('flush binary logs');
  await branch.knex.raw(`purge binary logs to '${(await files()).at(-1)}'`);
  return !(await files()).includes(file);
}

/** Nothing of what is left says that they were there: only the log did. */
async function deleteSome({ cluster, random }: Stage): Promise<void> {
  const rows = await cluster.branch.query('select SOBIENNHAN as code from HS_HOSO order by SOBIENNHAN', []);
  for (let count = 0; count < DELETED && rows.length > 0; count++) {
    const [row] = rows.splice(Math.floor(random() * rows.length), 1);
    await deleteDossier(cluster.branch, String(row?.code));
  }
}
