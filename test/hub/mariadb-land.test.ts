import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { populateSql } from '../../sectors/land/stand-in/populate-sql.ts';
import type { World } from '../../stand-ins/world/types.ts';
import { ownDatabase } from '../services/mariadb.ts';
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.ts';
import { askUntil, errorsOf } from '../support/answer.ts';
import { countReads } from '../support/count-reads.ts';
import { expectNothingLeaks } from '../support/harm.ts';
import { type OpenHub, openProvince, type Province } from '../support/province.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';

const FIELDS = `
  personalNumbers statements { sector fullName birthDate gender personalNumbers }
  landParcels { oldCommune oldDistrict sheet parcel oldSheet oldParcel area legalArea notedArea address disputed
    uses { codes area term until } holders { fullName order since } certificates { serial } }
  landCertificates { serial registerNumber barcode registeredOn issuedOn issuedBy signedBy parcels { parcel } }
  dossiers(first: 20) { nodes { code status finishedAt steps { sector officer position content at dueAt status }
    results { title code issuedAt } sourceStatus { sector code title occurredAt } } missing { sector code } }`;

describe.skipIf('missing' in service)(`The land declaration on MariaDB${reason}`, () => {
  let province: Province;
  let onMariadb: OpenHub;
  let proxy: TcpProxy;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    province = await openProvince();
    const own = await ownDatabase(service);
    drop = own.drop;
    await fill(own.url, province.world);
    const url = new URL(own.url);
    proxy = await tcpProxy({ host: url.hostname, port: Number(url.port || 3306) });
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    onMariadb = await province.another({ SECTOR_LAND_DATABASE_URL: url.href, SECTOR_LAND_TIMEOUT_MS: '1500' });
  }, 120_000);

  afterAll(async () => {
    await province?.close();
    await proxy?.close();
    await drop?.();
  });

  it('answers about the demo person and fifty others as it does on SQLite', async () => {
    const { world } = province;
    const people = [0, ...Array.from({ length: 50 }, (_, place) => place * 4 + 4)];
    for (const index of people) {
      const { personalNumber, oldNumber } = world.person(index);
      const variables = { id: personalNumber ?? oldNumber };
      const query = `query ($id: ID!) { citizen(id: $id) { ${FIELDS} } }`;
      const [here, there] = [await province.ask(query, variables), await onMariadb.ask(query, variables)];
      expect(sameness(there), `person ${index}`).toEqual(sameness(here));
    }
  });

  it('finds the same people by name, in whatever encoding their rows are', async () => {
    const query =
      'query ($name: String!) { citizens(name: $name, first: 100) { nodes { fullName personalNumbers } missing { sector code } } }';
    for (const name of ['nguyen van hoa', 'Nguyễn Văn', 'tran', "h'", 'y tlur enuol', 'đinh']) {
      const [here, there] = [await province.ask(query, { name }), await onMariadb.ask(query, { name })];
      expect(sameness(there), name).toEqual(sameness(here));
    }
  });

  it('is asked one statement for each ⌈keys / batchSize⌉ of a lookup, as the server itself sees them', async () => {
    const { world } = province;
    const reads = countReads(onMariadb.hub);
    const asked = Array.from({ length: 40 }, (_, place) => world.person(place * 4 + 100))
      .filter(({ personalNumber }) => personalNumber !== undefined)
      .map(({ personalNumber }, place) => `c${place}: citizen(id: "${personalNumber}") { ...Land }`);
    const query = `{ ${asked.join(' ')} } fragment Land on Citizen { ${FIELDS} }`;
    await onMariadb.ask(query);
    reads.forget();
    const before = proxy.statements();
    await onMariadb.ask(query);
    const calls = Object.entries(reads.byLookup()).filter(([place]) => place.startsWith('land '));
    expect(calls.map(([, { length }]) => length)).toEqual(calls.map(() => 1));
    expect(proxy.statements() - before).toBe(calls.length);
  });

  it('that falls silent or goes away costs the land fields alone, and is back when it answers again', async () => {
    const query = '{ citizen(id: "001085004213") { fullName landParcels { sheet } businesses { code } } }';
    const whole = await onMariadb.ask(query);
    for (const harm of ['hang', 'break'] as const) {
      await proxy[harm]();
      const startedAt = performance.now();
      const answer = await onMariadb.ask(query);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(answer.data.citizen).toEqual({ ...whole.data.citizen, landParcels: null });
      expect(errorsOf(answer)).toEqual([
        {
          path: 'citizen.landParcels',
          code: expect.stringMatching(/^SOURCE_(TIMEOUT|UNAVAILABLE)$/),
          sector: 'land',
          retryable: true,
        },
      ]);
      expectNothingLeaks({ errors: answer.errors ?? [] });
      await proxy.repair();
      const mended = await askUntil(
        () => onMariadb.ask(query),
        ({ errors }) => errors === undefined,
      );
      expect(mended).toEqual(whole);
    }
  }, 60_000);
});

async function fill(url: string, world: World): Promise<void> {
  const connection = await mysql.createConnection({ uri: url, dateStrings: true });
  try {
    const population = populateSql(world);
    await connection.query("SET sql_mode = ''");
    for (const statement of population.ddl) await connection.query(statement);
    const columns = new Map(population.tables.map((table) => [table.name, table.columns]));
    for (const [table, rows] of Map.groupBy(population.rows, (row) => row.table)) {
      const values = rows.map((row) => row.values);
      await connection.query(`INSERT INTO ${table} (${columns.get(table)?.join(', ')}) VALUES ?`, [values]);
    }
    for (const statement of population.indexes) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** SQLite gives 108.5 for a DECIMAL's 108.50, and neither database promises an order of what was not ordered. */
function sameness(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) {
    const elements = value.map((element) => sameness(element, field));
    const ordered = field === 'steps' || field === 'nodes';
    return ordered ? elements : elements.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  }
  if (typeof value === 'string' && /area$/i.test(field) && value.includes('.')) return value.replace(/\.?0+$/, '');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sameness(inner, name)]));
}
