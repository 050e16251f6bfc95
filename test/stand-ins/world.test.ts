import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import type { World } from '../../stand-ins/world/types.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

const world = createWorld();

function fingerprint(of: World): string {
  const hash = createHash('sha256');
  for (let i = 0; i < 300; i++) {
    hash.update(
      JSON.stringify([of.person(i), of.birth(i), of.parcel(i), of.certificate(i), of.business(i % 100), of.dossier(i)]),
    );
    hash.update(
      JSON.stringify([of.identityIn('land', i), of.identityIn('one-stop', i), of.identityIn('construction', i)]),
    );
  }
  return hash.digest('hex');
}

function upTo<T>(count: number, of: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => of(i));
}

describe('the made-up province', () => {
  it('is the same for the same seed, and another for another seed', () => {
    expect(fingerprint(createWorld({ seed: 7 }))).toBe(fingerprint(createWorld({ seed: 7 })));
    expect(fingerprint(createWorld({ seed: 7 }))).not.toBe(fingerprint(createWorld({ seed: 8 })));
  });

  it('answers in any order: a record does not depend on what was asked before', () => {
    const backwards = createWorld();
    const last = upTo(50, (i) => backwards.dossier(49 - i)).reverse();
    expect(last).toEqual(upTo(50, (i) => createWorld().dossier(i)));
  });

  it('writes century, sex and year of birth into every personal number, each number once', () => {
    const people = upTo(5000, world.person);
    for (const { personalNumber, gender, birthDate } of people) {
      if (personalNumber === undefined) continue;
      expect(personalNumber).toMatch(/^\d{12}$/);
      const century = (Number(birthDate.slice(0, 4)) >= 2000 ? 2 : 0) + (gender === 'male' ? 0 : 1);
      expect(personalNumber.slice(3, 6)).toBe(`${century}${birthDate.slice(2, 4)}`);
    }
    const numbers = people.map((person) => person.personalNumber).filter((number) => number !== undefined);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeLessThan(people.length);
    expect(people.some((person) => person.personalNumber === undefined && person.oldNumber === undefined)).toBe(true);
  });

  it('lets two people share a 9-digit number exactly where it says so', () => {
    const holders = Map.groupBy(upTo(5000, world.person), (person) => person.oldNumber);
    holders.delete(undefined);
    const shared = [...holders.values()]
      .filter((people) => people.length > 1)
      .map((people) => people.map((person) => person.index));
    expect(shared).toEqual(world.sharedOldNumbers.map((pair) => [...pair]));
    expect(shared).toHaveLength(5);
    for (const [first, second] of world.sharedOldNumbers) {
      expect(world.identityIn('land', first).oldNumber).toBe(world.identityIn('land', second).oldNumber);
    }
  });

  it('knows people by the year or the month only, by several peoples names, and in every spelling', () => {
    const people = upTo(5000, world.person);
    expect(people.some((person) => /^\d{4}$/.test(person.knownBirthDate))).toBe(true);
    expect(people.some((person) => /^\d{4}-\d{2}$/.test(person.knownBirthDate))).toBe(true);
    expect(new Set(people.map((person) => person.ethnicity.name)).size).toBeGreaterThanOrEqual(9);
    expect(people.some((person) => person.name.startsWith("H'"))).toBe(true);
    const spellings = new Set(upTo(5000, (i) => world.identityIn('land', i).spelling));
    expect(spellings).toEqual(new Set(['plain', 'upper', 'spaces', 'nfd', 'old-tone', 'no-diacritics']));
  });

  it('has land know about a third of its people by the old number only', () => {
    const holders = upTo(5000, (i) => i).filter((i) => i % 4 < 2);
    const oldOnly = holders.filter((i) => {
      const { personalNumber, oldNumber } = world.identityIn('land', i);
      return personalNumber === undefined && oldNumber !== undefined;
    });
    expect(oldOnly.length / holders.length).toBeGreaterThan(0.25);
    expect(oldOnly.length / holders.length).toBeLessThan(0.42);
  });

  it('gives every dossier a code of its own and every status a dossier, also in a small world', () => {
    const codes = upTo(20_000, (i) => world.dossier(i).code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^(H\d\d(\.\d\d)+|\d{3}\.\d\d\.\d\d\.H\d\d)-\d{6}-\d{4}$/);
    const small = createWorld({ citizens: 400, dossiers: 40 });
    expect(new Set(upTo(40, (i) => small.dossier(i).status)).size).toBe(10);
  });

  it('keeps a course in order: handed in, received, due, finished, returned, and nothing after today', () => {
    for (const dossier of upTo(5000, world.dossier)) {
      const times = dossier.steps.map((step) => step.at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(dossier.status).toBe(dossier.steps.at(-1)?.status);
      expect(dossier.updatedAt).toBeLessThan(world.asOf);
      if (dossier.receivedAt !== undefined) {
        expect(dossier.submittedAt).toBeLessThanOrEqual(dossier.receivedAt);
        expect(dossier.dueAt).toBeGreaterThan(dossier.receivedAt);
      }
      expect(dossier.status >= 9).toBe(dossier.finishedAt !== undefined);
      expect(dossier.status === 10).toBe(dossier.returnedAt !== undefined);
    }
  });

  it('gives enterprises codes with a valid check digit, branches the code of their enterprise', () => {
    const weights = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    const businesses = upTo(world.counts.businesses, world.business);
    for (const business of businesses) {
      const digits = business.taxCode.slice(0, 10);
      expect(10 - (weights.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0) % 11)).toBe(
        Number(digits[9]),
      );
      if (business.parent !== undefined) expect(business.code).toBe(`${world.business(business.parent).code}-001`);
    }
    expect(new Set(businesses.map((business) => business.kind))).toEqual(
      new Set(['enterprise', 'branch', 'household']),
    );
    expect(new Set(businesses.map((business) => business.code)).size).toBe(businesses.length);
    expect(businesses.some((business) => !Number.isSafeInteger(Number(business.capital)))).toBe(true);
  });

  it('never gives two parcels the same old commune, sheet and number', () => {
    const keys = upTo(world.counts.parcels, world.parcel).map(
      ({ place, sheet, number }) => `${place.old.commune} ${sheet} ${number}`,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('keeps marriages, deaths and parents consistent', () => {
    for (let i = 0; i < world.counts.marriages; i++) {
      const { husband, wife } = world.marriage(i);
      expect([world.marriageOf(husband)?.index, world.marriageOf(wife)?.index]).toEqual([i, i]);
      expect([world.person(husband).gender, world.person(wife).gender]).toEqual(['male', 'female']);
    }
    for (let i = 0; i < world.counts.deaths; i++) {
      const death = world.death(i);
      expect(world.deathOf(death.person)?.index).toBe(i);
      expect(death.deathDate > world.person(death.person).birthDate).toBe(true);
    }
    for (let i = 0; i < 5000; i++) {
      const { father, mother } = world.birth(i);
      const born = Number(world.person(i).birthDate.slice(0, 4));
      for (const parent of [father, mother])
        if (parent !== undefined) expect(born - Number(parent.birthDate.slice(0, 4))).toBeGreaterThanOrEqual(17);
    }
  });

  it('has the demo citizen the same in every world, with something in every system', () => {
    for (const other of [createWorld({ seed: 99, citizens: 40, dossiers: 20 }), world]) {
      expect(other.person(0)).toMatchObject(demoPerson);
      expect(other.marriageOf(0)).toBeDefined();
      expect(other.birth(2).father?.person).toBe(0);
      expect(other.business(0)).toMatchObject({ kind: 'enterprise', representatives: [{ person: 0 }] });
      expect(other.business(1)).toMatchObject({ kind: 'household', representatives: [{ person: 0 }] });
      expect([other.parcel(0).holders[0], other.parcel(other.counts.families).holders[0]]).toEqual([0, 0]);
      const sectors = new Set(upTo(14, (i) => other.dossier(i)).map((dossier) => dossier.sector));
      for (const sector of ['land', 'civil-status', 'business-registration']) expect(sectors).toContain(sector);
    }
  });
});
