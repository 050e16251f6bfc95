import { sql } from '../../connectors/sql.ts';
import type { Field } from '../../core/declaration.ts';
import type { Key, Row, Source } from '../../core/source.ts';
import type { Database } from '../../drivers/database.ts';

/** A small registry with what occurs in old ones; the same on every database that `sql` speaks to. */
const PEOPLE = [
  { PERSONID: 1, SODDCN: '001190000042', SOCMND: '010000042', HOTEN: 'Nguyễn Văn Ái', MA: 'aB1', CODE: '0042' },
  { PERSONID: 2, SODDCN: '001190000043', SOCMND: null, HOTEN: "H'Hen Niê", MA: 'AB1', CODE: '0043' },
  { PERSONID: 3, SODDCN: null, SOCMND: '010000044', HOTEN: 'NGUYỄN VĂN ANH', MA: 'ma', CODE: '42' },
  { PERSONID: 4, SODDCN: '001190000045', SOCMND: '010000045', HOTEN: 'Y Bhăm Êban', MA: 'mã', CODE: '' },
] as const;
const PARCELS = [
  { THUADATID: 1, XAID: '00004', TO: '7', THUA: '012', DIENTICH: '85.30', NGAY: '0000-00-00', ISLASTEST: 1 },
  { THUADATID: 2, XAID: '00004', TO: '7', THUA: '12', DIENTICH: '100.00', NGAY: '2024-03-01', ISLASTEST: 1 },
  { THUADATID: 3, XAID: '00004', TO: '7', THUA: '13', DIENTICH: '100.00', NGAY: '2024-03-01', ISLASTEST: 1 },
  { THUADATID: 4, XAID: '00004', TO: '7', THUA: '13', DIENTICH: '99.00', NGAY: '2020-03-01', ISLASTEST: 0 },
] as const;
/** Person 1 holds parcel 1 twice over and parcel 2; person 3 holds parcels 2 and 3, which look alike. */
const RIGHTS = [
  [1, 1],
  [1, 1],
  [2, 1],
  [2, 3],
  [3, 3],
] as const;

export async function fillRegistry(database: Database): Promise<void> {
  const { knex } = database;
  await knex.schema.createTable('PERSON', (table) => {
    table.integer('PERSONID').primary();
    table.string('SODDCN', 12).index();
    table.string('SOCMND', 12).index();
    table.string('HOTEN', 80);
    table.string('MA', 40).index();
    table.string('CODE', 10).index();
  });
  await knex.schema.createTable('PARCEL', (table) => {
    table.integer('THUADATID').primary();
    table.string('XAID', 5);
    table.integer('TO');
    table.string('THUA', 10);
    table.string('DIENTICH', 12);
    table.string('NGAY', 10);
    table.integer('ISLASTEST');
    table.index(['XAID', 'TO', 'THUA']);
  });
  await knex.schema.createTable('RIGHTS', (table) => {
    table.integer('PARCELID').index();
    table.integer('PERSONID').index();
  });
  await knex('PERSON').insert([...PEOPLE]);
  await knex('PARCEL').insert(PARCELS.map((parcel) => ({ ...parcel, TO: Number(parcel.TO) })));
  await knex('RIGHTS').insert(RIGHTS.map(([PARCELID, PERSONID]) => ({ PARCELID, PERSONID })));
}

const plain = (column: string): Field => ({ from: [column], read: (value) => value });

/** Opens the registry as a sector would. */
export function openRegistry(url: string): Source {
  const registry = sql({ url: 'DATABASE_URL' });
  const person = registry.entity({
    type: 'Person',
    identity: ['id'],
    table: 'PERSON as person',
    fields: {
      id: plain('person.PERSONID'),
      name: plain('person.HOTEN'),
      number: plain('person.SODDCN'),
      code: plain('person.CODE'),
    },
    lookups: {
      number: { anyOf: ['person.SODDCN', 'person.SOCMND'] },
      code: { by: 'person.CODE', batchSize: 50 },
      ma: { by: 'person.MA' },
    },
    search: {
      name: { like: ['person.HOTEN'] },
      number: { columns: ['person.SODDCN', 'person.SOCMND'], exact: (text) => [text] },
    },
  });
  const parcel = registry.entity({
    type: 'Parcel',
    identity: ['id'],
    table: 'PARCEL as parcel',
    joins: [
      { table: 'RIGHTS as right', on: [['right.PARCELID', 'parcel.THUADATID']] },
      { table: 'PERSON as person', on: [['person.PERSONID', 'right.PERSONID']] },
    ],
    where: { 'parcel.ISLASTEST': 1 },
    fields: {
      id: plain('parcel.THUADATID'),
      area: plain('parcel.DIENTICH'),
      recorded: plain('parcel.NGAY'),
      holder: plain('person.HOTEN'),
      missing: plain('parcel.GONE'),
    },
    lookups: {
      position: { by: ['parcel.XAID', 'parcel.TO', 'parcel.THUA'] },
      holder: { anyOf: ['person.SODDCN', 'person.SOCMND'] },
      latest: { anyOf: ['person.SODDCN', 'person.SOCMND'], orderBy: ['parcel.THUADATID desc'], limitPerKey: 1 },
      either: { anyOf: ['person.SODDCN', 'parcel.THUA'], orderBy: ['parcel.THUADATID'] },
    },
  });
  return registry.open({
    sector: 'test',
    settings: { DATABASE_URL: url },
    entities: { person, parcel },
    warn: () => {},
  });
}

/** What the contract suite asks of the registry. */
export const CONTRACT = {
  entity: 'person',
  lookup: 'number',
  batchSize: 1000,
  fields: ['person.SODDCN', 'person.SOCMND', 'person.HOTEN', 'person.CODE'],
  keyField: 'person.CODE',
  known: ['001190000042', '010000044', '001190000043', '010000045'],
  unknownKey: '001190009999',
  expected: (key: Key): readonly Row[] =>
    PEOPLE.filter(({ SODDCN, SOCMND }) => key === SODDCN || key === SOCMND).map((person) => ({
      'person.SODDCN': person.SODDCN,
      'person.SOCMND': person.SOCMND,
      'person.HOTEN': person.HOTEN,
      'person.CODE': person.CODE,
    })),
  search: { criteria: { name: 'nguyen van' }, matches: 2 },
  secrets: ['PERSON', 'tester', '.sqlite', 'SODDCN'],
} as const;
