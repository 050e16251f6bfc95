import { describe, expect } from 'vitest';
import type { DossierView } from '../../core/dossier.ts';
import { HOA, STRANGER } from './stage.ts';
import { citizen, counter, leaderOf, MINUTE_MS, NEW, STORES, useVisitStage, view } from './visit-stage.ts';

/** Of another commune than the officer's; the visit was for whom the first two name. */
const THEIRS = 'H41.50.01-261122-0001';
const THEIRS_BEFORE = 'H41.50.01-261122-0002';
const THEIRS_OF_ANOTHER = 'H41.50.01-261122-0003';
const NOBODYS = 'H41.50.01-261122-9999';

describe.each(STORES)('With visits on %s', (kind) => {
  const stage = useVisitStage(kind);
  const { test, received } = stage;
  const bind = (who: typeof counter, visit: string, code: string) =>
    stage.desk.ask(who, `mutation { bindVisit(id: "${visit}", dossier: "${code}") { dossier } }`);
  const close = (who: typeof counter, visit: string) =>
    stage.desk.ask(who, `mutation { closeVisit(id: "${visit}") { closedAt } }`);
  const read = (visit: string) => stage.desk.registry.visits.read(visit);

  test('a visit comes to no dossier of another unit, and whether there is one, and whom it names, is not told', async () => {
    const elsewhere = (code: string, applicant: string, receivedAt: number) => ({
      ...view(code, applicant, receivedAt),
      agencyCode: 'H41.50',
    });
    await stage.house.tell(
      'one-stop',
      elsewhere(THEIRS, HOA, Date.now() + 5 * MINUTE_MS),
      elsewhere(THEIRS_BEFORE, HOA, Date.now() - 60 * MINUTE_MS),
      elsewhere(THEIRS_OF_ANOTHER, STRANGER, Date.now() + 5 * MINUTE_MS),
    );
    const visit = await received(counter, citizen(HOA));
    const told = new Set<string>();
    for (const code of [THEIRS, THEIRS_BEFORE, THEIRS_OF_ANOTHER, NOBODYS]) {
      const { refused, messages } = await bind(counter, visit, code);
      expect(refused).toEqual(['bindVisit FORBIDDEN']);
      told.add(messages.join());
    }
    expect([...told]).toEqual([expect.stringMatching(/^Nothing that you may see under this code/)]);
    expect(await read(visit)).toMatchObject({ dossier: null, isOpen: true });
    expect((await bind(counter, visit, NEW)).data.bindVisit).toEqual({ dossier: NEW });
  });

  test('a visit comes to a dossier of a minute before it, and to none of which that cannot be read', async () => {
    const visit = await received(counter, citizen(HOA));
    const { openedAt = 0 } = (await read(visit)) ?? {};
    const received58 = (code: string, receivedAt: number | null) => view(code, HOA, receivedAt);
    const [undated, before, just] = ['0011', '0012', '0013'].map((serial) => `H41.58.01-261122-${serial}`) as [
      ...[string, string, string],
    ];
    const { receivedAt: _, ...unread } = received58(undated, null);
    const faults = [{ field: 'receivedAt', reason: 'expected a date, came 3 letters' }];
    await stage.house.tell(
      'one-stop',
      { code: undated, view: unread as DossierView, faults },
      received58(before, openedAt - MINUTE_MS - 1),
      received58(just, openedAt - MINUTE_MS),
    );
    for (const code of [undated, before]) {
      expect((await bind(counter, visit, code)).messages).toEqual([
        expect.stringMatching(/^This dossier was received before the visit was opened/),
      ]);
    }
    expect((await bind(counter, visit, just)).data.bindVisit).toEqual({ dossier: just });
  });

  test('an officer who works for another unit by now, or receives nobody any more, does nothing to a visit of before', async () => {
    const visit = await received(counter, citizen(HOA));
    const before = await read(visit);
    for (const now of [
      { ...counter, unit: 'H41.50.01' },
      { ...leaderOf('H41.58'), id: counter.id, client: counter.client },
    ]) {
      expect((await bind(now, visit, NEW)).refused).toEqual(['bindVisit FORBIDDEN']);
      expect((await close(now, visit)).refused).toEqual(['closeVisit FORBIDDEN']);
    }
    expect(await read(visit)).toEqual(before);
    expect((await close(counter, visit)).data.closeVisit.closedAt).toEqual(expect.any(String));
  });

  test('a visit says what came of it, and the list of them comes page after page, newest first', async () => {
    const query =
      'mutation { openVisit { id openedAt endsAt closedAt unit officer dossier subjects unnamed mostSubjects } }';
    const opened = (await stage.desk.ask(counter, query)).data.openVisit;
    expect(opened).toMatchObject({
      ...{ closedAt: null, unit: 'H41.58.01', officer: counter.id, dossier: null, subjects: 0, mostSubjects: 8 },
    });
    expect(Date.parse(opened.endsAt) - Date.parse(opened.openedAt)).toBe(30 * MINUTE_MS);
    expect(stage.desk.logged.at(-1)?.operation.sought).toEqual([{ what: 'VISITS', visit: opened.id }]);
    const second = await received(counter);
    const page = async (first: number, after: string | null) => {
      const asked = `visits(first: ${first}, after: ${JSON.stringify(after)})`;
      const fields = '{ nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }';
      const { nodes, pageInfo } = (await stage.desk.ask(leaderOf('H41.58'), `{ ${asked} ${fields} }`)).data.visits;
      return { ids: nodes.map(({ id }: { readonly id: string }) => id), ...pageInfo };
    };
    const start = await page(1, null);
    const rest = await page(1, start.endCursor);
    expect([...start.ids, ...rest.ids].sort()).toEqual([opened.id, second].sort());
    expect(start).toMatchObject({ hasNextPage: true, hasPreviousPage: false, startCursor: start.endCursor });
    expect(rest).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(await page(1, rest.endCursor)).toMatchObject({ ids: [], startCursor: null, endCursor: null });
  });

  test('visits of an agency are looked for in the log', async () => {
    const sought = async (unit: string) => {
      await stage.desk.ask(leaderOf('H41.58'), `{ visits${unit} { nodes { id } } }`);
      return stage.desk.logged.at(-1)?.operation.sought;
    };
    for (const none of ['', '(unit: null)']) expect(await sought(none)).toStrictEqual([{ what: 'VISITS' }]);
    expect(await sought('(unit: "H41.58.01")')).toEqual([{ what: 'VISITS', unit: 'H41.58.01' }]);
    const { messages } = await stage.desk.ask(leaderOf('H41.58'), '{ visits(unit: "H41.50") { nodes { id } } }');
    expect(messages).toEqual(['You hold no grant for this operation.']);
  });

  test('nobody opens one who receives nobody', async () => {
    const { refused } = await stage.desk.ask(leaderOf('H41.58'), 'mutation { openVisit { id } }');
    expect(refused).toEqual(['openVisit FORBIDDEN']);
  });
});
