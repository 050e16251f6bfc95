/** What a test or a demo may do to the portal from outside, beside the faults every stand-in has. */

import type { Answer, Call } from '../serve.ts';
import { dossierShape, stepShape } from './fields.ts';
import type { Fields, Records, StoredDossier } from './records.ts';

export interface ForeignWrite {
  /** Fields that are left out keep what is there, or are empty in a new record. MaHoSo must be given. */
  dossier: Fields;
  steps?: Fields[];
  /** Who wrote it, for the check; standard "other". */
  sender?: string;
  agency?: string;
}

const MOST_PAGE = 1000;

/** Writes as another sender of the province would, without asking whether it is right. */
export function writeAsOther(records: Records, { dossier, steps = [], sender = 'other', agency = '' }: ForeignWrite) {
  const code = String(dossier.MaHoSo ?? '');
  if (code === '') throw new Error('A record is written under its MaHoSo.');
  const empty = (shape: typeof dossierShape): Fields => ({
    ...Object.fromEntries(Object.keys(shape.fields).map((name) => [name, ''])),
    ...Object.fromEntries(Object.keys(shape.lists).map((name) => [name, []])),
  });
  const body = { ...(records.dossier(code) ?? empty(dossierShape)), ...dossier };
  records.write(
    [{ code, agency, sender, body }],
    steps.map((step) => ({ code, agency, sender, body: { ...empty(stepShape), ...step, MaHoSo: code } })),
  );
}

/** A page of everything, by code; `next` is empty after the last one. */
export function listDossiers(
  records: Records,
  after: string,
  limit: number,
): { dossiers: StoredDossier[]; next: string } {
  const dossiers = records.page(after, limit);
  return { dossiers, next: dossiers.length < limit ? '' : (dossiers.at(-1)?.code ?? '') };
}

/** @returns undefined where there is no such control */
export function control(call: Call, records: Records, expire: () => void): Answer | undefined {
  switch (`${call.method} ${call.path}`) {
    case 'POST /__stand-in/expire':
      expire();
      return { body: '{"ok":true}' };
    case 'POST /__stand-in/write':
      try {
        writeAsOther(records, JSON.parse(call.body.toString()) as ForeignWrite);
        return { body: '{"ok":true}' };
      } catch (error) {
        return { status: 400, body: JSON.stringify({ ok: false, message: String(error) }) };
      }
    case 'GET /__stand-in/summary':
      return { body: JSON.stringify(records.summary()) };
    case 'GET /__stand-in/dossiers': {
      const asked = Number(call.query.get('limit') ?? 100);
      const limit = Number.isInteger(asked) ? Math.min(Math.max(asked, 1), MOST_PAGE) : 100;
      return { body: JSON.stringify(listDossiers(records, call.query.get('after') ?? '', limit)) };
    }
    default:
      return undefined;
  }
}
