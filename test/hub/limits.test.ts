import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProvince, type Province } from '../support/province.ts';

let province: Province;

beforeAll(async () => {
  province = await openProvince({ environment: { RECORDS_PER_OPERATION: '100', MAX_DEPTH: '12' } });
}, 60_000);

afterAll(() => province.close());

/** Parcels lead to holders, holders to parcels, and every turn doubles the answer without one further call. */
function turning(turns: number): string {
  let inner = 'sheet';
  for (let turn = 0; turn < turns; turn++) inner = `sheet holders { citizen { landParcels { ${inner} } } }`;
  return `{ citizen(id: "001085004213") { landParcels { ${inner} } } }`;
}

describe('A question that leads in circles', () => {
  it('is refused where it nests deeper than MAX_DEPTH, fragments counted', async () => {
    const { data, errors } = await province.ask(turning(6));
    expect(data).toBeUndefined();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    const fragments = Array.from(
      { length: 6 },
      (_, index) => `fragment F${index} on LandParcel { holders { citizen { landParcels { ...F${index + 1} } } } }`,
    );
    const hidden = `{ citizen(id: "001085004213") { landParcels { ...F0 } } } ${fragments.join(' ')} fragment F6 on LandParcel { sheet }`;
    const through = await province.ask(hidden);
    expect(through.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('ends with BUDGET_EXCEEDED where its answer would hold more than RECORDS_PER_OPERATION', async () => {
    const { errors } = await province.ask(
      `{ ${Array.from({ length: 30 }, (_, index) => `c${index}: citizen(id: "001085004213") { landParcels { holders { citizen { landParcels { sheet } } } } }`).join(' ')} }`,
    );
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['BUDGET_EXCEEDED']));
  });

  it('is answered where it stays within both', async () => {
    const { errors, data } = await province.ask(turning(1));
    expect(errors).toBeUndefined();
    expect(data.citizen.landParcels[0].holders[0].citizen.landParcels.length).toBeGreaterThan(0);
  });
});

describe('A page of another site', () => {
  const statusOf = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(province.address);
      const body = JSON.stringify({ query: '{ sectors { id } }' });
      request(
        {
          host: '127.0.0.1',
          port,
          path: '/graphql',
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .once('error', reject)
        .end(body);
    });

  it('is refused when its name was made to lead to this machine', async () => {
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
    expect(await statusOf({ host: 'localhost.evil.example:4000' })).toBe(403);
    expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
  });

  it('is not mistaken for this machine itself, by whichever of its names', async () => {
    expect(await statusOf({ host: 'localhost:4000' })).toBe(200);
    expect(await statusOf({ host: '[::1]:4000' })).toBe(200);
    expect(await statusOf({ origin: 'http://127.0.0.1:4000' })).toBe(200);
  });
});
