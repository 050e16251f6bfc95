import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../core/setting.ts';
import { identityFaults } from '../hub/identity-faults.ts';
import { findSectors, sectorSettings, settingsPrefix } from '../hub/sectors.ts';
import { hubSettings } from '../hub/settings.ts';
import { settingsAtOdds } from '../hub/settings-at-odds.ts';
import { STREAM_ROLES } from '../streams/roles.ts';

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
}

const root = join(import.meta.dirname, '..');
const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};
const hubs = Object.entries(services).filter(([, { command }]) => command?.includes('cli.ts'));

/** What a shell would make of `${NAME:-standard}` where NAME is not set. */
function environmentOf(service: Service): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
    ]),
  );
}

describe('docker-compose.yml', () => {
  it('runs every role in a process of its own', () => {
    const roles = hubs.map(([, { command = [] }]) => command[command.indexOf('--role') + 1]);
    expect(roles.sort()).toEqual([...STREAM_ROLES].sort());
  });

  it('sets what the hub and its sectors know, each to a value they take and none against another', async () => {
    const faults: string[] = [];
    const found = await findSectors([join(root, 'sectors')], faults);
    const known = new Set(Object.keys(hubSettings));
    for (const { id, declaration } of found) {
      for (const name of Object.keys(sectorSettings(declaration))) known.add(settingsPrefix(id) + name);
    }
    for (const [, service] of hubs) {
      const environment = environmentOf(service);
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
      const settings = readSettings(hubSettings, environment, faults);
      faults.push(...settingsAtOdds(settings), ...(await identityFaults(settings)));
      for (const { id, declaration } of found) {
        readSettings(sectorSettings(declaration), environment, faults, settingsPrefix(id));
      }
    }
    expect(faults).toEqual([]);
  });

  it('gives every process that listens a port of its own, and leads the hub to the ports of the stand-ins', () => {
    const portOf = ({ command = [] }: Service) => command[command.indexOf('--port') + 1];
    const listening = Object.entries(services).filter(([, { command }]) => command?.includes('--port'));
    const ports = [...listening.map(([, one]) => portOf(one)), ...hubs.map(([, one]) => environmentOf(one).PORT)];
    expect(new Set(ports).size).toBe(ports.length);
    for (const [, service] of hubs) {
      const led = Object.values(environmentOf(service)).flatMap(
        (value) => /127\.0\.0\.1:(41\d\d)/.exec(value)?.[1] ?? [],
      );
      expect(new Set(led)).toEqual(new Set(listening.map(([, one]) => portOf(one))));
    }
  });

  it('lets the heads of the access log leave for where nothing else that runs comes', () => {
    const { gateway: { volumes = [], environment = {} } = {} } = services;
    const [volume] = volumes.find((one) => one.endsWith(`:${environment.AUDIT_HEADS_DIR}`))?.split(':') ?? [];
    expect(volume).toBeDefined();
    const users = Object.entries(services).filter(([, one]) =>
      one.volumes?.some((name) => name.startsWith(`${volume}:`)),
    );
    expect(users.map(([name]) => name)).toEqual(['gateway']);
  });

  it('starts nothing that depends on a service that is not there', () => {
    for (const { depends_on: needed = {} } of Object.values(services)) {
      for (const name of Object.keys(needed)) expect(services).toHaveProperty(name);
    }
  });
});
