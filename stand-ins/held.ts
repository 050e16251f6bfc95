/**
 * Three finished dossiers as they come in real life: typed at the counter so that nobody could honestly send them on. One
 * states no number of its applicant, one a procedure that is in no catalogue, one was to be ready before it was received.
 *
 *   node stand-ins/held.ts spoil   --data DIR      types them wrongly, unless that was done before
 *   node stand-ins/held.ts correct --data DIR      corrects them, as the counter's officers would
 *
 * Both go through the counter software, whose address stands in DIR/systems.json.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { readSystems } from './systems.ts';
import { localTime, two } from './world/time.ts';

type Typed = Record<string, string>;

interface Spoilt {
  docCode: string;
  before: Typed;
}

const mistakes: readonly ((typed: Typed) => Typed)[] = [
  () => ({ applicantsId: '' }),
  () => ({ docTypeCode: '1.999999' }),
  ({ dateAppointed = '', dateReceived = '' }) => ({ dateAppointed: dateReceived, dateReceived: dateAppointed }),
];

export async function spoil(directory: string, address: string): Promise<readonly string[]> {
  const note = join(directory, 'held.json');
  if (existsSync(note)) return [];
  const database = new DatabaseSync(join(directory, 'one-stop.sqlite'), { readOnly: true, timeout: 5_000 });
  const rows = database
    .prepare(
      `SELECT body FROM (SELECT body FROM dossiers ORDER BY updated_at DESC LIMIT 3000)
       WHERE body ->> '$.status' = 'done' AND body ->> '$.applicantsType' = '1'
         AND substr(body ->> '$.dateAppointed', 1, 10) <> substr(body ->> '$.dateReceived', 1, 10) LIMIT ?`,
    )
    .all(mistakes.length);
  database.close();
  const spoilt: Spoilt[] = [];
  for (const [place, mistake] of mistakes.entries()) {
    const typed = JSON.parse(String(rows[place]?.body ?? '{}')) as Typed;
    const wrong = mistake(typed);
    const before = Object.fromEntries(Object.keys(wrong).map((name) => [name, typed[name] ?? '']));
    spoilt.push({ docCode: typed.docCode ?? '', before });
    await type(address, typed.docCode ?? '', wrong);
  }
  writeFileSync(note, JSON.stringify(spoilt));
  return spoilt.map(({ docCode }) => docCode);
}

export async function correct(directory: string, address: string): Promise<readonly string[]> {
  const spoilt = JSON.parse(readFileSync(join(directory, 'held.json'), 'utf8')) as Spoilt[];
  for (const { docCode, before } of spoilt) await type(address, docCode, before);
  return spoilt.map(({ docCode }) => docCode);
}

async function type(address: string, docCode: string, set: Typed): Promise<void> {
  const { year, month, day, hour, minute, second } = localTime(Date.now());
  const at = `${two(day)}/${two(month)}/${year} ${two(hour)}:${two(minute)}:${two(second)}`;
  const response = await fetch(`${address}/__stand-in/correct`, {
    method: 'POST',
    body: JSON.stringify({ docCode, set, at }),
  });
  if (!response.ok) throw new Error(`The counter software does not know ${docCode}.`);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { data: { type: 'string' } } });
  const action = { spoil, correct }[positionals[0] ?? ''];
  if (action === undefined || values.data === undefined) {
    console.error('usage: held.ts spoil|correct --data DIR');
    process.exitCode = 2;
  } else {
    const directory = resolve(values.data);
    const systems = join(directory, 'systems.json');
    if (!existsSync(systems)) {
      console.error('No demo runs on this folder: start it with npm start, then try again.');
      process.exitCode = 1;
    } else {
      const address = readSystems(directory)['one-stop']?.URL ?? '';
      for (const code of await action(directory, address))
        console.log(`${code} ${positionals[0] === 'spoil' ? 'is typed wrongly' : 'is corrected'}`);
    }
  }
}
