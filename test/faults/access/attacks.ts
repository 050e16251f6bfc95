import type { AccountName } from '../../../stand-ins/issuer/accounts.ts';
import { createWorld } from '../../../stand-ins/world/world.ts';
import type { Attack, Known } from '../../security/attack.ts';
import { attacksOnAccess } from '../../security/attacks-on-access.ts';
import { attacksOnGraphql } from '../../security/attacks-on-graphql.ts';
import { attacksOnHttp } from '../../security/attacks-on-http.ts';
import type { Cluster } from '../cluster.ts';
import { answerIn, send } from './request.ts';
import type { HostileRequest } from './strangers.ts';
import type { AccessWatch } from './watch.ts';

/** An account of its own in each role: what an attacker has as one, they do not have as another. */
const attackerAs = (account: AccountName) => ({ sub: `asker.attacker.${account}` });
/** More people than a visit takes. */
const MANY = 12;

/** Everything that is known to be tried, as requests by people who are known and by strangers. */
export async function attacksOf(
  cluster: Cluster,
  watch: Pick<AccessWatch, 'people' | 'tokens'>,
): Promise<readonly HostileRequest[]> {
  const { tokens } = watch;
  const known = await learn(cluster, watch);
  const attacks = [...attacksOnGraphql(known), ...attacksOnHttp(), ...attacksOnAccess(known)];
  return Promise.all(
    attacks.map(
      async ({ name, as = 'counter', headers, refused, mayServe, ...sending }: Attack): Promise<HostileRequest> => {
        const authorization = as === 'nobody' ? {} : { authorization: await tokens.bearer(as, attackerAs(as)) };
        return {
          ...sending,
          name,
          headers: { ...authorization, ...headers },
          mayServe,
          mayBeSilent: refused.length === 0,
        };
      },
    ),
  );
}

/** What an attacker may have heard somewhere. */
async function learn(cluster: Cluster, { people, tokens }: Pick<AccessWatch, 'people' | 'tokens'>): Promise<Known> {
  const { address } = cluster.one('gateway');
  const askAs = async (account: AccountName, query: string) => {
    const authorization = await tokens.bearer(account, attackerAs(account));
    return answerIn(await send({ address, headers: { authorization }, body: { query } }))?.data;
  };
  const ask = (query: string) => askAs('counter', query);
  const list = await ask('{ dossiers(first: 100) { nodes { code agency { code } } pageInfo { endCursor } } }');
  const own = await askAs('citizen', '{ dossiers(first: 100) { nodes { code } } }');
  const theirs =
    (own?.dossiers as { nodes: readonly { code: string }[] } | undefined)?.nodes.map(({ code }) => code) ?? [];
  const visit = await ask('mutation { openVisit { id } }');
  const { nodes = [], pageInfo } = (list?.dossiers ?? {}) as {
    nodes?: readonly { code: string; agency: { code: string } | null }[];
    pageInfo?: { endCursor: string };
  };
  const [first] = people.canaries;
  const world = createWorld(cluster.world);
  const strangers = new Set(people.canaries.map(({ number }) => number));
  const numbers = Array.from({ length: MANY * 2 }, (_, place) => world.person(place + 10).personalNumber ?? '');
  return {
    own: people.dossier,
    foreign:
      nodes.find(({ code, agency }) => agency !== null && !agency.code.startsWith('H41.58') && !theirs.includes(code))
        ?.code ?? '',
    stranger: first?.number ?? '',
    strangersName: first?.names[0] ?? '',
    cursor: pageInfo?.endCursor ?? '',
    visit: (visit?.openVisit as { id: string } | undefined)?.id ?? '',
    many: numbers.filter((number) => number !== '' && !strangers.has(number)).slice(0, MANY),
  };
}
