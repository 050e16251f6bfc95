import { setTimeout as delay } from 'node:timers/promises';
import { moveStatements } from '../../../sectors/land/stand-in/moves.ts';
import { confirmDeletes } from '../../../store/capture-way.ts';
import { deleteDossier } from '../land-tables.ts';
import type { FaultRow, Stage } from '../row.ts';
import { killAndReplace, passing } from './kills.ts';

export const sourceDown: FaultRow = {
  number: 16,
  title: 'the land office’s database is unreachable, then silent: answers say so, the others go on',
  async run({ cluster, isLong, harmed, outage, eventually }) {
    for (const harm of ['break', 'hang'] as const) {
      const over = outage('land');
      await cluster.proxies.land[harm]();
      harmed();
      const before = await untilOf(cluster, 'one-stop');
      await delay(isLong ? 30_000 : 9_000);
      await eventually(async () => (await untilOf(cluster, 'one-stop')) > before, 'the counter goes on being read');
      over();
      await cluster.proxies.land.repair();
      await delay(2_000);
    }
  },
};

async function untilOf({ store }: Stage['cluster'], sector: string): Promise<number> {
  const [row] = await store.query('select current_until as until from capture_way where sector = ?', [sector]);
  return Number(row?.until ?? 0);
}

export const rightsRevoked: FaultRow = {
  number: 16,
  title: 'the land office takes the rights away, then grants one connection only',
  harms: ['land'],
  async run({ cluster, harmed, outage, eventually }) {
    const { land } = cluster;
    const reader = cluster.landReader;
    const account = `${reader}@'127.0.0.1'`;
    const failing = async () => {
      const [row] = await cluster.store.query("select failing_since from capture_way where sector = 'land'", []);
      return row?.failing_since != null;
    };
    await land.knex.raw(`revoke select on land.* from ${account}`);
    // A connection keeps the rights that it came with.
    await cluster.proxies.land.repair();
    harmed();
    const over = outage('land');
    await eventually(failing, 'capture says that it fails');
    await delay(1_000);
    over();
    await land.knex.raw(`grant select on land.* to ${account}`);
    await cluster.proxies.land.repair();
    await eventually(async () => !(await failing()), 'capture goes on once the rights are back');
    await land.knex.raw(`alter user ${account} with max_user_connections 1`);
    await cluster.proxies.land.repair();
    harmed();
    await delay(3_000);
    await land.knex.raw(`alter user ${account} with max_user_connections 0`);
    await cluster.proxies.land.repair();
  },
};

export const lateCommits: FaultRow = {
  number: 18,
  title: 'transactions that commit late, many changes stamped with one instant',
  async run({ cluster, kills, harmed, pauseBetween }) {
    const codes = await codesOf(cluster, 200);
    for (let time = 0; time < Math.max(3, Math.min(kills, 20)); time++) {
      const at = Math.floor(Date.now() / 1_000) * 1_000;
      const own = codes.slice((time * 10) % codes.length, ((time * 10) % codes.length) + 10);
      await cluster.land.knex.transaction(async (transaction) => {
        const [row] = await transaction('HS_LUANCHUYEN').max('LUANCHUYENID as id');
        for (const [place, code] of own.entries()) {
          // Beyond every number that the people at work give meanwhile.
          const stepId = Number(row?.id ?? 0) + 1_000_000 + place;
          for (const { sql, bindings } of moveStatements({ code, status: 21, at, stepId })) {
            await transaction.raw(sql, bindings as string[]);
          }
        }
        harmed();
        await pauseBetween(2_000, 4_000);
      });
    }
  },
};

async function codesOf({ land }: Stage['cluster'], most: number): Promise<readonly string[]> {
  const rows = await land.query(
    'select SOBIENNHAN as code from HS_HOSO where MATRANGTHAI in (20, 21, 22) order by SOBIENNHAN limit ?',
    [most],
  );
  return rows.map(({ code }) => String(code));
}

export const tableEmptied: FaultRow = {
  number: 19,
  title: 'the land office’s dossiers are emptied by mistake: the guard holds the deletes back',
  async run({ cluster, harmed, expect, eventually, note }) {
    const { land, store } = cluster;
    await cluster.one('capture').stop();
    const guarded = await cluster.start('capture', { environment: { MOST_DELETES: '10' } });
    const deletedBefore = await deletedOf(store);
    await land.knex.raw('rename table HS_HOSO to HS_HOSO_ASIDE');
    await land.knex.raw('create table HS_HOSO like HS_HOSO_ASIDE');
    harmed();
    const held = async () => {
      const [row] = await store.query("select held_deletes as held from capture_way where sector = 'land'", []);
      return Number(row?.held ?? 0);
    };
    await eventually(async () => (await held()) > 10, 'the deletes are held back');
    expect((await deletedOf(store)) - deletedBefore <= 10, 'no more dossiers count as deleted than may be believed');
    note(`${await held()} deletes held back`);
    await land.knex.raw('drop table HS_HOSO');
    await land.knex.raw('rename table HS_HOSO_ASIDE to HS_HOSO');
    // Whoever works there goes on deleting: few are left that are really gone, and since so many were, a person says so.
    let confirmed = 0;
    const isSettled = async (): Promise<boolean> => {
      const left = await held();
      if (left > 0 && left <= 10) confirmed = (await confirmDeletes(store, 'land', 'poll')) ?? 0;
      return left === 0;
    };
    await eventually(isSettled, 'nothing is held back once the rows are there again and the rest was confirmed');
    note(`${confirmed} confirmed`);
    await guarded.stop();
    await cluster.start('capture');
  },
};

