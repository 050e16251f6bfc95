/** Writes the business register's own data from the made-up province: an SQLite file, and the drops of two nights. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type SqliteWriter, writeSqlite } from '../../../stand-ins/sqlite-writer.ts';
import type { Populate, World } from '../../../stand-ins/world/types.ts';
import { ddl, indexes, store, tables } from './database.ts';
import { courseOf } from './dossiers.ts';
import { enterpriseEntry, personEntry } from './enterprises.ts';
import { writeDrops } from './households.ts';

export const dropFolder = 'ho-kinh-doanh';

const recordsPerReport = 2_000;
/** How many pending dossiers carry the word nobody has told anyone about, and how far apart they are. */
const unknownStatuses = { most: 5, every: 10 };
/** The first dossiers are the demo citizen's, and one of every status: those have no riddles. */
const SHOWN = 30;

export const populate: Populate = async (world, directory, onProgress) => {
  mkdirSync(directory, { recursive: true });
  // The drops first: the file that says "the data is there" is the last thing to appear.
  let records = writeDrops(world, join(directory, dropFolder));
  const writer = writeSqlite(join(directory, store), { ddl, tables });
  const total = world.counts.businesses + world.counts.dossiers;
  let done = 0;

  /** `write` answers how many records it wrote for an index. */
  async function each(what: string, count: number, write: (index: number) => number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      records += write(index);
      done += 1;
      if (done % recordsPerReport !== 0) continue;
      onProgress?.(done, total, what);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  try {
    await each('doanh nghiệp', world.counts.businesses, enterpriseWriter(writer, world));
    await each('hồ sơ đăng ký kinh doanh', world.counts.dossiers, dossierWriter(writer, world));
    writer.finish(indexes);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  onProgress?.(total, total, 'đăng ký kinh doanh');
  return records;
};

function enterpriseWriter(writer: SqliteWriter, world: World): (index: number) => number {
  const branches = branchCodes(world);
  const written = new Set<number>();

  function writePerson(index: number): void {
    const { body, numbers } = personEntry(world, index);
    if (written.has(index) || numbers.length === 0) return;
    written.add(index);
    writer.insert('person', [index, body]);
    for (const number of numbers) writer.insert('person_number', [number, index]);
  }

  return (index) => {
    const business = world.business(index);
    if (business.kind === 'household') return 0;
    const { code, body, numbers } = enterpriseEntry(world, business, branches.get(index) ?? []);
    writer.insert('enterprise', [index, code, body]);
    for (const number of numbers) writer.insert('enterprise_number', [number, index]);
    for (const { person } of business.representatives) writePerson(person);
    return 1;
  };
}

/** Enterprise index → the codes of its branches. */
function branchCodes(world: World): Map<number, string[]> {
  const codes = new Map<number, string[]>();
  for (let index = 0; index < world.counts.businesses; index += 1) {
    const { parent, code } = world.business(index);
    if (parent !== undefined) codes.set(parent, [...(codes.get(parent) ?? []), code]);
  }
  return codes;
}

function dossierWriter(writer: SqliteWriter, world: World): (index: number) => number {
  let pending = 0;
  return (index) => {
    const dossier = world.dossier(index);
    if (dossier.sector !== 'business-registration') return 0;
    const rank = pending / unknownStatuses.every;
    const isPending = dossier.status === 4 && index >= SHOWN;
    const strange = isPending && Number.isInteger(rank) && rank < unknownStatuses.most;
    if (isPending) pending += 1;
    const course = courseOf(world, dossier, { strange });
    if (!course) return 0;
    writer.insert('dossier', [course.MaHoSo, JSON.stringify(course)]);
    return 1;
  };
}
