import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { currentPortion } from './portions.ts';

export default defineConfig({
  resolve: {
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
  },
  test: {
    include: [...currentPortion().tests],
    maxWorkers: 1,
    provide: { mariadb: { missing: 'mutants are tried without servers' } },
  },
});
