import { type GraphQLResolveInfo, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prepare } from '../../audit/lines.ts';
import type { StatedHeaders } from '../../core/access.ts';
import type { Sought } from '../../core/audit.ts';
import type { HubError } from '../../core/errors.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { dossierChangedNode, type EventStream, openDossierChanged } from '../../resolvers/subscriptions.ts';
import { createVisits } from '../../store/visits.ts';
import type { FeedEvent } from '../../streams/feed.ts';
import { type DossierHouse, openDossierHouse, type ToldSector } from '../resolvers/dossier-house.ts';
import { hashOf, openSmallDesk, type SmallDesk } from './small-desk.ts';
import { actor, BINH, HOA, STRANGER } from './stage.ts';

const HOA_OLD = '011985421';
/** Two people held it. */
const SHARED_OLD = '012345678';
const NOBODY = '001085999999';
const OWN = 'H41.58.01-261119-0007';
const OTHERS = 'H41.58.01-261119-0008';

const counter = actor({ id: 'counter.binh', unit: 'H41.58.01' });
const citizen = actor({ id: 'hoa', role: 'citizen', client: 'citizen-app', unit: null, personalNumber: HOA });
const PROCESSING = { purpose: 'PROCESSING', dossier: OWN } as const;
const person = (id: string, alias = 'citizen') => `${alias}: citizen(id: "${id}") { fullName }`;
const tried = (...numbers: readonly string[]): readonly Sought[] =>
  numbers.map((number) => ({ what: 'PERSON', subject: hashOf(number) }));

const EVENT: FeedEvent = {
  ...{ id: `one-stop:${OWN}:1`, seq: 1, sector: 'one-stop', code: OWN, version: 1, change: 'upsert' },
  ...{ occurredAt: 1, recordedAt: 1, statusNumber: 2, replayed: false },
  ...{ agencyCode: 'H41.58', applicantName: 'Nguyễn Văn Hoà', applicantNumbers: [HOA] },
};
const feed = {
  head: () => 0,
  wake: () => undefined,
  open: async () => ({ next: async () => EVENT, close: () => undefined }),
  close: async () => undefined,
};

const codeOf = ({ code }: HubError) => code;

