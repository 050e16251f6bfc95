import DataLoader from 'dataloader';
import type { MemoryRow } from '../tables/memory.ts';
import type { ReadName } from '../tables/reads.ts';
import type { HandKey, Reader } from './reader.ts';
import {
  certificateOf,
  counterStatement,
  counterStepOf,
  courseOf,
  feeOf,
  landHolderOf,
  landStatement,
  landStepOf,
  parcelOf,
  receptionOf,
  resultOf,
  useOf,
} from './records.ts';

export type Loaders = ReturnType<typeof createLoaders>;

/** One loader a lookup, for one request. */
export function createLoaders(reader: Reader) {
  const loader = <K extends HandKey, T>(name: ReadName, recordOf: (row: MemoryRow) => T) =>
    new DataLoader<K, T[]>(async (keys) => (await reader.read(name, keys)).map((rows) => rows.map(recordOf)));
  return {
    landStatements: loader<string, ReturnType<typeof landStatement>>('person.number', landStatement),
    counterStatements: loader<string, ReturnType<typeof counterStatement>>('applicant.number', counterStatement),
    parcels: loader<string, ReturnType<typeof parcelOf>>('parcel.holder', parcelOf),
    certificates: loader<string, ReturnType<typeof certificateOf>>('certificate.holder', certificateOf),
    certificatesOfParcel: loader<number, ReturnType<typeof certificateOf>>('certificate.parcel', certificateOf),
    uses: loader<number, ReturnType<typeof useOf>>('use.parcel', useOf),
    landHolders: loader<number, ReturnType<typeof landHolderOf>>('landHolder.parcel', landHolderOf),
    receptions: loader<string, ReturnType<typeof receptionOf>>('dossier.applicant', receptionOf),
    courses: loader<string, ReturnType<typeof courseOf>>('dossier.code', courseOf),
    counterSteps: loader<string, ReturnType<typeof counterStepOf>>('trace.dossier', counterStepOf),
    landSteps: loader<string, ReturnType<typeof landStepOf>>('step.dossier', landStepOf),
    fees: loader<string, ReturnType<typeof feeOf>>('fee.dossier', feeOf),
    results: loader<string, ReturnType<typeof resultOf>>('result.dossier', resultOf),
    listed: loader<string, readonly string[]>('counterList.code', (row) => String(row.DANHSACH).split(',')),
  };
}
