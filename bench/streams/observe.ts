import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../drivers/database.ts';

/** A change on its way. Times are UTC milliseconds; what is null has not happened. */
export interface WatchedChange {
  readonly code: string;
  /** Of the step it added, by which it is known again. */
  readonly content: string;
  committedAt: number;
  visibleAt: number | null;
  acknowledgedAt: number | null;
}

/** Looks into the hub's store as anybody could, and notes when it shows what. */
export interface Observer {
  watch(change: WatchedChange): void;
  /** Resolves when all that is watched was acknowledged, or after the time. */
  settled(mostMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How often it looks: a time that it notes is late by no more than this and a query. */
const LOOK_EVERY_MS = 40;
const MOST_EVENTS = 500;
/** Dossiers asked for at a time, those first that wait longest: a hub that lags must not be slowed down further by this. */
const MOST_CODES = 200;

export async function observe(store: Database): Promise<Observer> {
  const visible = new Map<string, WatchedChange[]>();
  const delivered = new Map<string, { readonly change: WatchedChange; readonly revision: number }[]>();
  /** Code → sector → version: a dossier's revision is their sum. */
  const versions = new Map<string, Map<string, number>>();
  const closing = new AbortController();
  const [counter] = await store.query('select next_seq from feed where id = 1', []);
  let seq = Number(counter?.next_seq) - 1;
  for (const { code, sector, version } of await store.query('select code, sector, version from dossier_view', [])) {
    note(String(code), String(sector), Number(version));
  }

  function note(code: string, sector: string, version: number): number {
    const own = versions.get(code) ?? new Map<string, number>();
    versions.set(code, own);
    own.set(sector, Math.max(version, own.get(sector) ?? 0));
    return [...own.values()].reduce((sum, one) => sum + one, 0);
  }

  async function lookAtIndex(): Promise<void> {
    const rows = await store.query(
      'select seq, code, sector, version, view from dossier_event where seq > ? order by seq limit ?',
      [seq, MOST_EVENTS],
    );
    const at = Date.now();
    for (const { seq: place, code: named, sector, version, view } of rows) {
      seq = Number(place);
      const code = String(named);
      const revision = note(code, String(sector), Number(version));
      const waiting = visible.get(code);
      if (waiting === undefined || view === null) continue;
      const text = String(view);
      const shown = waiting.filter(({ content }) => text.includes(JSON.stringify(content)));
      for (const change of shown) change.visibleAt = at;
      keep(
        visible,
        code,
        waiting.filter((change) => !shown.includes(change)),
      );
      const known = [...(delivered.get(code) ?? []), ...shown.map((change) => ({ change, revision }))];
      keep(delivered, code, known);
    }
  }

  async function lookAtDeliveries(): Promise<void> {
    const codes = [...delivered.keys()].slice(0, MOST_CODES);
    if (codes.length === 0) return;
    const places = codes.map(() => '?').join(', ');
    const rows = await store.query(`select code, known_revision from delivery where code in (${places})`, codes);
    const at = Date.now();
    for (const { code: named, known_revision: known } of rows) {
      const code = String(named);
      const waiting = delivered.get(code) ?? [];
      for (const { change, revision } of waiting) if (revision <= Number(known)) change.acknowledgedAt = at;
      keep(
        delivered,
        code,
        waiting.filter(({ revision }) => revision > Number(known)),
      );
    }
  }

  async function repeat(look: () => Promise<void>): Promise<void> {
    while (!closing.signal.aborted) {
      await look();
      await delay(LOOK_EVERY_MS);
    }
  }

  const looking = Promise.all([repeat(lookAtIndex), repeat(lookAtDeliveries)]);
  looking.catch(() => {});
  return {
    watch: (change) => keep(visible, change.code, [...(visible.get(change.code) ?? []), change]),
    async settled(mostMs) {
      const until = performance.now() + mostMs;
      while (visible.size + delivered.size > 0 && performance.now() < until) await delay(LOOK_EVERY_MS);
    },
    async close() {
      closing.abort();
      await looking;
    },
  };
}

function keep<T>(map: Map<string, T[]>, code: string, list: T[]): void {
  if (list.length === 0) map.delete(code);
  else map.set(code, list);
}