describe('Whose number was asked', () => {
  let house: DossierHouse;
  let desk: SmallDesk;
  /** As `desk`, with a system that knows people and does not answer. */
  let halting: SmallDesk;

  beforeAll(async () => {
    const known = {
      ...{ sector: 'civil-status', rank: 1, searchable: true },
      people: [
        { numbers: [HOA, HOA_OLD], name: 'Nguyễn Văn Hoà', birthDate: '1985-03-14' },
        { numbers: [BINH, SHARED_OLD], name: 'Nguyễn Văn Bình', birthDate: '1990-01-02' },
        { numbers: [STRANGER, SHARED_OLD], name: 'Trần Văn Lạ', birthDate: '1970-05-06' },
      ],
    };
    const told: ToldSector = {
      ...{ sector: 'one-stop', role: 'reception' as const },
      dossiers: [
        { code: OWN, agencyCode: 'H41.58', applicantNumbers: [HOA], applicantName: 'Nguyễn Văn Hoà' },
        { code: OTHERS, agencyCode: 'H41.58', applicantNumbers: [BINH], applicantName: 'Nguyễn Văn Bình' },
      ],
    };
    house = await openDossierHouse([known], [told], { feed });
    const visits = createVisits(house.store.database, { atOnce: 100, perDay: 100 });
    const deskOver = ({ registry }: DossierHouse) =>
      openSmallDesk({
        ...house,
        registry: {
          ...house.registry,
          sectors: registry.sectors,
          visits,
          audit: { ...registry.audit, hashSubject: hashOf },
        },
      });
    desk = deskOver(house);
    const lame = await openDossierHouse([known, { sector: 'land', rank: 2, people: [], down: true }], [told]);
    halting = deskOver(lame);
    await lame.close();
  }, 30_000);
  afterAll(() => house?.close());
  beforeEach(() => {
    desk.logged.length = 0;
    halting.logged.length = 0;
  });

  async function received(): Promise<{ readonly purpose: 'RECEPTION'; readonly visit: string }> {
    const { data } = await desk.ask(counter, 'mutation { openVisit { id } }');
    desk.logged.length = 0;
    return { purpose: 'RECEPTION', visit: data.openVisit.id };
  }

  async function asking<T>(
    query: string,
    said: Partial<StatedHeaders>,
    ask: (operation: Operation) => Promise<T>,
    at = desk,
  ): Promise<T> {
    at.logged.length = 0;
    const { access, caller, settle } = await at.open(counter, query, said);
    const { signal } = new AbortController();
    const operation = createOperation(at.registry, { access, caller, signal });
    const [definition] = parse(query).definitions;
    operation.begin({ schema: at.schema, operation: definition, fragments: {} } as unknown as GraphQLResolveInfo);
    const answer = await ask(operation);
    await settle({ codes: [], hasData: true, answered: true });
    return answer;
  }

  /** What the one operation left in the log. */
  function left({ logged }: SmallDesk = desk) {
    expect(logged).toHaveLength(1);
    const [record] = logged;
    return { sought: record?.operation.sought, subjects: record?.subjects.map(({ number }) => number) };
  }

  it('stands in the log where two people bear it, and nobody is shown', async () => {
    const { refused } = await desk.ask(counter, `{ ${person(SHARED_OLD)} }`, await received());
    expect([refused, left()]).toEqual([['citizen AMBIGUOUS'], { sought: tried(SHARED_OLD), subjects: [] }]);
    desk.logged.length = 0;
    await desk.ask(counter, `{ dossiers(filter: { applicantId: "${SHARED_OLD}" }) { totalCount } }`, await received());
    expect(left()).toEqual({ sought: tried(SHARED_OLD), subjects: [] });
  });

  it('stands there where a system that may know of it does not answer', async () => {
    for (const number of [NOBODY, HOA_OLD]) {
      halting.logged.length = 0;
      const { refused } = await halting.ask(counter, `{ ${person(number)} }`, await received());
      expect([refused, left(halting)]).toEqual([
        ['citizen IDENTIFIERS_INCOMPLETE'],
        { sought: tried(number), subjects: [] },
      ]);
    }
  });

  it('stands there where it may not be asked, whatever asks for it', async () => {
    const list = `dossiers(filter: { applicantId: "${STRANGER}" }) { totalCount }`;
    for (const [who, said] of [
      [counter, PROCESSING],
      [citizen, { purpose: 'SELF' }],
    ] as const) {
      for (const question of [person(STRANGER), list]) {
        desk.logged.length = 0;
        const { refused } = await desk.ask(who, `{ ${question} }`, said);
        expect([refused, left()]).toEqual([
          [expect.stringContaining('FORBIDDEN')],
          { sought: tried(STRANGER), subjects: [] },
        ]);
      }
    }
  });

  it('stands there where the visit is full', async () => {
    const numbers = Array.from({ length: 9 }, (_, place) => `00108500000${place}`);
    const { refused } = await desk.ask(
      counter,
      `{ ${numbers.map((number, place) => person(number, `p${place}`)).join(' ')} }`,
      await received(),
    );
    expect([refused, left()]).toEqual([['p8 VISIT_FULL'], { sought: tried(...numbers), subjects: [] }]);
  });

  it('stands there where a subscription to their dossiers is refused, and where an event of one is', async () => {
    const query = (id: string) => `subscription { dossierChanged(where: { applicantId: "${id}" }) { code } }`;
    const refused = await asking(query(STRANGER), PROCESSING, (operation) =>
      openDossierChanged(operation, { where: { applicantId: STRANGER } }).catch(codeOf),
    );
    expect([refused, left()]).toEqual(['FORBIDDEN', { sought: tried(STRANGER), subjects: [] }]);
    const stream = (await asking(query(HOA), PROCESSING, (operation) =>
      openDossierChanged(operation, { where: { applicantId: HOA } }),
    )) as EventStream;
    expect(left()).toEqual({ sought: undefined, subjects: [HOA] });
    const { value: told } = await stream.next();
    for (const [said, outcome, expected] of [
      [PROCESSING, 'told', { sought: undefined, subjects: [HOA] }],
      [{ ...PROCESSING, dossier: OTHERS }, 'FORBIDDEN', { sought: tried(HOA), subjects: [] }],
    ] as const) {
      const answer = asking(query(HOA), said, (operation) =>
        dossierChangedNode(operation, told).then(() => 'told', codeOf),
      );
      expect([await answer, left()]).toEqual([outcome, expected]);
    }
  });

  it('stands there where nobody can say whose changes a subscription is to tell', async () => {
    for (const [at, number, code] of [
      [desk, SHARED_OLD, 'AMBIGUOUS'],
      [halting, HOA_OLD, 'IDENTIFIERS_INCOMPLETE'],
    ] as const) {
      const query = `subscription { dossierChanged(where: { applicantId: "${number}" }) { code } }`;
      const open = (operation: Operation) => openDossierChanged(operation, { where: { applicantId: number } });
      const refused = await asking(query, await received(), (operation) => open(operation).catch(codeOf), at);
      expect([refused, left(at)]).toEqual([code, { sought: tried(number), subjects: [] }]);
    }
  });

  it('stands there as whom was shown, and as nothing else, where somebody was', async () => {
    const said = await received();
    const twice = `{ ${person(HOA)} ${person(HOA, 'again')} ${person(HOA_OLD, 'old')} }`;
    expect((await desk.ask(counter, twice, said)).refused).toEqual([]);
    expect(left()).toEqual({ sought: undefined, subjects: [HOA] });
    desk.logged.length = 0;
    await desk.ask(counter, `{ ${person(HOA)} ${person(STRANGER, 'other')} }`, PROCESSING);
    expect(left()).toEqual({ sought: tried(STRANGER), subjects: [HOA] });
  });

  it('is never there as it was typed', async () => {
    const said = await received();
    const numbers = [HOA, HOA_OLD, SHARED_OLD, NOBODY];
    await desk.ask(counter, `{ ${numbers.map((number, place) => person(number, `p${place}`)).join(' ')} }`, said);
    const hidden = (number: string) => `#${numbers.indexOf(number)}`;
    const [record] = desk.logged;
    if (record === undefined) throw new Error('nothing was logged');
    const sought = record.operation.sought?.map((one) => ({ ...one, subject: hidden(one.subject?.slice(1) ?? '') }));
    const { tails } = prepare({ ...record, operation: { ...record.operation, ...(sought && { sought }) } }, hidden);
    expect(sought).toEqual([
      { what: 'PERSON', subject: '#2' },
      { what: 'PERSON', subject: '#3' },
    ]);
    for (const number of numbers) expect(tails.join('\n')).not.toContain(number);
  });
});
