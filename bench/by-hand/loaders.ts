import DataLoader from 'dataloader';
import type { MemoryRow } from '../tables/memory.ts';
import type { ReadName } from '../tables/reads.ts';
import { type HandView, placeOf, viewOf } from './dossiers.ts';
import type { HandKey, Reader } from './reader.ts';
import { certificateOf, counterStatement, landHolderOf, landStatement, parcelOf, useOf } from './records.ts';

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
    places: loader<string, ReturnType<typeof placeOf>>('place.applicant', placeOf),
    views: loader<string, HandView>('view.dossier', viewOf),
    listed: loader<string, readonly string[]>('counterList.code', (row) => String(row.DANHSACH).split(',')),
  };
}
