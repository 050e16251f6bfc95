import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folded } from '../../stand-ins/world/text.ts';
import type { Business, Parcel } from '../../stand-ins/world/types.ts';
import { dataOf } from '../support/answer.ts';
import { openProvince, type Province } from '../support/province.ts';

const FORMER_HOLDER = 4;

let province: Province;

beforeAll(async () => {
  province = await openProvince({
    prepare: (directory) => {
      const land = new DatabaseSync(join(directory, 'land.sqlite'));
      // Somebody who held the very parcel that is current now, and whose right has ended.
      land
        .prepare('insert into DC_QUYENSUDUNGDAT values (999999, 1, ?, 1, 2, ?, 0)')
        .run(FORMER_HOLDER + 1, '0000-00-00');
      land.close();
    },
  });
});

afterAll(() => province.close());

// biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
type Found = any;

/** Asks one field for many arguments, some at a time; answers in the order of the arguments. */
async function askEach(fields: readonly string[], selection: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (let first = 0; first < fields.length; first += 25) {
    const asked = fields.slice(first, first + 25).map((field, place) => `f${place}: ${field} { ${selection} }`);
    found.push(...Object.values((await province.ask(`{ ${asked.join(' ')} }`)).data ?? {}));
  }
  return found;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('The business register and the nightly drop', () => {
  let businesses: readonly Business[];
  let found: readonly Found[];

  beforeAll(async () => {
    businesses = upTo(province.world.counts.businesses).map((index) => province.world.business(index));
    found = await askEach(
      businesses.map(({ code }) => `business(code: "${code}")`),
      `code name kind taxCode status capital address oldCommune foundedOn amendedOn foreignName
       lines { code title main } representatives { fullName position birthDate personalNumbers } parent { code } branches { code }`,
    );
  });

  it('each business is found by its code, whichever of the two systems keeps it', () => {
    expect(found.map((one) => one?.code)).toEqual(businesses.map(({ code }) => code));
    expect(found.map((one) => one.kind.toLowerCase())).toEqual(businesses.map(({ kind }) => kind));
  });

  it('a capital beyond 2^53 loses no đồng, one with dots in it is the same number, and that of a branch is not known', () => {
    expect(found.map((one) => one.capital)).toEqual(
      businesses.map(({ kind, capital }) => (kind === 'branch' ? null : capital)),
    );
  });

  it('a capital of 9007199254740993 arrives to the last digit', async () => {
    const rich = await openProvince({ citizens: 1_200, dossiers: 10 });
    try {
      const one = upTo(rich.world.counts.businesses)
        .map((index) => rich.world.business(index))
        .find(({ kind, capital }) => kind === 'enterprise' && capital === '9007199254740993');
      const { business } = dataOf(await rich.ask(`{ business(code: "${one?.code}") { capital } }`));
      expect(business).toEqual({ capital: '9007199254740993' });
    } finally {
      await rich.close();
    }
  });

  it('an address comes out of HOAdress, and one of two lines is one line', () => {
    for (const [index, one] of found.entries()) {
      const { detail, old } = businesses[index]?.address ?? {};
      expect(one.address).toBe([detail, old?.communeName, old?.districtName, old?.provinceName].join(', '));
      expect(one.oldCommune).toBe(old?.commune);
    }
  });

  it('one representative comes as an object and two as a list: both are lists here', () => {
    for (const [index, one] of found.entries()) {
      expect(one.representatives, one.code).toHaveLength(businesses[index]?.representatives.length ?? -1);
      expect(one.representatives[0].fullName).not.toBeNull();
    }
    expect(found.some((one) => one.kind !== 'HOUSEHOLD' && one.representatives.length === 2)).toBe(true);
  });

  it('tax codes and trades that a spreadsheet robbed of zeros or gave a ".0" are whole again', () => {
    const households = found.filter(({ kind }) => kind === 'HOUSEHOLD');
    for (const one of households) expect(one.taxCode).toMatch(/^\d{10}$/);
    expect(households.map(({ taxCode }) => taxCode)).toEqual(
      businesses.filter(({ kind }) => kind === 'household').map(({ taxCode }) => taxCode),
    );
    for (const one of found) for (const { code } of one.lines) expect(code).toMatch(/^\d{4}$/);
    expect(found.some((one) => one.kind === 'HOUSEHOLD' && one.lines[0].code.startsWith('0'))).toBe(true);
  });

  it('owners’ numbers that a spreadsheet robbed of zeros are whole again, so that a business is found by its owner', async () => {
    for (const [index, one] of found.entries()) {
      const business = businesses[index];
      if (business?.kind !== 'household') continue;
      const { personalNumber, oldNumber } = province.world.identityIn(
        'business-registration',
        business.representatives[0]?.person ?? -1,
      );
      expect(one.representatives[0].personalNumbers).toEqual([personalNumber ?? oldNumber]);
    }
  });

  it('days come in two forms and as precise as they are known', () => {
    for (const [index, one] of found.entries()) {
      const { founded = '', lastAmended } = businesses[index] ?? {};
      expect(founded.startsWith(one.foundedOn), one.code).toBe(true);
      if (one.kind !== 'HOUSEHOLD') expect([one.foundedOn, one.amendedOn]).toEqual([founded, lastAmended ?? null]);
    }
    expect(found.some((one) => /^\d{4}$/.test(one.foundedOn))).toBe(true);
  });

  it('the latest drop answers: what changed since the night before is as it is now', () => {
    expect(found.map(({ status }) => status)).toEqual(businesses.map(({ status }) => status.name));
  });

  it('names with separators and quotes in them are whole', () => {
    const quoted = found.filter(({ name }) => name.includes('"'));
    expect(quoted.length).toBeGreaterThan(0);
    for (const { name } of quoted) expect(name).toMatch(/ "Chi nhánh chợ"; ki-ốt số 1$/);
  });

  it('a branch leads to its enterprise and the enterprise to its branch', () => {
    const branch = businesses.findIndex(({ kind }) => kind === 'branch');
    const parent = businesses[businesses[branch]?.parent ?? -1];
    expect(found[branch].parent).toEqual({ code: parent?.code });
    expect(found[businesses[branch]?.parent ?? -1].branches).toEqual([{ code: businesses[branch]?.code }]);
  });
});

describe('The land database', () => {
  let parcels: readonly Parcel[];
  let found: readonly Found[];
  let certificates: readonly Found[];

  beforeAll(async () => {
    parcels = upTo(province.world.counts.parcels).map((index) => province.world.parcel(index));
    found = await askEach(
      parcels.map(({ place, sheet, number }) => {
        const written = place.old.communeName.startsWith('Xã') ? String(sheet) : String(sheet).padStart(2, '0');
        return `landParcel(oldCommune: "${place.old.commune}", sheet: "${written}", parcel: "${number}")`;
      }),
      `oldCommune oldDistrict sheet parcel area legalArea notedArea address disputed
       uses { codes area term until } holders { fullName order since }`,
    );
    certificates = await askEach(
      parcels.map((_, index) => `landCertificate(serial: "${province.world.certificate(index).serial}")`),
      'serial registeredOn issuedOn issuedBy signedBy',
    );
  });

  it('each parcel is found by its position, its leading zeros, its old commune and district', () => {
    expect(found.map(({ oldCommune, oldDistrict }) => [oldCommune, oldDistrict])).toEqual(
      parcels.map(({ place }) => [place.old.commune, place.old.district]),
    );
    expect(found.some(({ sheet }) => sheet.startsWith('0'))).toBe(true);
  });

  it('the zero in front of a sheet counts', async () => {
    const town = parcels.find(({ place }) => !place.old.communeName.startsWith('Xã'));
    const ask = `landParcel(oldCommune: "${town?.place.old.commune}", sheet: "${town?.sheet}", parcel: "${town?.number}")`;
    expect(dataOf(await province.ask(`{ ${ask} { sheet } }`)).landParcel).toBeNull();
  });

  it('areas lose no digit, and one noted with a comma says the same', () => {
    for (const [index, one] of found.entries()) {
      const { area = '', legalArea } = parcels[index] ?? {};
      expect(Number(one.area)).toBe(Number(area));
      expect(Number(one.legalArea)).toBe(Number(legalArea));
      if (one.notedArea !== null) expect(Number(one.notedArea)).toBe(Number(area));
    }
    expect(found.some(({ notedArea }) => notedArea !== null)).toBe(true);
  });

  it('a use of "ODT+CLN" is both, with the whole area', () => {
    for (const [index, one] of found.entries()) {
      const codes = one.uses.flatMap((use: Found) => use.codes).sort();
      expect(codes).toEqual(parcels[index]?.uses.map(({ code }) => code).sort());
      for (const code of codes) expect(code).not.toContain('+');
    }
    expect(found.some(({ uses }) => uses.some((use: Found) => use.codes.length === 2))).toBe(true);
  });

  it('a term is a date where it is one', () => {
    const terms = found.flatMap(({ uses }) => uses);
    expect(terms.filter(({ until }) => until === null).every(({ term }) => term === 'Lâu dài')).toBe(true);
    expect(terms.some(({ until }) => until === '2043-10-15')).toBe(true);
  });

  it('earlier states of a parcel and its holders of then are left out', () => {
    const changed = upTo(parcels.length).filter((index) => (parcels[index]?.formerHolders.length ?? 0) > 0);
    expect(changed.length).toBeGreaterThan(5);
    for (const index of changed) expect(found[index].holders).toHaveLength(parcels[index]?.holders.length ?? -1);
  });

  it('a right that has ended gives its former holder neither parcel nor certificate, and the parcel no holder', async () => {
    expect(found[0].holders.map(({ order }: Found) => order)).toEqual(parcels[0]?.holders.map((_, place) => place + 1));
    const { personalNumber, oldNumber } = province.world.person(FORMER_HOLDER);
    for (const id of [personalNumber, oldNumber]) {
      const { citizen } = dataOf(
        await province.ask(
          'query ($id: ID!) { citizen(id: $id) { landParcels { address } landCertificates { serial } } }',
          { id },
        ),
      );
      expect(citizen.landParcels).not.toContainEqual({ address: parcels[0]?.address });
      expect(citizen.landCertificates).not.toContainEqual({ serial: province.world.certificate(0).serial });
    }
  });

  it('names and addresses typed in TCVN3 are read as what they say', () => {
    const early = upTo(parcels.length).filter((index) => (parcels[index]?.entered ?? '') < '2009-01-01');
    expect(early.length).toBeGreaterThan(5);
    for (const index of early) {
      // Neither has it the curly apostrophe.
      expect(found[index].address).toBe(parcels[index]?.address.replaceAll('’', "'"));
      const { issuer, signer } = province.world.certificate(index);
      expect(certificates[index].signedBy).toBe(signer);
      // The encoding has no capital with marks: "Ủy ban" was typed with a small one.
      expect(certificates[index].issuedBy.toLowerCase()).toBe(issuer.toLowerCase());
    }
  });

  it('holders’ names of every encoding and spelling are the names they mean', () => {
    for (const [index, one] of found.entries()) {
      const names = one.holders.map(({ fullName }: Found) => folded(fullName));
      expect(names).toEqual(parcels[index]?.holders.map((person) => folded(province.world.person(person).name)));
    }
  });

  it('zero dates are not known, and all others are the days they say', () => {
    let unknown = 0;
    for (const [index, one] of certificates.entries()) {
      if (one.issuedOn === null) unknown += 1;
      else expect(one.issuedOn).toBe(province.world.certificate(index).issued);
      for (const { since } of found[index].holders) if (since !== null) expect(since).toBe(parcels[index]?.entered);
    }
    expect(unknown).toBeGreaterThan(0);
    expect(found.some(({ holders }) => holders.some(({ since }: Found) => since === null))).toBe(true);
  });

  it('times are UTC there and those of Việt Nam here', async () => {
    const { world } = province;
    const one = upTo(1200)
      .map((index) => world.dossier(index))
      .find(({ sector, finishedAt }) => sector === 'land' && finishedAt);
    const { dossier } = dataOf(
      await province.ask(`{ dossier(code: "${one?.code}") { finishedAt steps { sector at } } }`),
    );
    expect(dossier.finishedAt).toMatch(/\+07:00$/);
    expect(Date.parse(dossier.finishedAt)).toBe(one?.finishedAt);
    const at = dossier.steps.filter((step: Found) => step.sector === 'land').map((step: Found) => Date.parse(step.at));
    expect(at).toEqual(one?.steps.filter(({ status }) => status !== 1).map((step) => step.at));
  });
});

describe('People as each system writes them', () => {
  it('are stated in NFC, with dates as precise as the system knows and genders in one way', async () => {
    const { world } = province;
    const people = upTo(300).filter((index) => world.person(index).personalNumber !== undefined);
    const found = await askEach(
      people.map((index) => `citizen(id: "${world.person(index).personalNumber}")`),
      'fullName statements { sector fullName birthDate gender personalNumbers }',
    );
    const written: Record<string, string> = {
      'civil-status': '',
      'one-stop': '',
      land: '',
      'business-registration': '',
    };
    const precisions = new Set<number>();
    for (const [place, index] of people.entries()) {
      for (const { sector, fullName, birthDate, gender } of found[place].statements) {
        expect(fullName).toBe(fullName.normalize('NFC').trim());
        expect(gender === null || gender === world.person(index).gender.toUpperCase(), `${sector} of ${index}`).toBe(
          true,
        );
        if (!fullName.includes('?'))
          expect(folded(fullName), `${sector} of ${index}`).toBe(folded(world.person(index).name));
        if (birthDate !== null) expect(world.person(index).birthDate.startsWith(birthDate)).toBe(true);
        written[sector] += world.identityIn(sector, index).spelling;
        precisions.add(birthDate?.length ?? 0);
      }
    }
    expect(precisions).toEqual(new Set([4, 7, 10]));
    // All this would prove nothing if the systems had written the names well.
    for (const spellings of Object.values(written)) expect(spellings).toMatch(/nfd/);
  });

  it('whose only record comes bare, without its array, have that record', async () => {
    const child = upTo(300).find((index) => province.world.person(index).birthDate > '2014');
    const { citizen } = dataOf(
      await province.ask(
        `{ citizen(id: "${province.world.person(child ?? -1).personalNumber}") { civilStatusRecords { kind } } }`,
      ),
    );
    expect(citizen.civilStatusRecords).toEqual([{ kind: 'BIRTH' }]);
  });
});

describe('The counter software', () => {
  it('says success with the number 0 now and then', async () => {
    for (let turn = 0; turn < 25; turn += 1) {
      const { citizen } = dataOf(
        await province.ask('{ citizen(id: "001085004213") { statements { sector } dossiers { missing { code } } } }'),
      );
      expect(citizen.dossiers.missing).toEqual([]);
    }
  });

  it('names a procedure by its long code at times: it is the same procedure', async () => {
    const index = upTo(1200).find((each) => each % 23 === 7) ?? -1;
    const { code, procedure } = province.world.dossier(index);
    const { dossier } = dataOf(await province.ask(`{ dossier(code: "${code}") { procedure { code title field } } }`));
    expect(dossier.procedure).toEqual({ code: procedure.code, title: procedure.title, field: procedure.field });
  });

  it('gives an amount as a number at times: it is the same amount', async () => {
    const dossiers = upTo(1200).map((index) => province.world.dossier(index));
    const odd = dossiers.filter(({ index, fees }) => index % 31 === 5 && fees.length > 0).slice(0, 5);
    for (const { code, fees } of odd) {
      const { dossier } = dataOf(await province.ask(`{ dossier(code: "${code}") { fees { amount paid } } }`));
      expect(dossier.fees).toEqual(fees.map(({ amount, paid }) => ({ amount, paid })));
    }
    expect(odd.length).toBeGreaterThan(0);
  });

  it('leaves out keys it does not know and answers the others in any order: each dossier is its own', async () => {
    const codes = [40, 700, 33, 512].map((index) => province.world.dossier(index).code);
    const found = await askEach(
      [...codes, 'H41.00.00-000000-0000'].map((code) => `dossier(code: "${code}")`),
      'code',
    );
    expect(found.map((one) => one?.code ?? null)).toEqual([...codes, null]);
  });
});

describe('A session or token that ran out', () => {
  const QUERY =
    '{ citizen(id: "001085004213") { statements { sector } civilStatusRecords { number } businesses { code } dossiers(first: 1) { nodes { code } missing { code } } } }';

  it.each([
    ['one-stop', 'POST', '/__stand-in/expire', '/auth'],
    ['civil-status', 'DELETE', '/__stand-in/tokens', '/oauth/token'],
    ['business-registration', 'DELETE', '/__stand-in/tokens', '/token'],
  ] as const)('of %s is renewed once, and nobody notices', async (system, method, path, signIn) => {
    const before = dataOf(await province.ask(QUERY));
    const { settings, forgetCalls, calls } = province.systems[system];
    const base = settings.URL ?? settings.REST_URL ?? '';
    expect((await fetch(`${base}${path}`, { method })).ok).toBe(true);
    forgetCalls();
    expect(dataOf(await province.ask(QUERY))).toEqual(before);
    expect(calls().byPath[signIn]).toBe(1);
  });
});
