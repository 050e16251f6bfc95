import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GuardedProvince, openGuardedProvince } from './guarded-province.ts';

const HOA = '001085004213';
const HOA_OLD = '011985421';
/** Well formed, and nobody's. */
const NOBODY = '001085999999';
const NAME = '{ citizen(id: "ID") { fullName birthDate personalNumbers } }';
const asking = (id: string, query = NAME) => query.replace('ID', id);
const NOT_NAMED = 'The dossier that you work on names nobody by this number: ask by a number that it names.';
const NOT_OWN = 'You see your own data alone: ask by the number of 12 digits that your token names.';

let province: GuardedProvince;
let own: string;
let stranger: string;
let strange: string;

beforeAll(async () => {
  province = await openGuardedProvince();
  const { world } = province;
  const dossiers = Array.from({ length: world.counts.dossiers }, (_, index) => world.dossier(index));
  own = (await province.ask('citizen', '{ dossiers(first: 1) { nodes { code } } }')).data.dossiers.nodes[0].code;
  const other = Array.from({ length: world.counts.citizens }, (_, index) => world.person(index)).find(
    ({ index, personalNumber, oldNumber }) => index > 10 && personalNumber !== undefined && oldNumber !== undefined,
  );
  stranger = other?.personalNumber as string;
  strange = dossiers.find(({ applicant }) => applicant.person !== 0)?.code as string;
}, 120_000);

afterAll(() => province.close());

beforeEach(() => {
  province.reads.forget();
  province.logged.length = 0;
});

const visitOf = async (who: 'counter' | 'commune' = 'counter'): Promise<string> =>
  (await province.ask(who, 'mutation { openVisit { id } }')).data.openVisit.id;

describe('A person, asked for by number', () => {
  it('is refused without a purpose, for watching over work, and for reading the log', async () => {
    const asked = [
      await province.ask('counter', asking(HOA)),
      await province.ask('counter', asking(HOA), { purpose: 'RECEPTION' }),
      await province.ask('counter', asking(HOA), { purpose: 'PROCESSING' }),
      await province.ask('leader', asking(HOA), { purpose: 'SUPERVISION' }),
      await province.ask('auditor', asking(HOA), { purpose: 'AUDIT' }),
    ];
    expect(asked.map(({ data, errors }) => [data, errors?.[0]?.extensions.code])).toEqual([
      [{ citizen: null }, 'PURPOSE_REQUIRED'],
      [{ citizen: null }, 'PURPOSE_REQUIRED'],
      [{ citizen: null }, 'PURPOSE_REQUIRED'],
      [{ citizen: null }, 'FORBIDDEN'],
      [{ citizen: null }, 'FORBIDDEN'],
    ]);
    expect(province.reads.byLookup()).toEqual({});
  });

  it('is shown in a visit, and takes one place however often', async () => {
    const visit = await visitOf();
    const said = { purpose: 'RECEPTION', visit };
    const answer = await province.ask('counter', asking(HOA), said);
    expect(answer.data.citizen).toMatchObject({ fullName: 'Nguyễn Văn Hoà', birthDate: '1985-03-14' });
    expect((await province.ask('counter', asking(HOA), said)).errors).toBeUndefined();
    expect((await province.hub.registry.visits.read(visit))?.subjects.size).toBe(1);
  });

  it('is refused in a visit that is full, at the same place each time', async () => {
    const visit = await visitOf();
    const people = Array.from({ length: 9 }, (_, place) => `00108500${String(5000 + place)}`);
    const query = `{ ${people.map((number, place) => `p${place}: citizen(id: "${number}") { fullName }`).join(' ')} }`;
    const first = await province.ask('counter', query, { purpose: 'RECEPTION', visit });
    expect(first.refused.filter((one) => one.includes('VISIT_FULL'))).toEqual(['p8 VISIT_FULL']);
    const again = await province.ask('counter', query, { purpose: 'RECEPTION', visit });
    expect(again.refused).toEqual(first.refused);
  });

  it('is shown for the dossier that names them, and nobody else is', async () => {
    const said = { purpose: 'PROCESSING', dossier: own };
    expect((await province.ask('counter', asking(HOA), said)).data.citizen.fullName).toBe('Nguyễn Văn Hoà');
    expect((await province.ask('counter', asking(stranger), said)).refused).toEqual(['citizen FORBIDDEN']);
  });

  it('is refused in the same words, and before any system is asked, whether or not there is such a person', async () => {
    const said = { purpose: 'PROCESSING', dossier: own };
    const there = await province.ask('counter', asking(stranger), said);
    const not = await province.ask('counter', asking(NOBODY), said);
    expect(not).toEqual(there);
    expect(there.errors?.[0]?.message).toBe(NOT_NAMED);
    expect(province.reads.byLookup()).toEqual({});
  });

  it('is shown to themself alone', async () => {
    expect((await province.ask('citizen', asking(HOA))).data.citizen.fullName).toBe('Nguyễn Văn Hoà');
    expect((await province.ask('citizen', asking(stranger))).refused).toEqual(['citizen FORBIDDEN']);
    expect((await province.ask('citizen', asking(NOBODY))).refused).toEqual(['citizen FORBIDDEN']);
  });

  it('who asks by an old number that no system has named beside the new one is told by which to ask', async () => {
    // An old paper may name one of two people: until a system has said whose it is, it is nobody's.
    for (const number of [HOA_OLD, stranger, NOBODY, '019999999']) {
      const { refused, errors } = await province.ask('citizen', asking(number));
      expect([refused, errors?.[0]?.message]).toEqual([['citizen FORBIDDEN'], NOT_OWN]);
    }
    const { personalNumbers } = (await province.ask('citizen', asking(HOA))).data.citizen;
    expect(personalNumbers).toEqual([HOA, HOA_OLD]);
  });

  it('is the citizen’s own under an old number too, once a system has named both', async () => {
    await province.hub.registry.numberPairs.remember([HOA, HOA_OLD], { sector: 'land', at: 1 });
    const { data, errors } = await province.ask('citizen', asking(HOA_OLD));
    expect([data.citizen?.personalNumbers, errors]).toEqual([[HOA, HOA_OLD], undefined]);
  });

  it('is noted with the operation, with what ties them to its purpose', async () => {
    await province.ask('counter', asking(HOA), { purpose: 'PROCESSING', dossier: own });
    const [record] = province.logged;
    expect(record).toMatchObject({
      personal: true,
      operation: {
        ...{ kind: 'OPERATION', actor: 'counter.hanh', purpose: 'PROCESSING', dossier: own, outcome: 'ANSWERED' },
        fields: expect.arrayContaining(['Citizen.fullName', 'Query.citizen']),
        systems: expect.arrayContaining(['land', 'one-stop']),
      },
      subjects: [{ number: HOA, relation: 'DOSSIER', dossier: null }],
    });
  });
});

