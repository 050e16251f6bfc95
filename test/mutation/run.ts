/** `npm run test:mutation [PORTION …]`: weakens the code piece by piece and sees whether a test fails each time. */

import { spawnSync } from 'node:child_process';
import { PORTIONS } from './portions.ts';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PORTIONS, name));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: expected some of ${Object.keys(PORTIONS).join(', ')}, or none for all`);
  process.exit(2);
}
const failed = (asked.length > 0 ? asked : Object.keys(PORTIONS)).filter((name) => {
  console.log(`\n# ${name}\n`);
  const env = { ...process.env, MUTATION_PORTION: name };
  return spawnSync('stryker', ['run', 'test/mutation/stryker.config.mjs'], { env, stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) console.error(`Too many mutants lived in ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
