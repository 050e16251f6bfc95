import type { World } from '../../../stand-ins/world/types.ts';
import { membersOf } from './people.ts';

/** What questions are made of: identifiers that mean something in the made-up province. */
export interface Words {
  readonly numbers: readonly string[];
  readonly names: readonly string[];
  readonly dossiers: readonly string[];
  readonly businesses: readonly string[];
  readonly agencies: readonly string[];
  readonly procedures: readonly string[];
  readonly sectors: readonly string[];
  readonly dates: readonly string[];
  readonly visits: readonly string[];
  readonly accounts: readonly string[];
  /** Arguments that only mean something together, by the field of Query. */
  readonly together: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

const MOST = 40;

/** @param about whose words they are: families, and dossiers by their index */
export function wordsOf(
  world: World,
  about: {
    readonly families: readonly number[];
    readonly dossiers: readonly number[];
    readonly people?: readonly number[];
  },
): Words {
  const people = (about.people ?? membersOf(world, about.families)).slice(0, MOST);
  const all = people.map((index) => world.person(index));
  const own = new Set(people);
  const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
  const parcels = indexes(world.counts.parcels).filter((index) =>
    world.parcel(index).holders.some((one) => own.has(one)),
  );
  const businesses = indexes(world.counts.businesses)
    .map((index) => world.business(index))
    .filter(({ representatives }) => representatives.some(({ person }) => own.has(person)));
  const dossiers = about.dossiers.map((index) => world.dossier(index));
  const births = people.map((index) => world.birth(index));
  return {
    numbers: all
      .flatMap(({ personalNumber, oldNumber }) => [personalNumber, oldNumber])
      .filter((one) => one !== undefined),
    names: all.map(({ name }) => name),
    dossiers: dossiers.map(({ code }) => code),
    businesses: businesses.map(({ code }) => code),
    agencies: [...new Set(['H41', 'H41.58', ...dossiers.map(({ agency }) => agency.code)])],
    procedures: [...new Set(['1.004194', ...dossiers.map(({ procedure }) => procedure.code)])],
    sectors: ['land', 'civil-status', 'one-stop', 'business-registration', 'hub'],
    dates: ['2026', '2026-10', '2026-11-19', ...all.map(({ knownBirthDate }) => knownBirthDate)],
    visits: ['A'.repeat(22)],
    accounts: ['counter.hanh', 'leader.minh', 'auditor.lan', 'citizen.hoa'],
    together: {
      landParcel: parcels.map((index) => {
        const { place, sheet, number } = world.parcel(index);
        return { oldCommune: place.old.commune, sheet: String(sheet), parcel: String(number) };
      }),
      landCertificate: parcels.map((index) => {
        const { serial, registerNumber, barcode } = world.certificate(index);
        return [{ serial }, { registerNumber }, { barcode }][index % 3] ?? { serial };
      }),
      civilStatusRecord: births.map(({ number, book }) => ({ kind: 'BIRTH', number, book })),
    },
  };
}

/** Both together. */
export function joined(first: Words, second: Words): Words {
  const concat = <T>(one: Readonly<Record<string, readonly T[]>>, other: Readonly<Record<string, readonly T[]>>) =>
    Object.fromEntries(Object.entries(one).map(([name, list]) => [name, [...list, ...(other[name] ?? [])]]));
  const { together, ...lists } = first;
  const { together: others, ...more } = second;
  return { ...(concat(lists, more) as unknown as Omit<Words, 'together'>), together: concat(together, others) };
}

/** Of which words an argument is made; undefined where any value of its type will do. */
export function wordsFor(words: Words, field: string, argument: string): readonly string[] | undefined {
  const named: Readonly<Record<string, keyof Omit<Words, 'together'>>> = {
    ...{
      'citizen.id': 'numbers',
      'business.code': 'businesses',
      'procedure.code': 'procedures',
      'agency.code': 'agencies',
    },
    ...{ id: 'visits', visit: 'visits', actor: 'accounts', code: 'dossiers', dossier: 'dossiers' },
    ...{ applicantId: 'numbers', subject: 'numbers', name: 'names', text: 'dossiers', sector: 'sectors' },
    ...{ agency: 'agencies', unit: 'agencies', parent: 'agencies', procedure: 'procedures' },
    ...{
      birthDate: 'dates',
      validOn: 'dates',
      receivedFrom: 'dates',
      receivedTo: 'dates',
      dueFrom: 'dates',
      dueTo: 'dates',
    },
  };
  const which = named[`${field}.${argument}`] ?? named[argument];
  const found = which === undefined ? undefined : words[which];
  return found === undefined || found.length === 0 ? undefined : found;
}
