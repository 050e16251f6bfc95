import type { EntityDeclaration, LinkDeclaration, SectorDeclaration } from './declaration.ts';
import { ANY_BATCH_SIZE } from './source.ts';

/**
 * Checks sectors' declarations whole, before anything opens.
 *
 * @returns every fault found, each naming its folder and place; none when all is well
 */
export function checkDeclarations(sectors: ReadonlyMap<string, SectorDeclaration>): readonly string[] {
  const faults: string[] = [];
  for (const [folder, sector] of sectors) {
    const fault = (place: string, message: string) => faults.push(`sectors/${folder}: ${place}: ${message}`);
    checkEntities(sector, fault);
    checkLinks(sector, fault);
    checkQueries(sector, fault);
    checkIdentity(sector, fault);
    checkDossiers(sector, fault);
  }
  checkRanks(sectors, faults);
  return faults;
}

type Fault = (place: string, message: string) => void;

/** The hub's own types, which links may lead from and to. */
const HUB_TYPES = new Set(['Citizen', 'Business', 'Dossier']);

function checkEntities(sector: SectorDeclaration, fault: Fault): void {
  const sources = new Set(Object.values(sector.sources));
  for (const [name, entity] of Object.entries(sector.entities)) {
    const place = `entities.${name}`;
    if (!sources.has(entity.source)) fault(place, 'its source is not listed in `sources`');
    if (entity.identity.length === 0)
      fault(place, '`identity` is empty: name the fields that tell one record from another');
    checkFieldNames(entity, entity.identity, (field) =>
      fault(place, `identity names the field ${field}, which is not declared`),
    );
    if (Object.keys(entity.lookups).length === 0) fault(place, 'it declares no lookup, so nothing can ask for it');
    for (const [by, { batchSize }] of Object.entries(entity.lookups)) {
      if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > ANY_BATCH_SIZE) {
        fault(`${place}.lookups.${by}`, `batchSize: expected 1 to ${ANY_BATCH_SIZE}, came ${batchSize}`);
      }
    }
  }
}

function checkLinks(sector: SectorDeclaration, fault: Fault): void {
  for (const [name, declared] of Object.entries(sector.links)) {
    const place = `links.${name}`;
    const [type = '', field = '', ...more] = name.split('.');
    if (field === '' || more.length > 0) fault(place, 'expected Type.field');
    const parents = Object.values(sector.entities).filter((entity) => entity.type === type);
    if (parents.length === 0 && !HUB_TYPES.has(type)) fault(place, `no entity of this sector has the type ${type}`);
    for (const link of [declared].flat() as LinkDeclaration[]) {
      for (const need of link.needs) {
        const known =
          type === 'Citizen'
            ? ['personalNumbers', 'fullName', 'birthDate'].includes(need)
            : parents.some((one) => need in one.fields);
        if (!known && (parents.length > 0 || type === 'Citizen'))
          fault(place, `needs the field ${need}, which ${type} does not have`);
      }
      if (type === 'Citizen' && link.list && link.holders === undefined) {
        fault(place, 'declare `holders`: nine-digit numbers were issued twice, so a record must say whose it is');
      }
      if (link.to !== 'Citizen') checkLinkTarget(sector, link, (message) => fault(place, message));
    }
  }
}

function checkLinkTarget(sector: SectorDeclaration, link: LinkDeclaration, fault: (message: string) => void): void {
  const target = sector.entities[link.to];
  if (target === undefined) {
    fault(`leads to ${link.to}, which is no entity of this sector`);
    return;
  }
  const lookup = target.lookups[link.by ?? ''];
  if (lookup === undefined) {
    fault(`asks ${link.to} by ${link.by}, a lookup that is not declared`);
    return;
  }
  if (link.budget !== undefined && !(Number.isInteger(link.budget) && link.budget > 0)) {
    fault(`budget: expected a whole number of calls from 1, came ${link.budget}`);
  }
  if (lookup.batchSize === 1 && link.budget === undefined) {
    fault(
      'would ask once for every row: its lookup takes one key a call. Declare a `budget` or a lookup that takes several',
    );
  }
  const fields = [link.pick, link.holders, link.states].filter((field) => field !== undefined);
  checkFieldNames(target, fields, (field) => fault(`names the field ${field}, which ${link.to} does not have`));
}

function checkQueries(sector: SectorDeclaration, fault: Fault): void {
  for (const [name, declared] of Object.entries(sector.queries)) {
    for (const { to, by, holders } of [declared].flat()) {
      const target = sector.entities[to];
      if (target === undefined) fault(`queries.${name}`, `leads to ${to}, which is no entity of this sector`);
      else if (!(by in target.lookups)) fault(`queries.${name}`, `asks ${to} by ${by}, a lookup that is not declared`);
      if (target === undefined || holders === undefined) continue;
      checkFieldNames(target, [holders], (field) =>
        fault(`queries.${name}`, `names the field ${field}, which ${to} does not have`),
      );
    }
  }
}

