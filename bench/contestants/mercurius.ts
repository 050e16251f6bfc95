import { join } from 'node:path';
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import { vietnamDate } from '../../core/time.ts';
import { createLoaders } from '../by-hand/loaders.ts';
import { openReader } from '../by-hand/reader.ts';
import { handWrittenSchema } from '../by-hand/schema.ts';
import { BENCH_NOW } from '../tables/databases.ts';
import type { StartContestant } from './contestant.ts';

/** Mercurius with graphql-jit and hand-written resolvers: the quickest GraphQL server for Node that one would choose. */
export const start: StartContestant = async ({ kind, urls }) => {
  const reader = openReader(kind, urls);
  const catalogues = loadCatalogues(join(import.meta.dirname, '..', '..', 'catalogues'));
  const fastify = Fastify();
  await fastify.register(mercurius, {
    schema: handWrittenSchema(catalogues, vietnamDate(BENCH_NOW)),
    context: () => ({ loaders: createLoaders(reader) }),
    jit: 1,
  });
  return { url: `${await fastify.listen({ host: '127.0.0.1', port: 0 })}/graphql` };
};
