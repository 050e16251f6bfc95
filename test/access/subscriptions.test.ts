import { beforeEach, describe, expect, it } from 'vitest';
import { HubError } from '../../core/errors.ts';
import type { OperationAccess } from '../../resolvers/access.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { openDossierChanged } from '../../resolvers/subscriptions.ts';
import type { FeedEvent, FeedFilter } from '../../streams/feed.ts';
import { openHouse } from '../resolvers/small-house.ts';
import { openAccess } from '../support/open-access.ts';

const HOA = '001085004213';
const HOA_OLD = '011985421';
const EVENT: FeedEvent = {
  ...{ id: 'land:H41.58-1:1', seq: 1, sector: 'land', code: 'H41.58-1', version: 1, change: 'upsert' },
  ...{ occurredAt: 1, recordedAt: 1, statusNumber: 2, replayed: false },
  ...{ agencyCode: 'H41.58', applicantName: null, applicantNumbers: [HOA_OLD] },
};

let filter: FeedFilter | undefined;
beforeEach(() => {
  filter = undefined;
});

const house = openHouse([{ sector: 'land', rank: 1, people: [] }], {
  dossiers: [{ sector: 'land', role: 'course' }],
  pairs: [[HOA, HOA_OLD]],
  feed: {
    head: () => 0,
    wake: () => undefined,
    open: async (_, given) => {
      filter = given;
      return { next: async () => null, close: () => undefined };
    },
    close: async () => undefined,
  },
});

const subscribe = (access: Partial<OperationAccess>, where = {}) =>
  openDossierChanged(
    createOperation(house.registry, {
      caller: { actor: 'test', requestId: 'test' },
      access: { ...openAccess(), ...access },
      signal: new AbortController().signal,
    }),
    { where: { sector: 'land', ...where } },
  );

describe('Changes of dossiers that are told to a subscriber', () => {
  it('are those of the units that may be seen, however they write their code', async () => {
    await subscribe({ unitsSeen: () => ['H41.58', '000.00.58.H41'] });
    expect(filter?.matches(EVENT)).toBe(true);
    expect(filter?.matches({ ...EVENT, agencyCode: '000.00.58.H41' })).toBe(true);
    expect(filter?.matches({ ...EVENT, agencyCode: 'H41.50' })).toBe(false);
    expect(filter?.matches({ ...EVENT, agencyCode: null })).toBe(false);
  });

  it('are all of them to who sees all units, and none to who sees none', async () => {
    await subscribe({ unitsSeen: () => null });
    expect(filter?.matches({ ...EVENT, agencyCode: null })).toBe(true);
    await subscribe({ unitsSeen: () => [] });
    expect(filter?.matches(EVENT)).toBe(false);
  });

  it('are a citizen’s own, under an old number too', async () => {
    await subscribe({ ownNumber: HOA });
    expect(filter?.matches(EVENT)).toBe(true);
    expect(filter?.matches({ ...EVENT, applicantNumbers: [HOA] })).toBe(true);
    expect(filter?.matches({ ...EVENT, applicantNumbers: ['001090001111'] })).toBe(false);
  });

  it('of an applicant need a purpose that reaches the applicant', async () => {
    const askPerson = async () => {
      throw new HubError('FORBIDDEN', 'There is nothing here that you may see.');
    };
    await expect(subscribe({ askPerson }, { applicantId: HOA })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(filter).toBeUndefined();
    expect(house.calls).toEqual([]);
  });
});
