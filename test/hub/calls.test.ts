import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataOf, errorsOf } from '../support/answer.ts';
import { countReads, type Reads } from '../support/count-reads.ts';
import { openProvince, type Province } from '../support/province.ts';

const EVERYTHING = `
  id personalNumbers fullName birthDate gender population statements { sector }
  landParcels { sheet uses { codes } holders { fullName } certificates { serial } }
  landCertificates { serial parcels { sheet } }
  civilStatusRecords { kind persons { fullName } }
  businesses { code parent { code } branches { code } }
  dossiers(first: 20) { totalCount missing { sector }
    nodes { code status timeliness procedure { title } agency { title } applicant { name } steps { content } results { code } fees { amount } } }`;

const WORLD = { citizens: 300, dossiers: 1200 };

let province: Province;
let reads: Reads;

beforeAll(async () => {
  province = await openProvince({ ...WORLD, environment: { CALLS_PER_OPERATION: '300' } });
  reads = countReads(province.hub);
  // Signing in and the WSDL are had once and not once a question.
  await province.ask(`{ citizen(id: "001085004213") { ${EVERYTHING} } }`);
});

afterAll(() => province.close());

beforeEach(() => forget(province, reads));

function forget({ systems }: Province, counted: Reads): void {
  counted.forget();
  for (const system of Object.values(systems)) system.forgetCalls();
}

/** Lookups of which more calls were made than their keys need. */
function wasteful(): readonly string[] {
  return Object.entries(reads.byLookup()).flatMap(([place, calls]) => {
    const [sector = '', lookup = ''] = place.split(' ');
    const [entity = '', by = ''] = lookup.split('.');
    const declared = province.hub.registry.sectors.find(({ id }) => id === sector)?.declaration.entities[entity];
    const batchSize = declared?.lookups[by]?.batchSize ?? 0;
    const keys = calls.reduce((sum, one) => sum + one, 0);
    return calls.length === Math.ceil(keys / batchSize)
      ? []
      : [`${place}: ${calls.join(' + ')} keys, batchSize ${batchSize}`];
  });
}

/** What the stand-ins themselves counted, by path. */
function received(): Readonly<Record<string, number>> {
  return Object.assign({}, ...Object.values(province.systems).map((system) => system.calls().byPath));
}

const numbers = (first: number, most: number): string[] =>
  Array.from({ length: WORLD.citizens }, (_, index) => province.world.person(index).personalNumber ?? '')
    .filter((number) => number !== '')
    .slice(first, first + most);

describe('A citizen with everything', () => {
  it('takes one call of each lookup, and every identity source is asked once', async () => {
    const answer = await province.ask(`{ citizen(id: "001085004213") { ${EVERYTHING} } }`);
    dataOf(answer);
    expect(wasteful()).toEqual([]);
    const calls = reads.byLookup();
    expect(Object.values(calls).map(({ length }) => length)).toEqual(Object.values(calls).map(() => 1));
    expect(Object.keys(calls).filter((place) => place.endsWith('.number'))).toEqual([
      'business-registration owner.number',
      'business-registration representative.number',
      'civil-status person.number',
      'land person.number',
      'one-stop applicant.number',
    ]);
    // And this is what the systems themselves saw.
    expect(received()).toEqual({
      '/applicant/get': 1,
      '/tra-cuu/nguoi': 1,
      '/tra-cuu/ho-tich': 1,
      '/qldc/dancu': 1,
      '/dkkd/nguoi-dai-dien': 1,
      '/dkkd/doanh-nghiep/theo-giay-to': 1,
    });
  });

  it('is asked for once however often the question names them', async () => {
    const twice = ['001085004213', '001085004213'].map(
      (id, place) => `c${place}: citizen(id: "${id}") { ...Everything }`,
    );
    dataOf(await province.ask(`{ ${twice.join(' ')} } fragment Everything on Citizen { ${EVERYTHING} }`));
    expect(Object.values(reads.byLookup()).filter(({ length }) => length > 1)).toEqual([]);
    expect(received()['/qldc/dancu']).toBe(1);
  });
});

