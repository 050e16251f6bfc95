/** Enterprises, their branches, and household businesses: one pair for every third family. */

import type { PeopleSource } from './people.ts';
import { type Draw, draw, scatter } from './random.ts';
import { dayNumber, isoDate } from './time.ts';
import type { Business } from './types.ts';

export interface BusinessSource {
  businesses: number;
  business(index: number): Business;
  /** The enterprise and the household business of a family, if it has them. */
  ofFamily(family: number): { enterprise: number; household: number } | undefined;
}

const FAMILIES_PER_PAIR = 3;
/** Of so many pairs, the last has a branch of the first one's enterprise instead of an enterprise. */
const BRANCH_EVERY = 5;

const legalForms = [
  { code: '1', name: 'Công ty trách nhiệm hữu hạn một thành viên' },
  { code: '2', name: 'Công ty trách nhiệm hữu hạn hai thành viên trở lên' },
  { code: '3', name: 'Công ty cổ phần' },
  { code: '4', name: 'Doanh nghiệp tư nhân' },
];
const branchForm = { code: '5', name: 'Chi nhánh' };
const householdForm = { code: '6', name: 'Hộ kinh doanh' };
const prefixes = ['CÔNG TY TNHH MTV', 'CÔNG TY TNHH', 'CÔNG TY CỔ PHẦN', 'DOANH NGHIỆP TƯ NHÂN'];
const statuses = [
  { code: '1', name: 'Đang hoạt động' },
  { code: '2', name: 'Tạm ngừng kinh doanh' },
  { code: '3', name: 'Đã giải thể' },
  { code: '4', name: 'Đang làm thủ tục giải thể' },
];
const activities = [
  { code: '4632', name: 'Bán buôn thực phẩm', word: 'THỰC PHẨM', english: 'FOODS' },
  { code: '0126', name: 'Trồng cây cà phê', word: 'CÀ PHÊ', english: 'COFFEE' },
  { code: '4100', name: 'Xây dựng nhà để ở', word: 'XÂY DỰNG', english: 'CONSTRUCTION' },
  { code: '4933', name: 'Vận tải hàng hóa bằng đường bộ', word: 'VẬN TẢI', english: 'TRANSPORT' },
  { code: '5610', name: 'Nhà hàng và các dịch vụ ăn uống phục vụ lưu động', word: 'ẨM THỰC', english: 'CATERING' },
  { code: '4711', name: 'Bán lẻ lương thực, thực phẩm trong cửa hàng tổng hợp', word: 'TẠP HOÁ', english: 'RETAIL' },
  { code: '6201', name: 'Lập trình máy vi tính', word: 'PHẦN MỀM', english: 'SOFTWARE' },
  { code: '1610', name: 'Cưa, xẻ, bào gỗ và bảo quản gỗ', word: 'CHẾ BIẾN GỖ', english: 'TIMBER' },
];
const brands = [
  'TRÀ GIANG',
  'ĐẠI NGÀN',
  'HOÀ PHÁT ĐẠT',
  'MINH KHUÊ',
  'THUÝ AN',
  'BAN MÊ',
  'TÂN LỘC',
  'SÔNG TRÀ',
  'PHÚ QUÝ',
];

