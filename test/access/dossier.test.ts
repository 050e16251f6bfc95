import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dossier } from '../../stand-ins/world/types.ts';
import { type GuardedProvince, openGuardedProvince, type Person } from './guarded-province.ts';

let province: GuardedProvince;
let dossiers: readonly Dossier[];
/** Of which the commune's officer is in charge. */
let inside: Dossier;

beforeAll(async () => {
  province = await openGuardedProvince();
  const { world } = province;
  dossiers = Array.from({ length: world.counts.dossiers }, (_, index) => world.dossier(index));
  const { nodes } = (await province.ask('commune', '{ dossiers(first: 100) { nodes { code } } }')).data.dossiers;
  const codes = nodes.map((one: { code: string }) => one.code);
  inside = dossiers.find(({ code, applicant }) => codes.includes(code) && applicant.person !== 0) as Dossier;
}, 120_000);

afterAll(() => province.close());

beforeEach(() => {
  province.logged.length = 0;
});

describe('One dossier', () => {
  const QUERY = (code: string) => `{ dossier(code: "${code}") { code status applicant { name } steps { officer } } }`;

  it('is seen by the officers of its commune and of the whole province, and by its neighbours as one that is not there', async () => {
    const course = `{ dossier(code: "${inside.code}") { status statusTitle } }`;
    expect((await province.ask('commune', course)).errors).toBeUndefined();
    expect((await province.ask('counter', course)).errors).toBeUndefined();
    const refused = await province.ask('neighbour', course);
    const missing = await province.ask(
      'neighbour',
      '{ dossier(code: "H41.58.01-261119-9999") { status statusTitle } }',
    );
    expect(refused.data).toEqual({ dossier: null });
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect(missing.errors).toEqual(refused.errors);
    const own = await province.ask('neighbour', '{ dossier(code: "H41.50.01-261119-9999") { status } }');
    expect([own.data, own.errors]).toEqual([{ dossier: null }, undefined]);
  });

  it('shows how it stands without a purpose, and refuses what it says of people', async () => {
    const { data, refused } = await province.ask('commune', QUERY(inside.code));
    expect(data.dossier).toMatchObject({ code: inside.code, applicant: null, steps: null });
    expect(refused).toEqual(['dossier.applicant PURPOSE_REQUIRED', 'dossier.steps PURPOSE_REQUIRED']);
    expect(province.logged[0]?.subjects).toEqual([]);
    const led = await province.ask('communeLeader', QUERY(inside.code), { purpose: 'SUPERVISION' });
    expect(led.refused).toEqual(['dossier.applicant FORBIDDEN', 'dossier.steps FORBIDDEN']);
  });

  it('shows all of it to whoever works on it, and notes whom it names', async () => {
    const said = { purpose: 'PROCESSING', dossier: inside.code };
    const { data, errors } = await province.ask('commune', QUERY(inside.code), said);
    expect(errors).toBeUndefined();
    expect(data.dossier.applicant.name).toEqual(expect.any(String));
    const { subjects } = province.logged[0] ?? {};
    expect(subjects?.length).toBeGreaterThan(0);
    expect(subjects?.every(({ relation, dossier }) => relation === 'DOSSIER' && dossier === inside.code)).toBe(true);
  });

  it('is the citizen’s own or none', async () => {
    const [own] = (await province.ask('citizen', '{ dossiers(first: 1) { nodes { code applicant { name } } } }')).data
      .dossiers.nodes;
    expect(own.applicant.name).toBe('Nguyễn Văn Hoà');
    const other = dossiers.find(({ applicant }) => applicant.person !== 0) as Dossier;
    const refused = await province.ask('citizen', QUERY(other.code));
    const missing = await province.ask('citizen', QUERY('H41.58.01-261119-9999'));
    expect(refused.refused).toEqual(['dossier FORBIDDEN']);
    expect(missing.errors).toEqual(refused.errors);
  });
});

