import { describe, expect } from 'vitest';
import { bearerOf } from '../../core/access/bearers.ts';
import { createVisits, type Visit } from '../../store/visits.ts';
import { BINH, HOA, STRANGER } from './stage.ts';
import {
  BY_SHARED_OLD,
  CHAU,
  CHAU_OLD,
  CHAUS,
  CHAUS_BY_OLD,
  citizen,
  colleague,
  counter,
  ENTERPRISE,
  ENTERPRISES,
  HOA_OLD,
  JUST,
  leaderOf,
  MINUTE_MS,
  NEW,
  NOBODY,
  neighbour,
  OLD,
  OTHERS,
  SHARED_OLD,
  STORES,
  UNDATED,
  useVisitStage,
  view,
} from './visit-stage.ts';

describe.each(STORES)('With visits on %s', (kind) => {
  const stage = useVisitStage(kind);
  const { test, received } = stage;

  const dossier = (code: string) => `dossier(code: "${code}")`;
  const bind = (visit: string, code: string) =>
    stage.desk.ask(
      counter,
      `mutation { bindVisit(id: "${visit}", dossier: "${code}") { dossier closedAt subjects unnamed } }`,
    );
  const read = async (id: string): Promise<Visit> => (await stage.desk.registry.visits.read(id)) as Visit;

  describe('An officer', () => {
    const MANY = `mutation { ${Array.from({ length: 20 }, (_, at) => `v${at}: openVisit { id }`).join(' ')} }`;

    test('has two visits open, however many are asked for, and is told which they are', async () => {
      const { data, refused, messages } = await stage.desk.ask(counter, MANY);
      const ids = Object.values(data).flatMap((one) => (one === null ? [] : [(one as { id: string }).id]));
      expect(ids).toEqual([data.v0.id, data.v1.id]);
      expect(refused).toEqual(Array.from({ length: 18 }, (_, at) => `v${at + 2} TOO_MANY_VISITS`));
      expect(messages[0]).toContain(ids.join(', '));
      expect(stage.desk.logged.at(-1)?.operation).toMatchObject({ outcome: 'PARTIAL', codes: ['TOO_MANY_VISITS'] });
      // Nobody else’s are counted, or told.
      expect((await stage.desk.ask(colleague, 'mutation { openVisit { id } }')).data.openVisit.id).not.toBeUndefined();
      await stage.desk.ask(counter, `mutation { closeVisit(id: "${data.v1.id}") { id } }`);
      expect((await stage.desk.ask(counter, 'mutation { openVisit { id } }')).refused).toEqual([]);
    });

    test('has no more of them through a second application, and closes there what was opened in the first', async () => {
      const elsewhere = { ...counter, client: 'citizen-desk' };
      const own = [await received(counter), await received(counter)];
      const { refused, messages } = await stage.desk.ask(elsewhere, 'mutation { openVisit { id } }');
      expect(refused).toEqual(['openVisit TOO_MANY_VISITS']);
      for (const id of own) expect(messages[0]).toContain(id);
      const asked = { purpose: 'RECEPTION', visit: own[0] as string } as const;
      await expect(stage.desk.ask(elsewhere, `{ ${citizen(HOA)} { fullName } }`, asked)).rejects.toMatchObject({
        code: 'VISIT_OVER',
      });
      expect(
        (await stage.desk.ask(elsewhere, `mutation { bindVisit(id: "${own[0]}", dossier: "${NEW}") { id } }`)).refused,
      ).toEqual(['bindVisit VISIT_OVER']);
      const close = `mutation { closeVisit(id: "${own[0]}") { closedAt } }`;
      expect((await stage.desk.ask({ ...elsewhere, id: colleague.id }, close)).refused).toEqual([
        'closeVisit VISIT_OVER',
      ]);
      expect((await stage.desk.ask(elsewhere, close)).data.closeVisit.closedAt).toEqual(expect.any(String));
      expect((await stage.desk.ask(elsewhere, 'mutation { openVisit { id } }')).refused).toEqual([]);
    });

    test('opens so many a day, also when each is closed at once', async () => {
      for (let turn = 0; turn < 5; turn++) {
        const id = await received(counter);
        await stage.desk.ask(counter, `mutation { closeVisit(id: "${id}") { id } }`);
      }
      // Whatever anybody else opens.
      await received(colleague);
      const { refused, messages } = await stage.desk.ask(counter, 'mutation { openVisit { id } }');
      expect(refused).toEqual(['openVisit TOO_MANY_VISITS']);
      expect(messages).toEqual(['You have opened 5 visits today: as many as one officer may.']);
      expect(stage.desk.logged.at(-1)?.operation.outcome).toBe('REFUSED');
    });
  });

  describe('A wrong guess', () => {
    test('takes a place in the visit like a right one', async () => {
      const visit = await received(counter, citizen(NOBODY), citizen('001085999998'), citizen('019999999'));
      expect((await read(visit)).subjects.size).toBe(3);
    });
  });

  describe('A visit', () => {
    test('ends with the dossier that came of it', async () => {
      const visit = await received(counter, citizen(HOA));
      const { data } = await bind(visit, NEW);
      expect(data.bindVisit).toEqual({ dossier: NEW, closedAt: expect.any(String), subjects: 1, unnamed: 0 });
      const after = stage.desk.ask(counter, `{ ${citizen(BINH)} { fullName } }`, { purpose: 'RECEPTION', visit });
      await expect(after).rejects.toMatchObject({ code: 'VISIT_OVER' });
    });

    test('that was closed before stays closed since then, and counts whom its dossier does not name from then on', async () => {
      const visit = await received(counter, citizen(HOA));
      await stage.desk.ask(counter, `mutation { closeVisit(id: "${visit}") { id } }`);
      await stage.house.store.database.knex('visit').where({ id: visit }).decrement('closed_at', MINUTE_MS);
      const { closedAt, unnamed } = await read(visit);
      expect(unnamed).toBeNull();
      await bind(visit, NEW);
      expect(await read(visit)).toMatchObject({ closedAt, dossier: NEW, unnamed: 0 });
    });

    test('holds whom was asked for in it, and nobody of another’s', async () => {
      const [one, two] = [await received(counter, citizen(HOA)), await received(counter, citizen(HOA), citizen(BINH))];
      const { data } = await stage.desk.ask(leaderOf('H41.58'), '{ visits { nodes { id subjects } } }');
      expect(Object.fromEntries(data.visits.nodes.map(({ id, subjects }: Visit) => [id, subjects]))).toEqual({
        [one]: 1,
        [two]: 2,
      });
    });

    test('of an officer of no unit is of none', async () => {
      const visits = createVisits(stage.house.store.database, { atOnce: 2, perDay: 5 });
      const opened = (await visits.open({
        actor: 'admin.quan',
        client: 'operations',
        unit: null,
        minutes: 30,
      })) as Visit;
      expect(opened.unit).toBeNull();
      const { id } = opened;
      expect([await visits.takePlace(id, ['#one'], 1), await visits.takePlace(id, ['#two'], 1)]).toEqual([
        'taken',
        'full',
      ]);
      await visits.sameSubject(id, ['#one', '#two']);
      expect(await visits.read(id)).toMatchObject({
        subjects: new Set(['#one']),
        aliases: new Map([['#two', '#one']]),
      });
    });

    test('comes to a dossier that was received since, to the minute, and to none that was there before', async () => {
      const visit = await received(counter, citizen(HOA));
      for (const code of [OLD, UNDATED]) {
        const { refused, messages } = await bind(visit, code);
        expect(refused).toEqual(['bindVisit FORBIDDEN']);
        expect(messages[0]).toMatch(/^This dossier was received before the visit was opened/);
      }
      expect((await read(visit)).isOpen).toBe(true);
      expect((await bind(visit, JUST)).data.bindVisit.dossier).toBe(JUST);
    });

    test('is found in the log with each dossier that it was to be bound to, refused or not', async () => {
      const visit = await received(counter, citizen(HOA));
      const sought = () => stage.desk.logged.at(-1)?.operation.sought;
      for (const code of [OLD, OTHERS, 'H41.58-261119-9999', NEW]) {
        await bind(visit, code);
        expect(sought()).toEqual([{ what: 'VISITS', dossier: code, visit }]);
      }
    });

    test('comes to no dossier because the dossier itself was asked for', async () => {
      const visit = await received(counter, dossier(OTHERS), citizen(HOA), citizen(BINH));
      const { refused, messages } = await bind(visit, OTHERS);
      expect(refused).toEqual(['bindVisit FORBIDDEN']);
      expect(messages[0]).toMatch(/^Nothing that you may see under this code names anybody who was asked for/);
      // Word for word what is said of a code that nothing has.
      expect((await bind(visit, 'H41.58-261119-9999')).messages).toEqual(messages);
      expect(await read(visit)).toMatchObject({ dossier: null, isOpen: true });
    });

    test('in which nobody was asked for comes to no dossier, and says what it lacks whatever the code', async () => {
      const visit = await received(counter);
      for (const code of [NEW, OTHERS, 'H41.58-261119-9999']) {
        const { refused, messages } = await bind(visit, code);
        expect(refused).toEqual(['bindVisit FORBIDDEN']);
        expect(messages[0]).toMatch(/^Nobody was asked for in this visit: ask .* X-Purpose RECEPTION and X-Visit/);
      }
      expect((await read(visit)).isOpen).toBe(true);
    });

    test('counts whom the dossier names by every number of theirs, and the dossier itself', async () => {
      const visit = await received(counter, citizen(HOA_OLD), dossier(NEW));
      expect((await bind(visit, NEW)).data.bindVisit).toMatchObject({ subjects: 2, unnamed: 0 });
    });

    test('does not take an old number that two people held for one of the person whom the dossier names', async () => {
      const visit = await received(counter, citizen(STRANGER), citizen(SHARED_OLD));
      expect((await bind(visit, OTHERS)).data.bindVisit).toMatchObject({ subjects: 2, unnamed: 1 });
    });
  });

  describe('Somebody whom a system knows by an old number and a new one', () => {
    const asked = { [CHAU_OLD]: CHAU, [CHAU]: CHAU_OLD };

    test.each(Object.entries(asked))('has one place, asked for by %s and then by %s', async (number, other) => {
      const visit = await received(counter, citizen(number), citizen(other));
      expect((await read(visit)).subjects.size).toBe(1);
      expect((await bind(visit, CHAUS)).data.bindVisit).toMatchObject({ subjects: 1, unnamed: 0 });
    });

    test.each([
      [CHAU_OLD, CHAUS],
      [CHAU, CHAUS_BY_OLD],
    ])('asked for by %s, is named by a dossier that states the other number', async (number, code) => {
      const visit = await received(counter, citizen(number));
      expect((await bind(visit, code)).data.bindVisit).toMatchObject({ dossier: code, subjects: 1, unnamed: 0 });
    });

    test('has one place where a list of dossiers was asked for by the old number', async () => {
      const visit = await received(counter, `dossiers(filter: { applicantId: "${CHAU_OLD}" })`, citizen(CHAU));
      expect((await bind(visit, CHAUS)).data.bindVisit).toMatchObject({ subjects: 1, unnamed: 0 });
    });

    test('has one place, asked for by both at once', async () => {
      const visit = await received(counter, `old: ${citizen(CHAU_OLD)} { __typename } new: ${citizen(CHAU)}`);
      expect((await read(visit)).subjects.size).toBe(1);
      expect((await bind(visit, CHAUS)).data.bindVisit).toMatchObject({ subjects: 1, unnamed: 0 });
    });

    test('is reached from what states the new one, and not from what states the old one alone', async () => {
      for (const number of [CHAU, CHAU_OLD]) {
        const visit = await received(counter, citizen(number));
        const { access } = await stage.desk.open(counter, '{ sectors { id } }', { purpose: 'RECEPTION', visit });
        expect(await access.askPerson([CHAU], 'LINK')).toBe('VISIT');
        await stage.desk.ask(counter, `mutation { closeVisit(id: "${visit}") { id } }`);
      }
      const visit = await received(counter, citizen(CHAU));
      const { access } = await stage.desk.open(counter, '{ sectors { id } }', { purpose: 'RECEPTION', visit });
      const record = { key: 'land:landParcel:1', people: [bearerOf([CHAU_OLD])] };
      expect(() => access.judgeRecord('land', 'PERSONAL', record)).toThrow(/nothing here/);
    });

    test('is not named by an old number that somebody else held too', async () => {
      const visit = await received(counter, citizen(BINH));
      expect((await bind(visit, BY_SHARED_OLD)).refused).toEqual(['bindVisit FORBIDDEN']);
    });
  });

  test('An enterprise that was asked for by its code is named by the dossier that it handed in', async () => {
    const visit = await received(counter);
    const { access } = await stage.desk.open(counter, '{ sectors { id } }', { purpose: 'RECEPTION', visit });
    for (const code of [ENTERPRISE, '0314409058', HOA]) {
      await access.askRecord('business-registration', 'PERSONAL', `business:${code}`);
    }
    expect((await bind(visit, NEW)).refused).toEqual(['bindVisit FORBIDDEN']);
    expect((await bind(visit, ENTERPRISES)).data.bindVisit).toMatchObject({ subjects: 3, unnamed: 2 });
  });

  describe('The supervisor', () => {
    const listed = async (leader: typeof counter, unit = '') => {
      const { data, refused } = await stage.desk.ask(
        leader,
        `{ visits(first: 100${unit && `, unit: "${unit}"`}) { nodes { id dossier unnamed } } }`,
      );
      return refused.length > 0 ? refused : data.visits.nodes;
    };

    test('is shown a visit for as long as somebody was asked for in it whom its dossier does not name', async () => {
      const [clean, visit] = [
        await received(counter, citizen(HOA)),
        await received(counter, citizen(HOA), citizen(BINH)),
      ];
      expect((await listed(leaderOf('H41.58'))).map(({ id }: { id: string }) => id).sort()).toEqual(
        [clean, visit].sort(),
      );
      await bind(clean, NEW);
      await bind(visit, NEW);
      expect(await listed(leaderOf('H41.58'))).toEqual([{ id: visit, dossier: NEW, unnamed: 1 }]);
      const spouse = { role: 'Vợ', name: 'Bình', personalNumbers: [BINH] };
      await stage.house.tell('one-stop', { ...view(NEW, HOA, Date.now() + 5 * MINUTE_MS), parties: [spouse] });
      await bind(visit, NEW);
      expect(await listed(leaderOf('H41.58'))).toEqual([]);
    });

    test('is shown the visits of an agency and of what the catalogue has below it, as far as they see it', async () => {
      const [own, away] = [await received(counter), await received(neighbour)];
      const ids = async (...asked: Parameters<typeof listed>) =>
        (await listed(...asked)).map((one: { id?: string }) => one.id ?? one).sort();
      expect(await ids(leaderOf('H41'), 'H41')).toEqual([own, away].sort());
      expect(await ids(leaderOf('H41'), '000.00.58.H41')).toEqual([own]);
      for (const unit of ['H41.50', 'H41.99', 'H41.5', 'nothing', '']) {
        const answer = unit === '' ? [own] : ['visits FORBIDDEN'];
        expect(await ids(leaderOf('H41.58'), unit)).toEqual(answer);
      }
      // An agency that has moved below another keeps its code.
      const { codesBelow } = stage.desk.registry.access;
      try {
        Object.assign(stage.desk.registry.access, {
          codesBelow: (code: string) => [...codesBelow(code), ...(code === 'H41.58' ? codesBelow('H41.50') : [])],
        });
        expect(await ids(leaderOf('H41'), 'H41.58')).toEqual([own, away].sort());
        expect(await ids(leaderOf('H41.58'), 'H41.58')).toEqual([own]);
      } finally {
        Object.assign(stage.desk.registry.access, { codesBelow });
      }
    });
  });
});
