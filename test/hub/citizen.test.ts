import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, errorsOf } from '../support/answer.ts';
import { openProvince, type Province } from '../support/province.ts';

const EVERYTHING = `
  id personalNumbers fullName birthDate gender
  landParcels { oldCommune sheet parcel area uses { codes } holders { fullName } }
  landCertificates { serial }
  civilStatusRecords { kind number book }
  businesses { code kind }
  dossiers(first: 100) { totalCount nodes { code sectors } missing { sector code } }`;

let province: Province;

beforeAll(async () => {
  province = await openProvince();
});

afterAll(() => province.close());

const citizen = (id: string, fields: string) =>
  province.ask(`query ($id: ID!) { citizen(id: $id) { ${fields} } }`, { id });

describe('The demo person', () => {
  it('is the same person with the same records by the new number, the old one and the hub’s own id', async () => {
    const byNew = dataOf(await citizen('001085004213', EVERYTHING)).citizen;
    const byOld = dataOf(await citizen('011985421', EVERYTHING)).citizen;
    const byId = dataOf(await citizen(byNew.id, EVERYTHING)).citizen;
    expect(byOld).toEqual(byNew);
    expect(byId).toEqual(byNew);
    expect(byNew.id).not.toMatch(/001085004213|011985421/);
    expect(byNew.personalNumbers).toEqual(['001085004213', '011985421']);
  });

  it('is answered with records of every sector', async () => {
    const { landParcels, landCertificates, civilStatusRecords, businesses, dossiers } = dataOf(
      await citizen('001085004213', EVERYTHING),
    ).citizen;
    expect(landParcels).toHaveLength(2);
    expect(landCertificates).toHaveLength(2);
    expect(civilStatusRecords.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'BIRTH',
      'BIRTH',
      'BIRTH',
      'MARRIAGE',
    ]);
    expect(businesses.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['ENTERPRISE', 'HOUSEHOLD']);
    expect(dossiers.totalCount).toBeGreaterThanOrEqual(14);
    expect(new Set(dossiers.nodes.flatMap(({ sectors }: { sectors: string[] }) => sectors))).toEqual(
      new Set(['one-stop', 'land', 'civil-status', 'business-registration']),
    );
    expect(dossiers.missing).toEqual([]);
  });

  it('is stated by each system in the declared order, whichever answered first', async () => {
    const { statements } = dataOf(
      await citizen('001085004213', 'statements { sector fullName birthDate gender personalNumbers asOf }'),
    ).citizen;
    const sectors = statements.map(({ sector }: { sector: string }) => sector);
    expect(sectors).toEqual(['civil-status', 'one-stop', 'business-registration', 'land']);
    expect(statements[0]).toEqual({
      sector: 'civil-status',
      fullName: 'Nguyễn Văn Hoà',
      birthDate: '1985-03-14',
      gender: 'MALE',
      personalNumbers: ['001085004213', '011985421'],
      asOf: '2026-11-20T00:00:00+07:00',
    });
  });

  it('is found by a number written with spaces or dots', async () => {
    expect(dataOf(await citizen(' 001 085 004 213 ', 'fullName')).citizen.fullName).toBe('Nguyễn Văn Hoà');
    expect(dataOf(await citizen('011.985.421', 'fullName')).citizen.fullName).toBe('Nguyễn Văn Hoà');
  });
});

describe('A number', () => {
  it('that two people held is AMBIGUOUS and never the first of them', async () => {
    for (const [first] of province.world.sharedOldNumbers) {
      const answer = await citizen(province.world.person(first).oldNumber ?? '', 'fullName');
      expect(answer.data).toEqual({ citizen: null });
      expect(errorsOf(answer)).toEqual([{ path: 'citizen', code: 'AMBIGUOUS', retryable: false }]);
    }
  });

  it('that no system knows is null without an error', async () => {
    expect(dataOf(await citizen('001099999999', 'fullName'))).toEqual({ citizen: null });
    expect(dataOf(await citizen('999999998', 'fullName'))).toEqual({ citizen: null });
  });

  it.each(['12345', 'abc', '', '0010850042131', '999085004213', '000000000', "1' or '1'='1"])(
    'that cannot be one is BAD_USER_INPUT and is not repeated: %j',
    async (id) => {
      const answer = await citizen(id, 'fullName');
      expect(errorsOf(answer)).toEqual([{ path: 'citizen', code: 'BAD_USER_INPUT', retryable: false }]);
      if (id.length > 4) expect(JSON.stringify(answer)).not.toContain(id);
    },
  );

  it('is not tied to anyone by an id of another hub, or by one that was tampered with', async () => {
    const { id } = dataOf(await citizen('001085004213', 'id')).citizen;
    // Of the last letters some say nothing, and they may be anything already.
    const other = id.at(-6) === 'A' ? 'B' : 'A';
    for (const forged of [`${id.slice(0, -6)}${other}${id.slice(-5)}`, id.slice(0, -4), `${id}A`]) {
      expect(errorsOf(await citizen(forged, 'id'))).toEqual([
        { path: 'citizen', code: 'BAD_USER_INPUT', retryable: false },
      ]);
    }
  });
});

describe('The population service', () => {
  it('verifies a person whose number, name and birth date agree', async () => {
    expect(dataOf(await citizen('001085004213', 'population')).citizen.population).toBe('VERIFIED');
  });

  it('tells a mismatch from a person it does not know', async () => {
    const { world } = province;
    const outcomes = new Map<number, string>();
    for (let first = 0; first < world.counts.citizens; first += 25) {
      const people = Array.from({ length: 25 }, (_, place) => first + place).filter(
        (index) => world.person(index).personalNumber !== undefined,
      );
      const asked = people.map(
        (index) => `p${index}: citizen(id: "${world.person(index).personalNumber}") { population }`,
      );
      const { data } = await province.ask(`{ ${asked.join(' ')} }`);
      for (const index of people) outcomes.set(index, data[`p${index}`]?.population);
    }
    const spelt = (index: number) => world.identityIn('civil-status', index);
    // A name without its diacritics is another name to the population service.
    const bare = [...outcomes.keys()].filter(
      (index) => spelt(index).spelling === 'no-diacritics' && spelt(index).name !== world.person(index).name,
    );
    expect(bare.length).toBeGreaterThan(0);
    expect(bare.map((index) => outcomes.get(index))).toEqual(bare.map(() => 'MISMATCH'));
    const right = [...outcomes.keys()].filter(
      (index) =>
        ['plain', 'upper', 'nfd', 'spaces'].includes(spelt(index).spelling) &&
        spelt(index).birthDate === world.person(index).knownBirthDate,
    );
    expect(right.length).toBeGreaterThan(100);
    expect(new Set(right.map((index) => outcomes.get(index)))).toEqual(new Set(['VERIFIED']));
  });
});