export function createBusinesses(options: {
  seed: number;
  citizens: number;
  today: number;
  people: PeopleSource;
}): BusinessSource {
  const { seed, citizens, today, people } = options;
  const families = Math.ceil(citizens / 4);
  const businesses = 2 * Math.ceil(families / FAMILIES_PER_PAIR);
  // Half as many numbers as seven digits hold: the other half is for those whose check digit would be ten.
  const serial = scatter(seed, 'tax code', 5_000_000, 617_284);

  function business(index: number): Business {
    const pair = Math.floor(index / 2);
    const household = index % 2 === 1;
    const choice = draw(seed, 'business', index);
    const isBranch = !household && pair % BRANCH_EVERY === BRANCH_EVERY - 1;
    return household ? householdBusiness(index, pair, choice) : company(index, pair, choice, isBranch);
  }

  function company(index: number, pair: number, choice: Draw, isBranch: boolean): Business {
    const parent = isBranch ? index - 2 : undefined;
    const owner = people.person(pair * FAMILIES_PER_PAIR * 4);
    const form = choice.between(0, legalForms.length - 1);
    const activity = choice.pick(activities);
    const brand = `${choice.pick(brands)} ${pair + 1}`;
    const code = parent === undefined ? taxCode('61', serial(index)) : `${taxCode('61', serial(parent))}-001`;
    const ownName = `${prefixes[form]} ${activity.word} ${brand}`;
    return {
      index,
      kind: isBranch ? 'branch' : 'enterprise',
      code,
      taxCode: code,
      parent,
      name: parent === undefined ? ownName : `CHI NHÁNH ${brand} - ${business(parent).name}`,
      foreignName: choice.chance(0.4) ? `${brand} ${activity.english} COMPANY` : undefined,
      shortName: choice.chance(0.5) ? brand : undefined,
      legalForm: isBranch ? branchForm : (legalForms[form] as { code: string; name: string }),
      ...history(choice, index, Number(owner.birthDate.slice(0, 4))),
      // Two in a hundred hold more đồng than a double can count.
      capital: choice.chance(0.02) ? '9007199254740993' : `${choice.between(1, 900)}00000000`,
      address: owner.address,
      activities: activityList(choice, activity),
      representatives: representatives(choice, owner.index, form),
    };
  }

  function householdBusiness(index: number, pair: number, choice: Draw): Business {
    const family = people.family(pair * FAMILIES_PER_PAIR);
    const owner = people.person(pair > 0 && choice.chance(0.5) ? (family.mother ?? family.father) : family.father);
    const activity = choice.pick(activities);
    return {
      index,
      kind: 'household',
      code: `97${choice.pick(['A', 'B', 'C', 'D', 'E'])}8${String(index).padStart(6, '0')}`,
      taxCode: taxCode('81', serial(index)),
      parent: undefined,
      name: `HỘ KINH DOANH ${activity.word} ${owner.name.toUpperCase()}`,
      foreignName: undefined,
      shortName: undefined,
      legalForm: householdForm,
      ...history(choice, index, Number(owner.birthDate.slice(0, 4))),
      capital: `${choice.between(2, 90)}0000000`,
      address: owner.address,
      activities: activityList(choice, activity),
      representatives: [{ person: owner.index, position: 'Chủ hộ kinh doanh' }],
    };
  }

  function history(choice: Draw, index: number, ownerBorn: number) {
    const from = dayNumber(`${Math.max(2001, Math.min(ownerBorn + 22, 2024))}-01-15`);
    const day = from + Math.floor(choice.next() * (today - 60 - from));
    const amendments = choice.weighted([4, 3, 2, 1]);
    const status = index < 2 ? 0 : choice.weighted([82, 9, 6, 3]);
    return {
      status: statuses[status] as { code: string; name: string },
      founded: isoDate(day),
      amendments,
      lastAmended: amendments === 0 ? undefined : isoDate(day + 1 + Math.floor(choice.next() * (today - 2 - day))),
    };
  }

  /** Mostly one; a husband and wife in a few companies. */
  function representatives(choice: Draw, owner: number, form: number): Business['representatives'] {
    const position = form === 2 ? 'Tổng giám đốc' : form === 3 ? 'Chủ doanh nghiệp' : 'Giám đốc';
    const first = { person: owner, position };
    const second = owner + 1;
    return second < citizens && choice.chance(0.15)
      ? [first, { person: second, position: 'Chủ tịch hội đồng thành viên' }]
      : [first];
  }

  function ofFamily(family: number) {
    if (family % FAMILIES_PER_PAIR !== 0 || family >= families) return undefined;
    const enterprise = (family / FAMILIES_PER_PAIR) * 2;
    return { enterprise, household: enterprise + 1 };
  }

  return { businesses, business, ofFamily };
}

function activityList(choice: Draw, main: { code: string; name: string }): Business['activities'] {
  const list = [{ code: main.code, name: main.name, main: true }];
  for (let i = choice.weighted([3, 3, 2]); i > 0; i--) {
    const other = choice.pick(activities);
    if (list.every((entry) => entry.code !== other.code))
      list.push({ code: other.code, name: other.name, main: false });
  }
  return list;
}

/** Ten digits: two of the issuing office, seven that count up, and the check digit. */
function taxCode(prefix: string, serial: number): string {
  for (const last of [0, 1]) {
    const nine = prefix + String(serial * 2 + last).padStart(7, '0');
    const check = 10 - (weightedSum(nine) % 11);
    if (check < 10) return nine + check;
  }
  throw new Error(`No tax code for serial ${serial}: two neighbours cannot both have the check digit 10.`);
}

const weights = [31, 29, 23, 19, 17, 13, 7, 5, 3];

function weightedSum(nine: string): number {
  return weights.reduce((sum, weight, i) => sum + weight * Number(nine[i]), 0);
}
