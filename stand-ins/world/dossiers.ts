/** Dossiers: who handed in what, where and when, and everything that became of it. */

import type { BusinessSource } from './businesses.ts';
import type { CivilEvents } from './civil-events.ts';
import { courseOf } from './course.ts';
import type { SlotSource } from './dossier-slots.ts';
import type { ParcelSource } from './parcels.ts';
import type { PeopleSource } from './people.ts';
import { type Draw, draw } from './random.ts';
import { isoDate, localDay, type OfficeHours } from './time.ts';
import type {
  Applicant,
  Channel,
  Dossier,
  DossierSubject,
  Fee,
  Paper,
  Procedure,
  ResultDocument,
  StatusCode,
} from './types.ts';

/** These belong to the demo citizen, one after another from every sector. */
const DEMO_DOSSIERS = 14;
const demoEndings: readonly (StatusCode | undefined)[] = [4, 10, 10, 9, 5, undefined, 10, 6, 4, 10, 2, 10, 10, 4];
/** And these show one status each, in every world that is big enough to hold them. */
const FIRST_SHOWN = 20;

const sectorWeights: Record<string, number> = { 'civil-status': 40, land: 30, 'business-registration': 15 };
const OTHER_WEIGHT = 15;

export function createDossiers(options: {
  seed: number;
  citizens: number;
  asOf: number;
  hours: OfficeHours;
  slots: SlotSource;
  people: PeopleSource;
  events: CivilEvents;
  businesses: BusinessSource;
  parcels: ParcelSource;
}): (index: number) => Dossier {
  const { seed, citizens, hours, slots, businesses, parcels } = options;
  const families = Math.ceil(citizens / 4);
  const now = hours.minutesAt(options.asOf);

  return function dossier(index: number): Dossier {
    const choice = draw(seed, 'dossier', index);
    const slot = slots.slot(index);
    const bySector = slots.proceduresAt(slot);
    const sectors = [...bySector.keys()];
    const wanted =
      index < DEMO_DOSSIERS
        ? sectors[index % sectors.length]
        : sectors[choice.weighted(sectors.map((name) => sectorWeights[name] ?? OTHER_WEIGHT))];
    const procedure = choice.pick(bySector.get(wanted ?? '') ?? []);
    const family = index < DEMO_DOSSIERS ? 0 : livingFamily(choice.between(0, families - 1));
    const applicant = applicantOf(choice, procedure, family, index < DEMO_DOSSIERS);
    const channel = ([1, 2, 3] as const)[choice.weighted([55, 38, 7])] ?? 1;
    const course = courseOf({
      seed,
      choice,
      hours,
      now,
      opening: hours.minutesAt((slot.day * 24 + 7 - 7) * 3_600_000),
      procedure,
      agency: slot.agency,
      channel: channel as Channel,
      stopAt: index < DEMO_DOSSIERS ? demoEndings[index] : shownStatus(index),
    });
    return {
      index,
      code: slot.code,
      procedure,
      agency: slot.agency,
      sector: procedure.sector,
      applicant,
      channel,
      summary: `${procedure.title}, hồ sơ của ${kindWords[applicant.kind]}`,
      ...course,
      fees: feesOf(choice, procedure, course.receivedAt !== undefined),
      papers: papersOf(choice, procedure),
      results: course.finishedAt === undefined ? [] : resultsOf(choice, procedure, course.finishedAt, index),
      subject: subjectOf(choice, procedure, family, applicant),
    };
  };

  /** The dead hand in nothing: a bereaved family's neighbour comes instead. */
  function livingFamily(family: number): number {
    return family > 0 && family % 9 === 0 ? family - 1 : family;
  }

  function applicantOf(choice: Draw, procedure: Procedure, family: number, demo: boolean): Applicant {
    const father = family * 4;
    const person = !demo && father + 1 < citizens && choice.chance(0.45) ? father + 1 : father;
    const own = businesses.ofFamily(family);
    if (procedure.sector === 'business-registration') {
      // Household procedures are handed in by a citizen, company procedures in the company's name.
      if (/hộ kinh doanh/i.test(procedure.title)) return { kind: 1, person, business: undefined };
      const pair = own ?? businesses.ofFamily(family - (family % 3));
      if (pair === undefined) return { kind: 1, person, business: undefined };
      const owner = businesses.business(pair.enterprise).representatives[0]?.person ?? person;
      return { kind: 2, person: owner, business: pair.enterprise };
    }
    if (demo || procedure.sector === 'civil-status') return { kind: 1, person, business: undefined };
    const kind = ([1, 2, 3, 4] as const)[choice.weighted([93, own === undefined ? 0 : 12, 1, 1])] ?? 1;
    return { kind, person: kind === 2 ? father : person, business: kind === 2 ? own?.enterprise : undefined };
  }

  function subjectOf(choice: Draw, procedure: Procedure, family: number, applicant: Applicant): DossierSubject {
    if (procedure.sector === 'land') {
      return { kind: 'parcel', index: choice.pick(parcels.ofFamily(family)) };
    }
    if (procedure.sector === 'business-registration') {
      if (applicant.business !== undefined) return { kind: 'business', index: applicant.business };
      const own = businesses.ofFamily(family);
      return own === undefined ? { kind: 'none' } : { kind: 'business', index: own.household };
    }
    if (procedure.sector !== 'civil-status') return { kind: 'none' };
    if (/hôn/.test(procedure.title)) {
      const marriage = options.events.marriageOf(applicant.person);
      return marriage === undefined ? { kind: 'none' } : { kind: 'marriage', index: marriage.index };
    }
    if (/tử/.test(procedure.title)) {
      return options.events.deaths === 0
        ? { kind: 'none' }
        : { kind: 'death', index: choice.between(0, options.events.deaths - 1) };
    }
    const children = options.people.family(family).children;
    return { kind: 'birth', index: children.length === 0 ? applicant.person : choice.pick(children) };
  }
}