const ONE_KEY = 'would ask once for every row: its lookup takes one key a call. Declare one that takes several';

function checkIdentity(sector: SectorDeclaration, fault: Fault): void {
  for (const { entity: name, by } of sector.identity) {
    const entity = sector.entities[name];
    const place = `identity ${name}`;
    if (entity === undefined) {
      fault(place, 'no such entity');
      continue;
    }
    if (entity.type !== 'Citizen') fault(place, `its type must be Citizen, came ${entity.type}`);
    if (!(by in entity.lookups)) fault(place, `asks by ${by}, a lookup that is not declared`);
    else if (entity.lookups[by]?.batchSize === 1) fault(place, ONE_KEY);
    checkFieldNames(entity, ['personalNumbers', 'fullName'], (field) =>
      fault(place, `must declare the field ${field}`),
    );
  }
}

function checkDossiers(sector: SectorDeclaration, fault: Fault): void {
  const { dossiers } = sector;
  if (dossiers === undefined) return;
  const entity = sector.entities[dossiers.entity];
  if (entity === undefined) {
    fault('dossiers', `no entity ${dossiers.entity}`);
    return;
  }
  if (entity.type !== 'Dossier') fault('dossiers', `its type must be Dossier, came ${entity.type}`);
  for (const by of [dossiers.byCode, dossiers.byApplicant]) {
    if (by === undefined) continue;
    if (!(by in entity.lookups)) fault('dossiers', `asks by ${by}, a lookup that is not declared`);
    else if (entity.lookups[by]?.batchSize === 1) fault('dossiers', ONE_KEY);
  }
  checkFieldNames(entity, ['code', 'status', 'statusAt'], (field) =>
    fault('dossiers', `must declare the field ${field}`),
  );
  checkChanges(sector, entity, fault);
  for (const [field, part] of Object.entries(dossiers.parts ?? {})) {
    const owner = sector.entities[part.entity];
    if (owner === undefined) fault(`dossiers.parts.${field}`, `no entity ${part.entity}`);
    else {
      const place = `dossiers.parts.${field}`;
      if (!(part.by in owner.lookups)) fault(place, `asks by ${part.by}, a lookup that is not declared`);
      else if (owner.lookups[part.by]?.batchSize === 1) fault(place, ONE_KEY);
      const picked = part.pick === undefined ? [] : [part.pick];
      checkFieldNames(owner, picked, (name) => fault(place, `picks the field ${name}, which is not declared`));
    }
  }
}

/** How changes are captured. Their names become part of settings, tables and addresses. */
function checkChanges(sector: SectorDeclaration, entity: EntityDeclaration, fault: Fault): void {
  const asking: string[] = [];
  const addresses = new Set<string>();
  for (const [name, change] of Object.entries(sector.dossiers?.changes ?? {})) {
    const place = `dossiers.changes.${name}`;
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 64) {
      fault(place, 'expected a name in kebab-case of at most 64 characters');
    }
    if (change.way === 'poll' || change.way === 'follow') asking.push(name);
    if (change.way === 'poll' && entity.listsChanges !== true) {
      fault(place, `${sector.dossiers?.entity} does not say how its changes are listed: declare its \`changes\``);
    }
    if (change.way === 'follow' && sector.dossiers?.role !== 'course') {
      fault(place, 'only dossiers that a counter knows can be followed: the role must be course');
    }
    if (change.way === 'push') {
      if (Object.keys(change.routes).length === 0) fault(place, 'declares no route');
      for (const route of Object.keys(change.routes)) {
        if (!/^[\w.-]{1,64}$/.test(route))
          fault(place, `route ${route}: expected up to 64 letters, digits, _, . and -`);
        if (addresses.has(route)) fault(place, `route ${route} is declared by another way too: keep one`);
        addresses.add(route);
      }
      const known = { ...sector.settings, ...change.settings };
      if (!(change.secret.setting in known))
        fault(place, `its secret is the setting ${change.secret.setting}, not declared`);
    }
  }
  if (asking.length > 1) fault('dossiers.changes', `${asking.join(' and ')} would ask for the same twice: keep one`);
}

function checkRanks(sectors: ReadonlyMap<string, SectorDeclaration>, faults: string[]): void {
  const taken = new Map<number, string>();
  for (const [folder, sector] of sectors) {
    for (const { entity, rank } of sector.identity) {
      const other = taken.get(rank);
      if (other !== undefined) faults.push(`sectors/${folder}: identity ${entity}: rank ${rank} is taken by ${other}`);
      taken.set(rank, `sectors/${folder} ${entity}`);
    }
  }
}

function checkFieldNames(entity: EntityDeclaration, names: readonly string[], missing: (field: string) => void): void {
  for (const name of names) if (!(name in entity.fields)) missing(name);
}
