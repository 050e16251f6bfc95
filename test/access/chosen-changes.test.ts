import { type GraphQLResolveInfo, parse } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Sought } from '../../core/audit.ts';
import type { OperationAccess } from '../../resolvers/access.ts';
import { createOperation, type Operation } from '../../resolvers/operation.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { type DossierChangedArguments, dossierChangedNode, openDossierChanged } from '../../resolvers/subscriptions.ts';
import type { FeedEvent, FeedFilter } from '../../streams/feed.ts';
import { openHouse } from '../resolvers/small-house.ts';
import { openAccess } from '../support/open-access.ts';

const HOA = '001085004213';
const HOA_OLD = '011985421';
const BINH = '001090001111';
const ENTERPRISE = '0100233488';
const EVENT: FeedEvent = {
  ...{ id: 'land:H41.58-1:1', seq: 1, sector: 'land', code: 'H41.58-1', version: 1, change: 'upsert' },
  ...{ occurredAt: 1, recordedAt: 2, statusNumber: 2, replayed: false },
  ...{ agencyCode: 'H41.58', applicantName: 'Nguyễn Văn Hoà', applicantNumbers: [HOA] },
};

let filter: FeedFilter | undefined;
let from: unknown;
let isClosed: boolean;
let sought: Sought[];
let shown: unknown[];
beforeEach(() => {
  [filter, from, isClosed, sought, shown] = [undefined, undefined, false, [], []];
  house.calls.length = 0;
});

const dossiers = [
  { sector: 'land', role: 'course' },
  { sector: 'one-stop', role: 'reception' },
] as const;
const people = [{ numbers: [HOA, HOA_OLD], name: 'Nguyễn Văn Hoà', birthDate: '1985-03-14' }];
const feed = {
  head: () => 0,
  wake: () => undefined,
  async open(position: unknown, given: FeedFilter) {
    const events = [EVENT];
    [from, filter] = [position, given];
    return {
      next: async () => events.shift() ?? null,
      close: () => {
        isClosed = true;
      },
    };
  },
  close: async () => undefined,
};
const house = openHouse([{ sector: 'civil-status', rank: 1, people }], { dossiers, feed });
const failing = openHouse([{ sector: 'civil-status', rank: 1, people: [], down: true }], { dossiers, feed });

function operationOf(access: Partial<OperationAccess> = {}, { registry } = house): Operation {
  const operation = createOperation(registry, {
    caller: { actor: 'test', requestId: 'test' },
    access: {
      ...openAccess(),
      sought: (what) => {
        sought.push(what);
        return () => void sought.splice(sought.indexOf(what), 1);
      },
      shown: (...given) => void shown.push(given),
      ...access,
    },
    signal: new AbortController().signal,
  });
  const [definition] = parse('{ sectors { id } }').definitions;
  const info = { schema: buildSchema(registry, []), operation: definition, fragments: {} };
  operation.begin(info as unknown as GraphQLResolveInfo);
  return operation;
}

const open = (where: DossierChangedArguments['where'], after?: string) =>
  openDossierChanged(operationOf(), { where, ...(after !== undefined && { after }) });
const matches = (change: Partial<FeedEvent>) => filter?.matches({ ...EVENT, ...change });

