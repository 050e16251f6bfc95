import mysql from 'mysql2/promise';
import { describe, expect, inject, it } from 'vitest';
import { populateSql } from '../../sectors/land/stand-in/populate-sql.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { ownDatabase } from '../services/mariadb.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';

describe.skipIf('missing' in service)(`the land tables in MariaDB${reason}`, () => {
  it('take the same rows as SQLite does, zero dates, TCVN3 text and decimals included', async () => {
    const own = await ownDatabase(service);
    const connection = await mysql.createConnection({ uri: own.url, dateStrings: true });
    try {
      const population = populateSql(createWorld({ citizens: 400, dossiers: 400 }));
      await connection.query("SET sql_mode = ''");
      for (const statement of population.ddl) await connection.query(statement);
      const columns = new Map(population.tables.map((table) => [table.name, table.columns]));
      for (const [table, rows] of Map.groupBy(population.rows, (row) => row.table)) {
        const values = rows.map((row) => row.values);
        await connection.query(`INSERT INTO ${table} (${columns.get(table)?.join(', ')}) VALUES ?`, [values]);
      }
      for (const statement of population.indexes) await connection.query(statement);

      const read = async (sql: string) => (await connection.query(sql))[0] as Record<string, unknown>[];
      const [demo] = await read('SELECT HOTEN, SODDCN FROM DC_CANHAN WHERE CANHANID = 5000001');
      expect(demo).toEqual({ HOTEN: 'Nguyễn Văn Hoà', SODDCN: '001085004213' });
      const [parcel] = await read('SELECT DIENTICH FROM DC_THUADAT WHERE THUADATID = 1');
      expect(parcel?.DIENTICH).toBe(createWorld({ citizens: 400 }).parcel(0).area);
      expect(await read("SELECT 1 FROM DC_GIAYCHUNGNHAN WHERE NGAYVAOSO = '0000-00-00'")).not.toHaveLength(0);
      expect(await read("SELECT 1 FROM DC_CANHAN WHERE BANGMA = 'TCVN3' AND DIACHI LIKE '%X·%'")).not.toHaveLength(0);
    } finally {
      await connection.end();
      await own.drop();
    }
  });
});
