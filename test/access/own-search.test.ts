import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { WatchedSource } from '../../core/source.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { searchCitizens } from '../../resolvers/search-citizens.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import type { System } from '../resolvers/small-house.ts';
import { citizen, counter, HOA_OLD, leader, OWN, PROCESSING } from './desk-stage.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { BINH, HOA, STRANGER } from './stage.ts';

const NAME = 'Nguyễn Văn Hoà';
const system = (sector: string, numbers: readonly (readonly string[])[], others: Partial<System> = {}): System => ({
  ...{ sector, rank: 1, searchable: true },
  people: numbers.map((one) => ({ numbers: one, birthDate: '1985-07-12', gender: 'MALE', name: NAME })),
  ...others,
});
/** More people of the name than are shown, one without a number, one whose number cannot be read, and a system that fails. */
const SYSTEMS = [
  system('civil-status', [[HOA, HOA_OLD], [BINH], [STRANGER]]),
  system('business-registration', [[]]),
  system('tax', [['1085']]),
  system('land', [], { down: true }),
  system('population', []),
];
const DOWN = { sector: 'land', code: 'SOURCE_UNAVAILABLE' };
/** Of a system that cannot be searched for a while, and tells of people by number. */
const LATE = { sector: 'population', code: 'SOURCE_TIMEOUT' };

const bySector = (left: typeof DOWN, right: typeof DOWN) => (left.sector < right.sector ? -1 : 1);

let house: DossierHouse;
let desk: SmallDesk;

beforeAll(async () => {
  const dossiers = [{ code: OWN, agencyCode: 'H41.58', applicantNumbers: [HOA], applicantName: NAME }];
  house = await openDossierHouse(SYSTEMS, [{ sector: 'one-stop', role: 'reception', dossiers }], {
    limits: { searchHits: 2 },
  });
  desk = openSmallDesk(house);
  sourceOf('population').search = async (...given) => {
    searched.push(given);
    throw new HubError('SOURCE_TIMEOUT', 'no answer in time');
  };
}, 30_000);

beforeEach(() => {
  [house.calls.length, searched.length, desk.logged.length] = [0, 0, 0];
});

type Searched = Parameters<NonNullable<WatchedSource['search']>>;
const searched: Searched[] = [];

function sourceOf(sector: string): { search?: WatchedSource['search'] } {
  const [open] = house.registry.sectors.find(({ id }) => id === sector)?.sources.values() ?? [];
  return open?.source as { search?: WatchedSource['search'] };
}

afterAll(() => house.close());

