import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The suites that hold the access code, and no servers: they are run once for every mutant. */
export default defineConfig({
  resolve: {
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
  },
  test: {
    include: ['test/access/{agency-tree,can,guard,policy,rules,units}.test.ts'],
    maxWorkers: 1,
  },
});
