import type { TestProject } from 'vitest/node';
import { type MariadbService, startMariadb } from './services/mariadb.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** One server for the run; every suite takes a database of its own on it. */
    mariadb: MariadbService;
  }
}

/** Starts what several suites share. A suite says by itself, in its title, when a server it needs cannot be had. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mariadb = await startMariadb();
  if ('missing' in mariadb.service && process.env.CI === 'true') {
    throw new Error(`No MariaDB, and a skipped suite fails here: ${mariadb.service.missing}`);
  }
  project.provide('mariadb', mariadb.service);
  return mariadb.stop;
}
