import { type GraphQLResolveInfo, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { identityOf } from '../../resolvers/citizens.ts';
import { dossiersOf, findDossier, readDossier } from '../../resolvers/dossiers.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { AWAY, citizen, counter, leader, OWN, PROCESSING, STRANGE, useDeskStage } from './desk-stage.ts';
import { actor, HOA, STRANGER } from './stage.ts';

const stage = useDeskStage();

const ENTERPRISE = '0100233488';
/** Of an enterprise, in one commune and in the other; the first states Hoà’s number too. */
const ITS = 'H41.58.01-261119-0011';
const ITS_AWAY = 'H41.50.01-261119-0011';
const NOBODYS = 'H41.58.01-261119-9999';
const NOBODYS_AWAY = 'H41.50.01-261119-9999';
const SELF = { purpose: 'SELF' } as const;
/** Holds no grant for dossiers. */
const auditor = actor({ id: 'auditor.lan', role: 'auditor', client: 'audit-desk', unit: null });
const NARROWED = [{ sector: 'hub', code: 'FORBIDDEN', retryable: false }];

beforeAll(async () => {
  const view = (code: string, agencyCode: string, ...applicantNumbers: readonly string[]) => ({
    ...{ code, agencyCode, applicantNumbers, applicantName: 'Công ty Hoà Bình' },
    status: { code: 's4', title: 'Đang xử lý', number: 4 as const },
  });
  await stage.house.tell('one-stop', view(ITS, 'H41.58', ENTERPRISE, HOA), view(ITS_AWAY, 'H41.50', ENTERPRISE));
});

type Asked = Parameters<typeof stage.desk.ask>;

/** An operation on its way. */
async function begun(who: Asked[0], said?: Asked[2], { registry } = stage.desk) {
  const { access, caller } = await stage.desk.open(who, '{ sectors { id } }', said);
  const operation = createOperation(registry, { access, caller, signal: new AbortController().signal });
  const [definition] = parse('{ sectors { id } }').definitions;
  const info = { schema: stage.desk.schema, operation: definition, fragments: {} };
  operation.begin(info as unknown as GraphQLResolveInfo);
  return operation;
}

describe('A dossier of another unit', () => {
  const asked = (who: Asked[0], code: string, said?: Asked[2]) =>
    stage.desk.ask(who, `{ dossier(code: "${code}") { code } }`, said);

  it('is refused in the words in which one is that nobody holds, and only of the own unit one learns that there is none', async () => {
    const told = new Set<string>();
    for (const code of [AWAY, NOBODYS_AWAY, 'X99-261119-0001']) {
      const { refused, messages } = await asked(counter, code);
      expect(refused).toEqual(['dossier FORBIDDEN']);
      told.add(messages.join());
    }
    expect([...told]).toEqual(['There is nothing here that you may see.']);
    expect((await asked(counter, NOBODYS)).data).toEqual({ dossier: null });
    expect((await asked(counter, STRANGE)).data).toEqual({ dossier: { code: STRANGE } });
    expect((await asked(leader, NOBODYS_AWAY)).data).toEqual({ dossier: null });
  });

  it('is refused to a citizen unless it is their own, be it there or not', async () => {
    for (const code of [STRANGE, AWAY, NOBODYS]) {
      expect((await asked(citizen, code, SELF)).refused).toEqual(['dossier FORBIDDEN']);
    }
    expect((await asked(citizen, OWN, SELF)).data).toEqual({ dossier: { code: OWN } });
  });

  it('is refused for what it is itself, whatever may be seen of the unit that its code names', async () => {
    const operation = await begun(counter);
    const judgeDossier: typeof operation.access.judgeDossier = ({ people }) => ({
      ...{ course: people.length === 0, personal: null, relation: 'NONE' },
    });
    const asking = { ...operation, access: { ...operation.access, judgeDossier } };
    Object.defineProperty(asking, 'plan', { get: () => operation.plan });
    await expect(findDossier(asking, OWN)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await findDossier(asking, NOBODYS)).toBeNull();
  });

  it('is left out where it is read for a list, as one is that nobody holds', async () => {
    const operation = await begun(counter);
    expect(await readDossier(operation, STRANGE)).toMatchObject({ code: STRANGE });
    for (const code of [AWAY, NOBODYS]) expect(await readDossier(operation, code)).toBeNull();
  });
});

describe('A list of dossiers', () => {
  const list = async (who: Asked[0], filter = '{}', said?: Asked[2]) => {
    const query = `{ dossiers(filter: ${filter}, first: 50) { totalCount nodes { code } missing { sector code retryable } } }`;
    const { data, refused } = await stage.desk.ask(who, query, said);
    if (data.dossiers === null) return refused;
    const { nodes, totalCount, missing } = data.dossiers;
    return { codes: nodes.map(({ code }: { readonly code: string }) => code).sort(), totalCount, missing };
  };

  it('holds those of the own unit and says that it is narrowed, whatever is filtered by', async () => {
    const own = { codes: [OWN, STRANGE, ITS], totalCount: 3, missing: NARROWED };
    expect(await list(counter)).toEqual(own);
    for (const agency of ['H41.58', '000.00.58.H41'])
      expect(await list(counter, `{ agency: "${agency}" }`)).toEqual(own);
    const none = { codes: [], totalCount: 0, missing: NARROWED };
    expect(await list(counter, '{ agency: "H41.50" }')).toEqual(none);
    expect(await list(counter, `{ applicantId: "${ENTERPRISE}" }`)).toEqual({ ...own, codes: [ITS], totalCount: 1 });
    expect(await list(counter, `{ applicantId: "${ENTERPRISE}", agency: "H41.50" }`)).toEqual(none);
  });

  it('holds all there are for who sees all, and says nothing of narrowing', async () => {
    const codes = [AWAY, ITS_AWAY, OWN, STRANGE, ITS];
    expect(await list(leader)).toEqual({ codes, totalCount: 5, missing: [] });
    expect(await list(leader, '{ agency: "H41.50" }')).toEqual({ codes: [AWAY, ITS_AWAY], totalCount: 2, missing: [] });
  });

  it('holds a citizen’s own, and is refused of anybody else, person or enterprise', async () => {
    expect(await list(citizen, '{}', SELF)).toEqual({ codes: [OWN, ITS], totalCount: 2, missing: [] });
    expect(await list(citizen, `{ applicantId: "${HOA}" }`, SELF)).toMatchObject({ codes: [OWN, ITS], totalCount: 2 });
    for (const other of [STRANGER, ENTERPRISE]) {
      expect(await list(citizen, `{ applicantId: "${other}" }`, SELF)).toEqual(['dossiers FORBIDDEN']);
    }
  });

  it('of a person needs a purpose that reaches them', async () => {
    const of = (number: string) => `{ applicantId: "${number}" }`;
    expect(await list(counter, of(HOA))).toEqual(['dossiers PURPOSE_REQUIRED']);
    expect(await list(counter, of(STRANGER), PROCESSING)).toEqual(['dossiers FORBIDDEN']);
    expect(await list(leader, of(HOA), { purpose: 'SUPERVISION' })).toEqual(['dossiers FORBIDDEN']);
    expect(await list(counter, of(HOA), PROCESSING)).toMatchObject({ codes: [OWN, ITS] });
  });

  it('is nothing to who holds no grant for dossiers', async () => {
    expect(await list(auditor, '{}', { purpose: 'AUDIT' })).toEqual(['dossiers FORBIDDEN']);
  });
});

describe('The dossiers that an enterprise handed in', () => {
  const codesOf = async (who: Asked[0], said?: Asked[2]) => {
    const operation = await begun(who, said);
    const { nodes, totalCount, missing } = await dossiersOf(operation, { numbers: [ENTERPRISE] }, {});
    return [nodes.map((one) => one?.code ?? null), totalCount, missing.map(({ code }) => code)];
  };

  it('are shown where they are of the own unit, and no others', async () => {
    expect(await codesOf(counter)).toEqual([[ITS], 1, ['FORBIDDEN']]);
    expect(await codesOf(leader)).toEqual([[ITS, ITS_AWAY], 2, []]);
  });

  it('are a citizen’s own where they state their number', async () => {
    expect(await codesOf(citizen, SELF)).toEqual([[ITS], 1, []]);
  });

  it('go on after a cursor of its own list and of no other enterprise’s', async () => {
    const operation = await begun(leader);
    const page = (numbers: readonly string[], after: string | null) =>
      dossiersOf(operation, { numbers }, { first: 1, after });
    const { nodes, pageInfo } = await page([ENTERPRISE], null);
    const rest = await page([ENTERPRISE], pageInfo.endCursor);
    expect([...nodes, ...rest.nodes].map((one) => one?.code)).toEqual([ITS, ITS_AWAY]);
    await expect(page(['0100233489'], pageInfo.endCursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('A dossier that was corrected between finding it under a number and reading it', () => {
  it.each([
    ['another’s', HOA],
    ['nobody’s', null],
  ])('is not shown as theirs who handed it in by what it stated before: it was found as %s', async (_, number) => {
    const { registry } = stage.desk;
    const before = { code: STRANGE, receivedAt: 1, applicantName: 'Ai đó' };
    const place = { ...before, applicantNumbers: number === null ? [] : [number] };
    const index = { ...registry.index, byNumbers: async () => [place] };
    const operation = await begun(citizen, SELF, { ...stage.desk, registry: { ...registry, index } });
    // Whoever has no old number could be meant by nothing else than their own one.
    const known = await identityOf(operation, [HOA]);
    const identity = { ...known, numbers: [HOA] };
    const { nodes } = await dossiersOf(operation, { numbers: identity.numbers, identity }, {});
    expect(nodes.map(({ code }) => code)).toEqual([]);
  });
});
