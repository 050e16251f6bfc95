import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCatalogues } from '../../catalogues/catalogue.ts';
import type { DossierView } from '../../core/dossier.ts';
import { withPublicTitles } from '../../core/public-code.ts';

const CODE = 'H41.12-261120-0001';
const status = (title: string | null) => ({ code: '95', title, number: null });
const hoa: Partial<DossierView> = {
  applicantName: 'Nguyễn Văn Hoà',
  applicantNumbers: ['B1234567'],
  parties: [{ role: 'Bên mua', name: 'H’Hen Niê', personalNumbers: ['012345678'] }],
};

/** The fields whose titles are not shown; none of them may be left anywhere in what is. */
function withheld(view: Partial<DossierView>, others?: Parameters<typeof withPublicTitles>[1]): readonly string[] {
  const { view: shown, faults } = withPublicTitles({ code: CODE, ...view }, others);
  for (const { field, reason } of faults) {
    expect(reason).toMatch(/^expected a title .+, came .+/);
    const title = field === 'procedureTitle' ? view.procedureTitle : view.status?.title;
    if (title != null) expect(JSON.stringify([shown.status, shown.procedureTitle, reason])).not.toContain(title);
  }
  return faults.map(({ field }) => field);
}

describe('A title that everybody sees who sees how a dossier stands', () => {
  test.each([
    'Trả cho ông Nguyễn Văn Hoà, CCCD 001085004213',
    'Đã trả 001 085 004 213',
    'Đã trả 001.085.004.213',
    'Đã trả 012-345-678',
    'Đã trả 0 0 1 0 8 5 0 0 4 2 1 3',
    'Đã trả ００１０８５００４２１３',
    `${'Chờ '.repeat(64)}`,
    'Đã trả 001085004213 15.06.2024 08:30',
    'Đã trả 001.08.2004.213',
    'Đã trả 01-08-2004-213',
    'Đã trả 0010-85-00-42-13',
    'Đã trả 1.004194.213',
  ])('is none with a number of nine digits or more, or of a length that tells a story: %s', (title) => {
    expect(withheld({ status: status(title) })).toEqual(['statusTitle']);
  });

  test.each([
    'Trả cho ông Nguyễn Văn Hoà',
    'TRA CHO ONG NGUYEN VAN HOA',
    'Nguyễn Văn Hòa đã nhận',
    'Nguyễn_Văn-Hoà (đã nhận)',
    'Trả cho bà H’Hen Niê',
    'tra cho ba hhen nie',
    'Hộ chiếu b1234567',
    'Đã trả cho NGUYEN VAN HOA',
    'Đã trả cho Nguyễn Văn Hoà'.normalize('NFD'),
    'Chờ nguyễn van hòa',
  ])('is none that names the applicant or a party: %s', (title) => {
    expect(withheld({ ...hoa, status: status(title), procedureTitle: title })).toEqual([
      'statusTitle',
      'procedureTitle',
    ]);
    expect(withheld({ status: status(title) }, [null, hoa])).toEqual(['statusTitle']);
  });

  test.each([
    ['Đã trả kết quả', hoa],
    ['Trả cho ông Trần Văn Bình', hoa],
    ['Chờ Nguyễn Văn Hoàng', hoa],
    ['Văn Hoà Nguyễn', hoa],
    ['Nghị định 123/2025/NĐ-CP, ngày 20/11/2026', hoa],
    ['Phiếu 12345678', hoa],
    ['Chờ hoa hồng', { applicantName: 'Hoa', parties: [{ role: 'Bên mua', name: '-', personalNumbers: ['41'] }] }],
    ['x'.repeat(255), {}],
    ['Đăng ký đất đai lần đầu', { applicantName: 'Đặng Kỳ' }],
    ['Đã ĐĂNG KÝ', { applicantName: 'Đặng Kỳ' }],
    ['Hẹn trả 2024-06-15 08:30', hoa],
    ['Hẹn trả 15.06.2024 08:30 - 20.06.2024 17h00', hoa],
    ['Hẹn 08:30:00 15-06-2024, số 12345678 9:30', hoa],
    ['Thủ tục 1.004194 - 1.004203', hoa],
    ['Thủ tục 1.004194-1.004203 (1.004194.000.00.00.H41)', hoa],
  ])('is what says nothing of them: %s', (title, people: Partial<DossierView>) => {
    const view = { ...people, code: CODE, status: status(title) };
    expect(withPublicTitles(view)).toEqual({ view, faults: [] });
  });

  test('is none that names them with diacritics where their system writes names without', () => {
    const people = { applicantName: 'NGUYEN VAN HOA' };
    expect(withheld({ ...people, status: status('Trả cho Nguyễn Văn Hòa') })).toEqual(['statusTitle']);
  });

  test('is none with the first twelve words of a name that is longer', () => {
    const applicantName = `Ban ${'quản lý dự án đầu tư xây dựng '.repeat(2)}số 2`;
    const first = (count: number) => applicantName.split(' ').slice(0, count).join(' ');
    expect(withheld({ applicantName, status: status(`Chờ ${first(12)}`) })).toEqual(['statusTitle']);
    expect(withheld({ applicantName, status: status(`Chờ ${first(11)}`) })).toEqual([]);
  });

  // Names times titles would be a thousand million comparisons, which no time limit of a test allows.
  test('costs its own words, however many people a dossier names and however many titles it has', () => {
    const word = (place: number) => place.toString(36).replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? '');
    const parties = Array.from({ length: 30_000 }, (_, place) => ({
      ...{ role: 'Bên mua', name: `A A x${word(place)}`, personalNumbers: [] },
    }));
    const bare = { officer: null, position: null, unit: null, content: null, at: 1, dueAt: null };
    const steps = Array.from({ length: 40_000 }, (_, place) => ({ ...bare, status: status(`a a y${word(place)}`) }));
    const view: DossierView = { code: CODE, parties, steps };
    expect(withheld(view)).toEqual([]);
    expect(withheld({ ...view, status: status(`a a x${word(29_999)}`) })).toEqual(['statusTitle']);
  });

  test('is cut out of steps too, and leaves codes, numbers and everything else as they are', () => {
    const step = { officer: 'Lê Lan', position: null, unit: null, content: '001085004213', at: 1, dueAt: null };
    const view: DossierView = {
      ...{ code: CODE, ...hoa, procedureCode: '9.999999', procedureTitle: 'Cấp cho Nguyễn Văn Hoà', summary: 'Đơn' },
      status: { code: '70', title: 'Hoà: 001085004213', number: 9 },
      steps: [{ ...step, status: { code: '20', title: 'Của Nguyễn Văn Hoà', number: 4 } }],
    };
    const { view: shown, faults } = withPublicTitles(view);
    expect(shown).toEqual({
      ...view,
      procedureTitle: null,
      status: { code: '70', title: null, number: 9 },
      steps: [{ ...step, status: { code: '20', title: null, number: 4 } }],
    });
    expect(faults.map(({ field }) => field).sort()).toEqual(['procedureTitle', 'statusTitle']);
  });

  test('is every title of the catalogue, with its code as well; of a procedure up to a thousand characters', () => {
    const { procedures } = loadCatalogues(join(import.meta.dirname, '../../catalogues'));
    expect(procedures.all().length).toBeGreaterThan(50);
    for (const { code, title } of procedures.all()) {
      expect(withheld({ ...hoa, procedureTitle: title })).toEqual([]);
      expect(withheld({ ...hoa, procedureTitle: `${title} (${code}.000.00.00.H41)` })).toEqual([]);
    }
    expect(withheld({ procedureTitle: 'x'.repeat(1_000) })).toEqual([]);
    expect(withheld({ procedureTitle: 'x'.repeat(1_001) })).toEqual(['procedureTitle']);
  });
});
