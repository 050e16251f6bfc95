import { describe, expect, it } from 'vitest';
import type { LinkDeclaration, QueryDeclaration } from '../../core/declaration.ts';
import { HubError } from '../../core/errors.ts';
import { FaultyValue } from '../../core/faulty-value.ts';
import type { Mapped } from '../../core/mapping.ts';
import { ownersOf } from '../../resolvers/linked-records.ts';
import { answerQuery, followLinks, type Query } from '../../resolvers/links.ts';
import {
  BINH,
  FORBIDDEN,
  HOA,
  HOA_OLD,
  held,
  hoa,
  idsOf,
  LAND,
  linkTo,
  NAME,
  operationOf,
  parcel,
  told,
} from './links-stage.ts';

describe('What a record leads to', () => {
  it('is withheld with the field that is', async () => {
    const operation = operationOf();
    const parent = { code: '1', debt: FORBIDDEN, personalNumbers: [HOA] };
    await expect(followLinks(operation, [linkTo({}, 'Business.debt')], parent)).rejects.toBe(FORBIDDEN);
    expect(told.asked).toEqual([]);
    expect(await followLinks(operation, [linkTo({}, 'Business.other')], parent)).toEqual([]);
  });

  it('is followed by what the record states, whatever its fields are called', async () => {
    const operation = operationOf();
    told.rows = { [HOA]: [parcel('1')] };
    const link = linkTo({ part: true }, 'Business.parcels');
    for (const field of ['identity', 'statements']) {
      expect(idsOf(await followLinks(operation, [link], { personalNumbers: [HOA], [field]: 'x' }))).toEqual(['1']);
    }
  });

  it('is judged record by record, and one that is refused leaves the rest whole', async () => {
    const operation = operationOf();
    told.rows = { 1: [parcel('1', held([BINH])), { ...parcel('2', held([HOA])), sheet: '7' }] };
    const declared = { holders: 'heldBy', keys: () => ['1'] };
    const found = await followLinks(operation, [linkTo(declared, 'Business.parcels')], { code: '1' });
    expect(idsOf(found)).toEqual(['FORBIDDEN', '2']);
    const picked = await followLinks(operation, [linkTo({ ...declared, pick: 'sheet' }, 'Business.sheets')], {});
    expect(picked).toEqual([FORBIDDEN, '7']);
  });

  it('is seen with it where it is part of it, and the field that leads to it is withheld with it', async () => {
    const declared = linkTo({ holders: 'heldBy', part: true, keys: () => ['1'] }, 'Business.parcels');
    told.rows = { 1: [parcel('1', held([BINH]))] };
    const part = operationOf();
    expect(idsOf(await followLinks(part, [declared], { code: '1' }))).toEqual(['1']);
    expect(told.shown).toEqual([`${BINH} NAMED`]);
  });

  it('is followed for whomever the record was found to belong to', async () => {
    const operation = operationOf();
    const { identity } = await hoa(operation);
    const parent = { code: '1' };
    ownersOf(operation).set(parent, identity);
    told.rows = {
      1: [parcel('1', held([HOA])), parcel('2', held([BINH])), parcel('3', held([HOA_OLD], 'Lê Thị Châu'))],
    };
    const link = linkTo({ part: true, holders: 'heldBy', keys: () => ['1'] }, 'Business.parcels');
    const found = (await followLinks(operation, [link], parent)) as readonly Mapped[];
    expect(idsOf(found)).toEqual(['1', '2', '3']);
    expect(ownersOf(operation).get(found[0] as Mapped)).toBe(identity);
  });
});

