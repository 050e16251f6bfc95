import { execFile } from 'node:child_process';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { Database } from '../../../drivers/database.ts';
import { send } from '../access/request.ts';
import type { FaultRow, Stage } from '../row.ts';
import { killAndReplace } from './kills.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BUSY_PER_SECOND = 20;
const VERIFY_MS = 120_000;
/** So many groups a chain must have for some of them to be taken away. */
const FEWEST_GROUPS = 6;
const MOST_ROUNDS = 20;

export const accessLogHarmed: FaultRow = {
  number: 31,
  title:
    'the access log is edited, cut and cannot be written: found and named; nothing personal leaves, the rest goes on',
  harms: ['*'],
  async run(stage) {
    const { access, kills, note, expect } = stage;
    access.asking.rate(BUSY_PER_SECOND);
    const { chain } = await growChain(stage);
    // Killed, so that nothing in the log itself says where it ends: an exported head alone does.
    await killAndReplace(stage, 'gateway');
    const whole = await verify(stage);
    expect(whole.code === 0, `the log verifies before anybody touches it: ${whole.text.slice(-300)}`);
    let found = 0;
    const rounds = Math.max(EDITS.length, Math.min(kills, MOST_ROUNDS));
    for (let round = 0; round < rounds; round++) {
      const edit = EDITS[round % EDITS.length] as (typeof EDITS)[number];
      if (await isFoundAndNamed(stage, chain, edit)) found += 1;
    }
    note(`${found} of ${rounds} edits and cuts found and named`);
    await unwritable(stage, 'refuses', {
      harm: (store) => store.knex.raw('rename table audit_group to audit_group_aside'),
      undo: (store) => store.knex.raw('rename table audit_group_aside to audit_group'),
    });
    const locker = await mysql.createConnection({ uri: storeUrl(stage) });
    locker.on('error', () => {});
    await unwritable(stage, 'hangs', {
      harm: () => locker.query('lock tables audit_group read'),
      undo: () => locker.query('unlock tables'),
    }).finally(() => locker.end());
  },
};

/** A stored group. */
interface Group {
  readonly chain: string;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly at: number;
  readonly entries: string;
  readonly hash: string;
  readonly signature: string;
}

/** Until the chain that is being written has something to be edited: others belong to gateways that have ended. */
async function growChain({ cluster, access, eventually }: Stage): Promise<{ readonly chain: string }> {
  await access.asking.ask('whole');
  const [row] = await cluster.store.query('select chain from audit_group order by at desc limit 1', []);
  const chain = String(row?.chain);
  await eventually(async () => (await groupsOf(cluster.store, chain)).length >= FEWEST_GROUPS, 'the log grows', 60_000);
  return { chain };
}

async function groupsOf(store: Database, chain: string): Promise<readonly Group[]> {
  const rows = await store.query('select * from audit_group where chain = ? order by first_seq', [chain]);
  return rows.map(
    (row) => ({ ...row, first_seq: Number(row.first_seq), last_seq: Number(row.last_seq) }) as unknown as Group,
  );
}

interface Edit {
  readonly name: string;
  /** Groups that it takes away, and those that it puts there. */
  do(
    groups: readonly Group[],
    random: () => number,
  ): { readonly gone: readonly Group[]; readonly come: readonly Group[] };
  /** What the place is called. */
  place(gone: readonly Group[]): RegExp;
}

