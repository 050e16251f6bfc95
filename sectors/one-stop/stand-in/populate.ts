/** Writes the counter software's own store: everyone who may hand something in, and every dossier of the province. */

import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { writeSqlite } from '../../../stand-ins/sqlite-writer.ts';
import { folded } from '../../../stand-ins/world/text.ts';
import { localTime } from '../../../stand-ins/world/time.ts';
import type { Populate } from '../../../stand-ins/world/types.ts';
import { applicantsId, storedTrace, wireApplicant, wireDossier } from './wire.ts';

export const store = 'one-stop.sqlite';

const ddl = [
  `CREATE TABLE dossiers (
    doc_code TEXT NOT NULL,
    applicants_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    traces TEXT NOT NULL
  )`,
  `CREATE TABLE applicants (
    applicant_number INTEGER PRIMARY KEY,
    name_key TEXT NOT NULL,
    personal_number TEXT NOT NULL,
    old_number TEXT NOT NULL,
    birthday TEXT NOT NULL,
    body TEXT NOT NULL
  )`,
];
const indexes = [
  'CREATE UNIQUE INDEX dossiers_code ON dossiers (doc_code)',
  'CREATE INDEX dossiers_applicant ON dossiers (applicants_id, received_at)',
  'CREATE INDEX dossiers_updated ON dossiers (updated_at, doc_code)',
  'CREATE INDEX applicants_name ON applicants (name_key, applicant_number)',
  'CREATE INDEX applicants_personal ON applicants (personal_number)',
  'CREATE INDEX applicants_old ON applicants (old_number)',
];
const tables = [
  {
    name: 'applicants',
    columns: ['applicant_number', 'name_key', 'personal_number', 'old_number', 'birthday', 'body'],
  },
  { name: 'dossiers', columns: ['doc_code', 'applicants_id', 'received_at', 'updated_at', 'body', 'traces'] },
];

/** Younger people hand in nothing themselves. */
const YOUNGEST = 14;
const BREATHE_EVERY = 2_000;

export const populate: Populate = async (world, directory, onProgress) => {
  const writer = writeSqlite(join(directory, store), { ddl, tables });
  const thisYear = localTime(world.asOf).year;
  try {
    for (let i = 0; i < world.counts.citizens; i++) {
      if (thisYear - Number(world.person(i).birthDate.slice(0, 4)) >= YOUNGEST) {
        const row = wireApplicant(world, i);
        writer.insert('applicants', [
          i + 1,
          folded(row.citizenName),
          row.identityNumber,
          row.oldIdentityNumber,
          row.birthday,
          JSON.stringify(row),
        ]);
      }
      if (i % BREATHE_EVERY === 0) await breathe(onProgress?.(i, world.counts.citizens, 'one-stop applicants'));
    }
    for (let i = 0; i < world.counts.dossiers; i++) {
      const dossier = world.dossier(i);
      const filedUnder = applicantsId(world, dossier);
      writer.insert('dossiers', [
        dossier.code,
        filedUnder,
        dossier.receivedAt ?? dossier.submittedAt,
        dossier.updatedAt,
        JSON.stringify(wireDossier(world, dossier, filedUnder)),
        JSON.stringify(dossier.steps.map(storedTrace)),
      ]);
      if (i % BREATHE_EVERY === 0) await breathe(onProgress?.(i, world.counts.dossiers, 'one-stop dossiers'));
    }
    const rows = writer.finish(indexes);
    onProgress?.(world.counts.dossiers, world.counts.dossiers, 'one-stop dossiers');
    return rows;
  } catch (error) {
    writer.abandon();
    throw error;
  }
};
