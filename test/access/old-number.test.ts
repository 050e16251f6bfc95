import { type GraphQLResolveInfo, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Mapped } from '../../core/mapping.ts';
import type { Entity } from '../../core/open-sector.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { judgedRecord } from '../../resolvers/records.ts';
import { dossierChangedNode, openDossierChanged } from '../../resolvers/subscriptions.ts';
import { createNumberPairs } from '../../store/number-pairs.ts';
import { createVisits } from '../../store/visits.ts';
import type { FeedEvent } from '../../streams/feed.ts';
import { type DossierHouse, openDossierHouse } from '../resolvers/dossier-house.ts';
import { seal } from '../resolvers/small-house.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor, BINH, HOA } from './stage.ts';

const service = inject('mariadb');
const missing = 'missing' in service ? service.missing : null;
const stores = ['SQLite', `MariaDB${missing === null ? '' : ` (skipped: ${missing})`}`];

/** Hoà and Bình both held it, and the systems know it of Hoà alone. */
const OLD = '011985421';
/** The systems know it of both Chi and Dung. */
const KNOWN_OLD = '012000001';
/** Em's, who never was given another. */
const ONLY_OLD = '012000002';
const CHI = '001170000017';
const DUNG = '001080000019';
const NAMES = { hoa: 'Nguyễn Văn Hoà', binh: 'Trần Thị Bình', chi: 'Lê Thị Chi', dung: 'Lê Văn Dũng', em: 'Hồ Em' };
const [BY_TWELVE, BY_OLD, HERS, CHIS, DUNGS, EMS, OF_NO_NAME] = [1, 2, 3, 4, 5, 6, 7].map(
  (serial) => `H41.58.01-261122-000${serial}`,
) as [string, string, string, string, string, string, string];

const counter = actor({ id: 'counter.binh', unit: 'H41.58.01' });

const NOT_CERTAIN =
  'By this number alone it is not certain whom the dossier names that you work on: ask by a number of 12 digits that it names.';
const EVENT: FeedEvent = {
  ...{ id: `one-stop:${BY_OLD}:1`, seq: 1, sector: 'one-stop', code: BY_OLD, version: 1, change: 'upsert' },
  ...{ occurredAt: 1, recordedAt: 1, statusNumber: 2, replayed: false },
  ...{ agencyCode: 'H41.58', applicantName: NAMES.hoa, applicantNumbers: [OLD] },
};
const feed = {
  head: () => 0,
  wake: () => undefined,
  open: async () => ({ next: async () => EVENT, close: () => undefined }),
  close: async () => undefined,
};

