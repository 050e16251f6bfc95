import { afterEach, describe, expect, test } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { createIndexLoaders } from '../../resolvers/index-loaders.ts';
import { openAccess } from '../support/open-access.ts';
import type { DossierHouse } from './dossier-house.ts';
import { permutations } from './people.ts';
import { BEHIND, CODE, closeHouse, counter, land, open, person, received, STALE } from './told-dossiers.ts';

afterEach(closeHouse);

describe('The dossiers of a person', () => {
  const ask = (opened: DossierHouse, fields: string, id = '001085004213') =>
    opened.ask(`{ citizen(id: "${id}") { dossiers { ${fields} } } }`);
  const under = (code: string, others: Partial<DossierView>): DossierView => ({
    ...{ code, applicantNumbers: ['012345678'], receivedAt: 5 },
    ...others,
  });

  test('come newest first, those of another holder of the old number left out', async () => {
    const other = under('H41-9', { applicantName: 'Trần Thị Bình' });
    const same = under('H41-2', { applicantName: 'NGUYEN VAN AI' });
    const { data } = await ask(
      await open([counter([received, other, same])]),
      'nodes { code } totalCount missing { sector code retryable }',
    );
    expect(data.citizen.dossiers).toEqual({
      nodes: [{ code: 'H41-2' }, { code: CODE }],
      totalCount: null,
      missing: [{ sector: 'one-stop', code: 'AMBIGUOUS', retryable: false }],
    });
  });

  test('have no total while the counter’s system is behind', async () => {
    const { data } = await ask(
      await open([counter([received], BEHIND), land([], BEHIND)]),
      'nodes { code } totalCount missing { sector code retryable }',
    );
    expect(data.citizen.dossiers).toEqual({
      nodes: [{ code: CODE }],
      totalCount: null,
      missing: [STALE('one-stop')],
    });
  });

  test('are read together for all people of an answer, and each gets their own', async () => {
    const other = { numbers: ['001085004220'], name: 'Trần Thị Bình' };
    const systems = [{ sector: 'one-stop', rank: 10, people: [person, other] }];
    const others = { ...received, code: 'H41-3', applicantNumbers: ['001085004220'] };
    const opened = await open([counter([received, others])], systems);
    const { index } = opened.registry;
    let reads = 0;
    const byNumbers: typeof index.byNumbers = (...args) => {
      reads++;
      return index.byNumbers(...args);
    };
    Object.assign(opened.registry, { index: { ...index, byNumbers } });
    const { data } = await opened.ask(
      `{ a: citizen(id: "001085004213") { ...Own } b: citizen(id: "001085004220") { ...Own } c: citizen(id: "001085004213") { ...Own } }
       fragment Own on Citizen { dossiers { totalCount nodes { code } } }`,
    );
    const own = (code: string) => ({ dossiers: { totalCount: 1, nodes: [{ code }] } });
    expect(data).toEqual({ a: own(CODE), b: own('H41-3'), c: own(CODE) });
    expect(reads).toBe(1);
  });

  test('that are more than are listed say so, and push nobody else’s out', async () => {
    const opened = await open([counter([received])]);
    const many = Array.from({ length: 5_001 }, (_, place) => ({
      ...{ code: `H41-${place}`, receivedAt: place, applicantName: null, applicantNumbers: ['001085004213'] },
    }));
    const few = { code: 'H41-X', receivedAt: 0, applicantName: null, applicantNumbers: ['0100233488'] };
    const { index } = opened.registry;
    const byNumbers: typeof index.byNumbers = async (numbers, limit) =>
      [...many, few].filter((one) => one.applicantNumbers.some((number) => numbers.includes(number))).slice(0, limit);
    const { handedInBy } = createIndexLoaders({ index: { ...index, byNumbers } }, openAccess());
    const [one, other] = await Promise.all([handedInBy(['001085004213']), handedInBy(['0100233488'])]);
    expect([one.places.length, one.more]).toEqual([5_000, true]);
    expect(other).toEqual({ places: [few], more: false });
    Object.assign(opened.registry, { index: { ...index, byNumbers } });
    const { data } = await ask(opened, 'totalCount missing { sector code retryable }');
    expect(data.citizen.dossiers).toEqual({
      totalCount: null,
      missing: [{ sector: 'one-stop', code: 'SEARCH_TOO_BROAD', retryable: false }],
    });
  });

  test('found under two of a person’s numbers are shown once', async () => {
    const twice = { ...received, applicantNumbers: ['001085004213', '012345678'] };
    const { data } = await ask(await open([counter([twice])]), 'nodes { sectors }');
    expect(data.citizen.dossiers.nodes).toEqual([{ sectors: ['one-stop'] }]);
  });

  test('go on after a cursor of their own and of no other person’s', async () => {
    const other = { numbers: ['001085004220'], name: 'B' };
    const opened = await open(
      [counter([received, { ...received, code: 'H41-2', receivedAt: 0 }])],
      [{ sector: 'one-stop', rank: 10, people: [person, other] }],
    );
    const page = (id: string, after: string | null) =>
      opened.ask(
        'query ($id: ID!, $after: String) { citizen(id: $id) { dossiers(first: 1, after: $after) { nodes { code } pageInfo { endCursor } } } }',
        { id, after },
      );
    const { data } = await page('001085004213', null);
    const { endCursor } = data.citizen.dossiers.pageInfo;
    expect((await page('001085004213', endCursor)).data.citizen.dossiers.nodes).toEqual([{ code: 'H41-2' }]);
    expect((await page('001085004220', endCursor)).errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
  });

  test('name a gap once, however many dossiers it is about', async () => {
    const others = [1, 2, 3].map((one) => under(`H41-9${one}`, {}));
    const { data } = await ask(await open([counter(others)]), 'missing { sector code }');
    expect(data.citizen.dossiers.missing).toEqual([{ sector: 'one-stop', code: 'AMBIGUOUS' }]);
  });

  test('received in one moment come by their codes, the last first, however the store brings them', async () => {
    const codes = ['H41-1', 'H41-2', 'H41-3'];
    const opened = await open([counter(codes.map((code) => ({ ...received, code })))]);
    const { index } = opened.registry;
    for (const order of permutations(codes)) {
      const byNumbers: typeof index.byNumbers = async (...args) => {
        const places = await index.byNumbers(...args);
        return order.flatMap((code) => places.filter((place) => place.code === code));
      };
      Object.assign(opened.registry, { index: { ...index, byNumbers } });
      const { data } = await ask(opened, 'nodes { code }');
      expect(data.citizen.dossiers.nodes.map(({ code }: { code: string }) => code)).toEqual(codes.toReversed());
    }
  });

  test('received in one moment go on after the cursor of one of them', async () => {
    const codes = ['H41-1', 'H41-2', 'H41-3'];
    const opened = await open([counter(codes.map((code) => ({ ...received, code })))]);
    const shown: string[] = [];
    for (let after = ''; shown.length < codes.length; ) {
      const page = `dossiers(first: 1${after}) { nodes { code } pageInfo { endCursor } }`;
      const { data } = await opened.ask(`{ citizen(id: "001085004213") { ${page} } }`);
      const { nodes, pageInfo } = data.citizen.dossiers;
      if (nodes.length === 0) break;
      shown.push(...nodes.map(({ code }: { code: string }) => code));
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(shown).toEqual(codes.toReversed());
  });

  test('leave out another’s also where no counter states who handed it in', async () => {
    const other = under('H41-9', { applicantName: 'Trần Thị Bình' });
    const { data } = await ask(await open([land([received, other])]), 'nodes { code } missing { code }');
    expect(data.citizen.dossiers).toEqual({ nodes: [{ code: CODE }], missing: [{ code: 'AMBIGUOUS' }] });
  });

  test('may be more than are known while a system that may know another number of theirs does not answer', async () => {
    const known = { sector: 'one-stop', rank: 10, people: [{ ...person, numbers: ['001085004213'] }] };
    const silent = { sector: 'land', rank: 20, people: [], down: true };
    const { data } = await ask(
      await open([counter([received])], [known, silent]),
      'totalCount nodes { code } missing { sector code retryable }',
    );
    expect(data.citizen.dossiers).toEqual({
      ...{ totalCount: null, nodes: [{ code: CODE }] },
      missing: [{ sector: 'land', code: 'IDENTIFIERS_INCOMPLETE', retryable: true }],
    });
  });
});
