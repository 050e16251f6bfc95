import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld } from '../../stand-ins/world/world.ts';
import { dataOf, errorsOf } from '../support/answer.ts';
import { openProvince, type Province } from '../support/province.ts';
import { parcelKey, type Records, recordsOf } from '../support/records.ts';

const world = createWorld({ citizens: 300, dossiers: 1200 });
const shared = new Set(world.sharedOldNumbers.flat());
/** Someone whom the population service of these tests does not know. */
const NOT_REGISTERED = 4;
/** Someone who holds land under the old number and of whom no other system is left to tell both. */
const UNTIED = untied();

let province: Province;
let records: Records;

beforeAll(async () => {
  province = await openProvince({
    prepare: (directory) => {
      const store = new DatabaseSync(join(directory, 'civil-status.sqlite'));
      const { personalNumber = '', oldNumber = '' } = world.person(UNTIED);
      store.prepare('delete from citizen where personal_number = ?').run(numberOf(NOT_REGISTERED));
      store
        .prepare('update person set body = replace(body, ?, ?) where instr(body, ?)')
        .run(oldNumber, '', personalNumber);
      store.prepare('delete from person_number where number = ?').run(oldNumber);
      store.close();
    },
  });
  records = recordsOf(world);
});

afterAll(() => province.close());

function untied(): number {
  for (let index = 0; index < world.counts.citizens; index += 4) {
    const { oldNumber } = world.person(index);
    const ties = ['one-stop', 'business-registration'].some((system) => world.identityIn(system, index).oldNumber);
    const onlyParcel = index / 4 + world.counts.families >= world.counts.parcels;
    const alone = onlyParcel && world.identityIn('land', index).personalNumber === undefined;
    if (oldNumber !== undefined && !ties && alone && !shared.has(index) && index !== 0) return index;
  }
  throw new Error('The province has nobody like that');
}

function numberOf(index: number): string {
  return world.person(index).personalNumber ?? '';
}

interface Found {
  readonly personalNumbers: readonly string[];
  readonly landParcels: readonly { oldCommune: string; sheet: string; parcel: string }[] | null;
  readonly civilStatusRecords: readonly { kind: string; number: string; book: string }[] | null;
  readonly businesses: readonly { code: string }[] | null;
  readonly dossiers: { readonly nodes: readonly { code: string }[]; readonly missing: readonly object[] };
}

const RECORDS = `personalNumbers landParcels { oldCommune sheet parcel } civilStatusRecords { kind number book }
  businesses { code } dossiers(first: 100) { nodes { code } missing { sector code } }`;

/** Asks for everybody who has such a number, twenty at a time. */
async function askForAll(kind: 'personalNumber' | 'oldNumber'): Promise<ReadonlyMap<number, Found>> {
  const found = new Map<number, Found>();
  for (let first = 0; first < world.counts.citizens; first += 20) {
    const people = Array.from({ length: 20 }, (_, place) => first + place)
      .filter((index) => index < world.counts.citizens)
      .filter((index) => world.person(index)[kind] !== undefined);
    const fields = people.map((index) => `p${index}: citizen(id: "${world.person(index)[kind]}") { ${RECORDS} }`);
    const { data } = await province.ask(`{ ${fields.join(' ')} }`);
    for (const index of people) if (data[`p${index}`] !== null) found.set(index, data[`p${index}`]);
  }
  return found;
}

/** Everything in the answers that is another person's. */
function strangers(found: ReadonlyMap<number, Found>): readonly string[] {
  return [...found].flatMap(([index, { personalNumbers, landParcels, civilStatusRecords, businesses, dossiers }]) => {
    const { personalNumber, oldNumber } = world.person(index);
    return [
      ...personalNumbers.filter((number) => number !== personalNumber && number !== oldNumber),
      ...(landParcels ?? []).map(parcelKey).filter((key) => !records.parcels.get(key)?.has(index)),
      ...(businesses ?? []).map(({ code }) => code).filter((code) => !records.businesses.get(code)?.has(index)),
      ...dossiers.nodes.map(({ code }) => code).filter((code) => records.applicants.get(code) !== index),
      ...(civilStatusRecords ?? [])
        .map(({ kind, number, book }) => `${kind} ${number} ${book}`)
        .filter((key) => !records.events.get(key)?.has(index)),
    ].map((record) => `${index}: ${record}`);
  });
}

