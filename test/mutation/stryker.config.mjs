import { currentPortion } from './portions.ts';

const { mutate, least } = currentPortion();

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  packageManager: 'npm',
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  mutate: [...mutate],
  ignorePatterns: ['/data', '/docs', '/bench', '/test/faults', '/test/streams', '/test/connectors', '/.git'],
  ignoreStatic: true,
  concurrency: Number(process.env.MUTATION_WORKERS ?? 2),
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportScoreTable: true },
  tempDirName: '.stryker-tmp',
  // What is done at once on a machine with nothing else to do may take much longer on one that has.
  timeoutMS: 20_000,
  thresholds: { high: 100, low: least, break: least },
};
