import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import type { StartContestant } from './contestant.ts';

/** A Fastify route that sends the same bytes and does nothing for them: what HTTP alone costs. */
export const start: StartContestant = async ({ answersFile }) => {
  const answers = new Map(JSON.parse(readFileSync(answersFile ?? '', 'utf8')) as [key: string, answer: string][]);
  const fastify = Fastify();
  fastify.post<{ Body: { variables: Readonly<Record<string, string>> } }>('/graphql', async ({ body }, reply) => {
    const answer = answers.get(body.variables.id ?? body.variables.code ?? '');
    return reply.header('content-type', 'application/json; charset=utf-8').send(answer);
  });
  return { url: `${await fastify.listen({ host: '127.0.0.1', port: 0 })}/graphql` };
};