describe('A person to whom a record leads', () => {
  const toPeople = (keys: LinkDeclaration['keys'], holders?: string) =>
    linkTo({ to: 'Citizen', keys, holders, by: undefined }, 'LandParcel.holders');
  const namesOf = async (...given: Parameters<typeof followLinks>) =>
    ((await followLinks(...given)) as readonly { readonly fullName: unknown }[]).map(({ fullName }) => fullName);

  it('is found by one number or by several, and left out where nobody knows them', async () => {
    const operation = operationOf();
    const link = toPeople(() => [HOA, [HOA, HOA_OLD], BINH, []]);
    expect(await namesOf(operation, [link], {})).toEqual([NAME, NAME]);
    // Nobody looked for them: a record named them.
    expect([told.sought, [...told.ways]]).toEqual([[], ['LINK']]);
  });

  it('is who the record is about, or nobody’s guess', async () => {
    const operation = operationOf();
    const link = toPeople(() => [HOA], 'heldBy');
    for (const heldBy of [held([HOA]), held([HOA_OLD], NAME)]) {
      expect(await namesOf(operation, [link], { heldBy })).toEqual([NAME]);
    }
    for (const heldBy of [held([BINH, HOA_OLD]), held([HOA_OLD], 'Lê Thị Châu'), null, undefined]) {
      await expect(followLinks(operation, [link], { heldBy })).rejects.toMatchObject({
        ...{ code: 'AMBIGUOUS', sector: 'land' },
      });
    }
    const fault = new HubError('SOURCE_MALFORMED', 'land: LandParcel.heldBy: no number');
    await expect(followLinks(operation, [link], { heldBy: fault })).rejects.toBe(fault);
  });
});

describe('A record that is asked for by a key of its own', () => {
  const query = (declared: Partial<QueryDeclaration> = {}): Query => ({
    ...{ sector: LAND, name: 'landParcel' },
    declaration: { to: 'parcel', by: 'code', key: ({ code }) => (code == null ? null : String(code)), ...declared },
  });

  it('is what a system has under it, or nothing', async () => {
    const operation = operationOf();
    expect(await answerQuery(operation, [query()], { code: '1' })).toBeNull();
    told.rows = { 1: [parcel('1'), parcel('1')] };
    expect(await answerQuery(operation, [query()], { code: '1' })).toEqual(parcel('1'));
    expect(told.asked).toEqual(['code 1', 'code 1']);
  });

  it('is not asked for by what is empty, or names none', async () => {
    const operation = operationOf();
    for (const code of ['', '  ']) {
      await expect(answerQuery(operation, [query()], { sheet: '7', code })).rejects.toMatchObject({
        ...{ code: 'BAD_USER_INPUT', message: 'landParcel: code is empty' },
      });
    }
    await expect(answerQuery(operation, [query()], { code: null, sheet: 7 })).rejects.toMatchObject({
      ...{ code: 'BAD_USER_INPUT' },
      message: "landParcel: expected arguments that name one record; see the field's description",
    });
    expect(told.asked).toEqual([]);
  });

  it('is not asked for by a key of no right form', async () => {
    const operation = operationOf();
    const failing = (error: Error) =>
      query({
        key: () => {
          throw error;
        },
      });
    await expect(
      answerQuery(operation, [failing(new FaultyValue('code', 'text'))], { code: '1' }),
    ).rejects.toMatchObject({
      ...{ code: 'BAD_USER_INPUT', message: expect.stringMatching(/^landParcel: /) },
    });
    const broken = new Error('broken');
    await expect(answerQuery(operation, [failing(broken)], { code: '1' })).rejects.toBe(broken);
  });

  it('is nobody’s guess where several match', async () => {
    told.rows = { 1: [parcel('1'), parcel('2')] };
    await expect(answerQuery(operationOf(), [query()], { code: '1' })).rejects.toMatchObject({
      message: 'Query.landParcel: several records match where one is meant; give the further arguments',
    });
  });

  it('takes a place in a visit where somebody asks, and none where a record names it', async () => {
    const placed: string[] = [];
    const operation = operationOf();
    const access = {
      ...operation.access,
      askRecord: async (_: string, __: string, key: string) => void placed.push(key),
    };
    Object.defineProperty(operation, 'access', { value: access });
    await answerQuery(operation, [query()], { code: '1' }, 'LINK');
    expect(placed).toEqual([]);
    await answerQuery(operation, [query()], { code: '1' });
    expect(placed).toEqual(['land:landParcel:1']);
  });
});
