import { setTimeout as delay } from 'node:timers/promises';
import type { DossierView } from '../../core/dossier.ts';
import { openDatabase } from '../../drivers/database.ts';
import { KEPT_MS } from '../../resolvers/dossier-facts.ts';
import type { GuardedProvince, Person, Said } from './guarded-province.ts';
import type { Facts } from './live-question.ts';

const HOA = '001085004213';

/** What is asked for in a province in which there is something of everything. */
export async function fillProvince(province: GuardedProvince): Promise<Filled> {
  const query = '{ dossiers(first: 1) { nodes { code } } }';
  const [own] = (await province.ask('citizen', query, { purpose: 'SELF' })).data.dossiers.nodes;
  const all = await factsOf(province, 'counter', { number: HOA, dossier: own.code });
  const ofCommune = await factsOf(province, 'commune', await somebodyOf(province, 'commune'));
  await fillStore(province, [all.dossier, ofCommune.dossier]);
  // Whom the dossiers named before is kept for a moment.
  await delay(2 * KEPT_MS);
  for (const { visit } of [all, ofCommune]) await province.openedLongAgo(visit);
  return { all, ofCommune };
}

export interface Filled {
  readonly all: Facts;
  readonly ofCommune: Facts;
}

/** Higher than a dossier of this province has. */
const EARLIER_VERSION = 1_000;

/** `DossierChanged.id` of a change that came before all others, of a dossier with which the province was filled. */
export function firstEventOf(code: string): string {
  return `one-stop:${code}:${EARLIER_VERSION}`;
}

/** Somebody with a dossier at the officer's own commune. */
async function somebodyOf({ ask, world }: GuardedProvince, who: Person): Promise<Pick<Facts, 'number' | 'dossier'>> {
  const { nodes } = (await ask(who, '{ dossiers(first: 100) { nodes { code } } }')).data.dossiers;
  for (let index = 0; index < world.counts.dossiers; index++) {
    const { code, applicant } = world.dossier(index);
    const number = applicant.person === undefined ? undefined : world.person(applicant.person).personalNumber;
    if (number !== undefined && nodes.some((one: { code: string }) => one.code === code)) {
      return { number, dossier: code };
    }
  }
  throw new Error(`${who} has no dossier of a person with a number`);
}

async function factsOf(
  { ask }: GuardedProvince,
  who: Person,
  { number, dossier }: Pick<Facts, 'number' | 'dossier'>,
): Promise<Facts> {
  const { data } = await ask(
    who,
    `{ citizen(id: "${number}") {
      landParcels { oldCommune sheet parcel } landCertificates { serial }
      civilStatusRecords { kind number book commune } businesses { code }
    } }`,
    { purpose: 'PROCESSING', dossier },
  );
  const { landParcels, landCertificates, civilStatusRecords, businesses } = data.citizen;
  const [parcel] = landParcels ?? [];
  const [record] = civilStatusRecords ?? [];
  const text = (value: unknown) => JSON.stringify(value);
  const visit: string = (await ask(who, 'mutation { openVisit { id } }')).data.openVisit.id;
  await ask(who, `{ citizen(id: "${number}") { fullName } }`, { purpose: 'RECEPTION', visit });
  return {
    ...{ number, dossier, visit },
    parcel: parcel
      ? `oldCommune: ${text(parcel.oldCommune)}, sheet: ${text(parcel.sheet)}, parcel: ${text(parcel.parcel)}`
      : null,
    certificate: landCertificates?.[0] ? `serial: ${text(landCertificates[0].serial)}` : null,
    record: record
      ? `kind: ${record.kind}, number: ${text(record.number)}, book: ${text(record.book)}, commune: ${text(record.commune)}`
      : null,
    business: businesses?.[0] ? `code: ${text(businesses[0].code)}` : null,
  };
}

/**
 * Puts in what a province does not have of itself: deliveries that are held, differences that were seen, a mode that was set,
 * ways of capture that fail and are behind, and dossiers that state everything a dossier can.
 */
async function fillStore({ store, world }: GuardedProvince, codes: readonly string[]): Promise<void> {
  const database = openDatabase(store);
  const { knex } = database;
  const held = { state: 'held', reason_code: 'NAME_MISSING', reason: 'Thiếu họ tên.', held_since: 1, attempts: 1 };
  try {
    for (const [place, code] of codes.entries()) {
      const [event] = await knex('dossier_event').where({ code, sector: 'one-stop' }).orderBy('seq').limit(1);
      await knex('dossier_event').insert({ ...event, seq: -1 - place, version: EARLIER_VERSION });
      if ((await knex('delivery').where({ code }).update(held)) !== 1) throw new Error(`${code} waits for no delivery`);
      await knex('shadow_difference').insert({ code, place: 'TenHoSo', ours: 'a', theirs: 'b', seen_at: 1 });
      for (const { sector, view } of await knex('dossier_view').where({ code })) {
        await knex('dossier_view')
          .where({ code, sector })
          .update({ view: filled(JSON.parse(view), world) });
      }
    }
    const scope = { agency_code: 'H41.58', procedure_code: '1.004194' };
    await knex('delivery_mode').insert({ ...scope, mode: 'off', set_at: 1 });
    await knex('capture_way').update({ failing_since: 1, failure: 'SOURCE_TIMEOUT late', current_until: 1 });
  } finally {
    await database.close();
  }
}

/** @returns JSON */
function filled(view: DossierView, world: GuardedProvince['world']): string {
  const { name, personalNumber } = world.person(20);
  const status = { code: '4', title: 'Đang xử lý', number: 4 } as const;
  const whole: Partial<DossierView> = {
    parties: [{ role: 'Bên bán', name, personalNumbers: personalNumber === undefined ? [] : [personalNumber] }],
    papers: [{ code: 'G1', title: 'Tờ khai', fileName: null, digitised: true }],
    steps: [{ officer: 'a', position: 'b', unit: 'c', content: 'd', at: 1, dueAt: 2, status }],
    supplementRequests: [{ reason: 'a', requestedBy: 'b', requestedAt: 1, receivedAt: 2, oldDueAt: 3, newDueAt: 4 }],
    fees: [{ title: 'Lệ phí', code: 'LP', amount: '8000', paid: true }],
    results: [{ title: 'Giấy chứng nhận', code: 'KQ', issuedAt: 1 }],
  };
  const lacking = Object.entries(whole).filter(
    ([field]) => !(view[field as keyof DossierView] as unknown[] | null)?.length,
  );
  return JSON.stringify({ ...view, ...Object.fromEntries(lacking) });
}

/** What somebody says with a question, by the second word of the column. */
export async function saidFor(
  { ask }: GuardedProvince,
  who: Person,
  { code, known }: { readonly code: string | undefined; readonly known: Facts },
): Promise<Said> {
  if (code === undefined) return {};
  if (code === 'PROCESSING') return { purpose: code, dossier: known.dossier };
  if (code !== 'RECEPTION') return { purpose: code };
  const visit: string = (await ask(who, 'mutation { openVisit { id } }')).data.openVisit.id;
  const said = { purpose: code, visit };
  await ask(who, `{ citizen(id: "${known.number}") { fullName } dossier(code: "${known.dossier}") { code } }`, said);
  return said;
}
