import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { Actor } from '../../core/access.ts';
import type { AuditFound, AuditReader, AuditRecord } from '../../core/audit.ts';
import { HubError } from '../../core/errors.ts';
import { openDatabase } from '../../drivers/database.ts';
import type { AccessParts } from '../../hub/access-parts.ts';
import { readHubPolicy } from '../../hub/policy.ts';
import { createHub, type Hub } from '../../hub.ts';
import { createAccessDesk } from '../../resolvers/access-desk.ts';
import { generate } from '../../stand-ins/generate.ts';
import type { World } from '../../stand-ins/world/types.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { countReads, type Reads } from '../support/count-reads.ts';
import { ageDrops, type GraphqlAnswer, WORLD_NOW } from '../support/province.ts';
import { startSystems } from '../support/systems.ts';
import { actor } from './stage.ts';

/** People who ask, by the name that stands in for a token here. */
export const PEOPLE = {
  counter: actor({ id: 'counter.hanh', unit: 'H41' }),
  commune: actor({ id: 'commune.binh', unit: 'H41.58.01' }),
  neighbour: actor({ id: 'commune.chi', unit: 'H41.50.01' }),
  leader: actor({ id: 'leader.minh', role: 'leader', client: 'steering-board', unit: 'H41' }),
  communeLeader: actor({ id: 'leader.nga', role: 'leader', client: 'steering-board', unit: 'H41.58' }),
  admin: actor({ id: 'admin.quan', role: 'admin', client: 'operations', unit: null }),
  auditor: actor({ id: 'auditor.lan', role: 'auditor', client: 'audit-desk', unit: null }),
  citizen: actor({
    ...{ id: 'citizen.hoa', role: 'citizen', client: 'citizen-app', unit: null },
    personalNumber: '001085004213',
  }),
  portal: actor({ id: 'province-portal', role: 'portal', client: 'province-portal', unit: null }),
  app: actor({ id: 'statistics', role: 'app', client: 'statistics', unit: null }),
  application: actor({ id: 'counter.hanh', unit: 'H41', client: 'counter-desk', delegated: true }),
} as const satisfies Readonly<Record<string, Actor>>;
export type Person = keyof typeof PEOPLE;

/** `X-Purpose`, `X-Dossier` and `X-Visit`. */
export interface Said {
  readonly purpose?: string;
  readonly dossier?: string;
  readonly visit?: string;
}

export interface Answer extends GraphqlAnswer {
  /** The codes of the errors, each with its path. */
  readonly refused: readonly string[];
}

/** A made-up province behind a hub that grants what the demo's file does, and logs into memory. */
export interface GuardedProvince {
  readonly hub: Hub;
  readonly world: World;
  /** What the systems were asked. */
  readonly reads: Reads;
  /** What was logged, in order. */
  readonly logged: AuditRecord[];
  readonly address: string;
  /** Where the hub keeps its store. */
  readonly store: string;
  /** Makes a visit one that was open before anything of this province was received. */
  openedLongAgo(visit: string): Promise<void>;
  ask(who: Person, query: string, said?: Said, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  close(): Promise<void>;
}

/** Each question of a test may have a visit of its own. */
const MANY_VISITS = { VISITS_AT_ONCE: '100000', VISITS_PER_DAY: '100000' };
const QUIET = { HEALTH_INTERVAL_MS: '3600000', POLL_INTERVAL_MS: '3600000', SWEEP_INTERVAL_MS: '3600000' };
const SIZE = { seed: 1, citizens: 60, dossiers: 240 };
const ROOT = join(import.meta.dirname, '..', '..');

export async function openGuardedProvince(): Promise<GuardedProvince> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-guarded-'));
  await generate({ ...SIZE, out: directory });
  await ageDrops(join(directory, 'ho-kinh-doanh'));
  const { systems, environment } = await startSystems(directory);
  const logged: AuditRecord[] = [];
  const hub = await createHub({
    logger: pino({ level: 'silent' }),
    now: () => WORLD_NOW,
    access: partsOf(logged, Object.keys(systems)),
    environment: {
      ...{ PORT: '0', ...QUIET, ...MANY_VISITS, DATA_DIR: join(directory, 'hub') },
      ...environment,
    },
  });
  const address = await hub.gateway.listen();
  await hub.caughtUp();
  const store = `sqlite://${join(directory, 'hub', 'hub.sqlite')}`;
  return {
    ...{ hub, logged, address, store },
    world: createWorld(SIZE),
    reads: countReads(hub),
    async openedLongAgo(visit) {
      const database = openDatabase(store);
      await database.knex('visit').where({ id: visit }).update({ opened_at: 1 });
      await database.close();
    },
    ask: (who, query, said = {}, variables = {}) => ask(address, who, query, said, variables),
    async close() {
      await hub.close();
      await Promise.all(Object.values(systems).map((system) => system.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function partsOf(logged: AuditRecord[], sectors: readonly string[]): AccessParts {
  const catalogues = loadCatalogues(join(ROOT, 'catalogues'));
  const file = join(ROOT, 'hub', 'demo-access.json');
  const { policy, can, units } = readHubPolicy({ settings: { ACCESS_FILE: file }, catalogues, sectors });
  const hashSubject = (word: string) => `#${word}`;
  const log = {
    write: async (record: AuditRecord) => {
      logged.push(record);
    },
    state: () => 'writing' as const,
    close: async () => {},
  };
  return {
    authenticate: async ({ authorization }) => {
      const person = PEOPLE[authorization?.replace('Bearer ', '') as Person];
      if (person === undefined) throw new HubError('UNAUTHENTICATED', 'Nobody of this name lives here.');
      return person;
    },
    noteRefusal: async () => {},
    limits: { of: () => ({ perMinute: 100_000, atOnce: 100 }) },
    introspection: () => true,
    audit: readerOf(logged, hashSubject),
    desk: (registry, rules) => createAccessDesk({ registry, rules, policy, can, units, log, hashSubject }),
    state: () => ({}),
    close: async () => {},
  };
}

/** Reads what was logged into memory. */
function readerOf(logged: readonly AuditRecord[], hashSubject: (word: string) => string): AuditReader {
  return {
    hashSubject,
    async find({ actor, subjectNumbers, first }) {
      const found = logged.flatMap(({ operation, subjects }, seq): AuditFound[] => {
        const entry = { v: 1 as const, seq, at: WORLD_NOW, ...operation, subjects: subjects.length };
        const named = subjects.find(({ number }) => subjectNumbers?.includes(number));
        if (operation.actor !== actor && named === undefined) return [];
        const subject = named && {
          ...{ v: 1 as const, seq, at: WORLD_NOW, kind: 'SUBJECT' as const, of: seq },
          ...{ subject: hashSubject(named.number), relation: named.relation, dossier: named.dossier },
        };
        return [{ key: [WORLD_NOW, 'memory', seq], operation: entry, subject: subject ?? null }];
      });
      return { found: found.slice(0, first), more: found.length > first };
    },
  };
}

async function ask(
  address: string,
  who: Person,
  query: string,
  { purpose, dossier, visit }: Said,
  variables: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${who}` },
      ...(purpose !== undefined && { 'x-purpose': purpose }),
      ...(dossier !== undefined && { 'x-dossier': dossier }),
      ...(visit !== undefined && { 'x-visit': visit }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as GraphqlAnswer;
  const refused = (answer.errors ?? []).map(({ path, extensions }) => `${(path ?? []).join('.')} ${extensions.code}`);
  return { ...answer, refused };
}
