import type { Database } from '../../drivers/database.ts';
import { indexWords, nameWords } from '../../store/index-words.ts';
import { inParts, places, type RowValues, type TableShape } from '../../store/many-rows.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { MergedDossier } from './merge.ts';

/** What the tables hold of a dossier that its rows in the lists are made of. */
export interface Listed {
  readonly receivedAt: number;
  readonly applicantName: string | null;
  /** As the column has it. */
  readonly sectors: string;
  readonly numbers: readonly string[];
}

/** A list by which dossiers are found: one row for each value, with what the list is ordered by. */
export interface ListTable extends TableShape {
  readonly valuesOf: (dossier: MergedDossier) => readonly string[];
  /** Whether the values can be others than those of the rows that are there. */
  readonly differs: (dossier: MergedDossier, listed: Listed) => boolean;
}

/** Length of the column `sectors`. */
const MOST_SECTORS = 255;

export const LISTS: readonly ListTable[] = [
  {
    ...listShape('dossier_number', 'number'),
    valuesOf: ({ numbers }) => numbers,
    differs: ({ numbers }, listed) =>
      numbers.length !== listed.numbers.length || !numbers.every((one) => listed.numbers.includes(one)),
  },
  {
    ...listShape('dossier_sector', 'sector'),
    valuesOf: ({ sectors }) => sectors,
    // What was cut off does not tell.
    differs: (dossier, { sectors }) => sectors.length >= MOST_SECTORS || sectorsColumn(dossier) !== sectors,
  },
  {
    ...listShape('dossier_word', 'word'),
    valuesOf: ({ sectors, applicantName, code }) =>
      sectors.length === 0 ? [] : [...new Set([...nameWords(applicantName ?? ''), ...indexWords(code)])],
    differs: ({ sectors, applicantName }, listed) =>
      applicantName !== listed.applicantName || (sectors.length === 0) !== (listed.sectors === ''),
  },
];

function listShape(table: string, column: string): TableShape {
  return { table, columns: [column, 'code', 'received_at'], key: ['code', column] };
}

export function sectorsColumn({ sectors }: MergedDossier): string {
  return sectors.join(' ').slice(0, MOST_SECTORS);
}

/** Whether a list has to be written anew for a dossier. */
export function isOutdated(list: ListTable, dossier: MergedDossier, listed: Listed): boolean {
  return dossier.receivedAt !== listed.receivedAt || list.differs(dossier, listed);
}

export function listRows(list: ListTable, dossier: MergedDossier): readonly RowValues[] {
  return list.valuesOf(dossier).map((value) => [value, dossier.code, dossier.receivedAt]);
}

/**
 * Read from the merged dossier, not made of the views before once more: that costs their JSON, and what they were
 * merged by may have changed since.
 */
export async function readListed(
  trx: Transaction,
  { traits }: Database,
  codes: readonly string[],
): Promise<ReadonlyMap<string, Listed>> {
  const all = new Map<string, Listed & { readonly numbers: string[] }>();
  for (const part of inParts(codes, traits)) {
    const rows = await trx.run(
      `select dossier.code, dossier.received_at, applicant_name, sectors, number from dossier left join dossier_number on dossier_number.code = dossier.code where dossier.code in (${places(part.length)})`,
      part,
    );
    for (const { code, received_at: receivedAt, applicant_name: name, sectors, number } of rows) {
      const applicantName = typeof name === 'string' ? name : null;
      const own = all.get(String(code)) ?? {
        ...{ receivedAt: Number(receivedAt), applicantName, sectors: String(sectors), numbers: [] },
      };
      if (number !== null) own.numbers.push(String(number));
      all.set(String(code), own);
    }
  }
  return all;
}