/** Dossiers that are deleted between two kills. */
const SCATTERED = 3;

export const scatteredDeletes: FaultRow = {
  number: 19,
  title: 'dossiers are deleted one by one while capture, which only finds it by comparing, is killed',
  async run(stage) {
    const { cluster, kills, random, expect, eventually, note } = stage;
    // Those that nobody works on any more.
    const rows = await cluster.land.query(
      'select SOBIENNHAN as code from HS_HOSO where MATRANGTHAI in (50, 60, 70, 80) order by SOBIENNHAN',
      [],
    );
    const deleted: string[] = [];
    const times = Math.min(kills, 20, Math.floor(rows.length / SCATTERED));
    for (let kill = 0; kill < times; kill++) {
      for (let count = 0; count < SCATTERED; count++) {
        const [row] = rows.splice(Math.floor(random() * rows.length), 1);
        deleted.push(String(row?.code));
        await deleteDossier(cluster.land, String(row?.code));
      }
      if (random() < 0.5) await passing(cluster.proxies.land, 'HS_HOSO');
      else await stage.pauseBetween(100, 1_000);
      await killAndReplace(stage, 'capture');
    }
    const areGone = async () => {
      const sql = "select code from dossier_view where sector = 'land' and deleted = 1";
      const gone = new Set((await cluster.store.query(sql, [])).map(({ code }) => String(code)));
      return deleted.every((code) => gone.has(code));
    };
    await eventually(areGone, 'every deleted dossier counts as deleted');
    expect(deleted.length > 0, 'there were dossiers to delete');
    note(`${deleted.length} deleted`);
  },
};

async function deletedOf({ query }: Stage['cluster']['store']): Promise<number> {
  const [row] = await query("select count(*) as n from dossier_view where sector = 'land' and deleted = 1", []);
  return Number(row?.n ?? 0);
}

export const formChanged: FaultRow = {
  number: 21,
  title: 'a column is renamed, a column changes its type, a status nobody explained appears',
  async run({ cluster, harmed, expect, eventually }) {
    const { land, store } = cluster;
    const failing = async () => {
      const [row] = await store.query("select failing_since from capture_way where sector = 'land'", []);
      return row?.failing_since != null;
    };
    await land.knex.raw('alter table HS_HOSO rename column MATHUTUC to MATTHC');
    harmed();
    await eventually(failing, 'a renamed column makes capture fail and say so');
    await land.knex.raw('alter table HS_HOSO rename column MATTHC to MATHUTUC');
    await eventually(async () => !(await failing()), 'capture goes on once the column is back');
    await land.knex.raw('alter table HS_HOSO modify NGAYCAPNHAT varchar(40) not null');
    harmed();
    await delay(2_000);
    await land.knex.raw('alter table HS_HOSO modify NGAYCAPNHAT datetime not null');
    const [code = ''] = await codesOf(cluster, 1);
    await land.knex.raw('update HS_HOSO set MATRANGTHAI = 99, NGAYCAPNHAT = utc_timestamp() where SOBIENNHAN = ?', [
      code,
    ]);
    harmed();
    const stateOf = async () => {
      const [row] = await store.query('select state, reason_code as reason from delivery where code = ?', [code]);
      return `${row?.state} ${row?.reason}`;
    };
    await eventually(
      async () => ['held UNKNOWN_STATUS'].includes(await stateOf()),
      'a dossier of a status nobody explained is held',
    );
    await land.knex.raw('update HS_HOSO set MATRANGTHAI = 20, NGAYCAPNHAT = utc_timestamp() where SOBIENNHAN = ?', [
      code,
    ]);
    const [row] = await store.query(
      "select count(*) as n from dossier_view where sector = 'land' and deleted = 0 and json_value(view, '$.status.code') is null",
      [],
    );
    expect(Number(row?.n) === 0, 'no good status was written over with nothing');
  },
};

export const brokenConnections: FaultRow = {
  number: 25,
  title: 'connections to systems and portal are reset, cut short and garbled in their framing',
  harms: ['land', 'one-stop'],
  async run({ cluster, kills, random, harmed, pauseBetween }) {
    const { land, counter, portal } = cluster.proxies;
    for (let time = 0; time < Math.max(kills, 5); time++) {
      for (const proxy of [land, counter, portal]) {
        const kind = Math.floor(random() * 3);
        let passed = 0;
        const from = Math.floor(random() * 8);
        proxy.alter((bytes, side) => {
          passed += 1;
          if (side === 'client' || passed <= from) return bytes;
          // Once: what comes after it is as it was sent.
          proxy.alter(null);
          if (kind === 0) return null;
          if (kind === 1) return bytes.subarray(0, Math.floor(bytes.length / 2));
          const garbled = Buffer.from(bytes);
          garbled[0] = (garbled[0] ?? 0) ^ 0x20;
          return garbled;
        });
        harmed();
      }
      await pauseBetween(500, 1_500);
    }
  },
};
