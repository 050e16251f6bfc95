/** Writes the civil status system's own data from the made-up province: one SQLite file in the directory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type SqliteWriter, writeSqlite } from '../../../stand-ins/sqlite-writer.ts';
import type { Populate, World } from '../../../stand-ins/world/types.ts';
import { citizenOf } from './citizens.ts';
import { ddl, indexes, store, tables } from './database.ts';
import { type Course, courseOf, statusNames } from './dossiers.ts';
import { birthRecord, deathRecord, type FoundBy, marriageRecord, personRecord } from './records.ts';

const recordsPerReport = 2_000;
/** How many pending dossiers carry the number nobody has told anyone about, and how far apart they are. */
const unknownStatuses = { most: 5, every: 4 };
/** The first dossiers are the demo citizen's: what they are shown with has no riddles. */
const SHOWN = 14;

export const populate: Populate = async (world, directory, onProgress) => {
  mkdirSync(directory, { recursive: true });
  const writer = writeSqlite(join(directory, store), { ddl, tables });
  const { births, marriages, deaths, citizens, dossiers } = world.counts;
  const total = births + marriages + deaths + 2 * citizens + dossiers;
  let done = 0;
  let records = 0;

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
    const province = world.person(0).address.new.province;
    writer.insert('setting', ['province', province]);
    const event = eventWriter(writer);
    await each('khai sinh', births, (index) => event(birthRecord(world, index, province)));
    await each('kết hôn', marriages, (index) => event(marriageRecord(world, index, province)));
    await each('khai tử', deaths, (index) => event(deathRecord(world, index, province)));
    await each('người', citizens, personWriter(writer, world));
    await each('dân cư', citizens, citizenWriter(writer, world));
    await each('hồ sơ hộ tịch', dossiers, dossierWriter(writer, world, province));
    writer.finish(indexes);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  onProgress?.(total, total, 'hộ tịch và dân cư');
  return records;
};

function eventWriter(writer: SqliteWriter): (found: FoundBy) => number {
  let id = 0;
  return ({ record, numbers }) => {
    id += 1;
    const { module, soDangKy, quyenSo, maXaDangKy } = record;
    writer.insert('event', [id, module, soDangKy, quyenSo, maXaDangKy, JSON.stringify(record)]);
    for (const number of numbers) writer.insert('event_number', [number, id]);
    return 1;
  };
}

function personWriter(writer: SqliteWriter, world: World): (index: number) => number {
  return (index) => {
    const { record, numbers } = personRecord(world, index);
    if (numbers.length === 0) return 0;
    writer.insert('person', [index, JSON.stringify(record)]);
    for (const number of numbers) writer.insert('person_number', [number, index]);
    return 1;
  };
}

function citizenWriter(writer: SqliteWriter, world: World): (index: number) => number {
  return (index) => {
    const citizen = citizenOf(world, index);
    const { personalNumber, oldNumber } = citizen;
    writer.insert('citizen', [index, personalNumber || null, oldNumber || null, JSON.stringify(citizen)]);
    return 1;
  };
}

function dossierWriter(writer: SqliteWriter, world: World, province: string): (index: number) => number {
  let pending = 0;
  return (index) => {
    let course = courseOf(world, world.dossier(index), province);
    if (!course) return 0;
    if (course.trangThai === 3 && index >= SHOWN) {
      const rank = pending / unknownStatuses.every;
      if (Number.isInteger(rank) && rank < unknownStatuses.most) course = strange(course);
      pending += 1;
    }
    writer.insert('dossier', [course.maDinhDanhHoSo, course.module, JSON.stringify(course)]);
    return 1;
  };
}

function strange(course: Course): Course {
  const steps = course.quaTrinh.map((step, position) =>
    position === course.quaTrinh.length - 1 ? { ...step, trangThai: 5 as const } : step,
  );
  return { ...course, trangThai: 5, tenTrangThai: statusNames[5], quaTrinh: steps };
}
