import { type GraphQLResolveInfo, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditQuery } from '../../core/audit.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { Entity } from '../../core/open-sector.ts';
import { accessLogResolvers } from '../../resolvers/access-log.ts';
import { identityOf } from '../../resolvers/citizens.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { judgedRecord } from '../../resolvers/records.ts';
import { openDossierChanged } from '../../resolvers/subscriptions.ts';
import type { FeedEvent, FeedFilter } from '../../streams/feed.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import { citizen, counter, HOA_OLD, name } from './desk-stage.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { BINH, HOA } from './stage.ts';

const HOA_NAME = 'Nguyễn Văn Hoà';
const BINH_NAME = 'Trần Thị Bình';
const HIS = 'H41.58.01-261119-0021';
const HERS = 'H41.58.01-261119-0022';
const NAMED = 'H41.58.01-261119-0023';
const SELF = { purpose: 'SELF' } as const;

const hoa = { numbers: [HOA, HOA_OLD], name: HOA_NAME, birthDate: '1985-03-14' };
const binh = { numbers: [BINH, HOA_OLD], name: BINH_NAME, birthDate: '1990-01-02' };
const hisPair = [HOA, HOA_OLD];

/** What is known of Hoà's old number, which Bình held too. */
const WORLDS = {
  'nobody knows of it': { people: [hoa], pairs: [hisPair] },
  'a system knows of it': { people: [hoa, binh], pairs: [hisPair] },
  'a system named it beside both': { people: [hoa], pairs: [hisPair, [BINH, HOA_OLD]] },
} as const;
type World = keyof typeof WORLDS;
const KNOWN = ['a system knows of it', 'a system named it beside both'] as const;

let filter: FeedFilter | undefined;
const feed = {
  head: () => 0,
  wake: () => undefined,
  open: async (_: unknown, given: FeedFilter) => {
    filter = given;
    return { next: async () => null, close: () => undefined };
  },
  close: async () => undefined,
};

const houses: DossierHouse[] = [];
const desks = new Map<World, SmallDesk>();

beforeAll(async () => {
  for (const [world, { people, pairs }] of Object.entries(WORLDS)) {
    const view = (code: string, number: string, applicantName: string) => ({
      ...{ code, agencyCode: 'H41.58', applicantNumbers: [number], applicantName },
      status: { code: 's4', title: 'Đang xử lý', number: 4 as const },
    });
    const dossiers = [view(HIS, HOA_OLD, HOA_NAME), view(HERS, HOA_OLD, BINH_NAME), view(NAMED, HOA, HOA_NAME)];
    const house = await openDossierHouse(
      [{ sector: 'civil-status', rank: 1, people }],
      [{ ...{ sector: 'one-stop', role: 'reception' }, dossiers }],
      { pairs, feed },
    );
    houses.push(house);
    desks.set(world as World, openSmallDesk(house));
  }
}, 60_000);

afterAll(() => Promise.all(houses.map((house) => house.close())));

const deskOf = (world: World) => desks.get(world) as SmallDesk;

/** An operation of Hoà's own, on its way. */
async function begun(world: World, registry = deskOf(world).registry): Promise<Operation> {
  const desk = deskOf(world);
  const { access, caller } = await desk.open(citizen, '{ sectors { id } }', SELF);
  const operation = createOperation(registry, { access, caller, signal: new AbortController().signal });
  const [definition] = parse('{ sectors { id } }').definitions;
  operation.begin({ schema: desk.schema, operation: definition, fragments: {} } as unknown as GraphQLResolveInfo);
  return operation;
}

