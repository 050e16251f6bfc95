import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { populate, start, store } from '../../sectors/land/stand-in/index.ts';
import { populateSql } from '../../sectors/land/stand-in/populate-sql.ts';
import { toTcvn3 } from '../../sectors/land/stand-in/tcvn3.ts';
import { demoPerson } from '../../stand-ins/world/demo-person.ts';
import { createWorld } from '../../stand-ins/world/world.ts';

const decode = (text: string) => iconv.decode(Buffer.from(text, 'latin1'), 'tcvn');

describe('TCVN3 text', () => {
  it('is read back by the decoder everybody uses, letter for letter', () => {
    const letters = 'aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđĂÂĐÊÔƠƯ';
    expect(decode(toTcvn3(letters))).toBe(letters);
    expect(toTcvn3('Nguyễn Văn Hoà')).toBe('NguyÔn V¨n Hoµ');
  });

  it('loses the case of capitals with tones, and of whole names in capitals', () => {
    expect(decode(toTcvn3('Ánh'))).toBe('ánh');
    expect(toTcvn3('NGUYỄN VĂN HOÀ')).toBe('nguyÔn v¨n hoµ');
    expect(decode(toTcvn3('Y Jŭt, xã Ea M’Droh'))).toBe("Y Jut, xã Ea M'Droh");
  });
});

describe('the land database', () => {
  const world = createWorld();
  let directory: string;
  let database: DatabaseSync;
  const count = (where: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${where}`).get()?.n);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'land-'));
    await populate(world, directory);
    database = new DatabaseSync(join(directory, store), { readOnly: true });
  });
  afterAll(async () => {
    database.close();
    await rm(directory, { recursive: true });
  });

  it.each([
    ['names in TCVN3', "DC_CANHAN WHERE BANGMA = 'TCVN3'"],
    ['names in Unicode', "DC_CANHAN WHERE BANGMA = 'UNICODE'"],
    ['people under the old number only', "DC_CANHAN WHERE SOCMND <> '' AND coalesce(SODDCN, '') = ''"],
    ['people under both numbers', "DC_CANHAN WHERE SOCMND <> '' AND SODDCN <> ''"],
    ['people under no number', "DC_CANHAN WHERE coalesce(SOCMND, '') = '' AND coalesce(SODDCN, '') = ''"],
    ['birth dates of which only the year is known', 'DC_CANHAN WHERE length(NGAYSINH) = 4'],
    ['people entered twice', 'DC_CANHAN WHERE CANHANID > 5000000'],
    ['combined uses', "DC_MUCDICHSUDUNG WHERE LOAIMUCDICHSUDUNGID = 'ODT+CLN'"],
    ['earlier states of parcels', 'DC_THUADAT WHERE ISLASTEST = 0'],
    ['old sheet numbers', 'DC_THUADAT WHERE SOHIEUTOBANDOCU IS NOT NULL'],
    ['sheets with a leading zero', "DC_THUADAT WHERE SOHIEUTOBANDO LIKE '0%'"],
    ['areas with a comma', "DC_THUADAT WHERE DIENTICHGHICHU LIKE '%,%'"],
    ['disputed parcels', 'DC_THUADAT WHERE DANGTRANHCHAP = 1'],
    ['zero dates', "DC_GIAYCHUNGNHAN WHERE NGAYVAOSO = '0000-00-00'"],
    ['zero times', "HS_HOSO WHERE NGAYTRA = '0000-00-00 00:00:00'"],
    ['statuses nobody explained', 'HS_HOSO WHERE MATRANGTHAI NOT IN (SELECT MATRANGTHAI FROM DM_TRANGTHAI)'],
    ['co-holders', 'DC_QUYENSUDUNGDAT WHERE THUTU = 2'],
    ['barcodes with a leading zero', "DC_GIAYCHUNGNHAN WHERE MAVACH LIKE '0%'"],
  ])('has %s', (_, where) => {
    expect(count(where)).toBeGreaterThan(0);
  });

  it('shows every status of its own table, and no dossier the counter did not forward', () => {
    expect(count('DM_TRANGTHAI WHERE MATRANGTHAI NOT IN (SELECT MATRANGTHAI FROM HS_HOSO)')).toBe(0);
    const forwarded = Array.from({ length: 20_000 }, (_, i) => world.dossier(i)).filter(
      (one) => one.sector === 'land' && one.receivedAt,
    );
    expect(count('HS_HOSO')).toBe(forwarded.length);
  });

  it('keeps every reference whole', () => {
    expect(count('DC_QUYENSUDUNGDAT WHERE CANHANID NOT IN (SELECT CANHANID FROM DC_CANHAN)')).toBe(0);
    expect(count('DC_QUYENSUDUNGDAT WHERE THUADATID NOT IN (SELECT THUADATID FROM DC_THUADAT)')).toBe(0);
    expect(count('HS_LUANCHUYEN WHERE SOBIENNHAN NOT IN (SELECT SOBIENNHAN FROM HS_HOSO)')).toBe(0);
    expect(count("HS_LUANCHUYEN WHERE MACANBONHAN <> '' AND MACANBONHAN NOT IN (SELECT MACANBO FROM DM_CANBO)")).toBe(
      0,
    );
  });

  it('knows the demo citizen under the old number, and again under both', () => {
    const rows = database
      .prepare('SELECT HOTEN, SOCMND, SODDCN FROM DC_CANHAN WHERE SOCMND = ? ORDER BY CANHANID')
      .all(demoPerson.oldNumber);
    expect(rows.map((row) => row.SODDCN)).toEqual(['', demoPerson.personalNumber]);
  });

  it('writes times in UTC', () => {
    const first = Array.from({ length: 50 }, (_, i) => world.dossier(i)).find(
      (one) => one.sector === 'land' && one.receivedAt !== undefined,
    );
    const row = database.prepare('SELECT NGAYTIEPNHAN FROM HS_HOSO WHERE SOBIENNHAN = ?').get(first?.code ?? '');
    expect(Date.parse(`${String(row?.NGAYTIEPNHAN).replace(' ', 'T')}Z`)).toBe(first?.receivedAt);
  });

  it('writes the same bytes for the same seed', async () => {
    const prints = new Set<string>();
    for (let turn = 0; turn < 2; turn++) {
      await populate(createWorld({ seed: 5, citizens: 200, dossiers: 300 }), directory);
      prints.add(
        createHash('sha256')
          .update(await readFile(join(directory, store)))
          .digest('hex'),
      );
    }
    expect(prints.size).toBe(1);
  });

  it('gives the same rows as statements and values for another database', () => {
    const population = populateSql(createWorld({ citizens: 40, dossiers: 60 }));
    const widths = new Map(population.tables.map((table) => [table.name, table.columns.length]));
    const seen = new Set<string>();
    for (const row of population.rows) {
      expect(row.values).toHaveLength(widths.get(row.table) ?? -1);
      seen.add(row.table);
    }
    expect(seen.size).toBe(population.tables.length);
  });

  it('names its file as the database to open', async () => {
    expect((await start({ directory })).settings.DATABASE_URL).toMatch(/^sqlite:\/\/\/.*land\.sqlite$/);
  });
});
