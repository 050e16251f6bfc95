import { basename } from 'node:path';
import type { Catalogues } from '../catalogues/catalogue.ts';
import { createCan } from '../core/access/can.ts';
import { readPolicy } from '../core/access/policy-check.ts';
import type { AgencyTree } from '../core/access/units.ts';
import type { AccessPolicy, Actor, Can } from '../core/access.ts';
import { SettingsFault } from '../core/setting.ts';
import type { ClientLimits } from '../gateway/limits/allowance.ts';
import { agencyTreeOf } from './agency-tree.ts';
import { readJsonFile } from './json-file.ts';
import { repeatedMembers } from './repeated-members.ts';

/** The grants as they hold from the start to the end of the process: none changes half-way through an operation. */
export interface HubPolicy {
  readonly policy: AccessPolicy;
  readonly can: Can;
  readonly units: AgencyTree;
  readonly limits: ClientLimits;
  introspection(actor: Actor): boolean;
}

interface PolicyOptions {
  readonly settings: { readonly ACCESS_FILE: string };
  readonly catalogues: Pick<Catalogues, 'agencies'>;
  /** Folders of the sectors. */
  readonly sectors: readonly string[];
}

/** Of a file that somebody wrote by hand; more is no file of grants. */
const MOST_BYTES = 4_000_000;

/** Reads the grants file. @throws SettingsFault with every fault of it */
export function readHubPolicy({ settings, catalogues: { agencies }, sectors }: PolicyOptions): HubPolicy {
  const { ACCESS_FILE: file } = settings;
  if (file === '') {
    throw new SettingsFault(['ACCESS_FILE is not set: expected the file of the grants, such as hub/demo-access.json']);
  }
  const faults: string[] = [];
  const isAgency = (code: string) => agencies.byCode(code) !== null;
  const { value, repeated } = readJson(file);
  faults.push(...repeated.map((place) => `${place}: expected once, came several times`));
  const policy = readPolicy(value, { sectors, isAgency }, faults);
  if (policy === null || faults.length > 0)
    throw new SettingsFault(faults.map((fault) => `${basename(file)}: ${fault}`));
  const units = agencyTreeOf(agencies);
  const can = createCan({ grants: policy.grants, units });
  return {
    ...{ policy, can, units },
    limits: { of: (client) => policy.clients.get(client) ?? {} },
    introspection: (actor) =>
      can(actor, 'INTROSPECT', { kind: 'field', sector: 'hub', data: 'PUBLIC' }, NO_PURPOSE).allowed,
  };
}

const NO_PURPOSE = { code: null, dossier: null, visit: null };

function readJson(file: string): { readonly value: unknown; readonly repeated: readonly string[] } {
  try {
    const { value, text } = readJsonFile(file, MOST_BYTES);
    return { value, repeated: repeatedMembers(text) };
  } catch (error) {
    throw new SettingsFault([`ACCESS_FILE: ${(error as Error).message}`]);
  }
}