describe('Under an old number that two people held', () => {
  describe('a dossier that is asked for by its code', () => {
    const asked = async (world: World, code: string) =>
      (await deskOf(world).ask(citizen, `{ dossier(code: "${code}") { applicant { name } } }`, SELF)).refused;

    it('is one’s own where its name says so too, and the other’s is refused', async () => {
      expect(await asked('nobody knows of it', HIS)).toEqual([]);
      expect(await asked('nobody knows of it', HERS)).toEqual(['dossier FORBIDDEN']);
    });

    it.each(KNOWN)('is nobody’s where %s', async (world) => {
      expect([await asked(world, HIS), await asked(world, HERS)]).toEqual([
        ['dossier FORBIDDEN'],
        ['dossier FORBIDDEN'],
      ]);
      expect(await asked(world, NAMED)).toEqual([]);
    });
  });

  describe('a record', () => {
    const entity = { sector: 'civil-status', name: 'person' } as Entity;
    const judged = async (world: World, fullName: string, birthDate: string | null = null) => {
      const row: Mapped = { id: '1', heldBy: [{ personalNumbers: [HOA_OLD], birthDate, fullName }] };
      const ask = {
        place: 'Query.citizen',
        entity,
        key: '1',
        holders: 'heldBy',
        names: undefined,
        how: 'LINK',
      } as const;
      return judgedRecord(await begun(world), ask, async () => ({ rows: [row], records: [row] })).then(
        () => 'shown',
        ({ code }) => code,
      );
    };

    it('is one’s own where its name or birth date says so too, and the other’s is refused', async () => {
      expect(await judged('nobody knows of it', HOA_NAME)).toBe('shown');
      expect(await judged('nobody knows of it', 'Hoà', '1985-03-14')).toBe('shown');
      expect(await judged('nobody knows of it', BINH_NAME)).toBe('FORBIDDEN');
      expect(await judged('nobody knows of it', HOA_NAME, '1990-01-02')).toBe('FORBIDDEN');
    });

    it.each(KNOWN)('is nobody’s where %s', async (world) => {
      expect([await judged(world, HOA_NAME), await judged(world, BINH_NAME)]).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    });
  });

  describe('changes that are told to a subscriber', () => {
    const told = async (world: World) => {
      await openDossierChanged(await begun(world), { where: { sector: 'one-stop' } });
      const event = { applicantNumbers: [HOA_OLD] } as unknown as FeedEvent;
      const of = (applicantName: string | null) => filter?.sees({ ...event, sector: 'one-stop', applicantName });
      return [of(HOA_NAME), of(BINH_NAME), of(null)];
    };

    it('are one’s own where their name says so too', async () => {
      expect(await told('nobody knows of it')).toEqual([true, false, false]);
    });

    it.each(KNOWN)('are nobody’s where %s', async (world) => {
      expect(await told(world)).toEqual([false, false, false]);
    });
  });

  describe('who looked', () => {
    const sought = async (world: World) => {
      let asked: AuditQuery | undefined;
      const { registry } = deskOf(world);
      const find = async (query: AuditQuery) => {
        asked = query;
        return { found: [], more: false };
      };
      const operation = await begun(world, { ...registry, audit: { ...registry.audit, find } });
      const identity = await identityOf(operation, [HOA]);
      const accesses = accessLogResolvers().Citizen?.accesses as (...given: readonly unknown[]) => Promise<object>;
      await accesses({ identity, isMatch: false }, {}, operation);
      return asked?.subjectNumbers;
    };

    it('is told where nobody else is known by it', async () => {
      expect(await sought('nobody knows of it')).toEqual([HOA, HOA_OLD]);
    });

    it.each(KNOWN)('is not told where %s', async (world) => {
      expect(await sought(world)).toEqual([HOA]);
    });

    it('is not told while a system that may know of another does not answer', async () => {
      const operation = await begun('nobody knows of it');
      const identity = await identityOf(operation, [HOA]);
      const failures = [{ sector: 'land', code: 'SOURCE_UNAVAILABLE', retryable: true }];
      const accesses = accessLogResolvers().Citizen?.accesses as (...given: readonly unknown[]) => Promise<object>;
      await expect(
        accesses({ identity: { ...identity, failures }, isMatch: false }, {}, operation),
      ).rejects.toMatchObject({ code: 'IDENTIFIERS_INCOMPLETE', retryable: true });
    });
  });

  describe('a person', () => {
    it('is oneself where no two people are known by it', async () => {
      const asked = async (world: World) => (await deskOf(world).ask(citizen, name(HOA_OLD), SELF)).refused;
      expect(await asked('nobody knows of it')).toEqual([]);
      expect(await asked('a system knows of it')).toEqual(['citizen AMBIGUOUS']);
      expect(await asked('a system named it beside both')).toEqual(['citizen FORBIDDEN']);
      const { access } = await deskOf('nobody knows of it').open(citizen, '{ sectors { id } }', SELF);
      await expect(access.askPerson([BINH, HOA_OLD], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(access.seesMatch([BINH, HOA_OLD])).toBe('NOTHING');
    });

    it('is named by the dossier that is worked on where no system named another beside it', async () => {
      const asked = async (world: World) => {
        const said = { purpose: 'PROCESSING', dossier: NAMED } as const;
        const { access } = await deskOf(world).open(counter, '{ sectors { id } }', said);
        return access.askPerson([HOA_OLD], 'LINK').catch(({ code }) => code);
      };
      expect(await asked('nobody knows of it')).toBe('DOSSIER');
      expect(await asked('a system named it beside both')).toBe('FORBIDDEN');
    });
  });
});
