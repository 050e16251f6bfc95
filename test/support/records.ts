import type { World } from '../../stand-ins/world/types.ts';

/** What is really recorded of the people of a made-up province, to hold the hub's answers against. */
export interface Records {
  /** `commune/sheet/parcel` → the people who hold it now. */
  readonly parcels: ReadonlyMap<string, ReadonlySet<number>>;
  /** Business code → the people who lead or own it. */
  readonly businesses: ReadonlyMap<string, ReadonlySet<number>>;
  /** `kind number book` → the people it is about; registers of several communes may share one. */
  readonly events: ReadonlyMap<string, ReadonlySet<number>>;
  /** Dossier code → the person who handed it in. */
  readonly applicants: ReadonlyMap<string, number>;
}

export function recordsOf(world: World): Records {
  const { counts } = world;
  const parcels = new Map<string, Set<number>>();
  for (let index = 0; index < counts.parcels; index += 1) {
    const { place, sheet, number, holders } = world.parcel(index);
    parcels.set(
      parcelKey({ oldCommune: place.old.commune, sheet: String(sheet), parcel: String(number) }),
      new Set(holders),
    );
  }
  const businesses = new Map<string, Set<number>>();
  for (let index = 0; index < counts.businesses; index += 1) {
    const { code, representatives } = world.business(index);
    businesses.set(code, new Set(representatives.map(({ person }) => person)));
  }
  const events = new Map<string, Set<number>>();
  const add = (kind: string, { number, book }: { number: string; book: string }, people: (number | undefined)[]) => {
    const key = `${kind} ${number} ${book}`;
    events.set(key, new Set([...(events.get(key) ?? []), ...people.filter((one) => one !== undefined)]));
  };
  for (let index = 0; index < counts.births; index += 1) {
    const birth = world.birth(index);
    add('BIRTH', birth, [birth.child, birth.father?.person, birth.mother?.person]);
  }
  for (let index = 0; index < counts.marriages; index += 1) {
    const marriage = world.marriage(index);
    add('MARRIAGE', marriage, [marriage.husband, marriage.wife]);
  }
  for (let index = 0; index < counts.deaths; index += 1) add('DEATH', world.death(index), [world.death(index).person]);
  const applicants = new Map<string, number>();
  for (let index = 0; index < counts.dossiers; index += 1) {
    const { code, applicant } = world.dossier(index);
    applicants.set(code, applicant.person);
  }
  return { parcels, businesses, events, applicants };
}

/** Sheets carry a leading zero in some communes; it says nothing about which parcel it is here. */
export function parcelKey(parcel: { oldCommune: string; sheet: string; parcel: string }): string {
  return `${parcel.oldCommune}/${parcel.sheet.replace(/^0/, '')}/${parcel.parcel}`;
}