describe('A purpose', () => {
  it('is none for a dossier of another unit, in the words of one that is not there', async () => {
    const away = { purpose: 'PROCESSING', dossier: own };
    const units = (await province.ask('leader', `{ dossier(code: "${own}") { agency { code } } }`)).data.dossier;
    const outsider = units.agency.code.startsWith('H41.58') ? 'neighbour' : 'commune';
    const elsewhere = await province.ask(outsider, asking(HOA), away);
    const nowhere = await province.ask(outsider, asking(HOA), { purpose: 'PROCESSING', dossier: 'H41.77-261119-9999' });
    // At no place of the question: the header is what was wrong.
    const message = expect.stringMatching(/^X-Dossier names no dossier that you may see/);
    expect(elsewhere.errors).toEqual([{ message, extensions: { code: 'FORBIDDEN', retryable: false } }]);
    expect([elsewhere.data ?? null, nowhere.data ?? null]).toEqual([null, null]);
    expect(nowhere.errors).toEqual(elsewhere.errors);
    expect(province.reads.byLookup()).toEqual({});
  });

  it('is asked for in words that fit what was asked: of the log another one than of people', async () => {
    const log = await province.ask('auditor', '{ accessLog(actor: "counter.hanh") { nodes { at } } }');
    const people = await province.ask('counter', asking(HOA));
    expect([log, people].map(({ errors }) => [errors?.[0]?.extensions.code, errors?.[0]?.message])).toEqual([
      [
        'PURPOSE_REQUIRED',
        'The access log needs a purpose: send X-Purpose AUDIT, or SELF for what it says of yourself.',
      ],
      ['PURPOSE_REQUIRED', 'Personal data needs a purpose: send X-Purpose, and with it X-Visit or X-Dossier.'],
    ]);
  });

  it('is none for a visit of somebody else, one that is closed, and one that never was', async () => {
    const theirs = await visitOf('commune');
    const closed = await visitOf();
    await province.ask('counter', `mutation { closeVisit(id: "${closed}") { closedAt } }`);
    for (const visit of [theirs, closed, 'AAAAAAAAAAAAAAAAAAAAAA']) {
      const { data, errors } = await province.ask('counter', asking(HOA), { purpose: 'RECEPTION', visit });
      const message = expect.stringMatching(/^X-Visit names no open visit of yours/);
      expect([data ?? null, errors]).toEqual([
        null,
        [{ message, extensions: { code: 'VISIT_OVER', retryable: false } }],
      ]);
    }
  });
});

describe('A person whom a record names', () => {
  it('is shown where the purpose reaches them, and takes no place in a visit', async () => {
    const query = `{ dossier(code: "${own}") { applicant { name citizen { fullName } } } }`;
    const named = await province.ask('counter', query, { purpose: 'PROCESSING', dossier: own });
    expect(named.data.dossier.applicant.citizen.fullName).toBe('Nguyễn Văn Hoà');
    const visit = await visitOf();
    const seen = await province.ask('counter', query, { purpose: 'RECEPTION', visit });
    expect(seen.data.dossier.applicant).toEqual({ name: expect.any(String), citizen: null });
    expect(seen.refused).toEqual(['dossier.applicant.citizen FORBIDDEN']);
    expect((await province.hub.registry.visits.read(visit))?.subjects.size).toBe(1);
  });
});

