import { type Client, type Grant, isPersonal, type PurposeCode, type Role } from '../access.ts';
import type { Placed } from './read-shape.ts';

interface Parts {
  readonly grants: readonly Placed<Grant>[];
  readonly clients: readonly Placed<Client>[];
  readonly delays: readonly Placed<{ readonly purpose?: PurposeCode | undefined; readonly role?: Role | undefined }>[];
}

/** What a grant stands beside. */
interface Beside {
  readonly grants: readonly Placed<Grant>[];
  /** Null where one of them could not be read: what a grant lacks may be what stands there. */
  readonly clients: readonly Client[] | null;
}

/** What it gives is a fault, without the grant's own place. Only what stays one when all others are mended. */
type Rule = (grant: Grant, beside: Beside) => string | false | undefined;

/** What is in order piece by piece and contradicts itself. Each fault names its place, such as `grants[3]`. */
export function contradictionsIn({ grants, clients, delays }: Parts): readonly string[] {
  const areClientsRead = clients.length > 0 && clients.every(({ isWhole }) => isWhole);
  const beside: Beside = { grants, clients: areClientsRead ? clients.map(({ value }) => value) : null };
  const ofGrants = grants
    .filter(({ isWhole }) => isWhole)
    .flatMap(({ place, value }) =>
      RULES.map((rule) => rule(value, beside)).map((fault) => fault && `${place}${fault}`),
    );
  const ofDelays = delays
    .filter(({ isWhole, value: { purpose, role } }) => isWhole && purpose === undefined && role === undefined)
    .map(({ place }) => `${place}: expected a purpose, a role or both`);
  const twinGrants = twins(
    'name',
    grants.map(({ place, value: { name } }) => [place, name]),
  );
  const twinClients = twins(
    'id',
    clients.map(({ place, value: { id } }) => [place, id]),
  );
  return [...twinGrants, ...twinClients, ...ofGrants, ...ofDelays].filter((fault) => typeof fault === 'string');
}

const RULES: readonly Rule[] = [
  ({ role, client }) =>
    (role === undefined) === (client === undefined) && ': expected a role or a client, one of the two',

  ({ client }, { clients }) =>
    client !== undefined && clients?.every(({ id }) => id !== client) && `.client: ${client} is not among the clients`,

  ({ role }) =>
    (role === 'app' || role === 'portal') &&
    `.role: expected a client, since systems that ask for themselves are granted each by its own`,

  ({ role }, { clients }) =>
    role !== undefined && clients?.every(({ roles }) => !roles.includes(role)) && `.role: no client lets ${role} in`,

  ({ data, purposes }) =>
    data.some(isPersonal) &&
    purposes.length === 0 &&
    '.purposes: expected one at least, since personal data needs a purpose',

  ({ data, purposes }) => {
    const watching = purposes.find((purpose) => purpose === 'SUPERVISION' || purpose === 'AUDIT');
    return data.some(isPersonal) && watching !== undefined && `.purposes: ${watching} never reaches personal data`;
  },

  ({ data, purposes, units }) => {
    if (!data.includes('AUDIT')) return false;
    if (purposes.length !== 1 || !isOfLog(purposes[0]))
      return '.purposes: the access log is read for AUDIT or SELF, each in a grant of its own';
    return (
      purposes[0] === 'AUDIT' && units !== 'all' && '.units: expected all, since the access log is not kept by unit'
    );
  },

  ({ purposes }) => purposes.includes('SELF') && purposes.length > 1 && '.purposes: SELF stands alone in its grant',

  ({ role, purposes }) =>
    role === 'citizen' && purposes.join() !== 'SELF' && '.purposes: expected SELF alone for the role citizen',

  ({ role, client, purposes }, { clients }) => {
    if (!purposes.includes('SELF') || role === 'citizen' || clients === null) return false;
    const isOfCitizens = clients.some(({ id, roles }) => id === client && roles.includes('citizen'));
    return !isOfCitizens && '.purposes: SELF is for citizens, who alone have a number of their own';
  },

  (grant, { grants }) => {
    const lacking =
      grant.data.includes('SENSITIVE') &&
      !grants.some((other) => mayOpen(other, grant)) &&
      grant.sectors.find((sector) => !grants.some(({ value }) => opens(value, grant, sector)));
    return (
      lacking && `.data: SENSITIVE of ${lacking} without PERSONAL of it for the same ${grant.role ?? grant.client}`
    );
  },

  ({ actions, data }) =>
    actions.includes('INTROSPECT') &&
    !data.includes('PUBLIC') &&
    '.data: expected PUBLIC, as which INTROSPECT is asked',
];

/** What could not be read of it may be just that: its data, its sectors, or whose it is. */
function mayOpen({ isWhole, value }: Placed<Grant>, { role, client }: Grant): boolean {
  if (isWhole) return false;
  const isNobodys = value.role === undefined && value.client === undefined;
  return isNobodys || (value.role === role && value.client === client);
}

function opens(other: Grant, { role, client }: Grant, sector: string): boolean {
  if (other.role !== role || other.client !== client || !other.data.includes('PERSONAL')) return false;
  return other.sectors.includes('*') || other.sectors.includes(sector);
}

function isOfLog(purpose: PurposeCode | undefined): boolean {
  return purpose === 'AUDIT' || purpose === 'SELF';
}

function twins(member: string, named: readonly (readonly [place: string, name: string])[]): readonly string[] {
  return named.flatMap(([place, name], at) => {
    const first = named.slice(0, at).find((other) => other[1] === name);
    return first !== undefined && name !== '' ? [`${place}.${member}: ${first[0]} is called ${name} already`] : [];
  });
}
