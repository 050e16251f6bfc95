import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFuzzedFortress } from './fuzz/stage.ts';
import { throwInputs } from './fuzz/throw-inputs.ts';
import { countTraces } from './fuzz/traces.ts';
import type { Fortress } from './stage.ts';

const INPUTS = 2_000;
const TIMEOUT_MS = 4_000;

let fortress: Fortress;
beforeAll(async () => {
  fortress = await openFuzzedFortress(TIMEOUT_MS);
}, 120_000);
afterAll(() => fortress?.close());

test('of what the systems of the made-up province state of dossiers, titles too, nothing is a fault', () => {
  const store = new DatabaseSync(join(fortress.directory, 'hub.sqlite'), { readOnly: true });
  const counted = store
    .prepare('select sector, count(*) > 50 as many, count(faults) as faulty from dossier_view group by sector')
    .all();
  store.close();
  expect(counted.map((row) => Object.values(row))).toEqual(
    ['business-registration', 'civil-status', 'land', 'one-stop'].map((sector) => [sector, 1, 0]),
  );
});

test('whatever is thrown at the hub, it answers in time, fails by name only, and tells nobody of anybody', async () => {
  const thrown = await throwInputs(fortress, { inputs: INPUTS, seed: 4, mostMs: TIMEOUT_MS + 1_000 });
  expect(thrown.findings).toEqual([]);
  expect(thrown.traces).toEqual([]);
  expect(fortress.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  // Otherwise it would have been shown of closed doors only, and of places in which nothing was written.
  const { data, atFields, whole } = thrown.documents;
  expect((data + atFields) / (data + atFields + whole)).toBeGreaterThan(1 / 3);
  expect(data).toBeGreaterThan(200);
  expect(thrown.titles).toBeGreaterThan(0);
  for (const [place, count] of Object.entries(countTraces(fortress))) expect([place, count > 0]).toEqual([place, true]);
}, 400_000);
