import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createYoga } from 'graphql-yoga';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import { vietnamDate } from '../../core/time.ts';
import { createLoaders } from '../by-hand/loaders.ts';
import { openReader } from '../by-hand/reader.ts';
import { handWrittenSchema } from '../by-hand/schema.ts';
import { BENCH_NOW } from '../tables/databases.ts';
import type { StartContestant } from './contestant.ts';

/** graphql-yoga on Node's own HTTP server, with the same hand-written resolvers. */
export const start: StartContestant = async ({ kind, urls }) => {
  const reader = openReader(kind, urls);
  const catalogues = loadCatalogues(join(import.meta.dirname, '..', '..', 'catalogues'));
  const yoga = createYoga({
    schema: handWrittenSchema(catalogues, vietnamDate(BENCH_NOW)),
    context: () => ({ loaders: createLoaders(reader) }),
    logging: false,
    landingPage: false,
  });
  const server = createServer(yoga).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return { url: `http://127.0.0.1:${address.port}/graphql` };
};
