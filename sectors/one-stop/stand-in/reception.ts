/** A new dossier at the counter, of somebody whom the software knows: what its officers type when somebody hands it in. */

import type { DatabaseSync } from 'node:sqlite';
import { type StoredTrace, type WireApplicant, wireInstant } from './wire.ts';

type Body = Record<string, unknown>;

/** Answers undefined where nobody, or more than one person, is known by the number, and for a time that is none. */
export type Receive = (body: Body) => { docCode: string; lastUpdated: string } | undefined;

export function reception(database: DatabaseSync): Receive {
  const applicants = database.prepare('SELECT body FROM applicants WHERE personal_number = ? OR old_number = ?');
  const latest = database.prepare(
    'SELECT max(doc_code) AS code FROM dossiers WHERE length(doc_code) = ? AND doc_code BETWEEN ? AND ?',
  );
  const insert = database.prepare(
    'INSERT INTO dossiers (doc_code, applicants_id, received_at, updated_at, body, traces) VALUES (?, ?, ?, ?, ?, ?)',
  );

  /** The unit, the day as yyMMdd and what comes after the last one of that day. */
  function nextCode(unit: string, time: string): string {
    const [day = '', month = '', year = ''] = time.slice(0, 10).split('/');
    const head = `${unit}-${year.slice(2)}${month}${day}-`;
    const last = latest.get(head.length + 4, `${head}0000`, `${head}9999`)?.code;
    return head + String(Number(String(last ?? '').slice(head.length)) + 1).padStart(4, '0');
  }

  return (body) => {
    const text = (name: string) => String(body[name] ?? '');
    const [number, unit, time] = [text('applicantsId'), text('organReceiveId'), text('at')];
    const at = wireInstant(time);
    const known = number === '' ? [] : applicants.all(number, number);
    if (known.length !== 1 || unit === '' || Number.isNaN(at)) return undefined;
    const person = JSON.parse(String(known[0]?.body)) as WireApplicant;
    const docCode = nextCode(unit, time);
    const dossier = {
      docCode,
      docTypeCode: text('docTypeCode'),
      docTypeName: text('docTypeName'),
      docFieldName: text('docFieldName'),
      citizenName: person.citizenName,
      applicantsId: number,
      applicantsType: '1',
      organizationName: '',
      organizationCode: '',
      phone: person.phone,
      email: person.email,
      address: person.address,
      channel: '1',
      summary: `${text('docTypeName')}, hồ sơ của công dân`,
      dateSubmitted: time,
      dateReceived: time,
      dateAppointed: text('dateAppointed'),
      isReturned: 'False',
      returnedType: '0',
      finishedDate: '',
      dateReturned: '',
      status: 'new',
      hasSupplementary: 'False',
      supplementaries: [],
      docFees: [],
      docPapers: [],
      docResults: [],
      organInchargeIdLevel1: unit.split('.').slice(0, 2).join('.'),
      organReceiveId: unit,
      lastUpdated: time,
    };
    const counter = ['Trần Thị Thu', 'Công chức một cửa', 'Bộ phận Một cửa'] as const;
    const traces: StoredTrace[] = [
      ['', '', 'Bộ phận Một cửa', 'Công dân nộp hồ sơ', time, 'receiving'],
      [...counter, 'Tiếp nhận hồ sơ, hẹn trả kết quả', time, 'new'],
    ];
    insert.run(docCode, number, at, at, JSON.stringify(dossier), JSON.stringify(traces));
    return { docCode, lastUpdated: time };
  };
}
