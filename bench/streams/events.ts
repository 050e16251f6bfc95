import type { DossierStep, DossierView } from '../../core/dossier.ts';
import { type DossierEvent, eventId } from '../../core/event.ts';

/** Sector whose events are made up, and its role. */
export const SECTOR = { id: 'one-stop', role: 'reception' } as const;

/** Dossiers that are new at about the same time; each then goes through its versions with the others of its block. */
const BLOCK = 1_000;
const VERSIONS = 4;
const FIRST_AT = Date.UTC(2026, 9, 1);
const FAMILIES = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Đinh', 'Vũ', 'Đặng'];
const STATUSES = [
  { code: '2', title: 'Được tiếp nhận', number: 2 },
  { code: '4', title: 'Đang xử lý', number: 4 },
  { code: '4', title: 'Đang xử lý', number: 4 },
  { code: '9', title: 'Đã xử lý xong', number: 9 },
] as const;

/**
 * The events of a province as capture makes them, about 2 KB each: a quarter of them of new dossiers, the others of
 * dossiers that went on, in the order of each dossier's versions.
 *
 * @param from first, counted from 0: any part of the endless row can be made
 */
export function* madeUpEvents(from: number, until: number): Generator<DossierEvent> {
  for (let place = from; place < until; place++) {
    const block = Math.floor(place / (BLOCK * VERSIONS));
    const within = place % (BLOCK * VERSIONS);
    yield eventOf(block * BLOCK + (within % BLOCK), Math.floor(within / BLOCK) + 1, FIRST_AT + place);
  }
}

function eventOf(dossier: number, version: number, at: number): DossierEvent {
  const code = `H41.${10 + (dossier % 80)}.01-261001-${String(dossier).padStart(7, '0')}`;
  return {
    ...{ id: eventId(SECTOR.id, code, version), sector: SECTOR.id, code, version, faults: [] },
    ...{ change: 'upsert', occurredAt: at, recordedAt: at + 20, way: 'log' },
    sourcePosition: `binlog.000001:${at}`,
    view: viewOf(code, dossier, version, at),
  };
}

function viewOf(code: string, dossier: number, version: number, at: number): DossierView {
  const status = STATUSES[version - 1] ?? STATUSES[0];
  const receivedAt = FIRST_AT - (dossier % 1_000) * 60_000;
  return {
    code,
    procedureCode: '1.001570',
    procedureTitle: 'Tạm ngừng kinh doanh, tiếp tục kinh doanh trước thời hạn của hộ kinh doanh',
    agencyCode: 'H41.51.01',
    applicantKind: 'CITIZEN',
    applicantName: `${FAMILIES[dossier % FAMILIES.length]} Văn ${dossier % 5_000}`,
    applicantNumbers: [`0010850${String(dossier % 100_000).padStart(5, '0')}`],
    channel: dossier % 3 === 0 ? 'ONLINE' : 'COUNTER',
    status,
    statusAt: at,
    receivedAt,
    dueAt: receivedAt + 15 * 86_400_000,
    finishedAt: status.number === 9 ? at : null,
    returnedAt: null,
    steps: Array.from({ length: version + 1 }, (_, place) => stepOf(place, receivedAt)),
    fees: [{ title: 'Lệ phí hộ kinh doanh', code: 'LP01', amount: '185000', paid: true }],
    papers: ['Giấy đề nghị đăng ký', 'Danh sách thành viên'].map((title, place) => ({
      ...{ code: `1.001570-G${place}`, title, fileName: `giay-to-${place}.pdf`, digitised: true },
    })),
  };
}

function stepOf(place: number, receivedAt: number): DossierStep {
  return {
    officer: 'Nguyễn Hữu Hiếu',
    position: 'Trưởng phòng',
    unit: 'Trung tâm Phục vụ hành chính công phường Nghĩa Lộ',
    content: `Chuyển hồ sơ đến bước ${place + 1}`,
    at: receivedAt + place * 3_600_000,
    dueAt: null,
    status: STATUSES[Math.min(place, 2)] ?? null,
  };
}