const EDITS: readonly Edit[] = [
  {
    name: 'a word of one entry',
    do(groups, random) {
      const group = pick(groups, random);
      const at = group.entries.search(/[a-z]{4}(?=[a-z]*")/);
      const letter = group.entries[at] === 'x' ? 'y' : 'x';
      const entries = `${group.entries.slice(0, at)}${letter}${group.entries.slice(at + 1)}`;
      return { gone: [group], come: [{ ...group, entries }] };
    },
    place: ([group]) => placeIn(group as Group),
  },
  {
    name: 'the tail, cut off',
    do: (groups) => ({ gone: groups.slice(-3), come: [] }),
    place: ([first]) => new RegExp(`ends at ${(first as Group).first_seq - 1}\\b`),
  },
  {
    name: 'a group taken out',
    do: (groups, random) => ({ gone: [pick(groups, random)], come: [] }),
    place: ([group]) => placeIn(group as Group),
  },
];

function pick(groups: readonly Group[], random: () => number): Group {
  return groups[1 + Math.floor(random() * (groups.length - 4))] as Group;
}

/** A number of one of its entries. */
function placeIn({ first_seq, last_seq }: Group): RegExp {
  const numbers = Array.from({ length: last_seq - first_seq + 1 }, (_, place) => first_seq + place);
  return new RegExp(`(entry|entries) (${numbers.join('|')})\\b`);
}

/** Edits the log as somebody does who may write to its database, verifies it, and puts everything back. */
async function isFoundAndNamed(stage: Stage, chain: string, edit: Edit): Promise<boolean> {
  const { cluster, random, harmed, expect } = stage;
  const { store } = cluster;
  const { gone, come } = edit.do(await groupsOf(store, chain), random);
  const put = (groups: readonly Group[]) => store.knex('audit_group').insert(groups as Group[]);
  const take = async (groups: readonly Group[]) => {
    for (const { first_seq } of groups) await store.knex('audit_group').where({ chain, first_seq }).delete();
  };
  await take(gone);
  if (come.length > 0) await put(come);
  harmed();
  const { code, text } = await verify(stage).finally(async () => {
    await take(come);
    await put(gone);
  });
  const told = text.split('\n').filter((line) => line.startsWith('broken: ') && line.includes(chain));
  const isFound = code === 1 && told.some((line) => edit.place(gone).test(line));
  expect(isFound, `${edit.name} is found and named: ${code} ${told[0] ?? text.slice(-300)}`);
  return isFound;
}

/** As an auditor does it, with the heads that left the hub. */
function verify({ cluster }: Stage): Promise<{ readonly code: number; readonly text: string }> {
  const args = [join(ROOT, 'cli.ts'), 'audit', 'verify', '--heads', cluster.headsDirectory];
  const { promise, resolve } = Promise.withResolvers<{ code: number; text: string }>();
  execFile(
    process.execPath,
    args,
    { cwd: ROOT, env: cluster.environment, timeout: VERIFY_MS, maxBuffer: 64 * 1024 * 1024 },
    (error, stdout) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), text: stdout }),
  );
  return promise;
}

/** @param how it fails, for what is told */
async function unwritable(
  stage: Stage,
  how: string,
  { harm, undo }: { harm: (store: Database) => Promise<unknown>; undo: (store: Database) => Promise<unknown> },
): Promise<void> {
  const { cluster, access, harmed, expect, eventually } = stage;
  const { asking } = access;
  const codesOf = async (name: string) => (await asking.ask(name)).lacking.map(({ code }) => code);
  const isWhole = async (name: string) => (await codesOf(name)).length === 0;
  await harm(cluster.store);
  harmed();
  try {
    const isRefused = async () => (await codesOf('whole')).includes('AUDIT_UNAVAILABLE');
    await eventually(isRefused, `personal data is refused while the log ${how}`);
    expect(await isWhole('public'), `what is public goes on while the log ${how}`);
    expect(await isWhole('figures'), `figures go on while the log ${how}`);
    expect(await isRefused(), `personal data stays refused while the log ${how}`);
    const { status, text } = await send({ address: cluster.one('gateway').address, path: '/readyz', method: 'GET' });
    expect(status === 503 && text.includes('unwritable'), `/readyz says it while the log ${how}: ${status} ${text}`);
  } finally {
    await undo(cluster.store);
  }
  await eventually(
    () => isWhole('whole'),
    `personal data is answered again once the log can be written: it ${how} no more`,
  );
}

function storeUrl({ cluster }: Stage): string {
  const url = new URL(cluster.landUrl);
  url.pathname = '/hub';
  return url.href;
}
