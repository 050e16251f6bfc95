import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type HubProcess, type Role, startHub } from '../hub-process.ts';
import type { FaultRow } from '../row.ts';
import { isCurrentAt, staleAt } from '../stale.ts';

const run = promisify(execFile);

/** Debian's package libfaketime. */
const FAKETIME = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`);
const HOUR_S = 3_600;
const SHIFTS: readonly Readonly<Record<'capture' | 'project' | 'deliver', number>>[] = [
  { capture: HOUR_S, project: -HOUR_S, deliver: 0 },
  { capture: -HOUR_S, project: HOUR_S, deliver: -HOUR_S },
];

export const clocksWrong: FaultRow = {
  number: 20,
  title: 'the clocks of the hubs are an hour ahead or behind of each other',
  async run({ cluster, isLong, harmed, note }) {
    const library = FAKETIME.find((path) => existsSync(path));
    if (library === undefined) return note('not run: libfaketime is not installed');
    for (const shifts of SHIFTS) {
      for (const [role, seconds] of Object.entries(shifts) as [Role, number][]) {
        await cluster.one(role).signal('SIGKILL');
        const shift = `${seconds < 0 ? '' : '+'}${seconds}s`;
        const environment = { LD_PRELOAD: library, FAKETIME: shift, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
        await cluster.start(role, { environment });
        harmed();
      }
      await delay(isLong ? 30_000 : 4_000);
    }
    for (const role of Object.keys(SHIFTS[0] ?? {}) as Role[]) await cluster.one(role).signal('SIGKILL');
  },
};

/** Store and log together, and what SQLite writes beside them before it brings it over: 32 MB. */
const STORE_MB = 96;

export const diskFull: FaultRow = {
  number: 27,
  title: 'the disk of a hub with an embedded store and log fills up: it lives on, says what is stale, recovers',
  async run({ cluster, harmed, expect, eventually, note }) {
    const folder = join(cluster.directory, '..', 'small-disk');
    await mkdir(folder, { recursive: true });
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${STORE_MB}m`, 'none', folder]).then(
      () => true,
      () => false,
    );
    if (!mounted) return note('not run: no small disk may be mounted here');
    let hub: HubProcess | undefined;
    try {
      // Its access log is one of its own, of which the others' auditors know nothing.
      const AUDIT_HEADS_DIR = `${folder}-heads`;
      const own = { DATA_DIR: folder, DATABASE_URL: '', KAFKA_BROKERS: '', PORTAL_URL: '', AUDIT_HEADS_DIR };
      hub = await startHub('gateway,capture,project', { ...cluster.environment, ...own });
      const { address } = hub;
      await eventually(() => isCurrentAt(cluster, address), 'it has read in everything', 60_000);
      emptyJournal(join(folder, 'hub.sqlite'));
      await run('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=64k', `count=${STORE_MB * 16}`]).catch(
        () => {},
      );
      harmed();
      await eventually(
        async () => (await staleAt(cluster, address)).includes('land'),
        'answers say that the index is behind',
      );
      expect(hub.isRunning(), 'it lives on a full disk');
      await rm(join(folder, 'filler'));
      await eventually(() => isCurrentAt(cluster, address), 'it goes on once there is room again');
    } finally {
      await hub?.stop();
      await run('umount', [folder]).catch(() => {});
    }
  },
};

/** A journal that was longer once is written again from its beginning: a full disk would not be felt for a while. */
function emptyJournal(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('pragma busy_timeout = 5000; pragma wal_checkpoint(truncate)');
  database.close();
}

const DESCRIPTORS = 72;
const SOCKETS = 120;

export const descriptorsShort: FaultRow = {
  number: 28,
  title: 'a gateway has no descriptors left: it lives on and answers again once there are some',
  async run({ cluster, harmed, expect, eventually }) {
    const hub = await startHub('gateway', cluster.environment, { descriptors: DESCRIPTORS });
    const sockets: Socket[] = [];
    try {
      await eventually(() => isCurrentAt(cluster, hub.address), 'it answers');
      const port = Number(new URL(hub.address).port);
      for (let count = 0; count < SOCKETS; count++) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        sockets.push(socket);
      }
      harmed();
      await delay(3_000);
      expect(hub.isRunning(), 'it lives without descriptors');
      for (const socket of sockets.splice(0)) socket.destroy();
      await eventually(() => isCurrentAt(cluster, hub.address), 'it answers again');
    } finally {
      for (const socket of sockets) socket.destroy();
      await hub.stop();
    }
  },
};