const kindWords = { 1: 'công dân', 2: 'doanh nghiệp', 3: 'cơ quan nhà nước', 4: 'tổ chức khác' } as const;

function shownStatus(index: number): StatusCode | undefined {
  const status = index - FIRST_SHOWN + 1;
  return status >= 1 && status <= 10 ? (status as StatusCode) : undefined;
}

function feesOf(choice: Draw, procedure: Procedure, received: boolean): Fee[] {
  if (choice.chance(0.35)) return [];
  const method = choice.chance(0.6) ? 'transfer' : 'cash';
  const paid = received && choice.chance(0.95);
  const fees: Fee[] = [
    {
      code: 'LP01',
      name: `Lệ phí ${procedure.field.toLowerCase()}`,
      kind: 2,
      amount: `${choice.between(1, 30)}5000`,
      paid,
      method,
    },
  ];
  if (procedure.sector === 'land')
    fees.push({
      code: 'P02',
      name: 'Phí thẩm định hồ sơ',
      kind: 1,
      amount: `${choice.between(2, 80)}0000`,
      paid,
      method,
    });
  return fees;
}

const paperNames: Record<string, readonly string[]> = {
  land: [
    'Đơn đăng ký biến động đất đai',
    'Bản gốc Giấy chứng nhận đã cấp',
    'Hợp đồng, văn bản chuyển quyền',
    'Trích lục bản đồ địa chính',
  ],
  'civil-status': ['Tờ khai theo mẫu', 'Giấy chứng sinh', 'Bản sao thẻ căn cước', 'Giấy báo tử'],
  'business-registration': [
    'Giấy đề nghị đăng ký',
    'Điều lệ công ty',
    'Danh sách thành viên',
    'Bản sao giấy tờ pháp lý của người đại diện',
  ],
};
const otherPapers = ['Đơn đề nghị', 'Bản sao giấy tờ tuỳ thân', 'Giấy uỷ quyền'];

function papersOf(choice: Draw, procedure: Procedure): Paper[] {
  const names = paperNames[procedure.sector] ?? otherPapers;
  return names.slice(0, choice.between(2, names.length)).map((name, i) => ({
    code: `${procedure.code}-G${i + 1}`,
    name,
    fileName: `giay-to-${i + 1}.pdf`,
    copies: choice.between(1, 2),
    digitised: choice.chance(0.7),
  }));
}

const resultNames: Record<string, string> = {
  land: 'Giấy chứng nhận quyền sử dụng đất',
  'civil-status': 'Trích lục hộ tịch',
  'business-registration': 'Giấy chứng nhận đăng ký',
};

function resultsOf(choice: Draw, procedure: Procedure, issuedAt: number, index: number): ResultDocument[] {
  const year = isoDate(localDay(issuedAt)).slice(0, 4);
  return [
    {
      code: `${procedure.code}-KQ`,
      name: resultNames[procedure.sector] ?? 'Văn bản trả lời',
      number: `${choice.between(1, 9999)}/KQ-${year}`,
      issuedAt,
      fileName: `ket-qua-${index}.pdf`,
    },
  ];
}
