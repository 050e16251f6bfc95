import type { DossierView } from '../core/dossier.ts';
import { type DossierEvent, deadLetterTopicOf, eventId, topicOf } from '../core/event.ts';
import type { EventLog } from '../core/event-log.ts';
import type { Database } from '../drivers/database.ts';
import { forgetHashes } from '../store/captured.ts';
import { addToOutbox } from '../store/outbox.ts';
import { inTransaction } from '../store/transaction.ts';
import { positionsOf, savePositions } from './project/positions.ts';
import { CONSUMER } from './project.ts';

export interface RecoverOptions {
  readonly database: Database;
  readonly log: EventLog;
  readonly sectors: readonly { readonly id: string }[];
  /** UTC milliseconds. */
  readonly now: () => number;
}

export interface RecoverOutcome {
  /** Topics that are read again from the first record that they still hold. */
  readonly topics: readonly string[];
  /** Dossiers whose last version the index lacked and is told again. */
  readonly toldAgain: number;
}

const PAGE = 500;
/** In place of a way of capture's name. */
const WAY = 'recover';

/**
 * Lets projection go on after records of the log are gone for good: it begins anew with what the topics hold, and the
 * last version of each dossier that the index does not have is told again, out of what capture remembers. Versions in
 * between that only the log had stay lost: the history has a gap there. Which fields of it could not be read, capture does
 * not remember: the next look at the system makes a new version that says so. May be run again; capture may go on
 * meanwhile.
 */
export async function recover({ database, log, sectors, now }: RecoverOptions): Promise<RecoverOutcome> {
  const topics: string[] = [];
  let toldAgain = 0;
  for (const { id } of sectors) {
    const topic = topicOf(id);
    await log.prepare([topic, deadLetterTopicOf(topic)]);
    if (await hasGap(database, log, topic)) {
      await beginAnew(database, log, topic);
      topics.push(topic);
    }
    toldAgain += await tellAgain(database, id, now);
  }
  return { topics, toldAgain };
}

async function hasGap(database: Database, log: EventLog, topic: string): Promise<boolean> {
  const extent = await log.extent(topic);
  const kept = await positionsOf(database, CONSUMER);
  return extent.some(({ partition, first, next }) => {
    const place = kept.get(`${topic}/${partition}`);
    return place !== undefined && (place < first || place > next);
  });
}

/** The whole topic: one that was made anew may have grown past the place of some partition already. */
async function beginAnew(database: Database, log: EventLog, topic: string): Promise<void> {
  const positions = (await log.extent(topic)).map(({ partition, first }) => ({ topic, partition, next: first }));
  await inTransaction(database, async (trx) => {
    await trx.run('delete from consumer_position where consumer = ? and topic = ?', [CONSUMER, topic]);
    await savePositions(trx, database, CONSUMER, positions);
  });
}

async function tellAgain(database: Database, sector: string, now: () => number): Promise<number> {
  let told = 0;
  for (let after = ''; ; ) {
    const rows = await database.query(MISSING, [sector, after]);
    const events = rows.map((row) => lastEvent(sector, row, now()));
    if (events.length > 0) {
      await inTransaction(database, async (trx) => {
        await addToOutbox(trx, database, events);
        const codes = events.map(({ code }) => code);
        await forgetHashes(trx, database, sector, codes);
      });
    }
    told += events.length;
    if (rows.length < PAGE) return told;
    after = String(rows.at(-1)?.code);
  }
}

const MISSING = `select c.code, c.version, c.deleted, c.view, c.checked_at as checkedAt
  from captured_dossier c left join dossier_view v on v.code = c.code and v.sector = c.sector
  where c.sector = ? and c.code > ? and c.version > coalesce(v.version, 0) order by c.code limit ${PAGE}`;

function lastEvent(sector: string, row: Readonly<Record<string, unknown>>, at: number): DossierEvent {
  const code = String(row.code);
  const version = Number(row.version);
  const view = row.view === null ? null : (JSON.parse(String(row.view)) as DossierView);
  return {
    ...{ id: eventId(sector, code, version), sector, code, version },
    change: view === null ? 'delete' : 'upsert',
    occurredAt: view?.statusAt ?? Number(row.checkedAt),
    recordedAt: at,
    sourcePosition: null,
    way: WAY,
    view,
    faults: [],
  };
}
