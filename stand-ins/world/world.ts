/** A made-up province that is the same every time: give it a seed and sizes, ask it for any record by its index. */

import { createBusinesses } from './businesses.ts';
import { readCatalogues } from './catalogues.ts';
import { createCivilEvents } from './civil-events.ts';
import { createSlots } from './dossier-slots.ts';
import { createDossiers } from './dossiers.ts';
import { identityIn } from './identities.ts';
import { createParcels } from './parcels.ts';
import { createPeople } from './people.ts';
import { localDay, officeHours } from './time.ts';
import type { World, WorldOptions } from './types.ts';

export const defaults = { seed: 1, citizens: 5_000, dossiers: 20_000, asOf: '2026-11-20T00:00:00+07:00' } as const;

/** Six random digits tell people apart in a personal number. */
const MOST_CITIZENS = 1_000_000;
/** Records entered before this day hold no 12-digit numbers: land wrote TCVN3 then. */
const EARLY_BEFORE = '2009-01-01';

export function createWorld(options: WorldOptions = {}): World {
  const { seed, citizens, dossiers, asOf: asOfText } = { ...defaults, ...options };
  if (!Number.isInteger(citizens) || citizens < 4 || citizens > MOST_CITIZENS) {
    throw new Error(`A world has between 4 and ${MOST_CITIZENS} citizens, not ${citizens}.`);
  }
  const asOf = Date.parse(asOfText);
  if (Number.isNaN(asOf)) throw new Error(`asOf must be a time such as ${defaults.asOf}, not "${asOfText}".`);
  const catalogues = readCatalogues(options.catalogues);
  const today = localDay(asOf);
  const people = createPeople({ seed, citizens, asOf, catalogues });
  const events = createCivilEvents({ seed, citizens, today, people });
  const businesses = createBusinesses({ seed, citizens, today, people });
  const parcels = createParcels({ seed, citizens, today, people, places: catalogues.places });
  const hours = officeHours(today - 3 * 365, today + 2 * 365, catalogues.specialDays);
  const slots = createSlots({ seed, today, hours, catalogues });
  const dossier = createDossiers({ seed, citizens, asOf, hours, slots, people, events, businesses, parcels });

  const sharing = new Set(people.sharedOldNumbers.flat());

  return {
    seed,
    asOf,
    counts: {
      citizens,
      families: Math.ceil(citizens / 4),
      births: citizens,
      marriages: events.marriages,
      deaths: events.deaths,
      businesses: businesses.businesses,
      parcels: parcels.parcels,
      certificates: parcels.parcels,
      dossiers,
    },
    procedures: catalogues.procedures,
    agencies: catalogues.agencies,
    person: people.person,
    family: people.family,
    birth: events.birth,
    marriage: events.marriage,
    marriageOf: events.marriageOf,
    death: events.death,
    deathOf: events.deathOf,
    business: businesses.business,
    parcel: parcels.parcel,
    certificate: parcels.certificate,
    dossier,
    identityIn: (system, person) =>
      identityIn({
        seed,
        system,
        person: people.person(person),
        shared: sharing.has(person),
        early: system === 'land' && parcels.parcel(Math.floor(person / 4)).entered < EARLY_BEFORE,
      }),
    sharedOldNumbers: people.sharedOldNumbers,
  };
}