describe('Of all people of the province', () => {
  it.each(['personalNumber', 'oldNumber'] as const)(
    'nobody gets another person’s record, asked by %s',
    async (kind) => {
      const found = await askForAll(kind);
      expect(found.size).toBeGreaterThan(190);
      expect(strangers(found)).toEqual([]);
    },
  );

  it('everybody gets every record that states one of their numbers', async () => {
    const states = (system: string, index: number, numbers: readonly string[]) => {
      const { personalNumber, oldNumber } = world.identityIn(system, index);
      return [personalNumber, oldNumber].some((number) => number !== undefined && numbers.includes(number));
    };
    const missing: string[] = [];
    for (const [index, one] of await askForAll('personalNumber')) {
      if (shared.has(index)) continue;
      const parcels = new Set(one.landParcels?.map(parcelKey));
      for (const [key, holders] of records.parcels) {
        if (holders.has(index) && states('land', index, one.personalNumbers) && !parcels.has(key))
          missing.push(`${index} ${key}`);
      }
      const birth = world.birth(index);
      const events = new Set(one.civilStatusRecords?.map(({ kind, number, book }) => `${kind} ${number} ${book}`));
      if (states('civil-status', index, one.personalNumbers) && !events.has(`BIRTH ${birth.number} ${birth.book}`)) {
        missing.push(`${index} birth`);
      }
      const codes = new Set(one.businesses?.map(({ code }) => code));
      for (const [code, owners] of records.businesses) {
        const known = world.identityIn('business-registration', index);
        const number = known.personalNumber ?? known.oldNumber ?? '';
        const isHousehold = /^\d\d[A-Z]/.test(code);
        if (isHousehold && owners.has(index) && one.personalNumbers.includes(number) && !codes.has(code))
          missing.push(`${index} ${code}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('two who held one nine-digit number are told that nobody can tell, where a record states only that', async () => {
    for (const index of world.sharedOldNumbers.flat()) {
      const answer = await province.ask(
        'query ($id: ID!) { citizen(id: $id) { landParcels { sheet } dossiers(first: 100) { totalCount missing { sector code retryable } } } }',
        { id: world.person(index).personalNumber },
      );
      expect(errorsOf(answer)).toEqual([
        { path: 'citizen.landParcels', code: 'AMBIGUOUS', sector: 'land', retryable: false },
      ]);
      expect(answer.data.citizen.landParcels).toBeNull();
      const { totalCount, missing } = answer.data.citizen.dossiers;
      if (missing.length > 0) expect(missing).toEqual([{ sector: 'one-stop', code: 'AMBIGUOUS', retryable: false }]);
      expect(totalCount === null).toBe(missing.length > 0);
    }
  });
});

describe('The population service', () => {
  it('joins records from then on when it states that two numbers are one person’s', async () => {
    const { oldNumber } = world.person(UNTIED);
    const ask = (id: string | undefined, fields: string) =>
      province.ask(`query ($id: ID!) { citizen(id: $id) { ${fields} } }`, { id });
    const before: Found = dataOf(await ask(numberOf(UNTIED), RECORDS)).citizen;
    expect(before.personalNumbers).toEqual([numberOf(UNTIED)]);
    expect(before.landParcels).toEqual([]);

    expect(dataOf(await ask(numberOf(UNTIED), 'population')).citizen.population).toBe('VERIFIED');
    const after: Found = dataOf(await ask(numberOf(UNTIED), RECORDS)).citizen;
    expect(after.personalNumbers).toEqual([numberOf(UNTIED), oldNumber]);
    expect(after.landParcels?.length).toBeGreaterThan(0);
    expect(strangers(new Map([[UNTIED, after]]))).toEqual([]);
    const { id } = dataOf(await ask(numberOf(UNTIED), 'id')).citizen;
    expect(dataOf(await ask(oldNumber, 'id')).citizen.id).toBe(id);
  });

  it('does not know everybody: UNKNOWN is an answer and no error', async () => {
    const id = numberOf(NOT_REGISTERED);
    const answer = await province.ask('query ($id: ID!) { citizen(id: $id) { population } }', { id });
    expect(dataOf(answer).citizen.population).toBe('UNKNOWN');
  });
});

describe('Where systems lead to each other', () => {
  it('a child whom only civil status knows is a citizen with empty lists', async () => {
    const child = Array.from({ length: 300 }, (_, index) => index).find(
      (index) => world.person(index).birthDate > '2014',
    );
    const { personalNumber, name } = world.person(child ?? 0);
    const answer = await province.ask(
      `query ($id: ID!) { citizen(id: $id) { fullName statements { sector } landParcels { sheet } businesses { code }
        civilStatusRecords { kind persons { role fullName } } dossiers { totalCount } } }`,
      { id: personalNumber },
    );
    const { citizen } = dataOf(answer);
    expect(citizen.fullName.normalize('NFD').toLowerCase()).toContain(
      name.split(' ').at(-1)?.normalize('NFD').toLowerCase(),
    );
    expect(citizen.statements).toEqual([{ sector: 'civil-status' }]);
    expect(citizen.landParcels).toEqual([]);
    expect(citizen.businesses).toEqual([]);
    expect(citizen.dossiers.totalCount).toBe(0);
    expect(citizen.civilStatusRecords.map(({ kind }: { kind: string }) => kind)).toEqual(['BIRTH']);
  });

  it('one question goes from a parcel to its holders and on to their businesses', async () => {
    const { place, number } = world.parcel(0);
    const answer = await province.ask(
      `query ($oldCommune: ID!, $parcel: String!) { landParcel(oldCommune: $oldCommune, sheet: "01", parcel: $parcel) {
        certificates { serial } holders { order fullName citizen { fullName businesses { code name branches { code } } } } } }`,
      { oldCommune: place.old.commune, parcel: String(number) },
    );
    const { holders, certificates } = dataOf(answer).landParcel;
    expect(certificates).toEqual([{ serial: world.certificate(0).serial }]);
    expect(holders.map(({ order }: { order: number }) => order)).toEqual(
      world.parcel(0).holders.map((_, index) => index + 1),
    );
    const codes = holders[0].citizen.businesses.map(({ code }: { code: string }) => code);
    expect(codes).toEqual([world.business(0).code, world.business(1).code]);
  });

  it('every certificate is found by each of its three numbers and by one of them only', async () => {
    const ask = (args: string) =>
      province.ask(`{ landCertificate(${args}) { serial registerNumber barcode parcels { parcel } } }`);
    const { serial, barcode } = world.certificate(0);
    const found = dataOf(await ask(`serial: "${serial}"`)).landCertificate;
    expect(found.barcode).toBe(barcode);
    expect(dataOf(await ask(`barcode: "${barcode}"`)).landCertificate).toEqual(found);
    expect(found.parcels).toEqual([{ parcel: String(world.parcel(0).number) }]);
    expect(errorsOf(await ask(`serial: "${serial}", barcode: "${barcode}"`))).toEqual([
      { path: 'landCertificate', code: 'BAD_USER_INPUT', retryable: false },
    ]);
  });

  it('a civil-status record is found by its number and book, and asked for more where several communes answer', async () => {
    const { number, book, place, date } = world.marriage(0);
    const ask = (args: string) =>
      province.ask(
        `{ civilStatusRecord(kind: MARRIAGE, number: "${number}", book: "${book}"${args}) { commune persons { role fullName } } }`,
      );
    const commune = date < '2025-07-01' ? place.old.commune : place.new.commune;
    const found = dataOf(await ask(`, commune: "${commune}"`)).civilStatusRecord;
    expect(found.commune).toBe(commune);
    expect(found.persons.map(({ role }: { role: string }) => role)).toEqual(['HUSBAND', 'WIFE']);
    expect(dataOf(await ask(', commune: "00000"')).civilStatusRecord).toBeNull();
  });

  it('a parcel asked for in the catalogue of today is refused, since codes were re-used for other territories', async () => {
    const answer = await province.ask(
      '{ landParcel(oldCommune: "33001", catalogue: SINCE_2025_07, sheet: "1", parcel: "1") { sheet } }',
    );
    expect(errorsOf(answer)).toEqual([{ path: 'landParcel', code: 'BAD_USER_INPUT', retryable: false }]);
  });
});
