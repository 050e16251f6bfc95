/**
 * One SQLite file holds both services. Every answer is stored as the JSON text that goes on the wire, beside
 * the numbers it can be asked by: serving is a lookup, whatever the size of the province.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const store = 'civil-status.sqlite';

export const ddl = [
  'create table setting (name text primary key, value text not null) without rowid',
  `create table event (
    id integer primary key, module text not null, number text not null, book text not null, commune text not null,
    body text not null
  )`,
  'create table event_number (number text, event integer, primary key (number, event)) without rowid',
  'create table person (id integer primary key, body text not null)',
  'create table person_number (number text, person integer, primary key (number, person)) without rowid',
  'create table dossier (code text primary key, module text not null, body text not null) without rowid',
  'create table citizen (id integer primary key, personal_number text, old_number text, body text not null)',
];

export const tables = [
  { name: 'setting', columns: ['name', 'value'] },
  { name: 'event', columns: ['id', 'module', 'number', 'book', 'commune', 'body'] },
  { name: 'event_number', columns: ['number', 'event'] },
  { name: 'person', columns: ['id', 'body'] },
  { name: 'person_number', columns: ['number', 'person'] },
  { name: 'dossier', columns: ['code', 'module', 'body'] },
  { name: 'citizen', columns: ['id', 'personal_number', 'old_number', 'body'] },
];

export const indexes = [
  'create index event_entry on event (number, book, module)',
  'create index citizen_personal on citizen (personal_number)',
  'create index citizen_old on citizen (old_number)',
  'analyze',
];

export function openDatabase(directory: string): { database: DatabaseSync; province: string } {
  const database = new DatabaseSync(join(directory, store));
  const province = database.prepare("select value from setting where name = 'province'").get() as { value: string };
  return { database, province: province.value };
}
