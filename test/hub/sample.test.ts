import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleQuery } from '../../hub/sample-query.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { dataOf } from '../support/answer.ts';
import { openProvince, type Province } from '../support/province.ts';

const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
const root = join(import.meta.dirname, '..', '..');

let province: Province;

/** As many people and dossiers as `npm start` makes up. */
beforeAll(async () => {
  province = await openProvince({ citizens: 5_000, dossiers: 20_000 });
}, 300_000);

afterAll(() => province.close());

describe('The sample of the README', () => {
  const body = /<<'QUERY'\n([\s\S]*?)\nQUERY\n/.exec(readme)?.[1] ?? '';
  const printed = /```json\n([\s\S]*?)\n```/.exec(readme)?.[1] ?? '';

  it('is answered, pasted as it stands, with exactly what is printed below it', async () => {
    const response = await fetch(`${province.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(200);
    expect(JSON.parse(printed)).toEqual(await response.json());
  });

  it('has records of every sector', async () => {
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    const { citizen } = dataOf(await province.ask(query, variables));
    for (const list of ['landParcels', 'civilStatusRecords', 'businesses'])
      expect(citizen[list].length, list).toBeGreaterThan(1);
    expect(citizen.dossiers.nodes).toHaveLength(2);
  });
});

describe('The query the editor opens with', () => {
  it('is valid, and returns records of all sectors without an error', async () => {
    const { sectors } = province.hub.registry;
    const sdl = sectors.map(({ id }) => ({ sector: id, sdl: sdlOf(id) }));
    expect(validate(buildSchema(province.hub.registry, sdl), parse(sampleQuery))).toEqual([]);
    const { citizen, sectors: states } = dataOf(await province.ask(sampleQuery));
    expect(citizen.fullName).toBe('Nguyễn Văn Hoà');
    for (const list of ['statements', 'landParcels', 'civilStatusRecords', 'businesses']) {
      expect(citizen[list].length, list).toBeGreaterThan(1);
    }
    expect(citizen.dossiers.nodes).toHaveLength(5);
    expect(citizen.dossiers.missing).toEqual([]);
    expect(citizen.population).toBe('VERIFIED');
    expect(states.map(({ id }: { id: string }) => id)).toEqual([
      'business-registration',
      'civil-status',
      'land',
      'one-stop',
    ]);
  });
});

function sdlOf(id: string): string {
  try {
    return readFileSync(join(root, 'sectors', id, 'schema.graphql'), 'utf8');
  } catch {
    return '';
  }
}