describe('People found by name', () => {
  const QUERY = `{ citizens(name: "Nguyễn Văn Hoà") { nodes {
    id fullName birthDate maskedNumber commune gender personalNumbers landParcels { sheet } dossiers { totalCount } } } }`;

  it('are shown by what tells them apart and no more, until they are asked for by number', async () => {
    const visit = await visitOf();
    const said = { purpose: 'RECEPTION', visit };
    const found = await province.ask('counter', QUERY, said);
    const match = found.data.citizens.nodes.find(
      (one: { maskedNumber: string }) => one.maskedNumber === '••••••••••13',
    );
    expect(match).toMatchObject({ fullName: 'Nguyễn Văn Hoà', birthDate: '1985', commune: expect.any(String) });
    expect(match).toMatchObject({ id: null, gender: null, personalNumbers: null, landParcels: null, dossiers: null });
    expect(new Set(found.refused.map((one) => one.split(' ')[1]))).toEqual(new Set(['FORBIDDEN']));
    expect(province.logged.at(-1)?.subjects).toContainEqual({ number: HOA, relation: 'MATCH', dossier: null });
    await province.ask('counter', asking(HOA), said);
    const whole = (await province.ask('counter', QUERY, said)).data.citizens.nodes.filter(
      (one: { id: string | null }) => one.id !== null,
    );
    expect(whole).toHaveLength(1);
    expect(whole[0]).toMatchObject({ birthDate: '1985-03-14', gender: 'MALE' });
  });

  it('are narrowed by the year of birth alone: whether month and day are right is not told, until they are asked for by number', async () => {
    const said = { purpose: 'RECEPTION', visit: await visitOf() };
    const born = async (date: string) => {
      const query = `{ citizens(name: "Nguyễn Văn Hoà", birthDate: "${date}") { totalCount nodes { fullName birthDate maskedNumber } missing { sector code } } }`;
      const { data } = await province.ask('counter', query, said);
      return data.citizens;
    };
    const found = await born('1985');
    expect(found.nodes).toContainEqual({ fullName: 'Nguyễn Văn Hoà', birthDate: '1985', maskedNumber: '••••••••••13' });
    province.reads.forget();
    const searched = [];
    for (const date of ['1985-03-14', '1985-03-15', '1985-03', '1985-11']) {
      expect(await born(date)).toEqual(found);
      searched.push(JSON.stringify(province.reads.searches()));
      province.reads.forget();
    }
    expect(new Set(searched).size).toBe(1);
    expect((await born('1986')).nodes).toEqual([]);
    await province.ask('counter', asking(HOA), said);
    const isThere = (one: Awaited<ReturnType<typeof born>>) =>
      one.nodes.some(({ birthDate }: { birthDate: string }) => birthDate === '1985-03-14');
    expect([isThere(await born('1985-03-14')), isThere(await born('1985-03'))]).toEqual([true, true]);
    expect([isThere(await born('1985-03-15')), isThere(await born('1985-11'))]).toEqual([false, false]);
  });

  it('are not looked for without a purpose, and a citizen finds themself alone', async () => {
    expect((await province.ask('counter', QUERY)).refused).toEqual(['citizens PURPOSE_REQUIRED']);
    expect(province.reads.searches()).toEqual([]);
    const { nodes } = (await province.ask('citizen', '{ citizens(name: "Nguyễn Văn") { nodes { personalNumbers } } }'))
      .data.citizens;
    expect(nodes.length).toBeGreaterThan(0);
    expect(nodes.every((one: { personalNumbers: string[] }) => one.personalNumbers.includes(HOA))).toBe(true);
  });
});

describe('Whoever else a record names', () => {
  it('is noted as named', async () => {
    const query = `{ citizen(id: "${HOA}") { landParcels { holders { fullName } } civilStatusRecords { kind } } }`;
    expect((await province.ask('citizen', query)).errors).toBeUndefined();
    const subjects = province.logged[0]?.subjects ?? [];
    const own = subjects.filter(({ relation }) => relation === 'SELF').map(({ number }) => number);
    expect(own).toContain(HOA);
    expect([HOA, HOA_OLD]).toEqual(expect.arrayContaining(own));
    const named = subjects.filter(({ relation }) => relation === 'NAMED').map(({ number }) => number);
    expect(named.length).toBeGreaterThan(1);
    expect(named).not.toContain(HOA);
  });
});

describe('A dossier that is stated as a purpose', () => {
  it('says nothing of others', async () => {
    const query = `{ dossier(code: "${strange}") { code status applicant { name } summary } }`;
    const { data, refused } = await province.ask('counter', query, { purpose: 'PROCESSING', dossier: own });
    expect(data.dossier).toMatchObject({ code: strange, applicant: null, summary: null });
    expect(refused).toEqual(['dossier.applicant FORBIDDEN', 'dossier.summary FORBIDDEN']);
  });
});
