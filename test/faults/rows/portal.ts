import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow, Stage } from '../row.ts';

/** Ways in which a portal takes a call and its answer is lost. */
const SWALLOWED = [
  { mode: 'hang', taken: true },
  { mode: 'down', taken: true },
  { mode: 'error', status: 500, taken: true },
  { mode: 'html', taken: true },
  { mode: 'truncate' },
] as const;
const SENDS = ['/mapi/g/DongBoHoSoMC', '/mapi/g/CapNhatTienDoHoSoMC'] as const;

export const answerSwallowed: FaultRow = {
  number: 5,
  title: 'the portal takes a call and its answer is lost',
  async run({ cluster, kills, random, harmed, pauseBetween }) {
    for (let time = 0; time < kills; time++) {
      const fault = SWALLOWED[Math.floor(random() * SWALLOWED.length)] ?? SWALLOWED[0];
      for (const path of SENDS) await cluster.setFault('portal', { ...fault, path, times: 2 });
      harmed();
      await pauseBetween(400, 1_500);
    }
  },
};

const ASKED_TO_WAIT_S = 2;
/** Calls that were under way when the portal asked to wait may still arrive. */
const UNDER_WAY_MS = 700;
/** The breaker, opened by the storm before, may keep calls back for a while; what comes after is what counts. */
const CALLS_WITHIN_MS = 30_000;

export const refusalStorm: FaultRow = {
  number: 6,
  title: 'storms of 500, 503 and 429; the wait that the portal asks for is honoured',
  async run(stage) {
    const { cluster, harmed, expect, eventually, note } = stage;
    for (const status of [500, 503, 429]) {
      const retryAfter = status === 500 ? undefined : ASKED_TO_WAIT_S;
      const watch = watchCalls(stage);
      await cluster.setFault('portal', { mode: 'error', status, ...(retryAfter !== undefined && { retryAfter }) });
      harmed();
      await delay(stage.isLong ? 30_000 : 6_000);
      if (retryAfter !== undefined) {
        await eventually(() => watch.waits().length > 0, `${status}: a wait between two calls`, CALLS_WITHIN_MS);
      }
      watch.stop();
      await cluster.setFault('portal', { mode: 'none' });
      if (retryAfter === undefined) continue;
      const shortest = Math.min(...watch.waits());
      expect(shortest >= ASKED_TO_WAIT_S * 1_000 - 100, `after ${status} a wait of ${Math.round(shortest)} ms`);
      note(
        `${status}: ${watch.calls.length} calls, shortest wait ${Math.round(shortest)} of ${ASKED_TO_WAIT_S * 1_000} ms`,
      );
    }
  },
};

/** When calls reach the portal, and how long nothing came between them: calls under way are not counted as a wait. */
function watchCalls({ cluster }: Stage) {
  const calls: number[] = [];
  cluster.proxies.portal.alter((bytes, from) => {
    if (from === 'client' && bytes.includes('POST /')) calls.push(performance.now());
    return bytes;
  });
  return {
    calls,
    waits: () =>
      calls.slice(1).flatMap((at, place) => {
        const gap = at - (calls[place] ?? 0);
        return gap > UNDER_WAY_MS ? [gap] : [];
      }),
    stop: () => cluster.proxies.portal.alter(null),
  };
}

const UNKNOWN_PROCEDURE = '1.999999';

export const poisonDossier: FaultRow = {
  number: 7,
  title: 'one dossier that can never be sent is held with its reason, the rest flows',
  async run({ cluster, harmed, expect, eventually }) {
    const { store, counterUrl } = cluster;
    const acknowledged = async () => {
      const [row] = await store.query(
        "select d.code, o.procedure_code as procedureCode from delivery d join dossier o on o.code = d.code where d.state = 'acknowledged' and o.sectors like '%land%' order by d.code limit 1",
        [],
      );
      return row;
    };
    const chosen = await acknowledged();
    const code = String(chosen?.code ?? '');
    const correct = async (docTypeCode: string): Promise<void> => {
      const local = new Date(Date.now() + 7 * 3_600_000).toISOString();
      const at = `${local.slice(8, 10)}/${local.slice(5, 7)}/${local.slice(0, 4)} ${local.slice(11, 19)}`;
      const body = JSON.stringify({ docCode: code, at, set: { docTypeCode } });
      const response = await fetch(`${counterUrl}/__stand-in/correct`, { method: 'POST', body });
      expect(response.ok, 'the counter takes a correction');
    };
    const stateOf = async () => {
      const [row] = await store.query('select state, reason_code as reason from delivery where code = ?', [code]);
      return `${row?.state} ${row?.reason}`;
    };
    await correct(UNKNOWN_PROCEDURE);
    harmed();
    await eventually(async () => (await stateOf()) === 'held UNKNOWN_PROCEDURE', 'it is held with its reason');
    const before = await countAcknowledged(store);
    await delay(1_000);
    await eventually(async () => (await countAcknowledged(store)) >= before - 50, 'the others go on');
    await correct(String(chosen?.procedureCode ?? ''));
    await eventually(async () => (await stateOf()).startsWith('acknowledged'), 'it goes on once it is corrected');
  },
};

async function countAcknowledged({ query }: Stage['cluster']['store']): Promise<number> {
  const [row] = await query("select count(*) as n from delivery where state = 'acknowledged'", []);
  return Number(row?.n ?? 0);
}

const GROWTH_BYTES = 64 * 1024 * 1024;

export const portalDown: FaultRow = {
  number: 8,
  title: 'the portal is down for long: memory stays bounded, order is kept',
  async run({ cluster, isLong, harmed, expect, note }) {
    const deliverer = cluster.one('deliver');
    await cluster.proxies.portal.break();
    harmed();
    await delay(2_000);
    const before = await deliverer.memory();
    let most = before;
    for (const end = performance.now() + (isLong ? 90_000 : 8_000); performance.now() < end; await delay(250)) {
      most = Math.max(most, await deliverer.memory());
    }
    await cluster.proxies.portal.repair();
    expect(most - before < GROWTH_BYTES, `the deliverer grew by ${Math.round((most - before) / 1_048_576)} MB`);
    note(`deliverer ${Math.round(before / 1_048_576)} → at most ${Math.round(most / 1_048_576)} MB`);
  },
};
