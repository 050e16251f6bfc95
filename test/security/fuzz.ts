import { parseArgs } from 'node:util';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import { openFortress } from './stage.ts';
import { throwInputs } from './throw-inputs.ts';

/** `npm run test:fuzz -- --inputs 100000 --seed 1`: the long run of what fuzz.test.ts does shortly. */
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const TIMEOUT_MS = 10_000;
const fortress = await openFortress({ RATE_PER_MINUTE: '1000000', OPERATION_TIMEOUT_MS: String(TIMEOUT_MS) });
try {
  const findings = await throwInputs(fortress, {
    inputs: Number(values.inputs),
    seed: Number(values.seed),
    mostMs: TIMEOUT_MS + 1_000,
    canaries: [demoPerson.personalNumber, demoPerson.name],
  });
  process.stdout.write(`${values.inputs} inputs, ${findings.length} findings\n`);
  for (const finding of findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
} finally {
  await fortress.close();
}
