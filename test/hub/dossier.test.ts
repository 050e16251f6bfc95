import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dossier } from '../../stand-ins/world/types.ts';
import { createWorld } from '../../stand-ins/world/world.ts';
import { askUntil, dataOf, errorsOf } from '../support/answer.ts';
import { type OpenHub, openProvince, type Province, WORLD_NOW } from '../support/province.ts';

const TITLES = [
  'Mới đăng ký',
  'Được tiếp nhận',
  'Không được tiếp nhận',
  'Đang xử lý',
  'Yêu cầu bổ sung giấy tờ',
  'Yêu cầu thực hiện nghĩa vụ tài chính',
  'Công dân yêu cầu rút hồ sơ',
  'Dừng xử lý',
  'Đã xử lý xong',
  'Đã trả kết quả',
];

const world = createWorld({ citizens: 300, dossiers: 1200 });
const dossiers = Array.from({ length: 1200 }, (_, index) => world.dossier(index));
/** A finished land dossier of which the two systems tell different things. */
const DISPUTED = finishedIn('land', 0);
/** A land dossier whose number of a status nobody explained. */
const UNEXPLAINED = finishedIn('land', 1);
/** One that the counter does not hold. */
const UNCOUNTED = finishedIn('land', 5);

let province: Province;

beforeAll(async () => {
  province = await openProvince({
    prepare: (directory) => {
      const land = new DatabaseSync(join(directory, 'land.sqlite'));
      land
        .prepare(`update HS_HOSO set NGAYTIEPNHAN = '2001-01-01 00:00:00', NGAYHENTRA = '2001-01-02 00:00:00',
          NGAYKETTHUC = '2026-02-03 04:05:06' where SOBIENNHAN = ?`)
        .run(DISPUTED.code);
      land.prepare('update HS_HOSO set MATRANGTHAI = 35 where SOBIENNHAN = ?').run(UNEXPLAINED.code);
      land.close();
      const counter = new DatabaseSync(join(directory, 'one-stop.sqlite'));
      const own = { finishedDate: '01/01/2002 00:00:00', docResults: [] };
      counter
        .prepare('update dossiers set body = json_patch(body, ?) where doc_code = ?')
        .run(JSON.stringify(own), DISPUTED.code);
      counter.prepare('delete from dossiers where doc_code = ?').run(UNCOUNTED.code);
      counter.close();
    },
  });
});

afterAll(() => province.close());

function finishedIn(sector: string, place: number): Dossier {
  const [found] = dossiers
    .filter((one) => one.index > 30 && one.sector === sector && one.finishedAt !== undefined)
    .slice(place);
  if (found === undefined) throw new Error(`The province has no such dossier of ${sector}`);
  return found;
}

