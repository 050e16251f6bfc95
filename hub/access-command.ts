import { join, resolve } from 'node:path';
import { loadCatalogues } from '../catalogues/catalogue.ts';
import type { AccessPolicy, Client, Grant } from '../core/access.ts';
import { SettingsFault } from '../core/setting.ts';
import type { Command } from './own-commands.ts';
import { readHubPolicy } from './policy.ts';
import { findSectors } from './sectors.ts';

/** `node cli.ts access [FILE]`: checks a file of grants, the one of ACCESS_FILE where none is named, and shows who may see what. */
export const runAccessCommand: Command = async ({ args, root, environment, tell }) => {
  if (args.length > 1) throw new SettingsFault([`access: expected one file, came ${args.length}`]);
  const { ACCESS_FILE = '', SECTORS_DIR } = environment;
  const faults: string[] = [];
  const directories = [join(root, 'sectors'), ...(SECTORS_DIR ? [resolve(SECTORS_DIR)] : [])];
  const found = await findSectors(directories, faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  const { policy } = readHubPolicy({
    settings: { ACCESS_FILE: args[0] ?? ACCESS_FILE },
    catalogues: loadCatalogues(join(root, 'catalogues')),
    sectors: found.map(({ id }) => id),
  });
  tell(describePolicy(policy));
  return 0;
};

function describePolicy({ grants, clients, visits, delays }: AccessPolicy): string {
  const waits = delays.map(({ role, purpose, days }) => `${[role, purpose].filter(Boolean).join(', ')}: ${days} days`);
  return [
    ...table([['WHO', 'MAY', 'OF', 'DATA', 'UNITS', 'FOR'], ...sorted(grants).map(cellsOfGrant)]),
    '',
    ...table([
      ['CLIENT', 'LETS IN', 'CERTIFICATE', 'A MINUTE', 'AT ONCE'],
      ...[...clients.values()].map(cellsOfClient),
    ]),
    '',
    `A visit lasts ${visits.minutes} minutes and takes ${visits.subjects} subjects.`,
    ...(waits.length === 0 ? [] : [`Shown to the person themself only after a while: ${waits.join('; ')}.`]),
  ].join('\n');
}

/** All that one role or client may, together. */
function sorted(grants: readonly Grant[]): readonly Grant[] {
  const order = [...new Set(grants.map(whoOf))];
  return grants.toSorted((left, right) => order.indexOf(whoOf(left)) - order.indexOf(whoOf(right)));
}

function whoOf({ role, client }: Grant): string {
  return role ?? `client ${client}`;
}

function cellsOfGrant(grant: Grant): readonly string[] {
  const { actions, sectors, data, units, purposes } = grant;
  return [whoOf(grant), ...[actions, sectors, data, [units].flat(), purposes].map((words) => words.join(' ') || '-')];
}

function cellsOfClient({ id, roles, certificate, perMinute, atOnce }: Client): readonly string[] {
  return [id, roles.join(' '), certificate, String(perMinute ?? '-'), String(atOnce ?? '-')];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
