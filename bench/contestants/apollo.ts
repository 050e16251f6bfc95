import { join } from 'node:path';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled';
import Fastify from 'fastify';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import { vietnamDate } from '../../core/time.ts';
import { createLoaders } from '../by-hand/loaders.ts';
import { openReader } from '../by-hand/reader.ts';
import { handWrittenSchema } from '../by-hand/schema.ts';
import { BENCH_NOW } from '../tables/databases.ts';
import type { StartContestant } from './contestant.ts';

/** Apollo Server as the hub stands on it, with the hand-written resolvers and nothing else: what its pipeline alone costs. */
export const start: StartContestant = async ({ kind, urls }) => {
  const reader = openReader(kind, urls);
  const catalogues = loadCatalogues(join(import.meta.dirname, '..', '..', 'catalogues'));
  const server = new ApolloServer({
    schema: handWrittenSchema(catalogues, vietnamDate(BENCH_NOW)),
    plugins: [ApolloServerPluginUsageReportingDisabled()],
    stopOnTerminationSignals: false,
  });
  await server.start();
  const fastify = Fastify();
  fastify.post('/graphql', async (request, reply) => {
    const { status = 200, body } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        search: '',
        body: request.body,
        headers: new HeaderMap([['content-type', 'application/json']]),
      },
      context: async () => ({ loaders: createLoaders(reader) }),
    });
    const text = body.kind === 'complete' ? body.string : '';
    return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text);
  });
  return { url: `${await fastify.listen({ host: '127.0.0.1', port: 0 })}/graphql` };
};
