/** One SQLite file. Every answer is stored as the JSON text that goes on the wire, beside the keys it is asked by. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const store = 'business-registration.sqlite';

export const ddl = [
  'create table enterprise (id integer primary key, code text not null, body text not null)',
  'create table enterprise_number (number text, enterprise integer, primary key (number, enterprise)) without rowid',
  'create table person (id integer primary key, body text not null)',
  'create table person_number (number text, person integer, primary key (number, person)) without rowid',
  'create table dossier (code text primary key, body text not null) without rowid',
];

export const tables = [
  { name: 'enterprise', columns: ['id', 'code', 'body'] },
  { name: 'enterprise_number', columns: ['number', 'enterprise'] },
  { name: 'person', columns: ['id', 'body'] },
  { name: 'person_number', columns: ['number', 'person'] },
  { name: 'dossier', columns: ['code', 'body'] },
];

export const indexes = ['create unique index enterprise_code on enterprise (code)', 'analyze'];

export function openDatabase(directory: string): DatabaseSync {
  return new DatabaseSync(join(directory, store));
}
