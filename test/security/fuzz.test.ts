import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import { askHub } from '../support/province.ts';
import { type Fortress, openFortress } from './stage.ts';
import { throwInputs } from './throw-inputs.ts';

const INPUTS = 2_000;
const TIMEOUT_MS = 4_000;

let fortress: Fortress;
beforeAll(async () => {
  fortress = await openFortress({ RATE_PER_MINUTE: '1000000', OPERATION_TIMEOUT_MS: String(TIMEOUT_MS) });
}, 120_000);
afterAll(() => fortress?.close());

test('whatever is thrown at the hub, it answers in time, fails by name only, and tells nobody of anybody', async () => {
  const canaries = [demoPerson.personalNumber, demoPerson.name];
  const findings = await throwInputs(fortress, { inputs: INPUTS, seed: 4, mostMs: TIMEOUT_MS + 1_000, canaries });
  expect(findings).toEqual([]);
  const { data } = await askHub(
    fortress.url,
    '{ sectors { id } }',
    {},
    { authorization: await fortress.bearer('counter') },
  );
  expect(data.sectors.length).toBeGreaterThan(3);
  for (const canary of canaries) expect(fortress.logged.filter((line) => line.includes(canary))).toEqual([]);
  expect(fortress.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
}, 400_000);
