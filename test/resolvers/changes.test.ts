import { afterEach, describe, expect, test } from 'vitest';
import { type DossierHouse, openDossierHouse } from './dossier-house.ts';
import { NOW } from './small-house.ts';

const QUERY = `{ sectors { id changes { way deletes order intermediate initial lateCommits currentUntil
  failing { code since } heldDeletes quarantined } } }`;

let house: DossierHouse | undefined;

afterEach(async () => {
  await house?.close();
  house = undefined;
});

async function open(): Promise<DossierHouse> {
  house = await openDossierHouse(
    [{ sector: 'population', rank: 10, people: [] }],
    [
      { sector: 'one-stop', role: 'reception', currentUntil: NOW },
      { sector: 'land', role: 'course', currentUntil: null },
    ],
  );
  return house;
}

const DECLARED = { way: 'poll', deletes: true, order: false, intermediate: false, initial: true, lateCommits: true };
const WELL = { failing: null, heldDeletes: 0, quarantined: 0 };

describe('How a sector’s changes are captured', () => {
  test('is told way by way: what it can see, as declared, and until when it has seen it', async () => {
    const { data, errors } = await (await open()).ask(QUERY);
    expect(errors).toEqual([]);
    expect(data.sectors).toEqual([
      { id: 'population', changes: [] },
      { id: 'one-stop', changes: [{ ...DECLARED, ...WELL, currentUntil: '2026-11-20T00:00:00+07:00' }] },
      { id: 'land', changes: [{ ...DECLARED, ...WELL, currentUntil: null }] },
    ]);
  });

  test('tells what it is held up by, without the reason behind the code', async () => {
    const { ask, store } = await open();
    const { knex } = store.database;
    await knex('capture_way')
      .where({ sector: 'land' })
      .update({ failing_since: NOW, failure: 'SOURCE_TIMEOUT 10.0.0.7', held_deletes: 51 });
    const kept = { sector: 'land', way: 'poll', reason: 'x', first_at: 1, last_at: 1, times: 1 };
    await knex('quarantine').insert([
      { ...kept, place: 'a' },
      { ...kept, place: 'b' },
    ]);
    const { data } = await ask(QUERY);
    expect(data.sectors[2].changes).toMatchObject([
      {
        failing: { code: 'SOURCE_TIMEOUT', since: '2026-11-20T00:00:00+07:00' },
        heldDeletes: 51,
        quarantined: 2,
      },
    ]);
  });

  test('costs its own field alone while the hub’s own store is out of reach', async () => {
    const { ask, store } = await open();
    await store.close();
    const { data, errors } = await ask(QUERY);
    expect(data.sectors.map(({ changes }: { changes: unknown }) => changes)).toEqual([null, null, null]);
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('STORE_UNAVAILABLE'));
  });
});
