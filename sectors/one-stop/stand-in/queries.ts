/** Reads of the counter software, one a path, and the changes that can be made from outside. */

import type { DatabaseSync } from 'node:sqlite';
import { folded } from '../../../stand-ins/world/text.ts';
import { type StoredTrace, wireBoolean, wireInstant, wireTrace } from './wire.ts';

export type Result =
  | { data: unknown[]; hasMore?: string; truncated?: string; after?: string }
  | { error: string; message: string };
type Body = Record<string, unknown>;

export interface Queries {
  get(path: string): ((body: Body) => Result) | undefined;
  /** Moves one dossier on; undefined when there is no such dossier. */
  advance(body: Body): { docCode: string; status: string; lastUpdated: string } | undefined;
  /** Writes over what was typed at reception; undefined when there is no such dossier. */
  correct(body: Body): { docCode: string; lastUpdated: string } | undefined;
}

const MOST_KEYS = 50;
const MOST_DOSSIERS = 200;
const MOST_CHANGES = 500;
const MOST_FOUND = 100;

export function queries(database: DatabaseSync): Queries {
  const byCode = database.prepare('SELECT body, traces FROM dossiers WHERE doc_code = ?');
  const byApplicant = database.prepare(
    'SELECT body FROM dossiers WHERE applicants_id = ? ORDER BY received_at DESC, doc_code LIMIT ?',
  );
  const changed = database.prepare(
    'SELECT body FROM dossiers WHERE updated_at >= ? AND (updated_at > ? OR doc_code > ?) ORDER BY updated_at, doc_code LIMIT ?',
  );
  const applicants = database.prepare(
    'SELECT body FROM applicants WHERE personal_number = ? OR old_number = ? ORDER BY applicant_number',
  );
  const search = database.prepare(
    `SELECT applicant_number AS number, name_key AS key, body FROM applicants
     WHERE name_key >= ? AND (name_key > ? OR applicant_number > ?) AND instr(name_key, ?) > 0
       AND (? = '' OR birthday = ? OR (length(birthday) = 4 AND birthday = ?) OR (length(?) = 4 AND substr(birthday, -4) = ?))
     ORDER BY name_key, applicant_number LIMIT ?`,
  );
  const update = database.prepare('UPDATE dossiers SET updated_at = ?, body = ?, traces = ? WHERE doc_code = ?');

  const paths: Record<string, (body: Body) => Result> = {
    '/dossier/get': (body) =>
      withKeys(body.docCodes, (codes) => {
        const data = codes.flatMap((code) => byCode.all(code).map((row) => JSON.parse(String(row.body))));
        // In no order a caller could rely on.
        return { data: data.reverse() };
      }),
    '/dossier/by-applicant': (body) =>
      withKeys(body.applicantsIds, (numbers) => {
        let truncated = false;
        const data = numbers.flatMap((number) => {
          const rows = byApplicant.all(number, MOST_DOSSIERS + 1);
          truncated ||= rows.length > MOST_DOSSIERS;
          return rows.slice(0, MOST_DOSSIERS).map((row) => JSON.parse(String(row.body)));
        });
        return { data, truncated: wireBoolean(truncated) };
      }),
    '/dossier/trace': (body) =>
      withKeys(body.docCodes, (codes) => ({
        data: codes.flatMap((docCode) =>
          byCode
            .all(docCode)
            .map((row) => ({ docCode, traces: (JSON.parse(String(row.traces)) as StoredTrace[]).map(wireTrace) })),
        ),
      })),
    '/dossier/changes': (body) => {
      const from =
        body.updatedFrom === undefined || body.updatedFrom === '' ? 0 : wireInstant(String(body.updatedFrom));
      if (Number.isNaN(from)) return malformed('updatedFrom');
      const limit = limitOf(body.limit, MOST_CHANGES);
      const rows = changed.all(from, from, String(body.afterDocCode ?? ''), limit + 1);
      return {
        data: rows.slice(0, limit).map((row) => JSON.parse(String(row.body))),
        hasMore: wireBoolean(rows.length > limit),
      };
    },
    '/applicant/get': (body) =>
      withKeys(body.applicantsIds, (numbers) => ({
        data: numbers
          .filter((number) => number !== '')
          .flatMap((number) =>
            applicants.all(number, number).map((row) => ({ applicantsId: number, ...JSON.parse(String(row.body)) })),
          ),
      })),
    '/applicant/search': (body) => {
      const name = folded(String(body.name ?? ''));
      const birthday = String(body.birthday ?? '');
      if (name === '') return malformed('name');
      const limit = limitOf(body.limit, MOST_FOUND);
      const [key, number] = placeOf(String(body.after ?? ''));
      const year = birthday.slice(-4);
      const rows = search.all(key, key, number, name, birthday, birthday, year, birthday, birthday, limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const hasMore = rows.length > limit;
      return {
        data: page.map((row) => {
          const person = JSON.parse(String(row.body)) as { identityNumber: string; oldIdentityNumber: string };
          return { applicantsId: person.identityNumber || person.oldIdentityNumber, ...person };
        }),
        hasMore: wireBoolean(hasMore),
        after: hasMore && last !== undefined ? Buffer.from(`${last.number} ${last.key}`).toString('base64url') : '',
      };
    },
  };

  function advance(body: Body) {
    const docCode = String(body.docCode ?? '');
    const status = String(body.status ?? '');
    const time = String(body.at ?? '');
    const at = wireInstant(time);
    const row = byCode.get(docCode);
    if (row === undefined || status === '' || Number.isNaN(at)) return undefined;
    const dossier = JSON.parse(String(row.body)) as Body;
    const traces = JSON.parse(String(row.traces)) as StoredTrace[];
    const content = String(body.content ?? 'Cập nhật hồ sơ');
    traces.push([
      String(body.userName ?? 'Trần Thị Thu'),
      'Công chức một cửa',
      'Bộ phận Một cửa',
      content,
      time,
      status,
    ]);
    Object.assign(dossier, { status, lastUpdated: time });
    if (status === 'releasing') dossier.finishedDate = time;
    if (status === 'done')
      Object.assign(dossier, { isReturned: 'True', dateReturned: time, finishedDate: dossier.finishedDate || time });
    update.run(at, JSON.stringify(dossier), JSON.stringify(traces), docCode);
    return { docCode, status, lastUpdated: time };
  }

  function correct(body: Body) {
    const docCode = String(body.docCode ?? '');
    const time = String(body.at ?? '');
    const at = wireInstant(time);
    const row = byCode.get(docCode);
    if (row === undefined || Number.isNaN(at) || typeof body.set !== 'object' || body.set === null) return undefined;
    const dossier = { ...(JSON.parse(String(row.body)) as Body), ...body.set, docCode, lastUpdated: time };
    update.run(at, JSON.stringify(dossier), String(row.traces), docCode);
    return { docCode, lastUpdated: time };
  }

  return { get: (path) => (Object.hasOwn(paths, path) ? paths[path] : undefined), advance, correct };
}

function withKeys(keys: unknown, answer: (keys: string[]) => Result): Result {
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
    return { error: '11', message: 'Danh sách mã không hợp lệ' };
  if (keys.length > MOST_KEYS) return { error: '17', message: `Quá ${MOST_KEYS} mã trong một lần gọi` };
  return answer([...new Set(keys)]);
}

function malformed(name: string): Result {
  return { error: '11', message: `Tham số ${name} không hợp lệ` };
}

function limitOf(value: unknown, most: number): number {
  const limit = Number(value ?? most);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, most) : most;
}

/** Where a page ended: name key and number; the very beginning when nothing, or nonsense, was given. */
function placeOf(after: string): [string, number] {
  const [, number, key] = /^(\d+) (.*)$/s.exec(Buffer.from(after, 'base64url').toString()) ?? [];
  return number === undefined || key === undefined ? ['', 0] : [key, Number(number)];
}
