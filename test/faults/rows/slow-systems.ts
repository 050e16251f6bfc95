import mysql from 'mysql2/promise';
import type { Fault } from '../../../stand-ins/faults.ts';
import type { AskedSample } from '../invariants-access.ts';
import type { FaultRow, Stage } from '../row.ts';

const ASKED_PER_SECOND = 12;
/** Until several have run into it, or longer. */
const FELT = { short: 3, long: 40 } as const;
const FELT_WITHIN_MS = 90_000;
const WELL_AGAIN_MS = 45_000;
/** An operation is told to stop after ten seconds, and hands in what it has. */
const DEADLINE_MS = 15_000;
const PART_OF = {
  land: 'land',
  'civil-status': 'civil-status',
  'business-registration': 'business-registration',
} as const;
type System = keyof typeof PART_OF;

/** Harms one system while people ask, looks at what the others gave, and waits until it is asked again. */
async function whileHarmed(stage: Stage, system: System, harm: () => Promise<unknown>, undo: () => Promise<unknown>) {
  const { access, isLong, harmed, expect, eventually } = stage;
  const { asking } = access;
  const over = access.harming(system);
  const from = Date.now();
  try {
    await harm();
    harmed();
    const felt = () => asking.samples().filter((one) => one.until > from && lacks(one, system));
    const enough = FELT[isLong ? 'long' : 'short'];
    await eventually(() => felt().length >= enough, `answers lack the part of ${system}`, FELT_WITHIN_MS);
  } finally {
    await undo();
    over();
  }
  const slowest = Math.max(
    ...asking
      .samples()
      .filter(({ at }) => at >= from)
      .map(({ tookMs }) => tookMs),
  );
  expect(slowest < DEADLINE_MS, `everybody is answered within the deadline: ${Math.round(slowest)} ms`);
  await eventually(
    async () => (await asking.ask('whole')).lacking.length === 0,
    `answers are whole again when ${system} is`,
    WELL_AGAIN_MS,
  );
}

function lacks({ lacking }: AskedSample, system: string): boolean {
  return lacking.some(({ sector }) => sector === system);
}

function noteSlowness({ access, note }: Stage, from: number): void {
  const lacking = access.asking.samples().filter((one) => one.at >= from && one.lacking.length > 0);
  note(`${lacking.length} answers lacked the part of the system that failed`);
}

export const sourceSilent: FaultRow = {
  number: 22,
  title: 'a system takes every call and says nothing: its part is missing in time, all others are whole',
  async run(stage) {
    const { cluster, access } = stage;
    const from = Date.now();
    access.asking.rate(ASKED_PER_SECOND);
    const over = stage.outage('land');
    await whileHarmed(
      stage,
      'land',
      async () => cluster.proxies.land.hang(),
      () => {
        over();
        return cluster.proxies.land.repair();
      },
    );
    await whileFaulty(stage, 'civil-status', { mode: 'hang' });
    if (stage.isLong) await whileFaulty(stage, 'business-registration', { mode: 'hang' });
    noteSlowness(stage, from);
  },
};

async function whileFaulty(stage: Stage, system: Exclude<System, 'land'>, fault: Fault): Promise<void> {
  const { cluster } = stage;
  await whileHarmed(
    stage,
    system,
    () => cluster.setFault(system, fault),
    () => cluster.setFault(system, { mode: 'none' }),
  );
}

/** More than a hub may take of one answer by far. */
const HUGE_BYTES = 200 * 1024 * 1024;

export const sourceDrips: FaultRow = {
  number: 23,
  title: 'a system answers byte by byte, or two hundred megabytes: it is cut off, and memory stays as it was',
  async run(stage) {
    const from = Date.now();
    stage.access.asking.rate(ASKED_PER_SECOND);
    await whileFaulty(stage, 'civil-status', { mode: 'drip', delayMs: 200 });
    await whileFaulty(stage, 'business-registration', { mode: 'huge', bytes: HUGE_BYTES });
    noteSlowness(stage, from);
  },
};

/** Tables that nobody writes to while people work: the parcels. */
const PARCELS = 'DC_THUADAT';

export const sourceSlow: FaultRow = {
  number: 24,
  title: 'the land office’s database is slow over one table, then has it locked: the deadline holds, others are whole',
  async run(stage) {
    const { cluster, access, expect } = stage;
    const { land } = cluster;
    const from = Date.now();
    access.asking.rate(ASKED_PER_SECOND);
    await whileHarmed(
      stage,
      'land',
      async () => {
        // As slow as one without an index over a great many rows.
        await land.knex.raw(`rename table ${PARCELS} to ${PARCELS}_ASIDE`);
        await land.knex.raw(`create view ${PARCELS} as select * from ${PARCELS}_ASIDE where sleep(20) = 0`);
      },
      async () => {
        await land.knex.raw(`drop view ${PARCELS}`);
        await land.knex.raw(`rename table ${PARCELS}_ASIDE to ${PARCELS}`);
      },
    );
    const locker = await mysql.createConnection({ uri: cluster.landUrl });
    locker.on('error', () => {});
    try {
      await whileHarmed(
        stage,
        'land',
        () => locker.query(`lock tables ${PARCELS} write`),
        () => locker.query('unlock tables'),
      );
    } finally {
      await locker.end();
    }
    const [row] = await land.query(
      `select count(*) as n from information_schema.processlist where user = ? and info like '%${PARCELS}%' and time > 15`,
      [cluster.landReader],
    );
    expect(Number(row?.n) === 0, 'nothing that was given up still runs at the database');
    noteSlowness(stage, from);
  },
};
