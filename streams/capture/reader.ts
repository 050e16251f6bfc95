import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/caller.ts';
import type { DossierListField, DossierPart } from '../../core/declaration.ts';
import { DOSSIER_OWNERS, type DossierStep } from '../../core/dossier.ts';
import { HubError } from '../../core/errors.ts';
import { isDossierCode } from '../../core/event.ts';
import { createMapper, type Mapped } from '../../core/mapping.ts';
import { entityOf, type OpenSector } from '../../core/open-sector.ts';
import type { Answer, Row } from '../../core/source.ts';
import { hashOf } from './canonical.ts';
import { inOrderOfTime } from './delta.ts';
import type { FaultySighting } from './sighting.ts';

/** Reads a sector's dossiers as its declaration says: the record by its code, and the lists kept apart from it. */
export interface DossierReader {
  readonly caller: Caller;
  readonly entity: ReturnType<typeof entityOf>;
  /** The source's own names of all fields a view is made of. */
  readonly fields: readonly string[];
  /** Most codes in one question. */
  readonly batchSize: number;
  /** @param place stands for the record where its code cannot be read */
  read(row: Row, place: string): ReadRow | FaultySighting;
  /** For each code the record, null where the system has none, or why it cannot be read. Rejects when it fails as a whole. */
  byCode(codes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Row | null | HubError>>;
  /** The same records with the lists that the system keeps apart. */
  complete(rows: readonly ReadRow[], signal: AbortSignal): Promise<readonly ReadRow[]>;
}

export interface ReadRow {
  readonly kind: 'read';
  readonly code: string;
  readonly fields: Mapped;
  /** Of the record without the lists kept apart. */
  readonly rowHash: string;
}

/** What a view may have; a declaration's other fields are for answers only. */
const VIEW_FIELDS: ReadonlySet<string> = new Set(['code', 'statusAt', ...Object.keys(DOSSIER_OWNERS)]);

/** What an element of a list has; what a system does not say of it is null. */
const ELEMENT_FIELDS: Readonly<Record<DossierListField, readonly string[]>> = {
  steps: ['officer', 'position', 'unit', 'content', 'at', 'dueAt', 'status'],
  results: ['title', 'code', 'issuedAt'],
  supplementRequests: ['reason', 'requestedBy', 'requestedAt', 'receivedAt', 'oldDueAt', 'newDueAt'],
  fees: ['title', 'code', 'amount', 'paid'],
  parties: ['role', 'name', 'personalNumbers'],
  papers: ['code', 'title', 'fileName', 'digitised'],
};

export function createDossierReader(sector: OpenSector): DossierReader {
  const { dossiers } = sector.declaration;
  if (dossiers === undefined) throw new Error(`${sector.id} declares no dossiers`);
  const caller: Caller = { actor: 'hub', purpose: 'capture', requestId: randomUUID() };
  const entity = entityOf(sector, dossiers.entity);
  const names = new Set(Object.keys(entity.declaration.fields).filter((name) => VIEW_FIELDS.has(name)));
  const mapper = createMapper(sector.id, entity.declaration, names);
  const batchSize = entity.declaration.lookups[dossiers.byCode]?.batchSize ?? 1;
  const parts = Object.entries(dossiers.parts ?? {}).map(([name, part]) =>
    createPartReader(sector, { name: name as DossierListField, part, caller }),
  );

  return {
    caller,
    entity,
    fields: mapper.from,
    batchSize,
    read(row, place) {
      const fields = mapper.map(row);
      const { code } = fields;
      if (!isDossierCode(code)) {
        const reason =
          code instanceof Error ? code.message : 'code: expected up to 64 characters without blank or colon';
        return { kind: 'faulty', code: null, place, reason };
      }
      const sorted = withSortedSteps(fields);
      return { kind: 'read', code, fields: sorted, rowHash: hashOf(hashable(sorted)) };
    },
    async byCode(codes, signal) {
      const found = new Map<string, Row | null | HubError>();
      await inBatches(codes, batchSize, async (keys) => {
        const request = { entity: entity.name, lookup: dossiers.byCode, keys, fields: mapper.from };
        const answers = await entity.source.read(request, { caller, signal, unhurried: true });
        for (const [index, code] of keys.entries()) found.set(code, recordIn(answers[index]));
      });
      return found;
    },
    async complete(rows, signal) {
      if (parts.length === 0 || rows.length === 0) return rows;
      const codes = rows.map(({ code }) => code);
      const lists = await Promise.all(parts.map(async (part) => [part.name, await part.read(codes, signal)] as const));
      return rows.map((row) => ({
        ...row,
        fields: { ...row.fields, ...Object.fromEntries(lists.map(([name, byCode]) => [name, byCode.get(row.code)])) },
      }));
    },
  };
}

function recordIn(answer: Answer | undefined): Row | null | HubError {
  if (answer instanceof HubError) return answer;
  if (answer instanceof Error || answer === undefined)
    return new HubError('SOURCE_MALFORMED', 'the record cannot be read');
  return answer?.[0] ?? null;
}

function createPartReader(
  sector: OpenSector,
  { name, part, caller }: { name: DossierListField; part: DossierPart; caller: Caller },
) {
  const entity = entityOf(sector, part.entity);
  const known = part.pick === undefined ? ELEMENT_FIELDS[name] : [part.pick];
  const names = new Set(known.filter((field) => field in entity.declaration.fields));
  const mapper = createMapper(sector.id, entity.declaration, names);
  const batchSize = entity.declaration.lookups[part.by]?.batchSize ?? 1;

  function listOf(answer: Answer | undefined): readonly Mapped[] | HubError {
    if (answer instanceof HubError) return answer;
    if (answer instanceof Error || answer === undefined)
      return new HubError('SOURCE_MALFORMED', `${name} cannot be read`);
    const records = (answer ?? []).map(mapper.map);
    const elements = part.pick === undefined ? records : (records[0]?.[part.pick] ?? []);
    if (elements instanceof HubError) return elements;
    const list: Mapped[] = [];
    for (const element of elements as readonly Mapped[]) {
      // Half an element would be told apart from the whole one later, and count as another.
      const faulty = Object.values(element).find((value) => value instanceof HubError);
      if (faulty instanceof HubError) return faulty;
      list.push(Object.fromEntries(ELEMENT_FIELDS[name].map((field) => [field, element[field] ?? null])));
    }
    return name === 'steps' ? (inOrderOfTime(list as unknown as DossierStep[]) as unknown as Mapped[]) : list;
  }

  return {
    name,
    async read(codes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, unknown>> {
      const found = new Map<string, unknown>();
      await inBatches(codes, batchSize, async (keys) => {
        const request = { entity: entity.name, lookup: part.by, keys, fields: mapper.from };
        const answers = await entity.source.read(request, { caller, signal, unhurried: true });
        for (const [index, code] of keys.entries()) found.set(code, listOf(answers[index]));
      });
      return found;
    },
  };
}

/** One after another: capture is in no hurry, and the system has others to answer. */
async function inBatches(
  codes: readonly string[],
  batchSize: number,
  work: (keys: readonly string[]) => Promise<void>,
): Promise<void> {
  const distinct = [...new Set(codes)];
  for (let from = 0; from < distinct.length; from += batchSize) await work(distinct.slice(from, from + batchSize));
}

function withSortedSteps(fields: Mapped): Mapped {
  return Array.isArray(fields.steps) ? { ...fields, steps: inOrderOfTime(fields.steps) } : fields;
}

/** An error has nothing of its own in JSON; that the field cannot be read is what counts. */
function hashable(fields: Mapped): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? { unreadable: true } : value]),
  );
}