describe('Of the changes that may be told, those are that were chosen', () => {
  it('by the dossier, whatever its code was typed as, from where the last one ended', async () => {
    await open({ code: ' h41.58-1 ' }, 'land:H41.58-1:7');
    expect([from, filter?.code]).toEqual([{ afterId: 'land:H41.58-1:7' }, 'H41.58-1']);
    expect([matches({}), matches({ code: 'H41.58-2' })]).toEqual([true, false]);
    await open({ sector: 'land' });
    expect([from, filter?.code]).toEqual([{ afterId: null }, undefined]);
  });

  it('by the sector', async () => {
    await open({ sector: 'land' });
    expect([matches({}), matches({ sector: 'one-stop' }), matches({ code: 'H41.58-2' })]).toEqual([true, false, true]);
  });

  it.each(['H41.58', '000.00.58.H41'])('by the agency %s, in either order of its code', async (agency) => {
    await open({ agency });
    const codes = ['H41.58', '000.00.58.H41', 'H41.50', 'H41.99', null];
    expect(codes.map((agencyCode) => matches({ agencyCode }))).toEqual([true, true, false, false, false]);
  });

  it('by the applicant, under every number of theirs by which it is they', async () => {
    await open({ applicantId: HOA });
    expect([matches({}), matches({ applicantNumbers: [BINH] })]).toEqual([true, false]);
    expect(matches({ applicantNumbers: [HOA, ENTERPRISE] })).toBe(true);
    expect(matches({ applicantNumbers: [] })).toBe(false);
    expect(matches({ applicantNumbers: [HOA_OLD] })).toBe(true);
    expect(matches({ applicantNumbers: [HOA_OLD], applicantName: 'Lê Thị Châu' })).toBe(false);
    expect(matches({ applicantNumbers: [BINH, HOA_OLD] })).toBe(false);
  });

  it('by the applicant, under no old number of theirs under which somebody else is remembered', async () => {
    const remembering = openHouse([{ sector: 'civil-status', rank: 1, people }], {
      ...{ dossiers, feed },
      pairs: [
        [HOA, HOA_OLD],
        [BINH, HOA_OLD],
      ],
    });
    await openDossierChanged(operationOf({}, remembering), { where: { applicantId: HOA } });
    expect([matches({}), matches({ applicantNumbers: [HOA_OLD] })]).toEqual([true, false]);
  });

  it('by the enterprise, for the log to find with the choice and with each event', async () => {
    const stream = await open({ applicantId: ENTERPRISE });
    expect([matches({ applicantNumbers: [ENTERPRISE] }), matches({})]).toEqual([true, false]);
    const found = { what: 'DOSSIERS', subject: ENTERPRISE };
    expect(sought).toEqual([found]);
    await dossierChangedNode(operationOf(), (await stream.next()).value);
    expect(sought).toEqual([found, found]);
    expect(shown).toEqual([]);
  });

  it('by all of it at once', async () => {
    await open({ code: 'H41.58-1', sector: 'land', agency: 'H41.58', applicantId: HOA });
    expect(matches({})).toBe(true);
    for (const other of [
      { code: 'H41.58-2' },
      { sector: 'one-stop' },
      { agencyCode: 'H41.50' },
      { applicantNumbers: [BINH] },
    ]) {
      expect(matches(other)).toBe(false);
    }
  });

  it('and none where nothing was chosen, or what nobody knows', async () => {
    for (const where of [{}, { code: null, applicantId: null, sector: null, agency: null }]) {
      await expect(open(where)).rejects.toMatchObject({
        ...{ code: 'BAD_USER_INPUT' },
        message: 'where: expected at least one of code, applicantId, sector, agency',
      });
    }
    for (const [argument, value] of [
      ['sector', 'civil-status'],
      ['agency', 'H41.99'],
      ['applicantId', 'nobody'],
    ] as const) {
      await expect(open({ [argument]: value })).rejects.toMatchObject({
        ...{ code: 'BAD_USER_INPUT', message: expect.stringMatching(new RegExp(`^where\\.${argument}: `)) },
      });
    }
    expect(filter).toBeUndefined();
  });

  it('and none of an applicant of whom a system that does not answer may know more', async () => {
    const operation = operationOf({}, failing);
    await expect(openDossierChanged(operation, { where: { applicantId: HOA } })).rejects.toMatchObject({
      code: 'IDENTIFIERS_INCOMPLETE',
    });
    expect([filter, shown]).toEqual([undefined, []]);
  });
});

describe('Whoever subscribes to their own', () => {
  it('has systems asked who they are only where an old number leaves a question', async () => {
    const own = (ownOldNumbers: readonly string[]) => {
      const operation = operationOf({ ownNumber: HOA, ownOldNumbers: new Set(ownOldNumbers) });
      return openDossierChanged(operation, { where: { sector: 'land' } });
    };
    await own([]);
    expect([house.calls.length, matches({}), matches({ applicantNumbers: [HOA_OLD] })]).toEqual([0, true, false]);
    await own([HOA_OLD]);
    expect([house.calls.length, matches({}), matches({ applicantNumbers: [HOA_OLD] })]).toEqual([1, true, true]);
  });
});

describe('A change that is told', () => {
  it('comes as it stands in the feed, until that ends', async () => {
    const stream = await open({ sector: 'land' });
    expect(stream[Symbol.asyncIterator]()).toBe(stream);
    const { value, done } = await stream.next();
    expect([value, done]).toEqual([{ dossierChanged: EVENT, noteApplicant: null }, false]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(isClosed).toBe(false);
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(isClosed).toBe(true);
  });

  it('says what changed, by the name of its status where it has one', async () => {
    const told = { dossierChanged: EVENT, noteApplicant: null };
    expect(await dossierChangedNode(operationOf(), told)).toEqual({
      ...{ id: 'land:H41.58-1:1', sector: 'land', code: 'H41.58-1', version: 1, occurredAt: 1, recordedAt: 2 },
      ...{ change: 'UPSERT', status: 'ACCEPTED' },
    });
    const unmapped = { ...told, dossierChanged: { ...EVENT, statusNumber: null } };
    expect(await dossierChangedNode(operationOf(), unmapped)).toMatchObject({ status: null });
    expect(shown).toEqual([]);
  });

  it('is in the log with the citizen whose own it is, and with the applicant who was chosen', async () => {
    const stream = await open({ applicantId: HOA });
    const { value } = await stream.next();
    expect(shown).toEqual([[HOA, 'NONE', undefined]]);
    shown = [];
    await dossierChangedNode(operationOf(), value);
    expect(shown).toEqual([[HOA, 'NONE', 'H41.58-1']]);
    shown = [];
    await dossierChangedNode(operationOf({ ownNumber: HOA }), { ...value, noteApplicant: null });
    expect(shown).toEqual([[HOA, 'SELF', 'H41.58-1']]);
    expect(house.calls.filter(({ keys }) => keys.includes(HOA))).toHaveLength(1);
  });
});
