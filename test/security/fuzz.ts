import { parseArgs } from 'node:util';
import { openFuzzedFortress } from './fuzz/stage.ts';
import { throwInputs } from './fuzz/throw-inputs.ts';
import { countTraces } from './fuzz/traces.ts';

/** `npm run test:fuzz -- --inputs 100000 --seed 1`: the long run of what fuzz.test.ts does shortly. */
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const TIMEOUT_MS = 10_000;
const TELL_EVERY = 5_000;
const since = performance.now();
const seconds = () => `${Math.round((performance.now() - since) / 1_000)} s`;
const say = (text: string) => process.stdout.write(`${text}\n`);

const fortress = await openFuzzedFortress(TIMEOUT_MS);
try {
  const { findings, traces, kinds, documents, titles } = await throwInputs(fortress, {
    ...{ inputs: Number(values.inputs), seed: Number(values.seed), mostMs: TIMEOUT_MS + 1_000 },
    onBatch(done, found) {
      if (done % TELL_EVERY === 0) say(`${done} inputs, ${found.length} findings, ${seconds()}`);
    },
  });
  const failures = fortress.logged.filter((line) => /"level":(50|60)/.test(line));
  say(`kinds: ${JSON.stringify(kinds)}`);
  say(`documents: ${JSON.stringify(documents)}`);
  say(`looked through: ${JSON.stringify({ ...countTraces(fortress), honestTitles: titles })}`);
  for (const finding of [...findings, ...traces, ...failures]) say(JSON.stringify(finding));
  const faults = [findings, traces, failures].map(({ length }) => length);
  say(
    `${values.inputs} inputs, seed ${values.seed}, ${seconds()}: ${faults[0]} findings, ${faults[1]} traces of people, ${faults[2]} failures logged`,
  );
  process.exitCode = faults.every((count) => count === 0) ? 0 : 1;
} finally {
  await fortress.close();
}
