import { describe, expect, test } from 'vitest';
import { citizenNode, findCitizen, matchNode } from '../../resolvers/citizens.ts';
import type { Identity } from '../../resolvers/identity.ts';
import type { Operation } from '../../resolvers/operation.ts';
import { forbidden } from '../../resolvers/refusals.ts';
import { A12, B12, NINE, says } from './people.ts';
import { openHouse, type System, seal } from './small-house.ts';

const land = (people: System['people'], others: Partial<System> = {}): System => ({
  ...{ sector: 'land', rank: 40, searchable: true, people },
  ...others,
});
const desk = (people: System['people'], others: Partial<System> = {}): System =>
  land(people, { sector: 'one-stop', rank: 20, ...others });
const NAME = 'Nguyễn Văn Ái';
/** Is in no calendar. */
const UNREADABLE = '31/02/1985';

describe('What is told of a person', () => {
  const ask = async (systems: readonly System[], fields: string, id = A12) => {
    const { data, errors } = await openHouse(systems).ask(`{ citizen(id: "${id}") { ${fields} } }`);
    return { citizen: data.citizen, errors: errors.map(({ code }) => code) };
  };

  test('is what the first system says that can be read, and an error only where none can', async () => {
    const unread = desk([{ numbers: [A12], name: NAME, birthDate: UNREADABLE }]);
    const dated = land([{ numbers: [A12], name: NAME, birthDate: '1985' }]);
    expect(await ask([unread, dated], 'birthDate')).toEqual({ citizen: { birthDate: '1985' }, errors: [] });
    expect(await ask([unread, land([{ numbers: [A12] }])], 'fullName birthDate')).toEqual({
      ...{ citizen: { fullName: NAME, birthDate: null }, errors: ['SOURCE_MALFORMED'] },
    });
    expect(await ask([land([{ numbers: [A12] }])], 'birthDate')).toEqual({ citizen: { birthDate: null }, errors: [] });
  });

  test('is the name with single blanks, whatever was typed between its parts', async () => {
    const typed = land([{ numbers: [A12], name: 'Nguyễn  Văn \t Ái' }]);
    expect((await ask([typed], 'fullName')).citizen).toEqual({ fullName: NAME });
    const unread = land([{ numbers: [A12], name: {} }]);
    expect(await ask([unread], 'fullName')).toEqual({ citizen: { fullName: null }, errors: ['SOURCE_MALFORMED'] });
  });

  test('is nothing, and not that there is nobody, where another number of theirs may not be read', async () => {
    const known = land([{ numbers: [NINE, '1085'], name: NAME }]);
    expect(await ask([known], 'fullName', NINE)).toEqual({ citizen: null, errors: ['IDENTIFIERS_INCOMPLETE'] });
  });

  test('is told under their id with blanks around it', async () => {
    const known = [land([{ numbers: [A12], name: NAME }])];
    const { id } = (await ask(known, 'id')).citizen;
    expect((await ask(known, 'fullName', ` ${id} `)).citizen).toEqual({ fullName: NAME });
  });

  test('is asked for by a number or an id, and whatever else came is told by its shape', async () => {
    const { errors } = await openHouse([]).ask('{ citizen(id: "12345") { fullName } }');
    const message = 'id: expected a personal number of 12 or 9 digits or a Citizen.id, came 5 digits';
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', message }]);
  });

  test('counts among the records that an answer may hold', async () => {
    const systems = [land([{ numbers: [A12] }, { numbers: [B12] }])];
    const query = `{ a: citizen(id: "${A12}") { fullName } b: citizen(id: "${B12}") { fullName } }`;
    const errorsOf = async (recordsPerOperation: number) =>
      (await openHouse(systems, { limits: { recordsPerOperation } }).ask(query)).errors.map(({ code }) => code);
    expect(await errorsOf(2)).toEqual([]);
    expect(await errorsOf(1)).toEqual(['BUDGET_EXCEEDED']);
  });

  test('is nothing of whom no number is known, and nothing is refused: there is nobody to judge', async () => {
    const operation = openHouse([land([{ numbers: [], name: NAME }])]).operation();
    const askPerson = async () => Promise.reject(forbidden('record'));
    Object.assign(operation.access, { askPerson });
    expect(await findCitizen(operation, [], 'LINK')).toBeNull();
    await expect(findCitizen(operation, [A12], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('What tells people apart who are found by a name', () => {
  const operation = { plan: { fieldsOf: () => new Set() }, registry: { seal } } as unknown as Operation;
  const identity = (birthDate: unknown): Identity => ({
    ...{ asked: [A12], numbers: [A12], canonical: A12, failures: [], unreadable: [], shared: new Set<string>() },
    statements: [says([A12], birthDate), { ...says([A12]), commune: 'Xã Hoà Bình' }],
  });

  test('is their commune, the last digits and the year alone, if there is one', () => {
    const [dated, undated] = ['1985-07-12', null].map((date) => matchNode(operation, identity(date)));
    const told = { commune: 'Xã Hoà Bình', maskedNumber: '••••••••••13', fullName: NAME, isMatch: true };
    expect(dated).toMatchObject({ ...told, birthDate: '1985' });
    expect(undated).toMatchObject({ ...told, birthDate: null });
    expect(citizenNode(operation, identity('1985-07-12'))).toMatchObject({ ...told, isMatch: false });
  });
});

describe('A search by name', () => {
  const search = async (systems: readonly System[], others = '', house = openHouse(systems)) => {
    const query = `{ citizens(name: "lê"${others}) { nodes { fullName } totalCount missing { sector code retryable } } }`;
    const { nodes, ...rest } = (await house.ask(query)).data.citizens;
    return { ...rest, names: nodes.map(({ fullName }: { fullName: string }) => fullName) };
  };

  test('lists whoever is certain by their new number, whoever else bears an old one of theirs, and misses nobody', async () => {
    const own = land([{ numbers: [A12, NINE], name: 'Lê A', birthDate: '1985' }]);
    const other = desk([{ numbers: [B12, NINE], name: 'Trần B', birthDate: '1990' }]);
    expect(await search([own, other])).toEqual({ names: ['Lê A'], totalCount: 1, missing: [] });
  });

  test('tells of somebody whom the system that found them does not know by their number', async () => {
    const typed = land([{ numbers: ['001 085 004 213'], name: 'Lê A' }]);
    const missing = [{ sector: 'land', code: 'AMBIGUOUS', retryable: false }];
    expect(await search([typed])).toEqual({ names: [], totalCount: null, missing });
  });

  test('by a year finds nobody whose date is not known, and nobody without a name', async () => {
    const people = [
      { numbers: [A12], name: 'Lê A' },
      { numbers: [B12], birthDate: '1985' },
    ];
    expect(await search([land(people)], ', birthDate: "1985"')).toEqual({ names: [], totalCount: 0, missing: [] });
  });

  test('asks no system that is not declared to be searched by name', async () => {
    const house = openHouse([land([{ numbers: [A12], name: 'Lê A' }], { searchable: false })]);
    const [opened] = house.registry.sectors[0]?.sources.values() ?? [];
    const searched: unknown[] = [];
    Object.assign(opened?.source ?? {}, {
      search: async (asked: unknown) => {
        searched.push(asked);
        return { rows: [], more: false };
      },
    });
    expect(await search([], '', house)).toEqual({ names: [], totalCount: 0, missing: [] });
    expect(searched).toEqual([]);
  });

  test('is a call like every other: what it leaves is left for who was found', async () => {
    const systems = [land([{ numbers: [A12], name: 'Lê A' }])];
    const of = (callsPerOperation: number) => search([], '', openHouse(systems, { limits: { callsPerOperation } }));
    expect((await of(2)).names).toEqual(['Lê A']);
    const { names, missing } = await of(1);
    expect(names).toEqual([]);
    expect(missing).toEqual([{ sector: 'land', code: 'BUDGET_EXCEEDED', retryable: false }]);
  });

  test('names once the system for whose sake somebody could not be read, and calls nobody ambiguous who is not', async () => {
    const found = [{ numbers: [A12], name: 'Lê A' }];
    const { missing } = await search(
      [],
      '',
      openHouse([land(found), desk(found)], { limits: { callsPerOperation: 2 } }),
    );
    expect(missing).toEqual([{ sector: 'one-stop', code: 'BUDGET_EXCEEDED', retryable: false }]);
  });

  test('finds nobody by the birth date of somebody else who bears an old number of theirs', async () => {
    const own = land([{ numbers: [A12, NINE], name: 'Lê A', birthDate: '1985-03-01' }]);
    const old = desk([{ numbers: [NINE], name: 'Lê A', birthDate: '1985-07-12' }]);
    const by = (birthDate: string) => search([own, old], `, birthDate: "${birthDate}"`);
    const missing = [{ sector: 'one-stop', code: 'AMBIGUOUS', retryable: false }];
    expect(await by('1985-03-01')).toEqual({ names: ['Lê A'], totalCount: null, missing });
    expect(await by('1985-07-12')).toEqual({ names: [], totalCount: null, missing });
  });

  test('goes on by a cursor for the date of birth that it was for, and for no other', async () => {
    const people = ['001085004213', '001085004220'].map((number) => ({
      ...{ numbers: [number], name: 'Lê A', birthDate: '1985' },
    }));
    const house = openHouse([land(people)]);
    const page = async (birthDate: string | null, after: string | null) => {
      const query = `query ($birthDate: PartialDate, $after: String) { citizens(name: "lê", first: 1, birthDate: $birthDate, after: $after) {
        nodes { personalNumbers } pageInfo { endCursor } } }`;
      const { data, errors } = await house.ask(query, { birthDate, after });
      if (errors.length > 0) return errors.map(({ code }) => code);
      return data.citizens;
    };
    const { endCursor } = (await page('1985', null)).pageInfo;
    expect((await page('1985', endCursor)).nodes).toEqual([{ personalNumbers: ['001085004220'] }]);
    for (const other of ['1985-07', null]) expect(await page(other, endCursor)).toEqual(['BAD_USER_INPUT']);
  });
});