describe('A search by a name that others bear too', () => {
  const query = `{ citizens(name: "${NAME}") { nodes { maskedNumber } totalCount missing { sector code } } }`;

  it('tells an officer of all that it could not show', async () => {
    const { nodes, missing } = (await desk.ask(counter, query, PROCESSING)).data.citizens;
    expect(nodes).toHaveLength(2);
    expect(missing).toEqual(
      expect.arrayContaining([
        { sector: 'civil-status', code: 'SEARCH_TOO_BROAD' },
        { sector: 'business-registration', code: 'NUMBER_MISSING' },
        { sector: 'tax', code: 'SOURCE_MALFORMED' },
        DOWN,
        LATE,
      ]),
    );
  });

  it('is asked of each system by the name and the year, on behalf of whoever asks, and never for more than is needed', async () => {
    const asked = (birthDate: string) =>
      desk.ask(counter, `{ citizens(name: " Chẳng Ai ", birthDate: ${birthDate}) { nodes { fullName } } }`, PROCESSING);
    await asked('"1985-07-12"');
    await asked('null');
    expect(searched.map(([ask]) => ask)).toStrictEqual([
      {
        ...{ entity: 'person', criteria: { name: 'Chẳng Ai', birthDate: '1985' }, limit: 40 },
        fields: ['numbers', 'name', 'birthDate', 'gender'],
      },
      {
        ...{ entity: 'person', criteria: { name: 'Chẳng Ai' }, limit: 40 },
        fields: ['numbers', 'name', 'birthDate', 'gender'],
      },
    ]);
    expect(searched[0]?.[1]?.caller).toMatchObject({ actor: counter.id, purpose: 'PROCESSING', dossier: OWN });
    expect(desk.logged[0]?.operation.systems).toEqual(expect.arrayContaining(['civil-status', 'population', 'tax']));
  });

  it('needs a purpose that reaches people, and asks no system without one', async () => {
    expect((await desk.ask(counter, query)).refused).toEqual(['citizens PURPOSE_REQUIRED']);
    expect((await desk.ask(leader, query, { purpose: 'SUPERVISION' })).refused).toEqual(['citizens FORBIDDEN']);
    expect([searched, house.calls]).toEqual([[], []]);
    const { access, caller } = await desk.open(leader, '{ sectors { id } }', { purpose: 'SUPERVISION' });
    const operation = createOperation(desk.registry, { access, caller, signal: new AbortController().signal });
    await expect(searchCitizens(operation, { name: NAME })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('asks as often as an operation may, and says of which systems it could not', async () => {
    const few = await openDossierHouse([system('civil-status', [[HOA]])], [], { limits: { callsPerOperation: 0 } });
    const { data } = await few.ask('{ citizens(name: "Chẳng Ai") { missing { sector code } } }');
    await few.close();
    expect(data.citizens.missing).toEqual([{ sector: 'civil-status', code: 'BUDGET_EXCEEDED' }]);
  });

  it('shows a citizen themself, tells them which system failed, and nothing of others, not that there are any', async () => {
    const { nodes, totalCount, missing } = (await desk.ask(citizen, query, { purpose: 'SELF' })).data.citizens;
    expect([nodes, totalCount, missing]).toEqual([
      [{ maskedNumber: `••••••••••${HOA.slice(-2)}` }],
      null,
      expect.any(Array),
    ]);
    expect(missing.toSorted(bySector)).toEqual([DOWN, LATE]);
    // No system is asked about anybody else.
    expect(new Set(house.calls.flatMap(({ keys }) => keys))).toEqual(new Set([HOA, HOA_OLD]));
    expect(desk.logged.at(-1)?.subjects.map(({ number }) => number)).toEqual([HOA]);
  });

  it('shows of who has to do with the dossier all there is, and of others what tells them apart and nothing else', async () => {
    const fields =
      'id personalNumbers fullName birthDate gender maskedNumber statements { sector } dossiers { totalCount }';
    const asked = `{ citizens(name: "${NAME}") { nodes { ${fields} } } }`;
    const { data, refused, messages } = await desk.ask(counter, asked, PROCESSING);
    const [first, second] = data.citizens.nodes;
    const [whole, match] = first.id === null ? [second, first] : [first, second];
    expect(whole).toMatchObject({ personalNumbers: [HOA, HOA_OLD], birthDate: '1985-07-12', gender: 'MALE' });
    expect(match).toEqual({
      ...{ id: null, personalNumbers: null, gender: null, statements: null, dossiers: null },
      ...{ fullName: NAME, birthDate: '1985', maskedNumber: `••••••••••${BINH.slice(-2)}` },
    });
    const at = data.citizens.nodes.indexOf(match);
    const withheld = ['id', 'personalNumbers', 'gender', 'statements', 'dossiers'];
    for (const field of withheld) expect(refused).toContain(`citizens.nodes.${at}.${field} FORBIDDEN`);
    const told = messages.filter((_, place) => refused[place]?.endsWith('FORBIDDEN'));
    expect(new Set(told)).toEqual(new Set(['There is nothing here that you may see.']));
    expect(
      desk.logged
        .at(-1)
        ?.subjects.map(({ number, relation }) => [number, relation])
        .sort(),
    ).toEqual([
      [HOA, 'DOSSIER'],
      [BINH, 'MATCH'],
    ]);
  });

  it('goes by the year of birth alone of those of whom no more is shown', async () => {
    const found = async (birthDate: string) => {
      const asked = `{ citizens(name: "${NAME}", birthDate: "${birthDate}") { nodes { maskedNumber } } }`;
      return (await desk.ask(counter, asked, PROCESSING)).data.citizens.nodes.map(
        ({ maskedNumber }: { readonly maskedNumber: string }) => maskedNumber.slice(-2),
      );
    };
    const [own, other] = [HOA.slice(-2), BINH.slice(-2)];
    expect((await found('1985-07-12')).toSorted()).toEqual([own, other].toSorted());
    expect((await found('1985-07')).toSorted()).toEqual([own, other].toSorted());
    expect(await found('1985-07-13')).toEqual([other]);
    expect(await found('1986')).toEqual([]);
  });
});