async function dossier(code: string, fields: string) {
  return dataOf(await province.ask(`query ($code: ID!) { dossier(code: $code) { ${fields} } }`, { code })).dossier;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions of the tests
async function allDossiers(fields: string): Promise<any[]> {
  const found = [];
  for (let first = 0; first < dossiers.length; first += 50) {
    const asked = dossiers
      .slice(first, first + 50)
      .map(({ code }, place) => `d${place}: dossier(code: "${code}") { ${fields} }`);
    found.push(...Object.values(dataOf(await province.ask(`{ ${asked.join(' ')} }`))));
  }
  return found;
}

describe('The status of a dossier', () => {
  it.each(Array.from({ length: 10 }, (_, place) => place + 1))('is one of ten: %i', async (number) => {
    const { code, status } = world.dossier(19 + number);
    expect(status).toBe(number);
    expect(await dossier(code, 'statusNumber statusTitle')).toEqual({
      statusNumber: number,
      statusTitle: TITLES[number - 1],
    });
  });

  it('is, of every dossier of the province, the true one or shown as one that nobody mapped', async () => {
    const found = await allDossiers('status statusNumber sourceStatus { code }');
    const unmapped = ['5', '45', 'LIEN_THONG_THUE', 'archived', '35', '99'];
    for (const [index, { status, statusNumber, sourceStatus }] of found.entries()) {
      if (status === null) expect(unmapped).toContain(sourceStatus[0].code);
      else expect(statusNumber, dossiers[index]?.code).toBe(dossiers[index]?.status);
    }
  });

  it('that a system does not explain is shown in its own words and never guessed, whichever system it is', async () => {
    const seen = new Map<string, object>();
    for (const one of await allDossiers('status statusNumber statusTitle sourceStatus { sector code title }')) {
      const [latest] = one.sourceStatus;
      if (one.status === null) seen.set(latest.sector, { ...one, sourceStatus: latest });
    }
    const shown = (sector: string, code: string, title: string | null) => ({
      status: null,
      statusNumber: null,
      statusTitle: title ?? code,
      sourceStatus: { sector, code, title },
    });
    expect(seen.get('civil-status')).toEqual(shown('civil-status', '5', 'Chuyển xác minh liên thông'));
    expect(seen.get('one-stop')).toEqual(shown('one-stop', 'archived', null));
    expect(seen.get('land')).toEqual(shown('land', '35', null));
    expect(seen.get('business-registration')).toEqual(
      expect.objectContaining({ status: null, statusNumber: null, statusTitle: 'Liên thông thuế' }),
    );
  });

  it('is the latest to occur: what the counter did afterwards counts over the sector’s', async () => {
    const withdrawn = dossiers.find((one) => one.sector === 'civil-status' && one.status === 7);
    const found = await dossier(withdrawn?.code ?? '', 'status sourceStatus { sector code occurredAt }');
    expect(found.status).toBe('WITHDRAWN');
    expect(found.sourceStatus.map(({ sector }: { sector: string }) => sector)).toEqual(['one-stop', 'civil-status']);
    const [latest, earlier] = found.sourceStatus;
    expect(Date.parse(latest.occurredAt)).toBeGreaterThan(Date.parse(earlier.occurredAt));
  });
});

describe('A dossier that two systems hold', () => {
  it('is one, with the dates of reception from the counter and the end and the results from the sector', async () => {
    const found = await dossier(
      DISPUTED.code,
      'code sectors receivedAt dueAt finishedAt returnedAt results { title code issuedAt } channel procedure { code title } agency { code } fees { amount }',
    );
    expect(found.sectors).toEqual(['one-stop', 'land']);
    expect(Date.parse(found.receivedAt)).toBe(DISPUTED.receivedAt);
    expect(Date.parse(found.dueAt)).toBe(DISPUTED.dueAt);
    expect(found.finishedAt).toBe('2026-02-03T11:05:06+07:00');
    expect(found.returnedAt === null ? undefined : Date.parse(found.returnedAt)).toBe(DISPUTED.returnedAt);
    expect(found.results.map(({ code, title }: { code: string; title: string }) => ({ code, title }))).toEqual(
      DISPUTED.results.map(({ number, name }) => ({ code: number, title: name })),
    );
    expect(found.procedure.code).toBe(DISPUTED.procedure.code);
    expect(found.channel).toBe(['COUNTER', 'ONLINE', 'POST'][DISPUTED.channel - 1]);
    expect(found.fees).toEqual(DISPUTED.fees.map(({ amount }) => ({ amount })));
  });

  it.each(['land', 'civil-status', 'business-registration'])(
    'has the steps of the counter and of %s in the order of time',
    async (sector) => {
      const { code, steps } = finishedIn(sector, 2);
      const found = await dossier(code, 'steps { sector officer content at status }');
      const times = found.steps.map(({ at }: { at: string }) => Date.parse(at));
      expect(times).toEqual([...times].sort((left, right) => left - right));
      expect(new Set(found.steps.map((step: { sector: string }) => step.sector))).toEqual(
        new Set(['one-stop', sector]),
      );
      const counter = found.steps.filter((step: { sector: string }) => step.sector === 'one-stop');
      expect(counter.map(({ content }: { content: string }) => content)).toEqual(steps.map(({ content }) => content));
      expect(counter.map(({ at }: { at: string }) => Date.parse(at))).toEqual(steps.map(({ at }) => at));
    },
  );

  it('is found in the sector alone when the counter does not hold it', async () => {
    const found = await dossier(UNCOUNTED.code, 'sectors status channel applicant { name }');
    expect(found.sectors).toEqual(['land']);
    expect(found.status).not.toBeNull();
    expect(found.channel).toBeNull();
  });

  it('that nobody holds is null without an error', async () => {
    expect(await dossier('H41.99.99-260101-9999', 'code')).toBeNull();
  });

  it('tells who asked for supplements, when, and what became of the due date', async () => {
    const one = dossiers.find(({ supplements }) => supplements.some(({ suppliedAt }) => suppliedAt !== undefined));
    const [supplement] = one?.supplements ?? [];
    const found = await dossier(
      one?.code ?? '',
      'supplementRequests { reason requestedBy requestedAt receivedAt oldDueAt newDueAt }',
    );
    expect(found.supplementRequests).toHaveLength(one?.supplements.length ?? -1);
    expect(found.supplementRequests[0].reason).toBe(supplement?.content);
    expect(Date.parse(found.supplementRequests[0].receivedAt)).toBe(supplement?.suppliedAt);
    expect(Date.parse(found.supplementRequests[0].newDueAt)).toBe(supplement?.newDueAt);
  });
});

describe('Whether a dossier was in time', () => {
  const dateOf = (ms: number | undefined) =>
    ms === undefined ? null : new Date(ms + 7 * 3_600_000).toISOString().slice(0, 10);

  function judged({ status, dueAt, finishedAt }: Dossier): string | null {
    const [due, finished, today] = [dateOf(dueAt), dateOf(finishedAt), dateOf(WORLD_NOW) ?? ''];
    if (status === 7) return 'WITHDRAWN';
    if (due === null) return 'NO_DUE_DATE';
    if (finished !== null) return finished < due ? 'EARLY' : finished > due ? 'LATE' : 'ON_TIME';
    if (status === 3 || status === 8) return null;
    return status === 5 || status === 6 || today <= due ? 'PENDING' : 'OVERDUE';
  }

  it('is judged by the day it was finished and not by the day it was collected, for every kind there is', async () => {
    const found = await allDossiers('timeliness');
    const kinds = new Set<string | null>();
    for (const [index, one] of dossiers.entries()) {
      if (one.code === DISPUTED.code) continue;
      expect(found[index]?.timeliness, one.code).toBe(judged(one));
      kinds.add(judged(one));
    }
    expect(kinds).toEqual(
      new Set(['EARLY', 'ON_TIME', 'LATE', 'PENDING', 'OVERDUE', 'NO_DUE_DATE', 'WITHDRAWN', null]),
    );
  });
});

describe('Whom a dossier is from', () => {
  it('leads to the citizen whose number it states, also where that is the old one', async () => {
    const old = dossiers[3];
    const found = await dossier(
      old?.code ?? '',
      'applicant { kind name citizen { personalNumbers } business { code } }',
    );
    expect(found.applicant.citizen.personalNumbers).toEqual(['001085004213', '011985421']);
    expect(found.applicant.business).toBeNull();
    expect(found.applicant.kind).toBe('CITIZEN');
  });

  it('leads to the enterprise whose code it states, and from there back to its dossiers', async () => {
    const one = dossiers.find(({ applicant }) => applicant.kind === 2 && applicant.business !== undefined);
    const business = world.business(one?.applicant.business ?? -1);
    const found = await dossier(
      one?.code ?? '',
      'applicant { kind name citizen { id } business { code name dossiers(first: 100) { totalCount nodes { code } missing { sector } } } }',
    );
    expect(found.applicant.kind).toBe('ENTERPRISE');
    expect(found.applicant.citizen).toBeNull();
    expect(found.applicant.business.code).toBe(business.code);
    const own = dossiers
      .filter(({ applicant }) => applicant.business === one?.applicant.business)
      .map(({ code }) => code);
    expect(found.applicant.business.dossiers.nodes.map(({ code }: { code: string }) => code).sort()).toEqual(
      own.sort(),
    );
    expect(found.applicant.business.dossiers.totalCount).toBe(own.length);
  });
});

describe('The dossiers of a citizen', () => {
  const PAGE = `query ($first: Int, $after: String) { citizen(id: "001085004213") { dossiers(first: $first, after: $after) {
    totalCount nodes { code receivedAt status } pageInfo { hasNextPage endCursor } missing { sector code } } } }`;
  const page = async (first: number, after: string | null = null, hub: Pick<OpenHub, 'ask'> = province) =>
    dataOf(await hub.ask(PAGE, { first, after })).citizen.dossiers;
  const codesOf = (one: { nodes: { code: string }[] }) => one.nodes.map(({ code }) => code);

  it('come newest first, in pages that together are the whole list', async () => {
    const whole = await page(100);
    const expected = dossiers
      .filter(({ applicant }) => applicant.person === 0 && applicant.business === undefined)
      .sort((left, right) => (right.receivedAt ?? 0) - (left.receivedAt ?? 0))
      .map(({ code }) => code);
    expect(codesOf(whole)).toEqual(expected);
    expect(whole.totalCount).toBe(expected.length);
    const shown: string[] = [];
    let after: string | null = null;
    for (let turn = 0; turn < 20; turn += 1) {
      const one = await page(4, after);
      shown.push(...codesOf(one));
      after = one.pageInfo.endCursor;
      if (!one.pageInfo.hasNextPage) break;
    }
    expect(shown).toEqual(expected);
  });

  it('are neither skipped nor shown twice while dossiers move, come and go between two pages', async () => {
    const hub = await province.another({ POLL_INTERVAL_MS: '100', SWEEP_INTERVAL_MS: '50' });
    const before = codesOf(await page(100, null, hub));
    const first = await page(5, null, hub);
    const counter = new DatabaseSync(join(province.directory, 'one-stop.sqlite'));
    const [newest = '', moved = '', gone = ''] = [before[0], before[6], first.nodes[4].code];
    try {
      // One moves on, the very last one shown is gone, and a newer one comes.
      await fetch(`${province.systems['one-stop'].settings.URL}/__stand-in/advance`, {
        method: 'POST',
        body: JSON.stringify({ docCode: moved, status: 'done', at: '20/11/2026 09:00:00' }),
      });
      counter.prepare('delete from dossiers where doc_code = ?').run(gone);
      const names = counter
        .prepare('pragma table_info(dossiers)')
        .all()
        .map(({ name }) => String(name));
      const values: Readonly<Record<string, string>> = {
        doc_code: `'H41.50.01-261120-9999'`,
        body: `json_set(body, '$.docCode', 'H41.50.01-261120-9999', '$.dateReceived', '20/11/2026 10:00:00')`,
      };
      counter
        .prepare(
          `insert into dossiers (${names}) select ${names.map((name) => values[name] ?? name)} from dossiers where doc_code = ?`,
        )
        .run(newest);
      const expected = ['H41.50.01-261120-9999', ...before.filter((code) => code !== gone)];
      const settled = await askUntil(
        () => page(100, null, hub),
        (one) => codesOf(one).join() === expected.join() && one.nodes[6].status === 'RESULT_RETURNED',
        { timeoutMs: 20_000 },
      );
      expect(codesOf(settled)).toEqual(expected);
      const second = await page(100, first.pageInfo.endCursor, hub);
      expect(codesOf(second)).toEqual(before.slice(5));
      expect(second.nodes[1].status).toBe('RESULT_RETURNED');
    } finally {
      counter.close();
      await hub.close();
    }
  }, 60_000);

  it('refuse a size out of bounds and a cursor of nobody', async () => {
    for (const variables of [{ first: 0 }, { first: 101 }, { first: 5, after: 'x' }]) {
      expect(errorsOf(await province.ask(PAGE, variables))).toEqual([
        { path: 'citizen.dossiers', code: 'BAD_USER_INPUT', retryable: false },
      ]);
    }
  });
});

describe('A question about dossiers', () => {
  it.each(['land', 'civil-status', 'business-registration', ''])(
    'asks no system, whoever works on them: %j',
    async (sector) => {
      const one = dossiers.find((each) => each.sector === sector && each.finishedAt !== undefined);
      for (const system of Object.values(province.systems)) system.forgetCalls();
      const found = await dossier(
        one?.code ?? '',
        'status finishedAt steps { content } results { code } papers { title } history { id } asOf missing { sector }',
      );
      expect(found.missing).toEqual([]);
      expect(found.asOf).toBe('2026-11-20T00:00:00+07:00');
      expect(found.history.length).toBeGreaterThan(0);
      for (const [name, system] of Object.entries(province.systems)) expect(system.calls().total, name).toBe(0);
    },
  );
});

describe('The list of all dossiers', () => {
  const LIST = `query ($filter: DossierFilter, $orderBy: DossierOrder, $after: String) {
    dossiers(filter: $filter, orderBy: $orderBy, first: 100, after: $after) {
      totalCount nodes { code statusNumber } pageInfo { hasNextPage endCursor } missing { sector code } } }`;

  async function everyCode(filter: object, orderBy = 'RECEIVED_DESC'): Promise<readonly string[]> {
    const codes: string[] = [];
    let after: string | null = null;
    for (let turn = 0; turn < 20; turn += 1) {
      const { dossiers: page } = dataOf(await province.ask(LIST, { filter, orderBy, after }));
      expect(page.missing).toEqual([]);
      codes.push(...page.nodes.map(({ code }: { code: string }) => code));
      if (!page.pageInfo.hasNextPage) {
        expect(page.totalCount).toBe(codes.length);
        break;
      }
      after = page.pageInfo.endCursor;
    }
    return codes;
  }

  it.each(['RECEIVED_DESC', 'RECEIVED_ASC', 'DUE_ASC', 'CHANGED_DESC'])(
    'holds each dossier of the province once in the order %s',
    async (orderBy) => {
      const codes = await everyCode({}, orderBy);
      expect(codes).toHaveLength(dossiers.length);
      expect([...codes].sort()).toEqual(dossiers.map(({ code }) => code).sort());
    },
  );

  it('finds those of a sector’s procedures, of a day, of a status', async () => {
    const [one] = dossiers.filter(({ sector, receivedAt }) => sector === 'civil-status' && receivedAt !== undefined);
    const day = new Date((one?.receivedAt ?? 0) + 7 * 3_600_000).toISOString().slice(0, 10);
    const ofDay = ({ receivedAt }: Dossier) =>
      receivedAt !== undefined && new Date(receivedAt + 7 * 3_600_000).toISOString().startsWith(day);
    const codesWhere = (matches: (one: Dossier) => boolean) =>
      dossiers
        .filter(matches)
        .map(({ code }) => code)
        .sort();
    const found = async (filter: object) => [...(await everyCode(filter))].sort();
    expect(await found({ procedure: one?.procedure.code })).toEqual(
      codesWhere((each) => each.procedure.code === one?.procedure.code && each.code !== UNCOUNTED.code),
    );
    expect(await found({ receivedFrom: day, receivedTo: day })).toEqual(codesWhere(ofDay));
    expect(await found({ text: one?.code })).toEqual([one?.code]);
  });

  it('finds a person’s dossiers by the new number, the old one and the hub’s own id alike', async () => {
    const { citizen } = dataOf(
      await province.ask('{ citizen(id: "001085004213") { id dossiers(first: 100) { nodes { code } } } }'),
    );
    const own = citizen.dossiers.nodes.map(({ code }: { code: string }) => code);
    for (const applicantId of ['001085004213', '011985421', citizen.id]) {
      expect(await everyCode({ applicantId })).toEqual(own);
    }
  });
});