describe('Fifty citizens with everything', () => {
  const identities = () => Object.entries(reads.byLookup()).filter(([place]) => place.endsWith('.number'));

  it('of a search take ⌈keys / batchSize⌉ calls of each lookup, and one wave of identity', async () => {
    const { data } = await province.ask(`{ citizens(name: "nguyen", first: 50) { nodes { ${EVERYTHING} } } }`);
    expect(data.citizens.nodes).toHaveLength(50);
    expect(wasteful()).toEqual([]);
    expect(reads.searches()).toEqual(['business-registration owner', 'land person', 'one-stop applicant']);
    // One wave: all sources were asked for the very same numbers, each in as few calls as they fit in.
    const asked = identities().map(([, calls]) => calls.reduce((sum, one) => sum + one, 0));
    expect(new Set(asked).size).toBe(1);
    expect(received()).toMatchObject({ '/applicant/get': Math.ceil((asked[0] ?? 0) / 50), '/applicant/search': 1 });
    expect(received()['/tra-cuu/nguoi']).toBe(Math.ceil((asked[0] ?? 0) / 50));
    expect(received()['/dkkd/nguoi-dai-dien']).toBe(Math.ceil((asked[0] ?? 0) / 20));
  });

  it('by number take ⌈50 / batchSize⌉ calls of each identity source', async () => {
    const asked = numbers(60, 50).map((id, place) => `c${place}: citizen(id: "${id}") { ...Everything }`);
    const { data } = await province.ask(`{ ${asked.join(' ')} } fragment Everything on Citizen { ${EVERYTHING} }`);
    expect(Object.values(data).every((one) => one !== null)).toBe(true);
    expect(wasteful()).toEqual([]);
    // Numbers the population service tied together in an earlier question are asked for in the same wave.
    const keys = new Set(identities().map(([, calls]) => calls.reduce((sum, one) => sum + one, 0)));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toBeGreaterThanOrEqual(50);
    expect(reads.byLookup()['civil-status answer.person']).toHaveLength(50);
  });

  it('lose no wave when one of two calls of a wave is slow', async () => {
    const asked = numbers(60, 50).map((id, place) => `c${place}: citizen(id: "${id}") { ...Everything }`);
    province.systems['one-stop'].faults({ mode: 'slow', delayMs: 150, path: '/applicant/get', times: 1 });
    await province.ask(`{ ${asked.join(' ')} } fragment Everything on Citizen { ${EVERYTHING} }`);
    expect(wasteful()).toEqual([]);
  });
});

describe('What was not asked for', () => {
  it.each([
    ['{ citizen(id: "001085004213") { fullName } }', []],
    ['{ citizen(id: "001085004213") { landParcels { sheet } } }', ['land parcel.holder']],
    ['{ citizen(id: "001085004213") { dossiers { nodes { code status steps { content } history { id } } } } }', []],
    ['{ citizen(id: "001085004213") { population } }', ['civil-status answer.person']],
  ])('is not read: %s', async (query, expected) => {
    dataOf(await province.ask(query));
    const beyondIdentity = Object.keys(reads.byLookup()).filter((place) => !place.endsWith('.number'));
    expect(beyondIdentity).toEqual(expected);
  });

  it.each([
    '{ sectors { id status } procedures { code } agencies { code } }',
    '{ procedure(code: "1.004194") { title } }',
    '{ __typename }',
  ])('takes no call at all: %s', async (query) => {
    dataOf(await province.ask(query));
    expect(reads.byLookup()).toEqual({});
    expect(received()).toEqual({});
  });

  it('is not among the columns read', async () => {
    dataOf(await province.ask('{ citizen(id: "001085004213") { landParcels { area } } }'));
    const fields = reads.fieldsOf('land parcel.holder');
    expect(fields).toContain('parcel.DIENTICH');
    expect(fields).not.toContain('parcel.DIACHI');
    expect(fields).not.toContain('parcel.DIENTICHGHICHU');
  });
});

describe('Past a budget', () => {
  it('what was fetched is returned, and what was not is null with BUDGET_EXCEEDED', async () => {
    const poor = await openProvince({ citizens: 40, dossiers: 60, environment: { CALLS_PER_OPERATION: '9' } });
    try {
      const counted = countReads(poor.hub);
      const answer = await poor.ask(`{ citizen(id: "001085004213") { ${EVERYTHING} } }`);
      const calls = Object.values(counted.byLookup()).flat();
      expect(calls).toHaveLength(9);
      expect(answer.errors?.length).toBeGreaterThan(0);
      for (const error of errorsOf(answer)) expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', retryable: false });
      const { citizen } = answer.data;
      expect(citizen.fullName).toBe('Nguyễn Văn Hoà');
      for (const error of answer.errors ?? []) {
        const value = error.path?.reduce((at, part) => at?.[part], answer.data);
        expect(value ?? null, error.path?.join('.')).toBeNull();
      }
      const lists = ['landParcels', 'landCertificates', 'civilStatusRecords', 'businesses'].map(
        (name) => citizen[name],
      );
      expect(lists).not.toContainEqual([]);
      expect(lists.some((list) => list !== null)).toBe(true);
    } finally {
      await poor.close();
    }
  });

  it('of the population service fifty people are answered, and the others are told why they are not', async () => {
    const asked = numbers(0, 60).map((id, place) => `c${place}: citizen(id: "${id}") { fullName population }`);
    const answer = await province.ask(`{ ${asked.join(' ')} }`);
    expect(received()['/qldc/dancu']).toBe(50);
    expect(answer.errors).toHaveLength(10);
    for (const error of errorsOf(answer)) {
      expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', sector: 'civil-status', retryable: false });
    }
    const people = Object.values<{ fullName: string; population: string | null }>(answer.data);
    expect(people.filter(({ population }) => population !== null)).toHaveLength(50);
    expect(people.every(({ fullName }) => fullName !== null)).toBe(true);
  });
});
