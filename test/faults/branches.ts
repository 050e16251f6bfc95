import type { Database } from '../../drivers/database.ts';
import type { ExportedDossier, ExportOffice } from './export-office.ts';

/** Of three dossiers that the land office has done with, one goes to each branch. */
const SHARE = 'MATRANGTHAI in (70, 80) and crc32(SOBIENNHAN) % 3';

/** Gives dossiers of the land office to the branch that keeps the same tables, in an empty database of the same server. */
export async function fillBranch(land: Database, branch: string): Promise<void> {
  await land.knex.transaction(async (transaction) => {
    for (const table of ['HS_HOSO', 'HS_LUANCHUYEN']) {
      await transaction.raw('create table ??.?? like ??', [branch, table, table]);
      const own = `SOBIENNHAN in (select SOBIENNHAN from HS_HOSO where ${SHARE} = 0)`;
      await transaction.raw(`insert into ??.?? select * from ?? where ${own}`, [branch, table, table]);
    }
    await remove(transaction, 0);
  });
}

/** Gives dossiers of the land office to the branch that writes files. */
export async function fillExport(land: Database, office: ExportOffice): Promise<void> {
  const dossiers = await land.query(`select * from HS_HOSO where ${SHARE} = 1 order by SOBIENNHAN`, []);
  const steps = await land.query('select * from HS_LUANCHUYEN order by LUANCHUYENID', []);
  const courses = Map.groupBy(steps, ({ SOBIENNHAN }) => String(SOBIENNHAN));
  for (const [place, row] of dossiers.entries()) {
    const code = String(row.SOBIENNHAN);
    office.add({
      ...{ code, procedure: String(row.MATHUTUC), status: String(row.MATRANGTHAI), statusAt: utc(row.NGAYCAPNHAT) },
      number: String(place + 1).padStart(5, '0'),
      ...{ receivedAt: textOf(row.NGAYTIEPNHAN), dueAt: textOf(row.NGAYHENTRA), finishedAt: textOf(row.NGAYKETTHUC) },
      steps: (courses.get(code) ?? []).map((step): ExportedDossier['steps'][number] => ({
        at: utc(step.NGAYCHUYEN),
        status: String(step.MATRANGTHAI),
      })),
    });
  }
  await land.knex.transaction((transaction) => remove(transaction, 1));
}

type Transaction = Parameters<Parameters<Database['knex']['transaction']>[0]>[0];

async function remove(transaction: Transaction, share: number): Promise<void> {
  const own = `SOBIENNHAN in (select SOBIENNHAN from HS_HOSO where ${SHARE} = ${share})`;
  for (const table of ['HS_KETQUA', 'HS_LUANCHUYEN']) await transaction.raw(`delete from ?? where ${own}`, [table]);
  await transaction.raw(`delete from HS_HOSO where ${SHARE} = ${share}`);
}

function utc(value: unknown): number {
  return Date.parse(`${String(value).replace(' ', 'T')}Z`);
}

function textOf(value: unknown): string {
  return value === null ? '' : String(value);
}
