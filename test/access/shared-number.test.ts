import { type GraphQLResolveInfo, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearerOf, numbersOf } from '../../core/access/bearers.ts';
import type { AuditQuery } from '../../core/audit.ts';
import type { HubError } from '../../core/errors.ts';
import type { Mapped } from '../../core/mapping.ts';
import type { Entity } from '../../core/open-sector.ts';
import { accessLogResolvers } from '../../resolvers/access-log.ts';
import { identityOf } from '../../resolvers/citizens.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { subjectsOf } from '../../resolvers/own-numbers.ts';
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
/** Of Hoà, and of Bình, of whom it says that she held his old number. */
const CLAIMED = 'H41.58.01-261119-0024';
/** Of Hoà by his old number, and of Bình, whom it names by her own. */
const THEIRS = 'H41.58.01-261119-0025';
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
    const wife = { role: 'Vợ', name: BINH_NAME, personalNumbers: [BINH, HOA_OLD] };
    const dossiers = [
      ...[view(HIS, HOA_OLD, HOA_NAME), view(HERS, HOA_OLD, BINH_NAME), view(NAMED, HOA, HOA_NAME)],
      { ...view(CLAIMED, HOA, HOA_NAME), parties: [wife] },
      { ...view(THEIRS, HOA_OLD, HOA_NAME), parties: [{ ...wife, personalNumbers: [BINH] }] },
    ];
    const house = await openDossierHouse(
      [{ sector: 'civil-status', rank: 1, searchable: true, people }],
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
      expect(await asked('nobody knows of it', THEIRS)).toEqual([]);
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

  describe('one’s own dossiers', () => {
    const listed = async (world: World) => {
      const query = `{ citizen(id: "${HOA}") { dossiers { totalCount nodes { code } missing { sector code } } } }`;
      const { dossiers } = (await deskOf(world).ask(citizen, query, SELF)).data.citizen;
      return { ...dossiers, nodes: dossiers.nodes.map(({ code }: { readonly code: string }) => code) };
    };
    const missing = [{ sector: 'one-stop', code: 'AMBIGUOUS' }];

    it('are listed with those under it where their name says so too, and the others’ are told to be nobody’s', async () => {
      expect(await listed('nobody knows of it')).toEqual({
        totalCount: null,
        nodes: [THEIRS, CLAIMED, NAMED, HIS],
        missing,
      });
    });

    it.each(KNOWN)('are those under the new one alone where %s', async (world) => {
      expect((await listed(world)).nodes).toEqual([CLAIMED, NAMED]);
      const query = `{ dossiers(filter: { applicantId: "${HOA}" }) { nodes { code } missing { sector code } } }`;
      const { dossiers } = (await deskOf(world).ask(citizen, query, SELF)).data;
      expect(dossiers.nodes).toEqual([{ code: CLAIMED }, { code: NAMED }]);
      expect(dossiers.missing).toEqual(missing);
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

  describe('that a dossier states which is worked on', () => {
    const LAN = '001092000001';
    const worked = async (world: World, code: string, numbers: readonly string[]) => {
      const said = { purpose: 'PROCESSING', dossier: code } as const;
      const { access } = await deskOf(world).open(counter, '{ sectors { id } }', said);
      const refusalOf = ({ code: refused }: HubError) => refused;
      const person = await access.askPerson(numbers, 'IDENTIFIER').catch(refusalOf);
      try {
        access.judgeRecord('land', 'PERSONAL', { key: 'land:landParcel:1', people: [bearerOf(numbers)] });
        return [person, 'shown'];
      } catch (error) {
        return [person, refusalOf(error as HubError)];
      }
    };

    it('its bearer is a subject, with their records, where nobody else is known by it', async () => {
      for (const numbers of [[HOA_OLD], [HOA]]) {
        expect(await worked('nobody knows of it', HIS, numbers)).toEqual(['DOSSIER', 'shown']);
      }
      expect(await worked('nobody knows of it', HIS, [BINH])).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    });

    it('neither of two who claim it is a subject, nor what bears it', async () => {
      for (const numbers of [[HOA_OLD], [HOA], [BINH], [BINH, HOA_OLD]]) {
        for (const code of [HIS, HERS]) {
          expect(await worked('a system named it beside both', code, numbers)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
        }
      }
    });

    it('which another claims in it is no one’s there, though it is remembered of one of them alone', async () => {
      for (const number of [HOA, BINH]) {
        expect(await worked('nobody knows of it', CLAIMED, [number])).toEqual(['DOSSIER', 'shown']);
      }
      expect(await worked('nobody knows of it', CLAIMED, [HOA_OLD])).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    });

    it('whom it names by the number of 12 digits is a subject by that one', async () => {
      expect(await worked('a system named it beside both', NAMED, [HOA])).toEqual(['DOSSIER', 'shown']);
      expect(await worked('a system named it beside both', NAMED, [HOA, HOA_OLD])).toEqual(['DOSSIER', 'shown']);
      for (const numbers of [[HOA_OLD], [BINH, HOA_OLD]]) {
        expect(await worked('a system named it beside both', NAMED, numbers)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
      }
    });

    it('opens neither of two whom a system knows by it, though the hub remembers one of them', async () => {
      const world = 'a system knows of it';
      const asked = async (code: string, question: string) =>
        deskOf(world).ask(counter, `{ ${question} }`, { purpose: 'PROCESSING', dossier: code });
      for (const code of [HIS, HERS]) {
        for (const number of [HOA, BINH]) {
          const { data, refused } = await asked(code, `citizen(id: "${number}") { fullName }`);
          expect([data, refused]).toEqual([{ citizen: null }, ['citizen FORBIDDEN']]);
        }
      }
      expect((await asked(NAMED, `citizen(id: "${HOA}") { fullName }`)).data).toEqual({
        citizen: { fullName: HOA_NAME },
      });
    });

    it('shows neither of them whole where they are found by name', async () => {
      const found = async (code: string, name: string) => {
        const question = `{ citizens(name: "${name}") { nodes { fullName birthDate } } }`;
        const { data } = await deskOf('a system knows of it').ask(counter, question, {
          ...{ purpose: 'PROCESSING', dossier: code },
        });
        return data.citizens.nodes.map(({ birthDate }: { birthDate: string }) => birthDate);
      };
      for (const code of [HIS, HERS]) {
        expect([await found(code, HOA_NAME), await found(code, BINH_NAME)]).toEqual([['1985'], ['1990']]);
      }
      expect([await found(NAMED, HOA_NAME), await found(NAMED, BINH_NAME)]).toEqual([['1985-03-14'], ['1990']]);
    });

    it('brings nobody along whom the dossier contradicts', async () => {
      const subjects = async (
        pairs: readonly (readonly [string, string])[],
        ...people: readonly (readonly string[])[]
      ) => {
        const of = async (numbers: readonly string[]) =>
          numbers.map((number) =>
            pairs.flatMap((pair) => (pair.includes(number) ? pair.filter((one) => one !== number) : [])),
          );
        const named = people.map((personalNumbers) => ({ personalNumbers, birthDate: null, fullName: null }));
        return numbersOf((await subjectsOf({ of }, named)).people);
      };
      const his = [HOA, HOA_OLD] as const;
      expect(await subjects([his], [HOA_OLD])).toEqual([HOA_OLD, HOA]);
      expect(await subjects([his], [HOA])).toEqual([HOA, HOA_OLD]);
      expect(await subjects([his], [BINH, HOA_OLD])).toEqual([BINH]);
      expect(await subjects([his], [HOA], [BINH, HOA_OLD])).toEqual([HOA, BINH]);
      expect(await subjects([], [HOA, HOA_OLD], [BINH, HOA_OLD])).toEqual([HOA, BINH]);
      expect(await subjects([], [HOA, HOA_OLD], [HOA_OLD], ['0100233488'])).toEqual([HOA, HOA_OLD, '0100233488']);
      expect(await subjects([[HOA, '012345678'], his], [HOA, LAN])).toEqual([HOA, LAN]);
      expect(await subjects([his])).toEqual([]);
    });
  });

  describe('a person', () => {
    it('is oneself where no two people are known by it', async () => {
      const asked = async (world: World) => (await deskOf(world).ask(citizen, name(HOA_OLD), SELF)).refused;
      expect(await asked('nobody knows of it')).toEqual([]);
      expect(await asked('a system knows of it')).toEqual(['citizen AMBIGUOUS']);
      expect(await asked('a system named it beside both')).toEqual(['citizen FORBIDDEN']);
      const beside = { ...SELF, dossier: HIS };
      expect((await deskOf('a system knows of it').ask(citizen, name(HOA), beside)).refused).toEqual([]);
      const { access } = await deskOf('nobody knows of it').open(citizen, '{ sectors { id } }', SELF);
      await expect(access.askPerson([BINH, HOA_OLD], 'LINK')).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(access.seesMatch([bearerOf([BINH, HOA_OLD])])).toBe('NOTHING');
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
