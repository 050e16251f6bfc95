import type { AuditEntry, AuditRecord, ChainEntry } from '../core/audit.ts';

/** A record whose lines lack only their places and times, which it gets when its group is written. */
export interface PreparedRecord {
  /** Of the operation and of each subject: what follows `"at":…` */
  readonly tails: readonly string[];
  /** Characters of all its lines, about. */
  readonly size: number;
}

/** Numbers and times in front of a tail. */
const HEAD_SIZE = 48;

/** @param hashSubject number → keyed hash */
export function prepare({ operation, subjects }: AuditRecord, hashSubject: (number: string) => string): PreparedRecord {
  const tails = [operationTail(operation, subjects.length)];
  for (const { number, relation, dossier } of subjects) {
    tails.push(`"subject":"${hashSubject(number)}","relation":"${relation}","dossier":${quoted(dossier)}}`);
  }
  let size = 0;
  for (const tail of tails) size += tail.length + HEAD_SIZE;
  return { tails, size };
}

/** Texts of what is the same for all operations of one document: as long as the document is kept, they are. */
const known = new WeakMap<object, string>();

function textOf(shared: object, write: () => string): string {
  const before = known.get(shared);
  if (before !== undefined) return before;
  const text = write();
  known.set(shared, text);
  return text;
}

/** `JSON.stringify` of the operation, put together from its parts in the order of the canonical form. */
function operationTail(operation: AuditRecord['operation'], subjects: number): string {
  const { kind, request, actor, client, role, unit, purpose, dossier, visit, op } = operation;
  const { fields, systems, outcome, codes, sought, times } = operation;
  const document = textOf(op, () => JSON.stringify({ hash: op.hash, name: op.name, type: op.type }));
  const places = textOf(fields, () => JSON.stringify(fields));
  const who = `"kind":"${kind}","request":${quoted(request)},"actor":${quoted(actor)},"client":${quoted(client)},"role":"${role}","unit":${quoted(unit)}`;
  const why = `"purpose":${quoted(purpose)},"dossier":${quoted(dossier)},"visit":${quoted(visit)}`;
  const came = `"systems":${JSON.stringify(systems)},"outcome":"${outcome}","codes":${JSON.stringify(codes)},"subjects":${subjects}`;
  const counted = times === undefined ? '' : `,"times":${times}`;
  return `${who},${why},"op":${document},"fields":${places},${came}${soughtTail(sought)}${counted}}`;
}

function soughtTail(sought: AuditRecord['operation']['sought']): string {
  if (sought === undefined) return '';
  const things = sought.map(({ what, subject, actor, dossier, visit, unit, from, to }) => ({
    ...{ what, subject, actor, dossier, visit, unit, from, to },
  }));
  return `,"sought":${JSON.stringify(things)}`;
}

/** Texts in which nothing has to be escaped, as nearly all are. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The lines of a record, the first of them at this place of the chain. */
export function linesOf({ tails }: PreparedRecord, seq: number, at: number): readonly string[] {
  return tails.map((tail, place) =>
    place === 0
      ? `{"v":1,"seq":${seq},"at":${at},${tail}`
      : `{"v":1,"seq":${seq + place},"at":${at},"kind":"SUBJECT","of":${seq},${tail}`,
  );
}

/** A line of the chain itself. */
export function chainLine(entry: Omit<ChainEntry, 'v'>): string {
  const { seq, at, kind, chain, key, after, subjectKey, missed, end } = entry;
  return JSON.stringify({ v: 1, seq, at, kind, chain, key, after, subjectKey, missed, end });
}

const OPERATION =
  'v,seq,at,kind,request,actor,client,role,unit,purpose,dossier,visit,op,fields,systems,outcome,codes,subjects';
const MEMBERS: Readonly<Record<AuditEntry['kind'], readonly string[]>> = {
  OPERATION: [OPERATION, `${OPERATION},sought`, `${OPERATION},times`],
  EVENT: [OPERATION, `${OPERATION},sought`],
  SUBJECT: ['v,seq,at,kind,of,subject,relation,dossier'],
  OPEN: ['v,seq,at,kind,chain,key,after,subjectKey'],
  CLOSE: ['v,seq,at,kind,chain'],
  GAP: ['v,seq,at,kind,chain,missed', 'v,seq,at,kind,chain,missed,end'],
};

/** An entry whose form nobody has judged. @returns null for a line that has no place and time */
export function readLine(line: string): AuditEntry | null {
  try {
    const entry = JSON.parse(line) as AuditEntry | null;
    return Number.isSafeInteger(entry?.seq) && Number.isSafeInteger(entry?.at) ? entry : null;
  } catch {
    return null;
  }
}

/** @returns null for a line that is no entry in its canonical form */
export function parseLine(line: string): AuditEntry | null {
  const entry = readLine(line);
  if (entry === null || entry.v !== 1 || !Object.hasOwn(MEMBERS, entry.kind)) return null;
  if (!MEMBERS[entry.kind].includes(Object.keys(entry).join())) return null;
  if ('sought' in entry && !isList(entry.sought)) return null;
  if ('end' in entry && (typeof entry.end !== 'string' || entry.missed !== null)) return null;
  return JSON.stringify(entry) === line ? entry : null;
}

function isList(sought: unknown): boolean {
  return Array.isArray(sought) && sought.every((one) => typeof one === 'object' && one !== null);
}