describe('A list of dossiers', () => {
  const LIST =
    '{ dossiers(first: 100) { totalCount nodes { code agency { code } } missing { sector code } pageInfo { endCursor } } }';

  it('holds the units that may be seen, counts no others, and says that it is narrowed', async () => {
    const { data, errors } = await province.ask('commune', LIST);
    expect(errors).toBeUndefined();
    const { nodes, totalCount, missing } = data.dossiers;
    expect(nodes.map((one: { agency: { code: string } }) => one.agency.code.slice(0, 6))).toEqual(
      nodes.map(() => 'H41.58'),
    );
    expect(totalCount).toBe(nodes.length);
    expect(totalCount).toBeGreaterThan(0);
    expect(missing).toEqual([{ sector: 'hub', code: 'FORBIDDEN' }]);
  });

  it('is all of them for who sees the whole province', async () => {
    const { dossiers: list } = (await province.ask('counter', LIST)).data;
    expect(list.missing).toEqual([]);
    expect(list.totalCount).toBeGreaterThan(200);
  });

  it('is a citizen’s own, and nobody else’s by any filter', async () => {
    const own = (await province.ask('citizen', '{ dossiers(first: 100) { totalCount nodes { applicant { name } } } }'))
      .data.dossiers;
    expect(own.totalCount).toBeGreaterThan(0);
    expect(own.nodes).toHaveLength(own.totalCount);
    expect(new Set(own.nodes.map((one: { applicant: { name: string } }) => one.applicant.name)).size).toBe(1);
    const query = (id: string) => `{ dossiers(filter: { applicantId: "${id}" }) { totalCount } }`;
    expect((await province.ask('citizen', query('001085999999'))).refused).toEqual(['dossiers FORBIDDEN']);
    expect((await province.ask('citizen', query('0100233488'))).refused).toEqual(['dossiers FORBIDDEN']);
  });

  it('of an applicant needs a purpose that reaches the applicant', async () => {
    const query = '{ dossiers(filter: { applicantId: "001085004213" }) { totalCount } }';
    expect((await province.ask('counter', query)).refused).toEqual(['dossiers PURPOSE_REQUIRED']);
    expect((await province.ask('leader', query, { purpose: 'SUPERVISION' })).refused).toEqual(['dossiers FORBIDDEN']);
  });

  it('by words of a name is a search for people; by a code or its beginning it is none', async () => {
    const query = (text: string) => `{ dossiers(filter: { text: "${text}" }) { totalCount } }`;
    expect((await province.ask('counter', query('Nguyễn Văn'))).refused).toEqual(['dossiers PURPOSE_REQUIRED']);
    expect((await province.ask('counter', query(inside.code.slice(0, 12)))).errors).toBeUndefined();
    const said = { purpose: 'PROCESSING', dossier: inside.code };
    expect((await province.ask('counter', query('Nguyễn Văn'), said)).errors).toBeUndefined();
  });

  it('names people in the dossier that is worked on alone', async () => {
    const query = '{ dossiers(first: 20) { nodes { code applicant { name } } } }';
    const { data } = await province.ask('commune', query, { purpose: 'PROCESSING', dossier: inside.code });
    const named = data.dossiers.nodes.filter((one: { applicant: unknown }) => one.applicant !== null);
    expect(named.length).toBeLessThan(data.dossiers.nodes.length);
  });

  it('goes on behind its own cursor and behind nobody else’s', async () => {
    const page = '{ dossiers(first: 1) { pageInfo { endCursor } } }';
    const { endCursor } = (await province.ask('counter', page)).data.dossiers.pageInfo;
    const next = `{ dossiers(first: 1, after: "${endCursor}") { nodes { code } } }`;
    expect((await province.ask('counter', next)).errors).toBeUndefined();
    expect((await province.ask('commune', next)).refused).toEqual(['dossiers BAD_USER_INPUT']);
  });
});

describe('The dossiers of an enterprise', () => {
  it('are how its business stands, and no citizen’s', async () => {
    const { world } = province;
    const code = Array.from({ length: world.counts.businesses }, (_, index) => world.business(index).code)[0] as string;
    const query = `{ business(code: "${code}") { code name address representatives { fullName } dossiers { totalCount } } }`;
    const seen = await province.ask('leader', query);
    expect(seen.data.business).toMatchObject({ code, name: expect.any(String), address: null, representatives: null });
    const own = await province.ask('citizen', query);
    expect(own.data.business.dossiers.totalCount).toBe(0);
  });
});