describe.each(stores)('With a store on %s, an old number', (kind) => {
  const isSqlite = kind === 'SQLite';
  const test = it.skipIf(!isSqlite && missing !== null);
  let house: DossierHouse;
  let desk: SmallDesk;
  let drop = async (): Promise<void> => {};

  beforeAll(async () => {
    if (!isSqlite && missing !== null) return;
    const own = isSqlite ? null : await ownDatabase(service);
    drop = own?.drop ?? drop;
    const view = (code: string, number: string, applicantName: string | null) => ({
      ...{ code, agencyCode: 'H41.58', applicantNumbers: [number], applicantName },
      status: { code: 's4', title: 'Đang xử lý', number: 4 as const },
    });
    house = await openDossierHouse(
      [
        {
          ...{ sector: 'civil-status', rank: 1, searchable: true },
          people: [
            { numbers: [HOA, OLD], name: NAMES.hoa, birthDate: '1985-03-14' },
            { numbers: [BINH], name: NAMES.binh, birthDate: '1990-01-02' },
            { numbers: [CHI, KNOWN_OLD], name: NAMES.chi, birthDate: '1970-01-01' },
            { numbers: [DUNG, KNOWN_OLD], name: NAMES.dung, birthDate: '1980-01-01' },
            { numbers: [ONLY_OLD], name: NAMES.em, birthDate: '1940' },
          ],
        },
      ],
      [
        {
          ...{ sector: 'one-stop', role: 'reception' },
          dossiers: [
            ...[view(BY_TWELVE, HOA, NAMES.hoa), view(BY_OLD, OLD, NAMES.hoa), view(HERS, OLD, NAMES.binh)],
            ...[view(CHIS, KNOWN_OLD, NAMES.chi), view(DUNGS, KNOWN_OLD, NAMES.dung), view(EMS, ONLY_OLD, NAMES.em)],
            view(OF_NO_NAME, OLD, null),
          ],
        },
      ],
      { feed, ...(own !== null && { storeUrl: own.url }) },
    );
    const { database } = house.store;
    const numberPairs = createNumberPairs(database, seal);
    for (const pair of [
      [HOA, OLD],
      [CHI, KNOWN_OLD],
    ]) {
      await numberPairs.remember(pair, { sector: 'land', at: 1 });
    }
    const visits = createVisits(database, { atOnce: 100, perDay: 1_000 });
    desk = openSmallDesk({ ...house, registry: { ...house.registry, numberPairs, visits } });
  }, 30_000);
  afterAll(async () => {
    await house?.close();
    await drop();
  });

  type Said = Parameters<SmallDesk['ask']>[2];
  interface Holder {
    readonly personalNumbers: readonly string[];
    readonly birthDate?: string;
    readonly fullName?: string;
  }
  const entity = { sector: 'civil-status', name: 'person' } as Entity;
  const begun = async (said: Said) => {
    const { access, caller } = await desk.open(counter, '{ sectors { id } }', said);
    const operation = createOperation(desk.registry, { access, caller, signal: new AbortController().signal });
    const [definition] = parse('{ sectors { id } }').definitions;
    operation.begin({ schema: desk.schema, operation: definition, fragments: {} } as unknown as GraphQLResolveInfo);
    return operation;
  };
  /** What is told of a record that is about these people. */
  const record = async (said: Said, ...heldBy: readonly Holder[]): Promise<string> => {
    const row: Mapped = { id: '1', heldBy: heldBy.map((one) => ({ birthDate: null, fullName: null, ...one })) };
    const ask = {
      ...{ place: 'Query.citizen', entity, key: '1' },
      holders: 'heldBy',
      names: undefined,
      how: 'LINK',
    } as const;
    return judgedRecord(await begun(said), ask, async () => ({ rows: [row], records: [row] })).then(
      () => 'shown',
      ({ code }) => code,
    );
  };
  const linked = async (said: Said, ...numbers: readonly string[]): Promise<string> =>
    (await begun(said)).access.askPerson(numbers, 'LINK').catch(({ code }) => code);
  const found = async (said: Said, name: string) =>
    (await desk.ask(counter, `{ citizens(name: "${name}") { nodes { fullName birthDate } } }`, said)).data.citizens
      .nodes;
  const citizen = (number: string) => `{ citizen(id: "${number}") { fullName } }`;
  const by = (personalNumbers: readonly string[], fullName?: string, birthDate?: string): Holder => ({
    ...{ personalNumbers },
    ...(fullName !== undefined && { fullName }),
    ...(birthDate !== undefined && { birthDate }),
  });

  describe('and a dossier that is worked on', () => {
    const working = (dossier: string) => ({ purpose: 'PROCESSING', dossier }) as const;

    test('shows what bears it together with the same name, or with no other', async () => {
      for (const code of [BY_TWELVE, BY_OLD]) {
        for (const held of [by([OLD], NAMES.hoa), by([OLD], 'NGUYEN  VAN HÒA'), by([OLD]), by([HOA, OLD], NAMES.hoa)]) {
          expect(await record(working(code), held)).toBe('shown');
        }
        expect((await desk.ask(counter, citizen(OLD), working(code))).data.citizen).toEqual({ fullName: NAMES.hoa });
      }
      expect(await record(working(EMS), by([ONLY_OLD], NAMES.em, '1940'))).toBe('shown');
      expect(await record(working(OF_NO_NAME), by([OLD], NAMES.hoa))).toBe('shown');
      expect(await record(working(BY_OLD), by([BINH, OLD], NAMES.binh), by([OLD], NAMES.hoa))).toBe('shown');
    });

    test('shows nothing that bears it with another’s name', async () => {
      for (const code of [BY_TWELVE, BY_OLD]) {
        expect(await record(working(code), by([OLD], NAMES.binh, '1990-01-02'))).toBe('FORBIDDEN');
      }
      expect(await record(working(EMS), by([ONLY_OLD], NAMES.chi))).toBe('FORBIDDEN');
      expect(await record(working(HERS), by([HOA, OLD], NAMES.hoa))).toBe('FORBIDDEN');
    });

    test('shows nothing that bears another number of 12 digits beside it', async () => {
      for (const code of [BY_TWELVE, BY_OLD, OF_NO_NAME]) {
        expect(await record(working(code), by([BINH, OLD], NAMES.hoa))).toBe('FORBIDDEN');
        expect(await linked(working(code), BINH, OLD)).toBe('FORBIDDEN');
        expect(await linked(working(code), HOA, OLD)).toBe('DOSSIER');
      }
    });

    test('opens nobody of another name than the dossier gives beside it, though the hub remembers them', async () => {
      for (const number of [HOA, OLD]) {
        const { data, refused, messages } = await desk.ask(counter, citizen(number), working(HERS));
        expect([data, refused]).toEqual([{ citizen: null }, ['citizen FORBIDDEN']]);
        expect(messages).toEqual([NOT_CERTAIN]);
      }
      expect(await found(working(HERS), NAMES.hoa)).toEqual([{ fullName: NAMES.hoa, birthDate: '1985' }]);
      expect(await found(working(BY_OLD), NAMES.hoa)).toEqual([{ fullName: NAMES.hoa, birthDate: '1985-03-14' }]);
    });

    test('lists no dossiers of theirs, and tells no changes of them', async () => {
      const listed = async (number: string, said: Said) => {
        const query = `{ dossiers(filter: { applicantId: "${number}" }) { nodes { code } } }`;
        const { data, refused } = await desk.ask(counter, query, said);
        return [data.dossiers?.nodes.length ?? null, refused, desk.logged.at(-1)?.subjects.length];
      };
      for (const number of [HOA, OLD]) {
        expect(await listed(number, working(BY_OLD))).toEqual([2, [], 1]);
        expect(await listed(number, working(HERS))).toEqual([null, ['dossiers FORBIDDEN'], 0]);
        const opened = openDossierChanged(await begun(working(HERS)), { where: { applicantId: number } });
        await expect(opened).rejects.toMatchObject({ code: 'FORBIDDEN' });
      }
    });

    test('tells no further changes of somebody whom it has come to contradict', async () => {
      const stream = await openDossierChanged(await begun(working(BY_OLD)), { where: { applicantId: OLD } });
      const { value: told } = await stream.next();
      expect(await dossierChangedNode(await begun(working(BY_OLD)), told)).toMatchObject({ code: BY_OLD });
      const later = await begun(working(HERS));
      await expect(dossierChangedNode(later, told)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });
  });

  describe('that was asked for in a visit', () => {
    let said: { readonly purpose: 'RECEPTION'; readonly visit: string };
    beforeEach(async () => {
      if (desk === undefined) return;
      const { data } = await desk.ask(counter, 'mutation { openVisit { id } }');
      said = { purpose: 'RECEPTION', visit: data.openVisit.id };
    });
    const subjects = async () => (await desk.registry.visits.read(said.visit))?.subjects.size;
    /** Codes of the dossiers of which the list tells whose they are. */
    const named = async () => {
      const { data } = await desk.ask(counter, '{ dossiers(first: 50) { nodes { code applicant { name } } } }', said);
      const nodes: readonly { readonly code: string; readonly applicant: object | null }[] = data.dossiers.nodes;
      return nodes.flatMap(({ code, applicant }) => (applicant === null ? [] : [code])).sort();
    };

    test('is no evidence where two people are known by it, but has its place', async () => {
      expect((await desk.ask(counter, citizen(KNOWN_OLD), said)).refused).toEqual(['citizen AMBIGUOUS']);
      expect(await subjects()).toBe(1);
      expect(await named()).toEqual([]);
      for (const name of [NAMES.chi, NAMES.dung]) {
        expect(await record(said, by([KNOWN_OLD], name))).toBe('FORBIDDEN');
        expect(JSON.stringify(await found(said, name))).not.toContain('-01-01');
      }
      for (const held of [by([KNOWN_OLD]), by([CHI, KNOWN_OLD]), by([DUNG, KNOWN_OLD])]) {
        expect(await record(said, held)).toBe('FORBIDDEN');
        expect(await linked(said, ...held.personalNumbers)).toBe('FORBIDDEN');
      }
      await desk.ask(counter, citizen(KNOWN_OLD), said);
      expect(await subjects()).toBe(1);
      // Whichever of the two it is, they are asked for by the number of 12 digits, and have a place of their own.
      expect((await desk.ask(counter, citizen(CHI), said)).data.citizen).toEqual({ fullName: NAMES.chi });
      expect([await subjects(), await named()]).toEqual([2, []]);
      expect(await record(said, by([CHI, KNOWN_OLD], NAMES.chi))).toBe('shown');
      expect(await record(said, by([KNOWN_OLD], NAMES.chi))).toBe('FORBIDDEN');
    });

    test('is evidence for what gives the name or the birth date of whom it was found to be, or neither', async () => {
      expect((await desk.ask(counter, citizen(OLD), said)).data.citizen).toEqual({ fullName: NAMES.hoa });
      expect(await subjects()).toBe(1);
      expect(await named()).toEqual([BY_TWELVE, BY_OLD, OF_NO_NAME]);
      for (const held of [by([HOA]), by([OLD]), by([OLD], NAMES.hoa), by([OLD], 'Hoà', '1985-03'), by([HOA, OLD])]) {
        expect(await record(said, held)).toBe('shown');
      }
      for (const held of [by([OLD], NAMES.binh), by([OLD], NAMES.hoa, '1990-01-02'), by([BINH, OLD])]) {
        expect(await record(said, held)).toBe('FORBIDDEN');
      }
      expect([await linked(said, OLD), await linked(said, HOA, OLD), await linked(said, BINH, OLD)]).toEqual([
        ...['VISIT', 'VISIT', 'FORBIDDEN'],
      ]);
      expect(JSON.stringify(await found(said, NAMES.binh))).not.toContain('1990-01-02');
    });

    test('is so too where the number of 12 digits was asked for, but not for what says no more than it', async () => {
      await desk.ask(counter, citizen(HOA), said);
      expect(await named()).toEqual([BY_TWELVE, BY_OLD]);
      expect([await record(said, by([OLD], NAMES.hoa)), await record(said, by([OLD]))]).toEqual(['shown', 'FORBIDDEN']);
    });

    test('is evidence for somebody who has no other', async () => {
      const query = `{ citizen(id: "${ONLY_OLD}") { dossiers { nodes { code applicant { name } } } } }`;
      const { data } = await desk.ask(counter, query, said);
      expect(data.citizen.dossiers.nodes).toEqual([{ code: EMS, applicant: { name: NAMES.em } }]);
      expect(await named()).toEqual([EMS]);
      expect(await record(said, by([ONLY_OLD], NAMES.chi))).toBe('FORBIDDEN');
    });
  });
});
