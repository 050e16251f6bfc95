/** Rows of the dossiers the counter forwarded to the land office, their course and their results. All times in UTC. */

import { hashOf } from '../../../stand-ins/world/random.ts';
import { two, utcTime } from '../../../stand-ins/world/time.ts';
import type { Dossier, Step, World } from '../../../stand-ins/world/types.ts';
import type { Row } from './populate-sql.ts';

export const statuses: readonly (readonly [code: number, name: string])[] = [
  [10, 'Tiếp nhận hồ sơ'],
  [20, 'Đang thẩm định'],
  [21, 'Đang đo đạc, trích lục'],
  [22, 'Trình ký'],
  [30, 'Chờ bổ sung hồ sơ'],
  [40, 'Chờ thực hiện nghĩa vụ tài chính'],
  [50, 'Công dân rút hồ sơ'],
  [60, 'Dừng xử lý'],
  [70, 'Kết thúc, đã có kết quả'],
  [80, 'Đã trả kết quả'],
];
/** Numbers that are in no table; nobody knows who set them. */
const unknownStatuses = [35, 99] as const;
const UNKNOWN_EVERY = 499;
const UNKNOWN_BEFORE = 20_000;
const ZERO_TIME = '0000-00-00 00:00:00';

const codeOf = { 1: 10, 2: 10, 3: 10, 4: 20, 5: 30, 6: 40, 7: 50, 8: 60, 9: 70, 10: 80 } as const;

export function* dossierRows(world: World, onDossier?: (done: number) => void): Generator<Row> {
  /** Officers seen so far: a hundred or so, however many dossiers there are. */
  const officers = new Map<string, string>();
  let move = 0;
  let result = 0;
  for (let i = 0; i < world.counts.dossiers; i++) {
    onDossier?.(i);
    const dossier = world.dossier(i);
    if (dossier.sector !== 'land' || dossier.receivedAt === undefined) continue;
    yield dossierRow(world, dossier);
    let previous: Step | undefined;
    for (const [place, step] of dossier.steps.filter((entry) => entry.status !== 1).entries()) {
      move += 1;
      for (const [code, row] of officersOf(step)) {
        if (officers.has(code)) continue;
        officers.set(code, step.officer);
        yield row;
      }
      yield {
        table: 'HS_LUANCHUYEN',
        values: [
          move,
          dossier.code,
          place + 1,
          officerCode(previous ?? step),
          officerCode(step),
          stepStatus(step),
          step.content,
          utc(step.at),
          dossier.dueAt === undefined ? null : utc(dossier.dueAt),
        ],
      };
      previous = step;
    }
    for (const document of dossier.results) {
      result += 1;
      const issued = utc(document.issuedAt + 7 * 3_600_000).slice(0, 10);
      yield {
        table: 'HS_KETQUA',
        values: [
          result,
          dossier.code,
          document.code,
          document.name,
          document.number,
          issued,
          `/ketqua/${document.fileName}`,
        ],
      };
    }
  }
}

function dossierRow(world: World, dossier: Dossier): Row {
  const { applicant, procedure, index } = dossier;
  const written = world.identityIn('land', applicant.person);
  const person = world.person(applicant.person);
  const place = dossier.subject.kind === 'parcel' ? world.parcel(dossier.subject.index).place.old : person.address.old;
  const last = dossier.steps.at(-1);
  const none = index % 2 === 0 ? null : ZERO_TIME;
  const odd = index < UNKNOWN_BEFORE && index % UNKNOWN_EVERY === 70;
  return {
    table: 'HS_HOSO',
    values: [
      dossier.code,
      procedure.code,
      `QT-${procedure.code.slice(-4)}`,
      procedure.title,
      place.province,
      place.district,
      place.commune,
      dossier.steps.find((step) => step.status === 2)?.officer ?? '',
      utc(dossier.receivedAt ?? dossier.submittedAt),
      dossier.dueAt === undefined ? null : utc(dossier.dueAt),
      written.name,
      written.oldNumber ?? written.personalNumber ?? null,
      `${person.address.detail}, ${person.address.old.communeName}`,
      person.phone ?? null,
      dossier.subject.kind === 'parcel' ? dossier.subject.index + 1 : null,
      odd ? (unknownStatuses[index % 2] ?? 99) : last === undefined ? 10 : stepStatus(last),
      dossier.finishedAt === undefined ? none : utc(dossier.finishedAt),
      dossier.returnedAt === undefined ? none : utc(dossier.returnedAt),
      utc(dossier.updatedAt),
      'UNICODE',
    ],
  };
}

function stepStatus(step: Step): number {
  if (step.status !== 4) return codeOf[step.status];
  if (step.content.startsWith('Trình')) return 22;
  return step.content.startsWith('Đã hoàn thành') ? 21 : 20;
}

function officerCode(step: Step): string {
  return step.officer === '' ? '' : `CB${String(hashOf(0, step.officer, 0) % 1_000_000).padStart(6, '0')}`;
}

function officersOf(step: Step): [string, Row][] {
  const code = officerCode(step);
  return code === '' ? [] : [[code, { table: 'DM_CANBO', values: [code, step.officer, step.officerTitle] }]];
}

/** '2026-10-08 01:12:44', without a zone: the server runs on UTC. */
function utc(at: number): string {
  const { year, month, day, hour, minute, second } = utcTime(at);
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}
