import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { keyOf } from '../queries.ts';
import type { StartContestant } from './contestant.ts';

/** A Fastify route that sends the same bytes and does nothing for them: what HTTP alone costs. */
export const start: StartContestant = async ({ answersFile }) => {
  const answers = new Map(JSON.parse(readFileSync(answersFile ?? '', 'utf8')) as [key: string, answer: string][]);
  const fastify = Fastify();
  fastify.post<{ Body: Parameters<typeof keyOf>[0] }>('/graphql', async ({ body }, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(answers.get(keyOf(body))),
  );
  return { url: `${await fastify.listen({ host: '127.0.0.1', port: 0 })}/graphql` };
};