describe('What a business’s register says of people', () => {
  it('is shown in a visit, where the business takes a place, and to whoever works on its dossier', async () => {
    const { world } = province;
    const { index, code } = Array.from({ length: world.counts.businesses }, (_, at) => world.business(at)).find((one) =>
      dossiers.some(({ applicant }) => applicant.business === one.index),
    ) as { index: number; code: string };
    const query = `{ business(code: "${code}") { name representatives { fullName } } }`;
    expect((await province.ask('counter', query)).refused).toEqual(['business.representatives PURPOSE_REQUIRED']);
    const { id: visit } = (await province.ask('counter', 'mutation { openVisit { id } }')).data.openVisit;
    const received = await province.ask('counter', query, { purpose: 'RECEPTION', visit });
    expect(received.errors).toBeUndefined();
    expect(received.data.business.representatives.length).toBeGreaterThan(0);
    expect((await province.hub.registry.visits.read(visit))?.subjects.size).toBe(1);
    const own = dossiers.find(({ applicant }) => applicant.business === index)?.code as string;
    const processed = await province.ask('counter', query, { purpose: 'PROCESSING', dossier: own });
    expect(processed.errors).toBeUndefined();
    const other = await province.ask('counter', query, { purpose: 'PROCESSING', dossier: inside.code });
    expect(other.data.business).toEqual({ name: received.data.business.name, representatives: null });
    expect(other.refused).toEqual(['business.representatives FORBIDDEN']);
  });
});

describe('A record that is asked for by an identifier of its own', () => {
  const parcelOf = (holder: (holders: readonly number[]) => boolean) => {
    const { world } = province;
    // The first that fits is one under an old number of which nothing but the land database knows.
    return Array.from({ length: world.counts.parcels }, (_, index) => world.parcel(index)).filter(({ holders }) =>
      holder(holders),
    )[1];
  };
  const ask = (who: Person, parcel: ReturnType<typeof parcelOf>, said = {}) => {
    if (parcel === undefined) throw new Error('The province has no such parcel');
    const { place, sheet, number } = parcel;
    const query = `query ($commune: ID!, $sheet: String!, $parcel: String!) {
      landParcel(oldCommune: $commune, sheet: $sheet, parcel: $parcel) { sheet area holders { fullName } } }`;
    const variables = { commune: place.old.commune, sheet: String(sheet), parcel: String(number) };
    return province.ask(who, query, said, variables);
  };

  it('is shown to its holder, and to nobody who holds another', async () => {
    const own = parcelOf((holders) => holders.includes(0));
    const { data, errors } = await ask('citizen', own);
    expect([errors, data.landParcel?.area]).toEqual([undefined, expect.any(String)]);
    const other = parcelOf((holders) => !holders.includes(0));
    const refused = await ask('citizen', other);
    const missing = await ask('citizen', { ...(other as NonNullable<typeof other>), number: 99_999 });
    expect(refused.refused).toEqual(['landParcel FORBIDDEN']);
    expect(missing.errors).toEqual(refused.errors);
  });

  it('is shown in a visit, where it takes a place, and then told of when it is not there', async () => {
    const { id: visit } = (await province.ask('counter', 'mutation { openVisit { id } }')).data.openVisit;
    const other = parcelOf((holders) => !holders.includes(0)) as NonNullable<ReturnType<typeof parcelOf>>;
    expect((await ask('counter', other, { purpose: 'RECEPTION', visit })).errors).toBeUndefined();
    const missing = await ask('counter', { ...other, number: 99_999 }, { purpose: 'RECEPTION', visit });
    expect([missing.data, missing.errors]).toEqual([{ landParcel: null }, undefined]);
    expect((await province.hub.registry.visits.read(visit))?.subjects.size).toBe(2);
  });

  it('is refused without a purpose, and where the dossier names none of its holders', async () => {
    const other = parcelOf((holders) => !holders.includes(0));
    expect((await ask('counter', other)).refused).toEqual(['landParcel PURPOSE_REQUIRED']);
    const own = (await province.ask('citizen', '{ dossiers(first: 1) { nodes { code } } }')).data.dossiers.nodes[0]
      .code;
    expect((await ask('counter', other, { purpose: 'PROCESSING', dossier: own })).refused).toEqual([
      'landParcel FORBIDDEN',
    ]);
  });
});
