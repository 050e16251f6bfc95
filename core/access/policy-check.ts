import { ACTIONS, type AccessPolicy, type Client, DATA_CLASSES, type Grant, PURPOSES, ROLES } from '../access.ts';
import { contradictionsIn } from './policy-at-odds.ts';
import { flag, known, list, placed, type Read, record, type Shaped, text, whole, word } from './read-shape.ts';

/** What the grants may name. */
export interface Surroundings {
  /** Folders of the sectors. */
  readonly sectors: readonly string[];
  /** Whether an agency stands in the catalogue, in either order of its code. */
  isAgency(code: string): boolean;
}

/**
 * Reads the grants. Nothing is taken as meant: an unknown member, a word that is none or a grant that could never be used is
 * a fault, since whoever wrote it believes that it holds.
 *
 * @param value the file's JSON
 * @param faults gathers every fault, each with its place, such as `grants[3].purposes[1]`
 * @returns null where there was a fault
 */
export function readPolicy(value: unknown, surroundings: Surroundings, faults: string[]): AccessPolicy | null {
  const before = faults.length;
  const file = fileReader(surroundings)(value, '', faults);
  if (file === undefined) return null;
  const { version = 1, visits = {}, delays = [] } = file;
  const grants = (file.grants ?? []).map((one) => ({ ...one, value: grantOf(one.value) }));
  const clients = (file.clients ?? []).map((one) => ({ ...one, value: clientOf(one.value) }));
  faults.push(...contradictionsIn({ grants, clients, delays }));
  if (faults.length > before) return null;
  const { minutes = 0, subjects = 0 } = visits;
  return {
    version,
    grants: grants.map((one) => one.value),
    clients: new Map(clients.map((one) => [one.value.id, one.value])),
    visits: { minutes, subjects },
    delays: delays.map(({ value: { days = 0, role, purpose } }) => ({
      ...(role !== undefined && { role }),
      ...(purpose !== undefined && { purpose }),
      days,
    })),
  };
}

const CLIENT = {
  id: text,
  title: text,
  roles: list(word(ROLES), 1),
  certificate: word(['none', 'required']),
  perMinute: whole(1, 1_000_000),
  atOnce: whole(1, 10_000),
  registeredOnly: flag,
};
const VISITS = { minutes: whole(1, 120), subjects: whole(1, 50) };
const DELAY = { purpose: word(PURPOSES), role: word(ROLES), days: whole(0, 36_500) };

function grantShape({ sectors, isAgency }: Surroundings) {
  const folders = ['*', 'hub', ...sectors];
  const agencies = list(known(isAgency, 'an agency of the catalogue'), 1);
  const units: Read<Grant['units']> = (value, place, faults) =>
    Array.isArray(value) ? agencies(value, place, faults) : word(['own', 'all'])(value, place, faults);
  return {
    name: text,
    role: word(ROLES),
    client: text,
    actions: list(word(ACTIONS), 1),
    sectors: list(word(folders), 1),
    data: list(word(DATA_CLASSES), 1),
    units,
    purposes: list(word(PURPOSES), 0),
  };
}

function fileReader(surroundings: Surroundings) {
  return record(
    {
      version: word([1]),
      // Stryker disable next-line ArrayDeclaration: whatever stands there, no member of visits has that name
      visits: record(VISITS, []),
      delays: list(placed(record(DELAY, ['purpose', 'role'])), 0),
      clients: list(placed(record(CLIENT, ['perMinute', 'atOnce', 'registeredOnly'])), 1),
      grants: list(placed(record(grantShape(surroundings), ['role', 'client'])), 0),
    },
    ['delays'],
  );
}

/** What could be read of a grant; what could not was told, and the policy with it will not be used. */
function grantOf(read: Shaped<ReturnType<typeof grantShape>>): Grant {
  // Stryker disable next-line ArrayDeclaration: what could not be read is not looked at
  const { name = '', actions = [], sectors = [], data = [], units = [], purposes = [], role, client } = read;
  const who = { ...(role !== undefined && { role }), ...(client !== undefined && { client }) };
  return { name, ...who, actions, sectors, data, units, purposes };
}

function clientOf(read: Shaped<typeof CLIENT>): Client {
  const { id = '', perMinute, atOnce, registeredOnly } = read;
  // Stryker disable next-line ArrayDeclaration,StringLiteral: what could not be read is not looked at
  const { title = '', roles = [], certificate = 'none' } = read;
  return {
    ...{ id, title, roles, certificate },
    ...(perMinute !== undefined && { perMinute }),
    ...(atOnce !== undefined && { atOnce }),
    ...(registeredOnly !== undefined && { registeredOnly }),
  };
}
