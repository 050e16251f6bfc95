import { appendFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { areShown, putAside, SECTOR, shownOf, takenAt, versionsOf } from '../export-index.ts';
import { type ExportedDossier, lineOf, listOf } from '../export-office.ts';
import type { FaultRow, Stage } from '../row.ts';
import { waysOf } from '../ways.ts';
import { killAndReplace, passing } from './kills.ts';

/** As long as a file must be left alone to count as whole: `stableMs` of the branch's declaration. */
const STABLE_MS = 300;

export const damagedFiles: FaultRow = {
  number: 26,
  title: 'files with marks and in UTF-16, with bad rows, twice, half written, and read by a capture that is killed',
  async run(stage) {
    const { exporting } = stage.cluster;
    const goOn = exporting.holdBack();
    try {
      for (const part of [encodings, badRows, badFiles, sameTwice, halfWritten, killedWhileReading]) await part(stage);
    } finally {
      goOn();
    }
  },
};

/** People go on with a few dossiers. @returns everything the office holds then, those first */
function goOnWith({ cluster: { exporting }, random }: Stage, count: number): readonly ExportedDossier[] {
  const codes = [...exporting.dossiers().keys()];
  const chosen = Array.from({ length: count }, () => codes.splice(Math.floor(random() * codes.length), 1)[0] ?? '');
  for (const code of chosen) {
    const { status = '', statusAt = 0 } = exporting.dossiers().get(code) ?? {};
    // Always another status and a later second, so that it can be seen whether the file was read.
    const at = Math.max(Math.floor(Date.now() / 1_000) * 1_000, statusAt + 1_000);
    exporting.move(code, status === '21' ? '22' : '21', at);
  }
  return [...chosen, ...codes].flatMap((code) => exporting.dossiers().get(code) ?? []);
}

async function encodings(stage: Stage): Promise<void> {
  const { cluster, harmed, eventually } = stage;
  const ways: readonly (readonly [string, (text: string) => Buffer])[] = [
    ['UTF-8 with a mark', (text) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-16LE', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16BE', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ];
  for (const [name, encode] of ways) {
    const all = goOnWith(stage, 3);
    await cluster.exporting.drop(encode(listOf(all.map(lineOf))));
    harmed();
    await eventually(() => areShown(cluster, all), `a list in ${name} is read whole, zeros included`);
  }
}

/** Ways in which one line is wrong; the others around it are not. */
const DAMAGES: readonly ((line: string) => Buffer)[] = [
  (line) => Buffer.from(line.replace(';', ';\0')),
  (line) => Buffer.from(line.split(';').slice(0, 3).join(';')),
  (line) => Buffer.concat([Buffer.from(line), Buffer.from([0xff])]),
  (line) => Buffer.from(line.replace(/^[^;]*/, '')),
  (line) => Buffer.from(line.replace(';', 'x"y;')),
];

async function badRows(stage: Stage): Promise<void> {
  const { cluster, harmed, expect, eventually, note } = stage;
  const before = await shownOf(cluster);
  const all = goOnWith(stage, DAMAGES.length + 3);
  const [unlisted, dated, ...rest] = all;
  const bad = rest.slice(0, DAMAGES.length);
  const sound = rest.slice(DAMAGES.length);
  const lines = rest.map((dossier, place) => DAMAGES[place]?.(lineOf(dossier)) ?? Buffer.from(lineOf(dossier)));
  // In the middle of the others, not at their beginning.
  const listed = [...lines.slice(DAMAGES.length), ...lines.slice(0, DAMAGES.length), datedWrong(dated)];
  const end = Buffer.from('\r\n');
  const name = await cluster.exporting.drop(
    Buffer.concat([Buffer.from(listOf([])), ...listed.flatMap((line) => [line, end])]),
  );
  harmed();
  const firstBad = lines.length - DAMAGES.length + 2;
  const wanted = DAMAGES.map((_, place) => `${name}:${firstBad + place}`);
  const named = async () => (await putAside(cluster, name)).join() === wanted.join();
  await eventually(named, `the bad rows, and they alone, are put aside as ${wanted.join(', ')}`);
  await eventually(() => areShown(cluster, sound), 'the good rows of a file with bad ones are in the index');
  const { code = '', status } = dated ?? {};
  const isTaken = async () => (await shownOf(cluster)).get(code)?.status === status;
  await eventually(isTaken, 'what can be read of a row with a bad date is taken');
  const after = await shownOf(cluster);
  const isAsBefore = ({ code }: ExportedDossier) =>
    JSON.stringify(after.get(code)) === JSON.stringify(before.get(code));
  expect(bad.every(isAsBefore), 'nothing of a bad row replaces what was known');
  expect(unlisted !== undefined && isAsBefore(unlisted), 'a list with bad rows does not say what is gone');
  expect(after.get(code)?.statusAt === before.get(code)?.statusAt, 'a date that cannot be leaves the one before');
  const [way] = await waysOf(cluster, SECTOR);
  expect((way?.quarantined ?? 0) >= bad.length, 'sectors says how many rows are put aside');
  note(`${wanted.length} bad rows named`);
  await dropWhole(stage, 'what bad rows left out comes with the next list');
}

function datedWrong(dossier: ExportedDossier | undefined): Buffer {
  const fields = dossier === undefined ? [] : lineOf(dossier).split(';');
  return Buffer.from(fields.with(4, '2026-02-31 25:00:00').join(';'));
}

async function badFiles({ cluster, harmed, expect, eventually }: Stage): Promise<void> {
  const before = await versionsOf(cluster);
  const list = listOf([...cluster.exporting.dossiers().values()].map(lineOf));
  for (const [what, bytes] of [
    ['an empty file', Buffer.alloc(0)],
    ['a file with another delimiter', Buffer.from(list.replaceAll(';', '\t'))],
    ['a file whose lines are not text', Buffer.from(list).map((byte) => byte | 0x80)],
  ] as const) {
    const name = await cluster.exporting.drop(bytes);
    harmed();
    await eventually(async () => (await putAside(cluster, name)).join() === name, `${what} is named and put aside`);
  }
  expect((await versionsOf(cluster)) === before, 'a file that cannot be read changes nothing');
}

async function sameTwice(stage: Stage): Promise<void> {
  const { cluster, harmed, expect, eventually } = stage;
  const { exporting } = cluster;
  const all = goOnWith(stage, 3);
  const bytes = Buffer.from(listOf(all.map(lineOf)));
  const first = await exporting.drop(bytes);
  await eventually(() => areShown(cluster, all), 'the list is read the first time');
  const before = await versionsOf(cluster);
  const again = await exporting.drop(bytes);
  harmed();
  await eventually(async () => (await takenAt(cluster, again)) !== null, 'the same under another name is looked at');
  const later = new Date(Date.now() + 1_000);
  await utimes(join(exporting.directory, first), later, later);
  harmed();
  const isLookedAt = async () => (await takenAt(cluster, first)) === later.getTime();
  await eventually(isLookedAt, 'the same under its own name is looked at');
  expect((await versionsOf(cluster)) === before, 'the same file again changes nothing');
}

async function halfWritten(stage: Stage): Promise<void> {
  const { cluster, harmed, expect, eventually, note } = stage;
  const { exporting } = cluster;
  const all = goOnWith(stage, 3);
  const bytes = Buffer.from(listOf(all.map(lineOf)));
  const name = exporting.nextName();
  const path = join(exporting.directory, name);
  // In the middle of the code of the last dossier but two.
  const cutLine = all.length - 2 + 1;
  const cut = bytes.indexOf(all.at(-3)?.code ?? '') + 3;
  let longest = 0;
  let at = performance.now();
  for (let from = 0; from < cut; from += Math.ceil(cut / 8)) {
    await appendFile(path, bytes.subarray(from, Math.min(cut, from + Math.ceil(cut / 8))));
    longest = Math.max(longest, performance.now() - at);
    at = performance.now();
    await delay(STABLE_MS / 4);
  }
  harmed();
  // A machine that is busy may have left the file alone for as long as a whole one is.
  if (longest > STABLE_MS / 2) note(`a pause of ${Math.round(longest)} ms in a file being written`);
  else expect((await takenAt(cluster, name)) === null, 'a file that is being written is left alone');
  const torn = `${name}:${cutLine}`;
  await eventually(
    async () => (await putAside(cluster, name)).join() === torn,
    `a file that stays cut is read up to its last whole row, and the cut one named as ${torn}`,
  );
  await eventually(() => areShown(cluster, all.slice(0, -3)), 'the rows before the cut are in the index');
  const shown = await shownOf(cluster);
  expect(
    all.slice(-3).every(({ code }) => shown.get(code)?.deleted === false),
    'what is behind the cut does not count as gone',
  );
  const late = goOnWith(stage, 2);
  await appendFile(path, bytes.subarray(cut));
  await eventually(() => areShown(cluster, all), 'the rest is read once it has come');
  const rest = await exporting.drop(Buffer.from(listOf(late.map(lineOf))));
  await eventually(async () => (await takenAt(cluster, rest)) !== null, 'the next list is read');
}

async function killedWhileReading(stage: Stage): Promise<void> {
  const { cluster, kills, random, pauseBetween } = stage;
  for (let kill = 0; kill < Math.min(kills, 20); kill++) {
    await cluster.exporting.drop(Buffer.from(listOf(goOnWith(stage, 5).map(lineOf))));
    if (random() < 0.5) await passing(cluster.proxies.store, 'into `outbox`');
    else await pauseBetween(STABLE_MS, STABLE_MS * 3);
    await killAndReplace(stage, 'capture');
  }
  await dropWhole(stage, 'everything is there after the kills');
}

async function dropWhole(stage: Stage, what: string): Promise<void> {
  const all = goOnWith(stage, 1);
  await stage.cluster.exporting.drop(Buffer.from(listOf(all.map(lineOf))));
  await stage.eventually(() => areShown(stage.cluster, all), what);
}
